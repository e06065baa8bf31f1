"""Rows of a table whose cells do not stand where they are counted, because a merged cell takes the place of others."""

from __future__ import annotations

import re

from crawler.extract.engine import Document, Node

__all__ = ["counts_cells", "shifted_rows"]

_COUNTED = re.compile(r":nth-|:(?:first|last)-(?:child|of-type)|t[dh]\b[^,]*[+~]")
_MOST_COLUMNS = 1_000
_MOST_ROWS = 65_534  # the most that the HTML standard lets a cell cover (4.9.11)


def counts_cells(css: str | None) -> bool:
    """Tell whether a selector may find a cell by its place in the row."""
    return css is not None and _COUNTED.search(css) is not None


def shifted_rows(document: Document) -> dict[int, str]:
    """Return the identity of each row in which a cell is not in the column that its number says, and why."""
    found: dict[int, str] = {}
    # In each group of rows (a cell does not reach over its end) by column: how many rows are covered from above.
    covered: dict[int, dict[int, int]] = {}
    for row in document.select(None, "tr"):
        above = document.parent(row)
        group = 0 if above is None else document.identity(above)
        reason = _reason(document, row, covered.setdefault(group, {}))
        if reason:
            found[document.identity(row)] = reason
    return found


def _reason(document: Document, row: Node, covered: dict[int, int]) -> str:
    """Why cells of a row are shifted, "" where none is; `covered` is brought to the next row."""
    column, reason, below = 0, "", {at: left - 1 for at, left in covered.items() if left > 1}
    for number, cell in enumerate(_cells(document, row)):
        while column in covered:
            column += 1
        if column != number and not reason:
            reason = f"cell {number + 1} of the row stands in column {column + 1}: a merged cell is before it"
        wide, high = _span(document, cell, "colspan", _MOST_COLUMNS), _span(document, cell, "rowspan", _MOST_ROWS)
        if column + wide > _MOST_COLUMNS:
            break
        if high > 1:
            below.update(dict.fromkeys(range(column, column + wide), high - 1))
        column += wide
    covered.clear()
    covered.update(below)
    return reason


def _cells(document: Document, row: Node) -> list[Node]:
    cell, cells = document.first(row, "td, th"), []
    while cell is not None:
        if document.tag(cell) in ("td", "th"):
            cells.append(cell)
        cell = document.after(cell)
    return cells


def _span(document: Document, cell: Node, name: str, most: int) -> int:
    value = (document.attr(cell, name) or "").strip()
    if not (value.isascii() and value.isdecimal()) or len(value) > 6:
        return 1
    if name == "rowspan" and int(value) == 0:  # to the end of the group
        return most
    return min(max(1, int(value)), most)
