"""CSV as RFC 4180 has it and as Excel opens it by a double click: UTF-8 with a byte order mark, CRLF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from crawler.export.plain import FlatTable, Rules, clean, exact, in_rows, is_clean
from crawler.export.port import Written
from crawler.export.table_files import write_tables
from crawler.model import Result, Row, Table

__all__ = ["write"]

_MARK = "\ufeff"  # without it Excel reads the file in the code page of the country
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
    flat, fields, lines = FlatTable(table), _Fields(), io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    lines.write(_MARK)
    writer.writerow(fields.column(flat.names))
    written = 0
    for count, columns in flat.batches(rows):
        writer.writerows(in_rows(count, list(map(fields.column, columns))))
        written += count
        _move(lines, file)
    _move(lines, file)
    return written, fields.altered


def _move(lines: io.StringIO, file: BinaryIO) -> None:
    file.write(lines.getvalue().encode("utf-8"))
    lines.seek(0)
    lines.truncate()


class _Fields:
    """Makes fields of values, and counts those it had to alter."""

    def __init__(self) -> None:
        self.altered = 0
        rules: dict[type, Callable[[Any], str]] = {
            object: lambda value: self._text(str(value)),
            str: self._text,
            type(None): lambda value: "",
            bool: lambda value: "TRUE" if value else "FALSE",
            int: exact,
            Decimal: exact,
            date: lambda value: value.isoformat(),  # and datetime, which is one
            tuple: self._list,
            list: self._list,
        }
        self._rules = Rules(rules)

    def column(self, values: Sequence[Any]) -> list[str]:
        """The fields of a column."""
        plain = set(map(type, values)) == {str} and is_clean("".join(values))  # most texts are as they should be
        if plain and not any(value.startswith(_FORMULA) for value in values):
            return list(values)
        return self._rules.column(values)

    def _list(self, value: tuple[object, ...] | list[object]) -> str:
        return self._text("; ".join(map(str, value)))

    def _text(self, text: str) -> str:
        text, bad = clean(text)
        guarded = text.startswith(_FORMULA)
        self.altered += bool(bad or guarded)
        return "'" + text if guarded else text
