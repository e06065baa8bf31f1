"""The public API: load a job, run it, get a report and the rows. The command line uses nothing else."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.compose import Run, demo_site, prepare_children
from crawler.config import Job, load
from crawler.crawl.control import Stopper
from crawler.crawl.tally import Tally
from crawler.errors import ConfigError, StateError
from crawler.model import Value
from crawler.publish import check_targets, publish_all
from crawler.replay.source import Source
from crawler.report import Report, Timing
from crawler.store import runs
from crawler.store.facts import causes, states
from crawler.store.lock import owned
from crawler.store.result import StoredResult
from crawler.store.schema import open_database
from crawler.summary import summary

if TYPE_CHECKING:
    from crawler.replay.playback import Replay

__all__ = ["load", "rows", "run", "status", "write_outputs"]


def run(
    job: Job,
    *,
    fresh: bool = False,
    observe: Callable[[Tally], None] = lambda tally: None,
    stopper: Stopper | None = None,
    record: Path | None = None,
    replay: Path | Replay | None = None,
) -> Report:
    """Run a job: go on with its unfinished crawl or begin a new one, then write its outputs.

    Args:
        fresh: begin anew in any case.
        observe: called often with the counts so far, in this thread.
        stopper: its `stop(why)` ends the run early; what is in flight is finished and exported.
        record: folder in which every answer is written down, to be replayed.
        replay: folder of a recording; every request goes to a server of this machine that plays it back, none to
            the site. State and outputs are kept in the folder: those of the job stay as they are.

    Raises:
        ConfigError: an output cannot be written, the strategy is not there, or there is no recording to be
            replayed. Nothing was fetched.
        LockedError: another run of this job is under way.
        StateError: the state file is damaged or not ours.
        OutputError: the state could not be written; what was committed is safe.
    """
    began = time.monotonic()
    source = _source(record, replay)
    job = source.job(job)
    check_targets(job.outputs)
    prepare_children(job)
    with owned(job.state_path), closing(open_database(job.state_path)) as db:
        with demo_site(job) as demo, source.opened(job, demo) as base:
            work = Run(job, db, base, stopper or Stopper(), began, source)
            start, report = work.crawl(fresh or source.fresh, observe)
        report = _published(db, start.crawl, report, job.outputs)
        ending = "finished" if not report.pages["left"] else report.ending
        runs.end(db, start, ending, report.as_json(), time.time())
        return report


def write_outputs(job: Job, paths: tuple[Path, ...] = ()) -> Report:
    """Write the outputs of the job, or `paths`, from what its state holds; nothing is fetched.

    Raises:
        ConfigError: a path cannot be written.
        LockedError: a run of this job is under way.
        StateError: there is no state yet, or it is damaged.
    """
    check_targets(paths or job.outputs)
    with owned(job.state_path), closing(_existing(job)) as db:
        crawl, report = _remembered(job, db)
        return _published(db, crawl, report, paths or job.outputs)


def status(job: Job) -> Report:
    """How the newest crawl of a job stands.

    Raises:
        StateError: there is no state yet, or it is damaged.
    """
    with closing(_existing(job)) as db:
        crawl, report = _remembered(job, db)
        return _counted(db, crawl, report)


def rows(job: Job, table: str) -> Iterator[dict[str, Value]]:
    """The rows of a table of the newest crawl, in the site's order, each with every column.

    Raises:
        KeyError: the job has no such table.
        StateError: there is no state yet, or it is damaged.
    """
    columns = {each.name: each.columns for each in job.tables}[table]
    with closing(_existing(job)) as db:
        crawl, _ = _newest(job, db)
        for row in StoredResult(db, crawl, job.tables, job.keys).rows(table):
            yield {column.name: row.values.get(column.name) for column in columns}


def _source(record: Path | None, replay: Path | Replay | None) -> Source:
    if record is not None and replay is not None:
        raise ConfigError("record and replay: a recording is played back as it is; choose one of the two")
    if record is not None:
        from crawler.replay.recording import Recording

        return Recording(record)
    if replay is not None:
        from crawler.replay.playback import Playback, Replay

        return Playback(Replay(replay) if isinstance(replay, Path) else replay)
    return Source()


def _published(db: sqlite3.Connection, crawl: int, report: Report, paths: tuple[Path, ...]) -> Report:
    began = time.monotonic()
    job = report.job
    result = StoredResult(db, crawl, job.tables, job.keys)
    records = {table.name: result.count(table.name) for table in job.tables}
    report = replace(_counted(db, crawl, report), records=records, joined=result.joined, notes=result.noted())

    def with_summary() -> StoredResult:
        return result.with_summary(summary(job, report))

    done = publish_all(db, crawl, paths, with_summary, complete=not report.pages["left"])
    return replace(
        report,
        timing=replace(report.timing, close=time.monotonic() - began),
        files=tuple(file for written in done.written for file in written.files),
        kept=tuple(done.kept),
        unwritten=done.unwritten,
    )


def _counted(db: sqlite3.Connection, crawl: int, report: Report) -> Report:
    return replace(report, pages=states(db, crawl), causes=causes(db, crawl))


def _existing(job: Job) -> sqlite3.Connection:
    if not job.state_path.exists():
        raise StateError(f"{job.state_path}: this job has no state yet; run it first")
    return open_database(job.state_path)


def _newest(job: Job, db: sqlite3.Connection) -> tuple[int, bool]:
    newest = runs.newest_crawl(db)
    if newest is None:
        raise StateError(f"{job.state_path}: nothing was crawled yet; run the job first")
    return newest


def _remembered(job: Job, db: sqlite3.Connection) -> tuple[int, Report]:
    """The newest crawl, and a report as far as its last run left one behind."""
    crawl, _ = _newest(job, db)
    last = runs.last_run(db)
    assert last is not None
    kept = last.report
    timing = {key: value for key, value in kept.get("timing", {}).items() if key != "total"}
    return crawl, Report(
        job=job,
        name=job.name,
        ending=last.ending or "killed",
        started=datetime.fromisoformat(kept["started"]) if kept else datetime.fromtimestamp(last.started).astimezone(),
        timing=Timing(**timing),
        strategy=kept.get("strategy", job.fetch.strategy),
        workers=kept.get("workers", job.fetch.workers),
        parse=kept.get("parse", job.fetch.parse),
        choices=tuple(kept.get("choices", ())),
        requests=kept.get("requests", 0),
        retries=kept.get("retries", 0),
        bytes=kept.get("bytes", 0),
        closed_hosts=kept.get("closed_hosts", {}),
        allowed=job.limits.failures,
        state=job.state_path,
    )
