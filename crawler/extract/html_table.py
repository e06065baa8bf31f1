"""The rows of a table of HTML by the headings of its columns, with merged cells in each row and column they cover.

Where a cell stands is said by the HTML standard
(https://html.spec.whatwg.org/multipage/tables.html#forming-a-table). Which rows are headings is said by no standard;
these are taken, the first of:
    1. the rows of `thead`;
    2. the rows at the top whose cells are all `th`, but for an empty corner;
    3. the first row, if all its cells are `td`, and no title of `th` stands above it: see HeadedTable.guessed.

A cell that covers every column (a title, the name of a group) is a heading of none, where the table has several. One
such row may stand above the headings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from crawler.errors import ExtractError
from crawler.extract.engine import Document, Node
from crawler.extract.headings import Headed
from crawler.extract.labels import row_cells
from crawler.extract.text import collapse_whitespace

__all__ = ["HeadedTable", "TableRow", "read_table_rows"]

_ROWS = ":scope > tr, :scope > thead > tr, :scope > tbody > tr, :scope > tfoot > tr"
_MAX_SLOTS = 2_000_000
_MAX_COLUMNS = 1_000
_MAX_SPAN = 65_534
_MAX_HEADING_ROWS = 20
_MAX_HEADING = 200
_OFTEN = 100


class TableRow(NamedTuple):
    """A row.

    Attributes:
        node: the `tr`.
        cells: the cell in each column, None for none; a merged cell several times.
    """

    node: Node
    cells: tuple[Node | None, ...]


class HeadedTable(Headed):
    """A table.

    Attributes:
        rows: those of data, in document order, except that `tfoot` comes last.
        guessed: the row of `td` that was taken for the headings, where the table has no other; None else. In a table
            without headings it is a row like the others.
    """

    def __init__(self, headings: tuple[str, ...], rows: list[TableRow], guessed: TableRow | None) -> None:
        super().__init__(headings)
        self.rows = rows
        self.guessed = guessed


class _Row(NamedTuple):
    """A row of the grid: `own` are the cells that begin in it, `slots` all that stand in it, by column."""

    node: Node
    part: str
    own: list[Node]
    slots: list[Node | None]


def read_table_rows(document: Document, table: Node, check_time: Callable[[], None]) -> HeadedTable:
    """Read a table; a table inside one of its cells adds nothing to it.

    No rows are: headings, wherever they stand, names of groups in `th`, and rows without a cell of their own.

    Args:
        check_time: raises when the time for the page is up.

    Raises:
        ExtractError: `unparsable`: more cells or columns than any table has, by merged cells.
    """
    grid = _Grid(document, check_time)
    for group in _groups(document, table):
        grid.add(group)
    rows = grid.rows
    width = max((len(row.slots) for row in rows), default=0)
    heads, guessed = _heads(document, rows, width)
    data = [row for row in rows[heads:] if row.part != "thead" and (width == 1 or not _is_heading(document, row))]
    made = [TableRow(row.node, _padded(row.slots, width)) for row in data]
    first = TableRow(rows[heads - 1].node, _padded(rows[heads - 1].slots, width)) if guessed else None
    return HeadedTable(_texts(document, rows[:heads], width), made, first)


def _padded(slots: list[Node | None], width: int) -> tuple[Node | None, ...]:
    return (*slots, *[None] * (width - len(slots)))


def _groups(document: Document, table: Node) -> list[list[tuple[Node, str]]]:
    """Return the rows, those of each `thead`, `tbody` and `tfoot` together, and the name of that; `tfoot` last."""
    groups: dict[int, list[tuple[Node, str]]] = {}
    for row in document.select(table, _ROWS):
        above = document.parent(row)
        groups.setdefault(document.identity(above), []).append((row, document.tag(above)))
    return sorted(groups.values(), key=lambda group: group[0][1] == "tfoot")


class _Grid:
    """The rows of a table, each cell in every slot that it covers."""

    def __init__(self, document: Document, check_time: Callable[[], None]) -> None:
        self._document = document
        self._check_time = check_time
        self._left = _MAX_SLOTS
        self.rows: list[_Row] = []

    def add(self, group: list[tuple[Node, str]]) -> None:
        """Add the rows of a group; no merged cell goes on below it."""
        growing: dict[int, tuple[Node, int]] = {}  # by column: a cell from above, and in how many rows more it stands
        for number, (row, part) in enumerate(group):
            if number % _OFTEN == 0:
                self._check_time()
            own = row_cells(self._document, row)
            slots: list[Node | None] = [None] * (max(growing, default=-1) + 1)
            for column, (cell, _) in growing.items():
                slots[column] = cell
            growing = {column: (cell, left - 1) for column, (cell, left) in growing.items() if left > 1}
            self._place(own, slots, growing, len(group) - number)
            self._left -= len(slots)
            if self._left < 0:
                raise ExtractError("unparsable", f"a table of more than {_MAX_SLOTS:,} cells, merged ones counted")
            if own:
                self.rows.append(_Row(row, part, own, slots))

    def _place(
        self, own: list[Node], slots: list[Node | None], growing: dict[int, tuple[Node, int]], below: int
    ) -> None:
        column = 0
        for cell in own:
            while column < len(slots) and slots[column] is not None:
                column += 1
            wide = max(1, _span(self._document, cell, "colspan", 1))
            high = min(_span(self._document, cell, "rowspan", 1) or below, below)
            if column + wide > _MAX_COLUMNS:
                raise ExtractError("unparsable", f"a table of more than {_MAX_COLUMNS:,} columns, merged ones counted")
            slots += [None] * (column + wide - len(slots))
            for at in range(column, column + wide):
                if slots[at] is None:  # else the standard has two cells in one place; the upper one stays
                    slots[at] = cell
                    if high > 1:
                        growing[at] = cell, high - 1
            column += wide


def _span(document: Document, cell: Node, name: str, default: int) -> int:
    """Return `colspan` or `rowspan` by the rules for parsing non-negative integers (HTML standard, 2.3.4.2)."""
    written = document.attr(cell, name)
    if written is None:
        return default
    written = written.strip("\t\n\x0c\r ").removeprefix("+")
    digits = written[: next((at for at, char in enumerate(written) if char not in "0123456789"), len(written))]
    return min(int(digits[:9]), _MAX_SPAN) if digits else default


def _heads(document: Document, rows: list[_Row], width: int) -> tuple[int, bool]:
    """Return how many rows at the top are headings or stand above them, and whether that is only a guess."""
    parts = [row.part for row in rows]
    heads = next((at for at, part in enumerate(parts) if part != "thead"), len(rows))
    if any(not _is_title(row, width) for row in rows[:heads]):
        return heads, False
    titled = False
    while heads < len(rows) and _is_title(rows[heads], width) and _is_heading(document, rows[heads]):
        heads, titled = heads + 1, True
    if not titled and heads < len(rows) and _is_title(rows[heads], width):  # several of `td` are rather data
        heads += 1
    if heads == len(rows):
        return 0, False
    if _is_heading(document, rows[heads]):
        heads += 1
        while width > 1 and heads < len(rows) and _is_heading(document, rows[heads]):
            heads += 1
        return heads, False
    if not titled and all(document.tag(cell) == "td" for cell in rows[heads].own):
        return heads + 1, True
    return 0, False


def _is_heading(document: Document, row: _Row) -> bool:
    """Tell whether a row has only headings, beside an empty corner."""
    first, *others = row.own
    if not all(document.tag(cell) == "th" for cell in others):
        return False
    return document.tag(first) == "th" or (bool(others) and not _text(document, first))


def _is_title(row: _Row, width: int) -> bool:
    return width > 1 and len(row.own) == 1 and len(row.slots) == width and all(slot is row.own[0] for slot in row.slots)


def _texts(document: Document, rows: list[_Row], width: int) -> tuple[str, ...]:
    """Return the heading of each column: the texts of all its cells, from the top."""
    columns: list[dict[int, str]] = [{} for _ in range(width)]
    for row in rows[:_MAX_HEADING_ROWS]:
        if _is_title(row, width):
            continue
        texts: dict[int, str] = {}
        for column, cell in zip(columns, row.slots, strict=False):
            if cell is not None:
                identity = document.identity(cell)
                if identity not in texts:
                    texts[identity] = _text(document, cell)
                column[identity] = texts[identity]
    return tuple(" ".join(filter(None, column.values())) for column in columns)


def _text(document: Document, cell: Node) -> str:
    return collapse_whitespace(document.text(cell))[0][:_MAX_HEADING]
