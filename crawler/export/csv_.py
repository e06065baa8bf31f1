"""CSV by RFC 4180, in the form that Excel opens with a double click: UTF-8 with a byte order mark, CRLF."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from crawler.export.flatten import TEXTS, FlatTable, Rules, clean, in_rows, is_clean
from crawler.export.port import Written, write_tables
from crawler.model import Result, Row, Table

__all__ = ["write"]

_MARK = b"\xef\xbb\xbf"  # without it Excel reads the file in the code page of the country
_SPECIAL = ',"\r\n'
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
    flat, fields = FlatTable(table), _Fields()
    file.write(_MARK)
    file.write(_lines(1, [fields.column([name]) for name in flat.names]))
    written = 0
    for count, columns in flat.batches(rows):
        file.write(_lines(count, list(map(fields.column, columns))))
        written += count
    return written, fields.altered


def _lines(count: int, columns: Sequence[Sequence[str]]) -> bytes:
    """So many lines with CRLF. What `csv.writer` writes, which looks at each character by itself."""
    columns = [_quoted(column) for column in columns]
    if len(columns) == 1:  # an empty line would be no record
        columns = [[field or '""' for field in columns[0]]]
    lines = map(",".join, in_rows(count, columns))
    return "".join([line + "\r\n" for line in lines]).encode("utf-8")


def _quoted(fields: Sequence[str]) -> Sequence[str]:
    whole = "".join(fields)
    if not any(sign in whole for sign in _SPECIAL):
        return fields
    return [
        '"' + field.replace('"', '""') + '"' if any(sign in field for sign in _SPECIAL) else field for field in fields
    ]


class _Fields:
    """Makes fields of values, and counts those it had to alter."""

    def __init__(self) -> None:
        self.altered = 0
        rules: dict[type, Callable[[Any], str]] = {
            **TEXTS,
            object: lambda value: self._text(str(value)),
            str: self._text,
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
        return self._text(TEXTS[tuple](value))

    def _text(self, text: str) -> str:
        text, bad = clean(text)
        guarded = text.startswith(_FORMULA)
        self.altered += bool(bad or guarded)
        return "'" + text if guarded else text
