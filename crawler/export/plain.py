"""What csv and jsonl have in common: their columns, and numbers and text without a format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from crawler.model import Column, Money, Row, Table, Value

__all__ = ["FlatTable", "clean", "exact"]

_BAD = re.compile("[\x00\ud800-\udfff]")
_PLACES = 400


def exact(value: Decimal | int) -> str:
    """All digits of a number, without an exponent unless it is a very large one: "0.0000001", "1E+5000"."""
    value = Decimal(value)
    exponent = value.as_tuple().exponent
    return format(value, "f") if isinstance(exponent, int) and abs(exponent) <= _PLACES else str(value)


def clean(text: str) -> tuple[str, int]:
    """Replace NUL and lone surrogates, which no text file in UTF-8 should hold, by U+FFFD, and count them."""
    return _BAD.subn("\ufffd", text)


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

    def values(self, row: Row) -> list[Value]:
        """The values of a row in the order of `names`."""
        values: list[Value] = []
        for column in self._columns:
            value = row.values.get(column.name)
            if column.type == "money":
                values += (value.amount, value.currency) if isinstance(value, Money) else (value, None)
            elif isinstance(value, Money):
                values.append(f"{exact(value.amount)} {value.currency}".rstrip())
            else:
                values.append(value)
        return values


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
