"""The Summary sheet, and the lines of the Problems sheet on whole tables, columns and links not followed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from crawler import __version__, clock
from crawler.config import Job
from crawler.model import Problem, SummaryLine
from crawler.runner.protect import percent
from crawler.runner.report import LastGood, Report
from crawler.store import counts
from crawler.store.counts import TableFigures

__all__ = ["ENDINGS", "STATE_LABELS", "findings", "outcome", "summary"]


ENDINGS = {
    "finished": "finished: nothing is left",
    "left": "some pages are left: a host, a start page or a sitemap kept failing",
    "time": "stopped at limits.time; the next run resumes",
    "interrupted": "interrupted by Ctrl-C; the next run resumes",
    "session": "the login failed; the next run resumes",
    "terminated": "stopped by a signal; the next run resumes",
    "killed": "killed, or still in progress",
}
STATE_LABELS = {"done": "read", "moved": "redirected", "failed": "failed", "skipped": "skipped", "left": "left"}
_OF_THE_RUN = ("fetch.strategy", "fetch.workers", "fetch.parse")
_OF_THE_FILE = ("output", "state")  # a workbook that is copied elsewhere is still the same workbook


def outcome(report: Report) -> str:
    """How the crawl ended, in a few words that are true."""
    if report.verdict == "suspect":
        return "suspect: the result looks wrong"
    if report.ending == "session" and any(
        why.startswith("the session was lost") for why in report.closed_hosts.values()
    ):
        return "the session was lost again and again; the next run resumes"
    if report.ending != "finished":
        return ENDINGS.get(report.ending) or _stopped(report)
    if unread := (report.figures.unread if report.figures else {}):
        return "ended by " + ", ".join(f"{key}: {count:,} pages were not read" for key, count in unread.items())
    return ENDINGS["finished"]


def _stopped(report: Report) -> str:
    """How a run ended for a reason of the program that called it."""
    return f"stopped: {report.ending.removeprefix('stopped: ')}" + "; the next run resumes" * bool(report.pages["left"])


def summary(job: Job, report: Report) -> list[SummaryLine]:
    """The lines; with a stopped clock without what differs from run to run of the same pages."""
    started = report.started.replace(tzinfo=None, microsecond=0)
    lines: list[SummaryLine] = [("What ran", None), ("Job", job.name), ("Result", outcome(report))]
    lines += [("Suspect", str(doubt)) for doubt in report.doubts]
    lines.append(("Started", started))
    if not clock.is_fixed():
        lines += [
            ("Took", clock.duration(report.timing.total)),
            ("Strategy", f"{report.strategy}, {report.workers} at once, parsed in: {report.parse}"),
            ("Interpreter lock", report.interpreter_lock),
            *(("Chosen", choice) for choice in report.choices),
            ("Requests in this run", report.requests),
            ("Retries in this run", report.retries),
        ]
    lines.append(("Program", f"crawler {__version__}"))
    before = None if clock.is_fixed() else report.last
    lines += [*_figures(report, before), *_pages(report, before)]
    left_out = _OF_THE_FILE + (_OF_THE_RUN if clock.is_fixed() else ())
    lines += [("",), ("Settings", None)]
    lines += [(key, value) for key, value in job.settings() if key not in left_out]
    return lines


def _figures(report: Report, before: LastGood | None) -> Iterator[SummaryLine]:
    """Rows and filled cells, today and in the last good crawl."""
    if report.figures is None:
        return
    last = before.figures.tables if before else {}
    heads = ("Now", f"Last, {_day(before)}") if before else ("Now",)
    yield from ((("",), ("Rows", None, *heads)))
    for name, table in report.figures.tables.items():
        yield (name, table.rows, *([last[name].rows if name in last else None] if before else []))
    if report.joined:
        yield ("Merged into an earlier row with the same key", report.joined)
    noted = any(column.noted for table in report.figures.tables.values() for column in table.columns.values())
    yield from ((("",), ("Filled cells", None, *heads, *(("Notes",) if noted else ()))))
    for name, table in report.figures.tables.items():
        for column, now in table.columns.items():
            line: SummaryLine = (f"{name}.{column}", _share(table, column))
            line += (_share(last.get(name), column),) if before else ()
            yield (*line, now.noted or None) if noted else line


def _share(table: TableFigures | None, column: str) -> str | None:
    """How well a column is filled; None where there was no such column."""
    if table is None or column not in table.columns:
        return None
    return percent(table.columns[column].filled, table.rows) if table.rows else "no rows"


def _pages(report: Report, before: LastGood | None) -> Iterator[SummaryLine]:
    last = before.figures.pages if before else None
    yield from ((("",), ("Pages", None, *(("Now", "Last") if last else ()))))
    for state, label in STATE_LABELS.items():
        yield (label.capitalize(), report.pages.get(state, 0), *([last.get(state, 0)] if last else []))
    if report.causes:
        yield from ((("",), ("Failed and skipped, by cause", None)))
        yield from sorted(report.causes.items())
    if report.left_out:
        yield from ((("",), ("Rows that where left out, by table", None)))
        yield from report.left_out.items()
    if report.dropped:
        yield from ((("",), ("Links that were not followed, by reason", None)))
        yield from report.dropped.items()
    if report.closed_hosts:
        yield from ((("",), ("Suspended hosts", None)))
        yield from report.closed_hosts.items()


def _day(last: LastGood) -> str:
    return datetime.fromtimestamp(last.started).strftime("%Y-%m-%d")


_WANTED = ("denied", "unchanged")  # the config says that these are not to be followed


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
            what = f"{count:,} {links} not followed; the first one is on this page"
            yield Problem("links", reason, what, first)
