"""JSON Lines: one object (RFC 8259) a line, UTF-8, in full: nothing is cut or formatted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from crawler.export.plain import FlatTable, clean, exact
from crawler.export.port import Written
from crawler.export.table_files import write_tables
from crawler.model import Result, Row, Table

__all__ = ["write"]

_quote = json.JSONEncoder(ensure_ascii=False).encode
_BREAKS = re.compile("[\x85\u2028\u2029]")  # many programs end a line there; JSON allows to escape them


def write(result: Result, path: Path, *, now: datetime) -> Written:
    """Write one file for each table. A money value `x` is the number `x` and the text `x_currency`.

    Numbers keep every digit, dates are ISO 8601 text, lists are arrays, a missing value is null. `now` is not
    used: nothing in the file depends on the time.

    Raises:
        OutputError: a file could not be written; older ones are intact.
    """
    return write_tables(result, path, _write_table)


def _write_table(file: BinaryIO, table: Table, rows: Iterable[Row]) -> tuple[int, int]:
    flat, text = FlatTable(table), _Text()
    keys = [text.json(name) + ": " for name in flat.names]
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  # the last number is the count
        pairs = (key + text.json(value) for key, value in zip(keys, flat.values(row), strict=True))
        file.write(("{" + ", ".join(pairs) + "}\n").encode("utf-8"))
    return count, text.altered


class _Text:
    """Values as JSON; counts those it had to alter."""

    def __init__(self) -> None:
        self.altered = 0

    def json(self, value: object) -> str:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return exact(value)
        if isinstance(value, Decimal) and value.is_finite():  # JSON has no NaN: it becomes text
            return exact(value)
        if isinstance(value, date):  # and datetime, which is one
            return f'"{value.isoformat()}"'
        if isinstance(value, (tuple, list)):
            return "[" + ", ".join(map(self.json, value)) + "]"
        text, bad = clean(str(value))
        self.altered += bool(bad)
        return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", _quote(text))
