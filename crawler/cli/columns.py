"""Text in aligned columns that fit the window; below one another where the window is too narrow for columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from crawler.cli.terminal import clean, paint

__all__ = ["Cell", "aligned", "cut", "wrapped"]

GAP = 2
LEAST = 8  # columns that a cell is not cut below


class Cell(NamedTuple):
    """Text with a colour."""

    text: str
    colour: str = ""


def cut(text: str, width: int) -> str:
    """At most `width` columns of a text from outside, which stays on one line."""
    text = clean(text)
    return text if cell_len(text) <= width else set_cell_size(text, max(width - 3, 0)).rstrip() + "..."[:width]


def wrapped(text: str, width: int, indent: str) -> str:
    """A text on several lines, the further ones indented; words (paths, URLs) are never broken."""
    lines = textwrap.wrap(clean(text), max(width - len(indent), 16), break_long_words=False, break_on_hyphens=False)
    return ("\n" + indent).join(lines or [""])


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str | Cell]], width: int, indent: int = 2) -> list[str]:
    """Lines of a table with a head; the widest columns are cut until it fits into `width`.

    Columns that are empty in every row are left out. Where not even cut columns fit, each row becomes a block of
    lines `head: text`, wrapped.
    """
    table = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    used = [place for place in range(len(heads)) if any(row[place].text for row in table)]
    names = [heads[place] for place in used]
    table = [[row[place] for place in used] for row in table]
    sizes = _fitting(
        [max(map(cell_len, [name, *(clean(row[place].text) for row in table)])) for place, name in enumerate(names)],
        width - indent - GAP * (len(names) - 1),
    )
    if sizes is None:
        return [line for row in table for line in _block(names, row, width, indent)]
    head = [Cell(name, "dim") for name in names]
    return [" " * indent + _row(row, sizes) for row in [head, *table]]


def _fitting(sizes: list[int], room: int) -> list[int] | None:
    """Sizes whose sum is at most `room`; None where that would leave too little of a column."""
    sizes = list(sizes)
    while sum(sizes) > room:
        widest = max(range(len(sizes)), key=sizes.__getitem__)
        if sizes[widest] <= LEAST:
            return None
        second = sorted(sizes)[-2] if len(sizes) > 1 else 0
        sizes[widest] -= max(1, min(sizes[widest] - max(second, LEAST), sum(sizes) - room))
    return sizes


def _row(cells: Sequence[Cell], sizes: Sequence[int]) -> str:
    parts = []
    for place, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
        text = cut(cell.text, size)
        space = "" if place == len(sizes) - 1 else " " * (size - cell_len(text) + GAP)
        parts.append((paint(text, cell.colour) if cell.colour else text) + space)
    return "".join(parts).rstrip()


def _block(names: Sequence[str], row: Sequence[Cell], width: int, indent: int) -> list[str]:
    lines: list[str] = []
    mark = ""
    for name, cell in zip(names, row, strict=True):
        if not name:  # a column without a head holds a mark, which belongs to the first line
            mark = paint(cell.text, cell.colour) + " " if cell.text else ""
        elif cell.text:
            start = " " * (indent + 2 * bool(lines)) + mark + f"{name}: "
            text = wrapped(cell.text, width, " " * (indent + 4))
            lines.append(start + (paint(text, cell.colour) if cell.colour else text))
            mark = ""
    return lines
