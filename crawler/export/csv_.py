"""CSV as RFC 4180 has it and as Excel opens it by a double click: UTF-8 with a byte order mark, CRLF."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from crawler.export.plain import FlatTable, clean, exact
from crawler.export.port import Written
from crawler.export.quoting import csv_line
from crawler.export.table_files import write_tables
from crawler.model import Result, Row, Table

__all__ = ["write"]

_MARK = b"\xef\xbb\xbf"  # without it Excel reads the file in the code page of the country
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text that begins so for a formula


def write(result: Result, path: Path, *, now: datetime) -> Written:
    """Write one file for each table. Behind a money column `x` follows `x_currency`.

    Text that a spreadsheet would run as a formula gets a leading apostrophe. Dates are ISO 8601, lists are
    joined by "; ", a missing value is empty. `now` is not used: nothing in the file depends on the time.

    Raises:
        OutputError: a file could not be written; older ones are intact.
    """
    return write_tables(result, path, _write_table)


def _write_table(file: BinaryIO, table: Table, rows: Iterable[Row]) -> tuple[int, int]:
    file.write(_MARK)
    flat, fields = FlatTable(table), _Fields()
    file.write(csv_line([fields.field(name) for name in flat.names]).encode("utf-8"))
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  # the last number is the count
        file.write(csv_line([fields.field(value) for value in flat.values(row)]).encode("utf-8"))
    return count, fields.altered


class _Fields:
    """Makes fields of values, and counts those it had to alter."""

    def __init__(self) -> None:
        self.altered = 0

    def field(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, (int, Decimal)):
            return exact(value)
        if isinstance(value, date):  # and datetime, which is one
            return value.isoformat()
        if isinstance(value, (tuple, list)):
            return self._text("; ".join(map(str, value)))
        return self._text(str(value))

    def _text(self, text: str) -> str:
        text, bad = clean(text)
        guarded = text.startswith(_FORMULA)
        self.altered += bool(bad or guarded)
        return "'" + text if guarded else text
