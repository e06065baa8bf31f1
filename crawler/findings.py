"""What the sheet Problems says of whole tables and columns, and of links that were not followed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from crawler.model import Problem
from crawler.report import Report
from crawler.store import counts

__all__ = ["findings"]

_WANTED = ("denied",)  # the config says that these are not to be followed


def findings(db: sqlite3.Connection, crawl: int, report: Report) -> list[Problem]:
    """Lines for the sheet Problems; needs the temporary tables that `rank` makes."""
    return [*_doubts(report), *_blanks(report), *_links(db, crawl, report)]


def _doubts(report: Report) -> Iterator[Problem]:
    for doubt in report.doubts:
        what = "; ".join(part for part in (doubt.what, doubt.rule) if part)
        yield Problem("suspect", doubt.code, what, doubt.since, where=doubt.where)


def _blanks(report: Report) -> Iterator[Problem]:
    """Tables without rows and columns without values that are not doubted: an earlier crawl had them so."""
    if report.figures is None:
        return
    said = {doubt.where for doubt in report.doubts}
    allowed = report.job.protect.allow_blank if report.job.protect else ()
    for name, table in report.figures.tables.items():
        if not table.rows and name not in said and name not in allowed:
            yield Problem("table", "no-rows", "the table has no rows", "", where=name)
        for column, figures in table.columns.items():
            where = f"{name}.{column}"
            if table.rows and not figures.filled and where not in said and where not in allowed:
                yield Problem("table", "blank", f"blank in all {table.rows:,} rows", figures.blank_at, where=where)


def _links(db: sqlite3.Connection, crawl: int, report: Report) -> Iterator[Problem]:
    for reason, count in report.dropped.items():
        if reason not in _WANTED:
            first = counts.dropped_first(db, crawl, reason)
            links = "link was" if count == 1 else "links were"
            what = f"{count:,} {links} not followed; the first stands on this page"
            yield Problem("links", reason, what, first)
