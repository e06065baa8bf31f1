"""Decide whether a crawl is suspect by comparing it with the last good one; see docs/protect.md.

Only figures are compared here. Which selector is to blame, and since which page, is found out in `blame.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt

from crawler.config.document import ProtectSpec
from crawler.config.units import show_share
from crawler.extract.field_types import FIELD_TYPES
from crawler.store.counts import ColumnFigures, Figures, TableFigures

__all__ = ["Doubt", "doubts", "percent"]


_MIN_LOST = 3  # rows: a table of five that has four is no news
_MIN_SAME = 5  # rows: in fewer, one value in all may be chance
_MIN_CUT = 10  # rows of a first crawl that a limit cut, before a blank column in it is news
_SIGMAS = 2.0
_EXPECTED = 10  # values: with so many to be expected, none at all is no chance
_MOSTLY = 0.5
_UNREADABLE = frozenset({*(known.note for known in FIELD_TYPES.values() if known.note), "not-of-type"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a crawl is suspect.

    Attributes:
        code: `no-rows`, `fewer-rows`, `blank`, `unreadable`, `one-value`, `one-record`, `redirected`, `failures` or
            `limit`.
        table, column: what it is about; "" where it is about no table, or no column.
        what: figures of today and of the last good crawl, in words.
        rule: the selector, or what else is to blame; "" where nothing more is known.
        since: the first page, in the site's order, where it is so; "" for none.
    """

    code: str
    table: str = ""
    column: str = ""
    what: str = ""
    rule: str = ""
    since: str = ""

    @property
    def where(self) -> str:
        """`books.price`, `books`, or ""."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def __str__(self) -> str:
        parts = (self.what, self.rule, f"since {self.since}" if self.since else "")
        text = "; ".join(part for part in parts if part)
        return f"{self.where}: {text}" if self.where else text


def doubts(now: Figures, last: Figures | None, spec: ProtectSpec, *, allowed: float) -> list[Doubt]:
    """Everything that makes a crawl suspect; none for a good one.

    Args:
        last: of the last good crawl; None for a job that has none. What it did not have, a new table or column, is
            judged as on a first run.
        allowed: share of the pages that may fail.
    """
    found = [*_pages(now, last, spec, allowed)]
    for name, table in now.tables.items():
        before = last.tables.get(name) if last is not None else None
        if name not in spec.allow_blank and not _by_chance(now, last, before, spec):
            found += _rows(name, table, before, spec)
        if table.rows >= (_MIN_CUT if now.unread and before is None else 1):
            found += _columns(name, table, before, spec)
    return found


def _by_chance(now: Figures, last: Figures | None, before: TableFigures | None, spec: ProtectSpec) -> bool:
    """Whether the pages that a limit let through are to blame: which come first is chance, and so whose rows they are.

    Then only all rows together can be compared, and only with those of a crawl that was cut as well.
    """
    if not now.unread or last is None or before is None:
        return bool(now.unread) and before is None and any(table.rows for table in now.tables.values())
    least = (1 - spec.rows) * sum(table.rows for table in last.tables.values())
    return bool(last.unread) and sum(table.rows for table in now.tables.values()) >= least


def percent(part: int, whole: int) -> str:
    """`85 %`; `100 %` and `0 %` only where it is exactly that."""
    if not whole or part in (0, whole):
        return "100 %" if whole and part else "0 %"
    share = 100 * part / whole
    return f"{min(max(share, 0.1), 99.9):.1f} %" if share < 10 or share > 99 else f"{share:.0f} %"


def _pages(now: Figures, last: Figures | None, spec: ProtectSpec, allowed: float) -> Iterator[Doubt]:
    bad = now.pages.get("failed", 0) + now.pages.get("left", 0)
    whole = bad + now.pages.get("done", 0)
    if bad > allowed * whole:
        states = [f"{now.pages[state]:,} {state}" for state in ("failed", "left") if now.pages.get(state)]
        before = last.pages.get("failed", 0) if last else 0
        then = f", {before:,} failed last time" if last else ""
        limit = f"limits.failures allows {show_share(allowed)}"
        yield Doubt("failures", what=f"of {whole:,} pages {' and '.join(states)}{then}; {limit}")
    share, before_share = now.redirected, last.redirected if last else 0.0
    if share > max(spec.redirects, before_share * 1.2) and spec.redirects < 1 and _several(now):
        then = f", {before_share:.0%} last time" if last else ""
        what = f"{share:.0%} of the pages are redirected to {now.redirected_to}{then}"
        yield Doubt("redirected", what=what, rule="does the site require a login or consent?")
    cut = [f"{key} left {count:,} pages unread" for key, count in now.unread.items()]
    if last is not None and cut and not last.unread and _lost_any(now, last):
        yield Doubt("limit", what=f"{', '.join(cut)}, none last time")


def _several(now: Figures) -> bool:
    """Whether more than two pages were redirected: a start page may well be."""
    return now.pages.get("moved", 0) > 2


def _lost_any(now: Figures, last: Figures) -> bool:
    return any(name in now.tables and now.tables[name].rows < table.rows for name, table in last.tables.items())


def _rows(name: str, now: TableFigures, last: TableFigures | None, spec: ProtectSpec) -> Iterator[Doubt]:
    if not now.rows:
        if last is None or last.rows:
            yield Doubt("no-rows", name, what=f"no rows{_last(last)}")
        return
    if last is not None and last.rows - now.rows >= _MIN_LOST and now.rows < last.rows * (1 - spec.rows):
        yield Doubt("fewer-rows", name, what=f"{now.rows:,} {'row' if now.rows == 1 else 'rows'}{_last(last)}")
    if last is None and _one_record(now):
        what = f"the same values in all {now.rows:,} rows"
        yield Doubt("one-record", name, what=what, rule="does the site require a login or consent?")


def _last(last: TableFigures | None) -> str:
    return "" if last is None else f", {last.rows:,} last time"


def _one_record(table: TableFigures) -> bool:
    """Whether all rows say the same; addresses aside, as that of the page is no answer of the site."""
    said = [column.most for column in table.columns.values() if column.most]
    return table.rows >= _MIN_SAME and bool(said) and min(said) >= table.rows


def _columns(table: str, now: TableFigures, last: TableFigures | None, spec: ProtectSpec) -> Iterator[Doubt]:
    for name, column in now.columns.items():
        before = last.columns.get(name) if last is not None and last.rows else None
        for doubt in _column(now.rows, column, last.rows if last else 0, before, spec):
            if doubt.code != "blank" or f"{table}.{name}" not in spec.allow_blank:
                yield replace(doubt, table=table, column=name)


def _column(
    rows: int, now: ColumnFigures, last_rows: int, last: ColumnFigures | None, spec: ProtectSpec
) -> Iterator[Doubt]:
    if last is None:
        if not now.filled:
            yield Doubt("blank", what=f"blank in all {rows:,} rows", since=now.blank_at)
        elif now.noted >= now.filled > 1 and now.note in _UNREADABLE:
            yield Doubt("unreadable", what=f"{now.note} in all {rows:,} rows", since=now.noted_at)
        return
    if spec.fill < 1 and _collapsed(now.filled, rows, last.filled, last_rows, spec.fill):
        then = f"in {last_rows - last.filled:,} of {last_rows:,} last time"
        what = f"blank in {rows - now.filled:,} of {rows:,} rows, {then}"
        yield Doubt("blank", what=what, since=now.blank_at)
    if spec.fill < 1 and _risen(now.noted, rows, last.noted, last_rows, spec.fill):
        what = f"{now.note} in {now.noted:,} of {rows:,} rows, in {last.noted:,} of {last_rows:,} last time"
        yield Doubt("unreadable", what=what, since=now.noted_at)
    elif min(rows, last_rows) >= _MIN_SAME and _risen(now.most, rows, last.most, last_rows, spec.repeats):
        what = f"one value in {now.most:,} of {rows:,} rows, in {last.most:,} of {last_rows:,} last time"
        yield Doubt("one-value", what=what)


def _collapsed(now: int, rows: int, last: int, last_rows: int, points: float) -> bool:
    """Whether a column lost its values: mostly filled and now blank, or down by more than chance and `points`."""
    if not now and (last >= _MOSTLY * last_rows or last / last_rows * rows >= _EXPECTED):
        return bool(last)
    return _risen(rows - now, rows, last_rows - last, last_rows, points)


def _risen(now: int, rows: int, last: int, last_rows: int, points: float) -> bool:
    """Whether a share rose by more than `points`, and by more than chance explains (two standard errors)."""
    rise = now / rows - last / last_rows
    if rise <= points:
        return False
    share = (now + last) / (rows + last_rows)
    error = sqrt(share * (1 - share) * (1 / rows + 1 / last_rows))
    return rise >= _SIGMAS * error
