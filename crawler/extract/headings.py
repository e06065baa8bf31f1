"""Columns by their headings: of a table of HTML, of a CSV or Excel file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crawler.extract.lines import label_key

__all__ = ["Cell", "Headed"]

Cell = str | int | bool | Decimal | date | None
"""What a cell of a CSV or Excel file holds."""


class Headed:
    """Something with columns.

    Attributes:
        headings: one for each column, "" for a column without.
        twice: headings that several columns have, as the first of them writes it.
    """

    def __init__(self, headings: tuple[str, ...]) -> None:
        self.headings = headings
        self._columns: dict[str, int] = {}
        twice: dict[str, None] = {}
        for number, heading in enumerate(headings):
            key = label_key(heading)
            if key and self._columns.setdefault(key, number) != number:
                twice[headings[self._columns[key]]] = None
        self.twice = tuple(twice)

    def column(self, name: str | int) -> int | None:
        """Return the place of a column, from 0; None where there is no such column.

        Args:
            name: its heading, compared as labels are (case, white space and a colon at the end mean nothing), the
                first of equal ones; or its number, from 1.
        """
        if isinstance(name, int):
            return name - 1 if 1 <= name <= len(self.headings) else None
        return self._columns.get(label_key(name))
