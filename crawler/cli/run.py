"""`crawler run`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import echo, echo_json
from crawler.crawl.inbox import Stopper
from crawler.process import exit_now

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["stopping"]


_WHY = {"SIGINT": ("interrupted", 130), "SIGTERM": ("terminated", 143), "SIGHUP": ("terminated", 143)}
_STOPPING = "stopping: finishing requests in flight; press Ctrl-C again to stop immediately\n"


@contextmanager
def stopping(*, quiet: bool) -> Iterator[Stopper]:
    """A Stopper that the signals of this process use while the block lasts."""
    stopper = Stopper()

    def handle(number: int, frame: FrameType | None) -> None:
        why, code = _WHY[signal.Signals(number).name]
        if stopper.why in ("interrupted", "terminated"):
            _tell("stopped immediately; the next run resumes\n")
            exit_now(code)  # workers and the demo site end with us; the state is always whole
        stopper.stop(why)
        if not quiet:
            _tell(_STOPPING)

    kept = {}
    for name in _WHY:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            kept[number] = signal.signal(number, handle)
    try:
        yield stopper
    finally:
        for number, before in kept.items():
            signal.signal(number, before)


def _tell(text: str) -> None:
    """Write past every buffer and lock: the signal may have come while one was held."""
    with suppress(OSError, ValueError):  # nobody listens any more
        over = "\r\x1b[K" if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else ""
        os.write(2, (over + text).encode())  # the message takes the place of the progress line


def _topics() -> Mapping[str, Sequence[tuple[str, str]]]:
    from crawler.cli.options import PARSE_STAGES_IN_WORDS
    from crawler.strategies.registry import STRATEGIES, missing

    wanting = {name: f" ({what})" if (what := missing(name)) else "" for name in STRATEGIES}
    return {
        "Strategies": [(name, entry.about + wanting[name]) for name, entry in STRATEGIES.items()],
        "Parse stages": [("auto", "the best of these for the strategy"), *PARSE_STAGES_IN_WORDS.items()],
    }


@click.command(
    "run",
    cls=Command,
    short_help="Crawl the site that a config describes and write its workbook.",
    sections={
        "What to crawl": (*CONFIG_OPTIONS, "fresh"),
        "How to crawl it": ("strategy", "workers", "parse"),
        "Record and replay": ("record", "replay"),
        "See where the time goes": ("trace",),
        "What to print": ("quiet", "as_json"),
    },
    codes=(0, 2, 3, 4, 5, 6, 130, 143),
    topics=_topics,
)
@job_options
@click.option("--fresh", is_flag=True, help="Start over, even if there is an unfinished crawl to resume.")
@click.option(
    "--strategy",
    metavar="NAME",
    help="Concurrency model for the requests; see below. Default: fetch.strategy of the config.",
)
@click.option("--workers", metavar="N", help="Maximum requests in flight. Default: fetch.workers of the config.")
@click.option("--parse", metavar="STAGE", help="Where pages are parsed; see below. Default: fetch.parse of the config.")
@click.option(
    "--record",
    metavar="FOLDER",
    help="Save every response to FOLDER, for --replay. Starts over, unless FOLDER holds a part of this crawl.",
)
@click.option(
    "--replay",
    metavar="FOLDER",
    help="Crawl the recording in FOLDER from a local server, with the recorded latencies; no request goes to the "
    "site. The state is FOLDER/replay.state.sqlite; output files go to FOLDER/output, unless --set output=FILE.",
)
@click.option(
    "--trace",
    metavar="FILE",
    help="Write to FILE what each request did and when, for Perfetto or speedscope; `crawler timeline FILE` draws it.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing unless something is wrong; for cron.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
def command(
    config: str,
    overrides: tuple[str, ...],
    starts: tuple[str, ...],
    fresh: bool,
    strategy: str | None,
    workers: str | None,
    parse: str | None,
    record: str | None,
    replay: str | None,
    trace: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Crawl the site that CONFIG describes and write its output files.

    An interrupted run is resumed by the next one; after a finished run the next one starts over.
    Press Ctrl-C once to stop cleanly, twice to stop immediately.

    \b
    Examples:
      crawler run configs/demo.yaml
      crawler run books.yaml --strategy processes --workers 4
      crawler run books.yaml --set limits.pages=50 --set polite.delay=1s
    """
    flags = {
        "--strategy": ("fetch.strategy", strategy),
        "--workers": ("fetch.workers", workers),
        "--parse": ("fetch.parse", parse),
    }
    job = load_job(config, overrides, starts, flags)
    tapes = _tapes(job, record, replay, overrides)
    if trace == "-":
        raise click.UsageError("--trace -: a trace goes to a file, not to standard output; give the file a name")
    _refuse_idle_workers(job.fetch.strategy, job.fetch.workers if workers else 1)
    from crawler import process
    from crawler.api import run
    from crawler.cli.advice import for_speed
    from crawler.cli.progress import progress
    from crawler.cli.show import end_summary, notices
    from crawler.process import cores

    if not quiet:
        for warning in job.warnings:
            echo(f"warning: {warning}", sys.stderr)
    process.raise_trim_threshold()
    with stopping(quiet=quiet) as stopper, progress(job.name, lambda: bool(stopper.why), quiet=quiet) as observe:
        trail = None if trace is None else Path(trace)
        report = run(job, fresh=fresh, observe=observe, stopper=stopper, trace=trail, **tapes)
    if as_json:
        echo_json(report.as_json())
    if not as_json and (report.exit_code or not quiet):
        faster = "" if quiet else for_speed(report, cores())
        echo(end_summary(report, config, faster), sys.stderr if quiet else sys.stdout)
    elif quiet or as_json:
        for line in notices(report, config):
            echo(line, sys.stderr)
    return report.exit_code


def _tapes(job: Job, record: str | None, replay: str | None, overrides: tuple[str, ...]) -> dict[str, Any]:
    """What the API is told of --record and --replay."""
    if record and replay:
        raise click.UsageError("--record and --replay cannot be combined; remove one of them")
    if not replay:
        return {"record": Path(record)} if record else {}
    from crawler.replay.playback import Replay

    keys = {setting.partition("=")[0].partition("[")[0].strip() for setting in overrides}
    return {"replay": Replay(Path(replay), outputs=job.outputs if "output" in keys else None)}


def _refuse_idle_workers(strategy: str, workers: int) -> None:
    """Complain of --workers that a strategy of fixed width would leave idle."""
    from crawler.strategies.registry import entry

    width = entry(strategy).width
    if width and workers > width:
        raise click.UsageError(
            f"--workers {workers}: the strategy '{strategy}' always makes {width} request at a time; "
            "remove --workers, or choose another strategy, such as threads"
        )
