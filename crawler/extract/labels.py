"""Find the value that stands beside a label, in the ways pages write it.

In this order:
    1. `<th>UPC</th><td>...</td>`, `<td>UPC</td><td>...</td>`, `<dt>UPC</dt><dd>...</dd>`;
    2. a line of text: `UPC: ...` in a p, li, span, div, `<b>UPC:</b> ...`, `<b>UPC</b> ...`; the value ends with the
       line, or where the next bold label begins; an empty rest after the colon means the next line.

Labels are compared without regard to case, white space and a colon at the end; the first of several counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.extract.engine import Document, Node
from crawler.extract.text import BREAK, CLOSE, OPEN, tidy

__all__ = ["Labels", "label_key"]

_LONGEST = 120
_COLONS = ":："
_COLON = frozenset(_COLONS)
_MOST = 1_000_000
_CELLS = {"th": ("td",), "td": ("td",), "dt": ("dd",)}
_MARKS = re.compile(f"[{OPEN}{CLOSE}]")


def label_key(text: str) -> str:
    """Return the form in which labels are compared."""
    return tidy(text)[0].rstrip(_COLONS + " ").casefold()


class Labels:
    """The labels of a page or of one row, found at the first question."""

    def __init__(self, document: Document, scope: Node | None) -> None:
        self._document = document
        self._scope = scope
        self._cells: dict[str, Node] = {}
        self._unread = _cells(document, scope)
        self._lines: dict[str, str] | None = None

    def cell(self, key: str) -> Node | None:
        """Return the element that holds the value of a label in a table or a `dl`."""
        while key not in self._cells:
            found = next(self._unread, None)
            if found is None:
                return None
            self._cells.setdefault(*found)
        return self._cells[key]

    def line(self, key: str) -> str | None:
        """Return the value of a label that stands in a line of text; "" for a label with nothing behind it."""
        if self._lines is None:
            scope = self._document.root() if self._scope is None else self._scope
            self._lines = {} if scope is None else _find_lines(self._document.marked(scope))
        return self._lines.get(key)


def _cells(document: Document, scope: Node | None) -> Iterator[tuple[str, Node]]:
    """Yield labels in tables and `dl` with the elements that hold their values; read no further than asked."""
    left = _MOST
    for node in document.select(scope, "th, td, dt"):
        text = document.text(node)
        left -= len(text)
        if left < 0:  # tables inside tables: each cell holds the text of all inside it
            return
        if len(text) <= 4 * _LONGEST and (key := label_key(text)) and (value := _beside(document, node)) is not None:
            yield key, value


def _beside(document: Document, node: Node) -> Node | None:
    tag = document.tag(node)
    value = document.after(node)
    while tag == "dt" and value is not None and document.tag(value) == "dt":
        value = document.after(value)
    return value if value is not None and document.tag(value) in _CELLS[tag] else None


def _find_lines(marked: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = [parts for line in marked.split(BREAK) if (parts := _parts(line))]
    for number, parts in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else []
        for key, value in _pairs(parts, following):
            found.setdefault(key, value)
    return found


def _parts(line: str) -> list[str]:
    """Cut a line where inline elements begin and end; white space between two parts stays with the first."""
    parts: list[str] = []
    for piece in _MARKS.split(line):
        if piece and not piece.isspace():
            parts.append(piece)
        elif parts:
            parts[-1] += piece
    return parts


def _pairs(parts: list[str], following: list[str]) -> list[tuple[str, str]]:
    """Return the labels of a line with their values."""
    pairs = []
    for at, part in enumerate(parts):
        found = _label(part, parts[at + 1 :], first=at == 0)
        if found is None:
            continue
        head, rest = found
        value = tidy("".join(_until_label(rest)))[0]
        if not value and len(rest) < 2 and _ends_as_label(parts[at:]):
            value = _next_line(following)
        pairs.append((label_key(head), value))
    return pairs


def _label(part: str, behind: list[str], *, first: bool) -> tuple[str, list[str]] | None:
    """Return the label that a part begins with, and the parts behind it; None when it begins with none."""
    head, colon, rest = _cut(part)
    if colon:
        return (head, [rest, *behind]) if head.strip() else None
    if not behind or len(part) > _LONGEST:
        return None
    if behind[0].lstrip()[:1] in _COLON:
        return part, [behind[0].lstrip()[1:], *behind[1:]]
    return (part, behind) if first else None


def _ends_as_label(parts: list[str]) -> bool:
    return tidy("".join(parts))[0][-1:] in _COLON


def _cut(part: str) -> tuple[str, str, str]:
    """Split at the first colon that ends a word: not in `10:30` or `http://`."""
    for at, char in enumerate(part[: _LONGEST + 1]):
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
    return "" if not parts or _cut(parts[0])[1] else tidy("".join(parts))[0]
