"""JSON Lines: one object (RFC 8259) a line, UTF-8, in full: nothing is cut or formatted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, BinaryIO

from crawler.export.flatten import FlatTable, Rules, clean, exact, in_rows, is_clean
from crawler.export.port import Written, write_tables
from crawler.model import Result, Row, Table

__all__ = ["write"]

_BREAKS = "\x85\u2028\u2029"  # many programs end a line there; JSON allows to escape them
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in _BREAKS}


def write(result: Result, path: Path, *, now: datetime) -> Written:
    """Write one file for each table. A money value `x` is the number `x` and the text `x_currency`.

    Numbers keep every digit, dates are ISO 8601 text, lists are arrays, a missing value is null. `now` is not
    used: nothing in the file depends on the time.

    Raises:
        OutputError: a file could not be written; older ones are intact.
    """
    return write_tables(result, path, _write_table)


def _write_table(file: BinaryIO, table: Table, rows: Iterable[Row]) -> tuple[int, int]:
    flat, texts = FlatTable(table), _Texts()
    keys = [texts.one(name).replace("%", "%%") + ": %s" for name in flat.names]
    line = "{" + ", ".join(keys) + "}\n"
    written = 0
    for count, columns in flat.batches(rows):
        lines = map(line.__mod__, in_rows(count, list(map(texts.column, columns))))
        file.write("".join(lines).encode("utf-8"))
        written += count
    return written, texts.altered


class _Texts:
    """Values as JSON; counts those it had to alter."""

    def __init__(self) -> None:
        self.altered = 0
        rules: dict[type, Callable[[Any], str]] = {
            object: lambda value: self._text(str(value)),
            str: self._text,
            type(None): lambda value: "null",
            bool: lambda value: "true" if value else "false",
            int: exact,
            Decimal: lambda value: exact(value) if value.is_finite() else self._text(str(value)),  # JSON has no NaN
            date: lambda value: f'"{value.isoformat()}"',  # and datetime, which is one
            tuple: self._list,
            list: self._list,
        }
        self._rules = Rules(rules)

    def one(self, value: object) -> str:
        """A value as JSON."""
        return self._rules[type(value)](value)

    def column(self, values: Sequence[Any]) -> list[str]:
        """The values of a column as JSON."""
        if set(map(type, values)) == {str}:
            whole = "".join(values)
            if is_clean(whole) and not any(sign in whole for sign in _BREAKS):  # most texts are as they should be
                return list(map(encode_basestring, values))
        return self._rules.column(values)

    def _list(self, values: Iterable[object]) -> str:
        return "[" + ", ".join(map(self.one, values)) + "]"

    def _text(self, text: str) -> str:
        text, bad = clean(text)
        self.altered += bool(bad)
        return encode_basestring(text).translate(_ESCAPES)
