"""A result in memory, for tests of exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crawler.model import Column, Problem, Row, Table, Value


@dataclass
class MemoryResult:
    """Tables with their rows; a function instead of rows makes them afresh for each reading."""

    contents: Mapping[Table, Iterable[Row] | Callable[[], Iterable[Row]]]
    found: Sequence[Problem] = ()
    lines: Sequence[tuple[str, Value]] = field(default_factory=lambda: [("Job", "test")])

    @property
    def tables(self) -> Sequence[Table]:
        return list(self.contents)

    def rows(self, table: str) -> Iterator[Row]:
        rows = next(rows for known, rows in self.contents.items() if known.name == table)
        return iter(rows() if callable(rows) else rows)

    def problems(self) -> Iterator[Problem]:
        return iter(self.found)

    def summary(self) -> Sequence[tuple[str, Value]]:
        return self.lines


def one_table(
    *values: Value, name: str = "t", type: str = "text", url: str = "http://h/p", **more: object
) -> MemoryResult:
    """A table of one column `v` with a value in each row."""
    table = Table(name, (Column("v", type),))
    return MemoryResult({table: [Row({"v": value}, url=url) for value in values]}, **more)  # type: ignore[arg-type]
