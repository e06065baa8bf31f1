"""The workbook: a sheet for each table, then Summary, then Problems."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crawler.export import archive, atomic
from crawler.export.book import Book
from crawler.export.cells import Limits, Reason
from crawler.export.data_sheets import write_table
from crawler.export.port import Written
from crawler.export.report_sheets import write_problems, write_summary
from crawler.model import Result

__all__ = ["write"]


def write(result: Result, path: Path, *, now: datetime, limits: Limits | None = None) -> Written:
    """Write `result` as an Excel workbook (ECMA-376), streamed: memory does not grow with the rows.

    The same result and `now` give the same bytes on every machine.

    Raises:
        OutputError: the file could not be written; an older one is intact.
    """
    moment = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    with atomic.replacing(path) as file, archive.opened(file, moment) as zipped:
        book = Book(zipped, moment, limits or Limits())
        rows = _write_tables(book, result)
        write_summary(book, result.summary())
        write_problems(book, result.problems())
        book.save()
    return Written(path, rows, book.altered, (path,))


def _write_tables(book: Book, result: Result) -> dict[str, int]:
    titles = {table.name: _title(book, table.name) for table in result.tables}
    return {
        table.name: write_table(book, table, titles[table.name], result.rows(table.name)) for table in result.tables
    }


def _title(book: Book, name: str) -> str:
    title = book.names.take(name)
    if title != name:
        book.note(name, (Reason("renamed", f"the sheet is called {title!r}"),), state="sheet")
    return title
