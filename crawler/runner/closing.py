"""The end of a crawl: its results are counted, compared with the last good crawl, published and stored.

A program that is killed anywhere in here does all of it again at its next run: the crawl has nothing left, and is
not finished until `runs.end` says so.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from crawler.config import Job
from crawler.model import Problem
from crawler.runner.outputs import publish_all
from crawler.runner.protect import Doubt, doubts
from crawler.runner.report import LastGood, Report
from crawler.runner.stored import result_of
from crawler.runner.summary import findings, summary
from crawler.store import counts, runs
from crawler.store.counts import Figures
from crawler.store.result import StoredResult
from crawler.store.runs import Verdict

__all__ = ["counted", "judged", "last_good", "publish_report", "unread"]


_JUDGED = ("finished", "left")


def judged(db: sqlite3.Connection, crawl: int, report: Report, paths: tuple[Path, ...]) -> Report:
    """Count, compare and publish what a crawl found; the report with all of it."""
    began, job = time.monotonic(), report.job
    last, before = last_good(job, db, but=crawl)
    report = counted(db, crawl, report)
    result = result_of(job, db, crawl)
    figures = result.figures(unread(report.causes))
    found = _doubts(db, crawl, report, result, figures, last.figures if last else None, before)
    report = replace(
        report,
        records={name: table.rows for name, table in figures.tables.items()},
        joined=result.joined,
        notes=result.noted(),
        verdict=_verdict(report, found),
        doubts=tuple(found),
        figures=figures,
        last=last,
        unmatched=tuple(_unmatched(job, db, crawl)) if report.ending == "finished" else (),
    )
    runs.remember(db, crawl, figures.dump())
    report = publish_report(db, crawl, report, result, paths)
    return replace(report, timing=replace(report.timing, close=time.monotonic() - began))


def _unmatched(job: Job, db: sqlite3.Connection, crawl: int) -> Iterator[str]:
    """Yield the follow rules that are said to lead to the next page of a list, where no page of their kind had one."""
    for name, kind in job.pages.items():
        rules = [index for index, rule in enumerate(kind.follow) if rule.next]
        if rules and kind.paginate is None and counts.goes_on(db, crawl, name) is False:
            yield from (f"pages.{name}.follow[{index}]" for index in rules)


def publish_report(
    db: sqlite3.Connection, crawl: int, report: Report, result: StoredResult, paths: tuple[Path, ...]
) -> Report:
    """Write the files of a crawl that was compared; the report with their names."""
    problems: list[Problem] = findings(db, crawl, report)
    lines = summary(report.job, report)
    guarded = report.job.outputs if report.last is not None else ()
    written = result.with_summary(lines, problems)
    if report.job.has_files:
        from crawler.runner.files import publish_with_files  # late: most jobs have none

        done = publish_with_files(report.job, db, crawl, paths, written, report.verdict, guarded)
    else:
        done = publish_all(db, crawl, paths, lambda path: written, verdict=report.verdict, guarded=guarded)
    return replace(
        report,
        files=tuple(file for written in done.written for file in written.files),
        kept=tuple(done.kept),
        untouched=tuple(done.untouched),
        unwritten=done.unwritten,
    )


def counted(db: sqlite3.Connection, crawl: int, report: Report) -> Report:
    """The report with the counts of the pages."""
    return replace(
        report,
        pages=counts.states(db, crawl),
        causes=counts.causes(db, crawl),
        dropped=counts.dropped(db, crawl),
        left_out=counts.left_out(db, crawl),
    )


def unread(causes: Mapping[str, int]) -> dict[str, int]:
    """Pages that were not read because of a limit, by its key."""
    keys = {"limit": "limits.pages", "depth": "limits.depth"}
    return {key: causes[code] for code, key in keys.items() if causes.get(code)}


def last_good(job: Job, db: sqlite3.Connection, *, but: int) -> tuple[LastGood | None, int]:
    """The last good crawl and its id; None and 0 where there is none, or it is `but`.

    One of an older version of the state has no figures yet. To count them makes the temporary tables of its records,
    so this comes before those of another crawl are made.
    """
    crawl = runs.last_good(db)
    if crawl is None or crawl.id == but:
        return None, 0
    if crawl.figures is None:
        by_cause = unread(counts.causes(db, crawl.id))
        figures = result_of(job, db, crawl.id).figures(by_cause)
        runs.remember(db, crawl.id, figures.dump())
    else:
        figures = Figures.load(crawl.figures)
    same = crawl.what_hash.split(" ")[0] == job.what_hash
    return LastGood(crawl.started, figures, same_config=same), crawl.id


def _doubts(
    db: sqlite3.Connection,
    crawl: int,
    report: Report,
    result: StoredResult,
    figures: Figures,
    last: Figures | None,
    before: int,
) -> list[Doubt]:
    job = report.job
    if job.protect is None or (report.ending not in _JUDGED and report.pages["left"]):
        return []
    found = doubts(figures, last, job.protect, allowed=job.limits.failures)
    if not found:
        return []
    from crawler.runner.blame import Blame  # late: most crawls give no reason

    return Blame(db, job, result, crawl, before, report.closed_hosts).explained(found)


def _verdict(report: Report, found: list[Doubt]) -> Verdict:
    if found:
        return "suspect"
    return "" if report.pages["left"] else "good"
