"""The public API: load a job, run it, get a report and the rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.config import Job, load
from crawler.crawl.inbox import Stopper
from crawler.crawl.stats import Stats
from crawler.errors import ConfigError, StateError
from crawler.log import ERROR, INFO, WARNING, is_heard, log
from crawler.replay.source import PageSource
from crawler.runner.assemble import Run, check_strategy, demo_site, prepare_children
from crawler.runner.closing import counted, judged, publish_report, unread
from crawler.runner.outputs import check_targets
from crawler.runner.report import Report
from crawler.runner.stored import newest_crawl, open_existing, result_of, rows
from crawler.runner.summary import outcome
from crawler.store import runs
from crawler.store.lock import owned
from crawler.store.schema import open_database
from crawler.strategies.guard import end_in_worker

if TYPE_CHECKING:
    from crawler.replay.playback import Replay
    from crawler.trace.tracer import Tracer

__all__ = ["accept", "load", "rows", "run", "status", "write_outputs"]

Paths = tuple[Path, ...]


def run(
    job: Job,
    *,
    fresh: bool = False,
    observe: Callable[[Stats], None] = lambda tally: None,
    stopper: Stopper | None = None,
    record: Path | None = None,
    replay: Path | Replay | None = None,
    trace: Path | None = None,
) -> Report:
    """Run a job: resume its unfinished crawl or start a new one, then write its outputs.

    Args:
        fresh: begin anew in any case.
        observe: called often with the counts so far, in this thread.
        stopper: its `stop(why)` ends the run early; what is in flight is finished and exported.
        record: folder in which every answer is written down, to be replayed.
        replay: folder of a recording; every request goes to a server of this machine that plays it back, none to
            the site. State and outputs are kept in the folder: those of the job stay as they are.
        trace: file that gets what each request of this run did and when, in the Chrome trace event format.

    Raises:
        ConfigError: an output file or the trace cannot be written, the strategy is not there, there is no recording
            to be replayed, or a script with worker processes has no `if __name__ == "__main__":`. Nothing was fetched.
        LockedError: another run of this job is in progress.
        StateError: the state file is damaged or not ours.
        OutputError: the state could not be written; what was committed is safe.
    """
    end_in_worker()
    began = time.monotonic()
    source = _source(record, replay)
    job = source.job(job)
    check_targets(job.outputs)
    check_strategy(job)
    if job.has_files:
        from crawler.runner.files import check_folder  # late: most jobs have none

        check_folder(job)
    prepare_children(job)
    with owned(job.state_path), closing(open_database(job.state_path)) as db:
        with demo_site(job) as demo, source.opened(job, demo) as base, _tracing(trace, job) as tracer:
            work = Run(job, db, base, stopper or Stopper(), began, source, tracer)
            log(INFO, "%s: run started, %s with %d workers", job.name, job.fetch.strategy, work.width)
            start, report = work.crawl(fresh or source.fresh, observe)
        if tracer is not None:
            report = replace(report, trace=tracer.why or tracer.sentence())
        report = judged(db, start.crawl, report, job.outputs)
        ending = "finished" if not report.pages["left"] else report.ending
        runs.end(db, start, ending, report.as_json(), time.time(), report.verdict)
        _tell(report)
        return report


def _tell(report: Report) -> None:
    """Log how a run ended."""
    for doubt in report.doubts:
        log(WARNING, "%s: suspect: %s", report.name, doubt)
    for why in report.unwritten.values():
        log(ERROR, "%s: not written: %s", report.name, why)
    if is_heard(INFO):
        pages = ", ".join(f"{count} {state}" for state, count in report.pages.items() if count)
        records = ", ".join(f"{count} {table}" for table, count in report.records.items())
        log(INFO, "%s: run ended, %s; pages: %s; rows: %s", report.name, outcome(report), pages, records)


@contextmanager
def _tracing(path: Path | None, job: Job) -> Iterator[Tracer | None]:
    """What writes the trace, also of a run that ends with an error.

    Raises:
        ConfigError: it cannot be written, or would replace a file of the job.
    """
    if path is None:
        yield None
        return
    path = Path(path)
    if _is_of_the_job(path.resolve(), job):
        raise ConfigError(f"{path}: the trace would replace this file of the job; give it another name")
    from crawler.export import preflight  # late: few runs are traced
    from crawler.trace.tracer import Tracer

    if wrong := preflight.check(path):
        raise ConfigError(f"{path}: the trace cannot be written: {wrong}")
    tracer = Tracer(path)
    try:
        yield tracer
    finally:
        tracer.close()


def _is_of_the_job(path: Path, job: Job) -> bool:
    """Whether a file is one of the job, or may be: an output of a single table, a partial one, a part of the state."""
    config = [Path(job.source.config)] if job.source and isinstance(job.source.config, str) else []
    beside = [
        each.resolve() for each in (job.state_path, *job.outputs, *config) if each.resolve().parent == path.parent
    ]
    state, names = job.state_path.resolve(), {each.name for each in beside}
    of_outputs = any(path.suffix == each.suffix and path.name.startswith(f"{each.stem}.") for each in beside)
    return path.name in names or of_outputs or (state in beside and path.name.startswith(state.name))


def write_outputs(job: Job, paths: Paths = (), *, last_good: bool = False) -> Report:
    """Write the outputs of the job, or `paths`, from what its state holds; nothing is fetched.

    Args:
        last_good: write what the last good crawl found, and not the newest one, which may be suspect or unfinished.

    Raises:
        ConfigError: a path cannot be written.
        LockedError: a run of this job is in progress.
        StateError: there is no state yet, it is damaged, or there is no good crawl.
    """
    paths = paths or job.outputs
    check_targets(paths)
    with owned(job.state_path), closing(open_existing(job)) as db:
        crawl = runs.last_good(db) if last_good else newest_crawl(job, db)
        if crawl is None:
            raise StateError(f"{job.state_path}: there is no good crawl yet; `crawler status` describes the last one")
        report = _recalled(job, db, crawl)
        if crawl.verdict:
            return _republished(job, db, crawl, report, paths)
        return judged(db, crawl.id, report, paths)


def accept(job: Job) -> Report:
    """Publish what the newest suspect crawl found, and make it the last good one; nothing is fetched.

    What it left unread stays so: the next run begins a new crawl.

    Raises:
        ConfigError: there is no suspect crawl, or a path cannot be written.
        LockedError: a run of this job is in progress.
        StateError: there is no state yet, or it is damaged.
    """
    check_targets(job.outputs)
    with owned(job.state_path), closing(open_existing(job)) as db:
        crawl = runs.newest_suspect(db)
        if crawl is None:
            raise ConfigError(f"there is nothing to accept: {_not_suspect(newest_crawl(job, db))}")
        report = replace(_recalled(job, db, crawl), verdict="good", doubts=(), kept=(), untouched=())
        report = _republished(job, db, crawl, report, job.outputs)
        if not report.unwritten:
            runs.accept(db, crawl.id, time.time())
        return report


def _not_suspect(newest: runs.CrawlRow) -> str:
    when = datetime.fromtimestamp(newest.started).strftime("%Y-%m-%d %H:%M")
    if newest.finished:
        return f"the last crawl, of {when}, is good, and its files are published"
    return f"the crawl of {when} has pages left, and `crawler run` resumes it"


def status(job: Job) -> Report:
    """How the newest crawl of a job stands.

    Raises:
        StateError: there is no state yet, or it is damaged.
    """
    with closing(open_existing(job)) as db:
        db.execute("BEGIN")  # a run may be at work on it: all counts are of one moment
        crawl = newest_crawl(job, db)
        report = _recalled(job, db, crawl)
        if report.figures is not None:
            return report
        result = result_of(job, db, crawl.id)  # a run in progress, or killed: nobody has counted its rows yet
        records = {table.name: result.count(table.name) for table in job.tables}
        return replace(report, records=records, joined=result.joined, notes=result.noted())


def _source(record: Path | None, replay: Path | Replay | None) -> PageSource:
    if record is not None and replay is not None:
        raise ConfigError("record and replay cannot be combined; choose one of them")
    if record is not None:
        from crawler.replay.recording import Recording

        return Recording(record)
    if replay is not None:
        from crawler.replay.playback import Playback, Replay

        return Playback(Replay(replay) if isinstance(replay, Path) else replay)
    return PageSource()


def _recalled(job: Job, db: sqlite3.Connection, crawl: runs.CrawlRow) -> Report:
    run = runs.last_run(db, crawl.id)
    assert run is not None
    return counted(db, crawl.id, Report.recalled(job, crawl, run))


def _republished(job: Job, db: sqlite3.Connection, crawl: runs.CrawlRow, report: Report, paths: Paths) -> Report:
    """Write the files of a crawl that was compared when it ended."""
    result = result_of(job, db, crawl.id)
    figures = report.figures or result.figures(unread(report.causes))
    records = {name: table.rows for name, table in figures.tables.items()}
    report = replace(report, figures=figures, records=records, joined=result.joined, notes=result.noted())
    return publish_report(db, crawl.id, report, result, paths)
