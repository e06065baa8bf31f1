"""Rows written into a workbook, to openpyxl in write-only mode without formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

from benchmarks.parts.suite import Part, Setup, spent
from crawler.export import export
from crawler.model import Column, Money, Problem, Row, Table, Value

TYPES = {"title": "text", "price": "money", "rating": "int", "stock": "int", "upc": "text", "category": "text"}
TABLE = Table("books", tuple(Column(*each) for each in {**TYPES, "published": "date", "url": "url"}.items()))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def xlsx(setup: Setup) -> Part:
    """Rows of eight columns: texts, money, numbers, a date, a link."""
    result, path = Rows(setup.rows), setup.work / "rows.xlsx"
    plain = [_plain(row) for row in result.rows("books")]

    def ours() -> float:
        return spent(lambda: export(result, path, now=NOW))

    return Part("xlsx", ours, lambda: spent(lambda: _bare(plain, path)), "openpyxl write-only", setup.rows)


class Rows:
    """A result made of numbers."""

    def __init__(self, number: int) -> None:
        self._rows = [Row(_values(count), url=f"http://example.org/{count}") for count in range(number)]

    @property
    def tables(self) -> Sequence[Table]:
        return (TABLE,)

    def rows(self, table: str) -> Iterator[Row]:
        return iter(self._rows)

    def problems(self) -> Iterator[Problem]:
        return iter(())

    def summary(self) -> Sequence[tuple[str, Value]]:
        return (("Job", "benchmarks"),)


def _values(count: int) -> dict[str, Value]:
    return {
        "title": f"A title of some words, number {count}",
        "price": Money(Decimal(count % 9_000) / 100, "£"),
        "rating": count % 5 + 1,
        "stock": count % 23,
        "upc": f"{count:016x}",
        "category": f"Category {count % 50}",
        "published": date.fromordinal(735_000 + count % 3_000),
        "url": f"http://example.org/catalogue/some-title_{count}/index.html",
    }


def _plain(row: Row) -> list[Value]:
    return [value.amount if isinstance(value, Money) else value for value in row.values.values()]


def _bare(rows: list[list[Value]], path: Path) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("books")
    sheet.append([column.name for column in TABLE.columns])
    for row in rows:
        sheet.append(row)
    workbook.save(path)
