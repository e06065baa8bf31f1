"""Figures as every report shows them, and the columns that they share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from crawler.compare.outcome import Comparison, Entrant

__all__ = ["COLUMNS", "Column", "figure"]


def figure(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, never with an exponent; a whole one whole."""
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


class Column(NamedTuple):
    """A column of the table of results: the value is a plain number, None where it is not known."""

    head: str
    value: Callable[[Comparison, Entrant], float | None]


def _median(what: str, scale: float = 1.0) -> Callable[[Comparison, Entrant], float | None]:
    def value(found: Comparison, one: Entrant) -> float | None:
        median = one.median(what)
        return None if median is None else median * scale

    return value


def _speed(what: str) -> Callable[[Comparison, Entrant], float | None]:
    def value(found: Comparison, one: Entrant) -> float | None:
        spread = one.spread("pages_a_second")
        return None if spread is None else float(getattr(spread, what))

    return value


def _polite(found: Comparison, one: Entrant) -> float | None:
    return 100 * found.polite_share(one.runs[0]) if one.runs and found.gap else None


COLUMNS = (
    Column("pages/s", _speed("mean")),
    Column("± pages/s", _speed("deviation")),
    Column("times slower", lambda found, one: found.relative(one).value),
    Column("± times", lambda found, one: found.relative(one).error),
    Column("p50 ms", _median("p50", 1000)),
    Column("p95 ms", _median("p95", 1000)),
    Column("p99 ms", _median("p99", 1000)),
    Column("CPU ms/page", _median("cpu_a_page", 1000)),
    Column("memory MB", _median("memory", 1e-6)),
    Column("wall s", _median("wall")),
    Column("start-up s", _median("start_up")),
    Column("crawl s", _median("crawl")),
    Column("close s", _median("close")),
    Column("pages", _median("pages")),
    Column("failed", _median("failed")),
    Column("retries", _median("retries")),
    Column("bytes", _median("bytes")),
    Column("politeness %", _polite),
)
