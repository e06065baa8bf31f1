"""The rows of a table as a sheet, or as several where Excel's limit of rows is reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from crawler.errors import OutputError
from crawler.export import styles
from crawler.export.book import Book
from crawler.export.cells import Cell, Reason
from crawler.export.sheet import Sheet
from crawler.export.widths import widths
from crawler.model import Row, Table

__all__ = ["header_cells", "write_table"]

_SAMPLE = 200


def write_table(book: Book, table: Table, title: str, rows: Iterable[Row]) -> int:
    """Write all rows of a table, on `title` and, if need be, on `title (2)`, ...; returns their number.

    Raises:
        OutputError: the table has more columns than a sheet can have.
    """
    _check_columns(book, table)
    header = header_cells(book, table.name, [column.name for column in table.columns])
    stream = _cells(book, table, rows)
    sample = list(islice(stream, _SAMPLE))
    column_widths = widths([header, *sample])
    written, following = 0, chain(sample, stream)
    row, name = next(following, None), title
    while True:
        with Sheet(book, name, column_widths, header=True) as sheet:
            sheet.append(header)
            while row is not None and not sheet.full:
                sheet.append(row)
                row = next(following, None)
        written += sheet.rows - 1
        _note_links(book, name, sheet)
        if row is None:
            return written
        name = book.names.take(title)


def header_cells(book: Book, where: str, names: Sequence[str]) -> list[Cell]:
    """Header cells; a name that had to be altered is noted."""
    cells = []
    for name in names:
        cell = book.cells.text(name)
        book.note(f"{where}.{name}", cell.reasons)
        cells.append(cell._replace(style=styles.HEADER))
    return cells


def _cells(book: Book, table: Table, rows: Iterable[Row]) -> Iterator[list[Cell | None]]:
    """The cells of each row; what has to be said about them is noted."""
    names = [column.name for column in table.columns]
    rules = [book.cells.url_rules if column.type == "url" else book.cells.rules for column in table.columns]
    for row in rows:
        odd = book.cells.odd
        values = map(row.values.get, names)
        cells = [rule[type(value)](value) for rule, value in zip(rules, values, strict=True)]
        if book.cells.odd > odd:
            for name, cell in zip(names, cells, strict=True):
                book.note(f"{table.name}.{name}", cell.reasons if cell else (), row.url)
        yield cells


def _note_links(book: Book, title: str, sheet: Sheet) -> None:
    if sheet.unlinked:
        detail = f"Excel allows {book.limits.links:,} links a sheet; {sheet.unlinked:,} URLs are plain text"
        book.note(title, (Reason("too-many-links", detail),), state="sheet")


def _check_columns(book: Book, table: Table) -> None:
    if len(table.columns) > book.limits.columns:
        raise OutputError(
            f"table {table.name!r} has {len(table.columns):,} columns and Excel allows "
            f"{book.limits.columns:,}; write .csv or .jsonl instead"
        )
