"""Labels with their values in lines of text: `UPC: ...` in a p, li, span, div, `<b>UPC:</b> ...`, `<b>UPC</b> ...`.

A value ends with its line, or where the next bold label begins; an empty rest after the colon means the next line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from crawler.extract.text import BREAK, CLOSE, OPEN, UNSEEN, collapse_whitespace

__all__ = ["COLONS", "MAX_LENGTH", "label_key", "labelled", "may_hold", "never_first"]

MAX_LENGTH = 120
"""Characters of a label."""
COLONS = ":："
_COLON = frozenset(COLONS)
_END = COLONS + " "


class _Line(NamedTuple):
    """A line of text, cut where inline elements begin and end; `start` is the number of its first piece with text."""

    start: int
    parts: list[str]


def label_key(text: str) -> str:
    """Return the form in which labels are compared."""
    return collapse_whitespace(text)[0].rstrip(_END).casefold()


@lru_cache(maxsize=64)
def never_first(known: frozenset[str]) -> frozenset[str]:
    """Return letters and signs with which, white space aside, no text begins that is one of these labels."""
    firsts = {key[:1] for key in known}
    return frozenset(
        char for char in map(chr, range(0x21, 0x250)) if char.isprintable() and char.casefold()[0] not in firsts
    ) - set(COLONS)


def may_hold(text: str, known: frozenset[str]) -> bool:
    """Tell whether one of these labels may stand in a text without signs: all words of one are in it."""
    plain = text.casefold()
    ascii_only = plain.isascii()
    return any(all(word in plain or (not ascii_only and _torn(word)(plain)) for word in key.split()) for key in known)


@lru_cache(maxsize=256)
def _torn(word: str) -> Callable[[str], re.Match[str] | None]:
    """A search for a word that may have soft hyphens and the like in it."""
    return re.compile(f"[{UNSEEN}]*".join(map(re.escape, word))).search


def labelled(pieces: list[str], known: frozenset[str]) -> Iterator[tuple[str, int, str]]:
    """Yield each of the labels in the pieces of a text, the number of the piece where its line begins, and its value.

    The pieces are those of Document.strands. The value has a CLOSE between parts that stand in several elements.
    """
    never = never_first(known)
    lines = [line for line in _lines(pieces) if line.parts]
    for number, line in enumerate(lines):
        if all(part.lstrip()[:1] in never for part in line.parts):
            continue  # most lines
        following = lines[number + 1].parts if number + 1 < len(lines) else []
        for key, value in _pairs(line.parts, following):
            if key in known:
                yield key, line.start, value


def _lines(pieces: list[str]) -> Iterator[_Line]:
    start, fresh = 0, True
    parts: list[str] = []
    for number, piece in enumerate([*pieces, BREAK]):
        if piece == BREAK:
            yield _Line(start, parts)
            parts, fresh = [], True
        elif piece in {OPEN, CLOSE}:
            fresh = True
        elif parts and (not fresh or piece.isspace()):  # white space between two parts stays with the first
            parts[-1] += piece
        elif piece and not piece.isspace():
            start = start if parts else number
            parts.append(piece)
            fresh = False


def _pairs(parts: list[str], following: list[str]) -> list[tuple[str, str]]:
    """Return the labels of a line with their values."""
    pairs = []
    for at, part in enumerate(parts):
        found = _label(part, parts[at + 1 :], first=at == 0)
        if found is None:
            continue
        head, rest = found
        value = CLOSE.join(_until_label(rest))
        if _blank(value) and len(rest) < 2 and _ends_as_label(parts[at:]):
            value = _next_line(following)
        pairs.append((label_key(head), value))
    return pairs


def _label(part: str, behind: list[str], *, first: bool) -> tuple[str, list[str]] | None:
    """Return the label that a part begins with, and the parts behind it; None when it begins with none."""
    head, colon, rest = _cut(part)
    if colon:
        return (head, [rest, *behind]) if head.strip() else None
    if not behind or len(part) > MAX_LENGTH:
        return None
    if behind[0].lstrip()[:1] in _COLON:
        return part, [behind[0].lstrip()[1:], *behind[1:]]
    return (part, behind) if first else None


def _ends_as_label(parts: list[str]) -> bool:
    return collapse_whitespace("".join(parts))[0][-1:] in _COLON


def _cut(part: str) -> tuple[str, str, str]:
    """Split at the first colon that ends a word: not in `10:30` or `http://`."""
    for at, char in enumerate(part[: MAX_LENGTH + 1]):
        if char == "：" or (char == ":" and (part[at + 1 : at + 2] or " ").isspace()):
            return part[:at], char, part[at + 1 :]
    return "", "", ""


def _until_label(parts: list[str]) -> list[str]:
    """Return what belongs to a value: up to the next part that is itself a label."""
    for at, part in enumerate(parts):
        follower = parts[at + 1].lstrip()[:1] if at + 1 < len(parts) else ""
        if part.rstrip()[-1:] in _COLON or follower in _COLON:
            return parts[:at]
    return parts


def _next_line(parts: list[str]) -> str:
    return "" if not parts or _cut(parts[0])[1] else CLOSE.join(parts)


def _blank(value: str) -> bool:
    return not value or value.isspace()
