"""What csv and jsonl share, and other formats of text may: the columns, and plain numbers and texts.

Rows are turned into columns, a few thousand at a time: then what a value becomes is decided once for a column, not for
each cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Generic, TypeVar

from crawler.model import Column, Money, Row, Table

__all__ = ["TEXTS", "FlatTable", "Rules", "as_text", "clean", "exact", "in_rows", "is_clean"]


T = TypeVar("T")

_BAD = re.compile("[\x00\ud800-\udfff]")
_PLACES, _SMALL = 400, 10**15
_ROWS = 500  # that are turned into columns at once


def exact(value: Decimal | int) -> str:
    """All digits of a number, without an exponent unless it is a very large one: "0.0000001", "1E+5000"."""
    if type(value) is Decimal or -_SMALL < value < _SMALL:
        text = str(value)
        if "E" not in text:  # most have none, and the rest costs more
            return text
    value = Decimal(value)
    exponent = value.as_tuple().exponent
    return format(value, "f") if isinstance(exponent, int) and abs(exponent) <= _PLACES else str(value)


def clean(text: str) -> tuple[str, int]:
    """Replace NUL and lone surrogates, which no text file in UTF-8 should hold, by U+FFFD, and count them."""
    return _BAD.subn("\ufffd", text)


def is_clean(text: str) -> bool:
    """Whether `clean` would change nothing; for long texts far cheaper than that."""
    if "\0" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class Rules(dict[type, Callable[[Any], T]], Generic[T]):
    """What to do with a value of each type; a type without a rule gets that of its nearest base."""

    def __missing__(self, kind: type) -> Callable[[Any], T]:
        rule = self[kind] = next(self[base] for base in kind.__mro__ if base in self)
        return rule

    def column(self, values: Sequence[Any]) -> list[T]:
        """What becomes of each value of a column; in most columns all have one type."""
        kinds = set(map(type, values))
        if len(kinds) == 1:
            return list(map(self[kinds.pop()], values))
        return [self[type(value)](value) for value in values]


def _together(value: Money) -> str:
    return f"{exact(value.amount)} {value.currency}".rstrip()


TEXTS: dict[type, Callable[[Any], str]] = {
    object: str,
    type(None): lambda value: "",
    bool: lambda value: "TRUE" if value else "FALSE",
    int: exact,
    Decimal: exact,
    Money: _together,
    date: lambda value: value.isoformat(),  # and datetime, which is one
    tuple: lambda value: "; ".join(map(str, value)),
    list: lambda value: "; ".join(map(str, value)),
}
"""The text of a value of each type; a page may have put anything into it, see `clean`."""
_TEXTS = Rules(TEXTS)


def as_text(value: object) -> str:
    """Any value of a row in one text that can be written as UTF-8: "51.77 £", "a; b", "2026-01-31"; "" for None."""
    return clean(_TEXTS[type(value)](value))[0]


class FlatTable:
    """A table whose money columns are two: `price` with the amount and behind it `price_currency`.

    Every money column has the second one, whatever its values, so whoever reads the file can rely on it.

    Attributes:
        names: of the columns as written.
    """

    def __init__(self, table: Table) -> None:
        self._columns = table.columns
        extra = _currency_names(table.columns)
        self.names: list[str] = []
        for column in table.columns:
            self.names += [column.name, extra[column.name]] if column.name in extra else [column.name]

    def batches(self, rows: Iterable[Row]) -> Iterator[tuple[int, list[list[Any]]]]:
        """Yield so many rows as columns in the order of `names`, until there are no more."""
        waiting = iter(rows)
        while batch := [row.values for row in islice(waiting, _ROWS)]:
            yield len(batch), [part for column in self._columns for part in _parts(column, batch)]


def in_rows(count: int, columns: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Columns as rows again; a table without columns has rows as well."""
    return zip(*columns, strict=True) if columns else iter([()] * count)


def _parts(column: Column, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """The values of a column; of money the amounts and the currencies."""
    values = [row.get(column.name) for row in rows]
    if column.type == "money":
        currencies = [value.currency if isinstance(value, Money) else None for value in values]
        return [[value.amount if isinstance(value, Money) else value for value in values], currencies]
    if Money in set(map(type, values)):
        values = [_together(value) if isinstance(value, Money) else value for value in values]
    return [values]


def _currency_names(columns: Sequence[Column]) -> dict[str, str]:
    taken = {column.name for column in columns}
    names = {}
    for column in columns:
        if column.type == "money":
            name = f"{column.name}_currency"
            while name in taken:
                name += "_"
            taken.add(name)
            names[column.name] = name
    return names
