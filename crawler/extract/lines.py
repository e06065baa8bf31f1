"""Labels with their values in lines of text: `UPC: ...` in a p, li, span, div, `<b>UPC:</b> ...`, `<b>UPC</b> ...`.

A value ends with its line, or where the next bold label begins; an empty rest after the colon means the next line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crawler.extract.text import BREAK, CLOSE, OPEN, tidy

__all__ = ["COLONS", "LONGEST", "label_key", "labelled"]

LONGEST = 120
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
    return tidy(text)[0].rstrip(_END).casefold()


def labelled(pieces: list[str]) -> Iterator[tuple[str, int, str]]:
    """Yield each label in the pieces of a text, the number of the piece where its line begins, and its value.

    The pieces are those of Document.strands. The value has a CLOSE between parts that stand in several elements.
    """
    lines = [line for line in _lines(pieces) if line.parts]
    for number, line in enumerate(lines):
        following = lines[number + 1].parts if number + 1 < len(lines) else []
        for key, value in _pairs(line.parts, following):
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
    if not behind or len(part) > LONGEST:
        return None
    if behind[0].lstrip()[:1] in _COLON:
        return part, [behind[0].lstrip()[1:], *behind[1:]]
    return (part, behind) if first else None


def _ends_as_label(parts: list[str]) -> bool:
    return tidy("".join(parts))[0][-1:] in _COLON


def _cut(part: str) -> tuple[str, str, str]:
    """Split at the first colon that ends a word: not in `10:30` or `http://`."""
    for at, char in enumerate(part[: LONGEST + 1]):
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
