"""`crawler compare`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli import exit_codes
from crawler.cli.compare_text import compare_text
from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, budget, job_options, latency, load_job, load_options, share, size
from crawler.cli.progress import status_line
from crawler.cli.terminal import echo, echo_json, short
from crawler.errors import ConfigError

if TYPE_CHECKING:
    from crawler.compare.runner import Aim
    from crawler.config.units import Wait

__all__ = ["compare_text"]


def _topics() -> Mapping[str, Sequence[tuple[str, str]]]:
    from crawler.strategies.registry import STRATEGIES

    return {"Strategies": [(name, entry.about) for name, entry in STRATEGIES.items()]}


@click.command(
    "compare",
    cls=Command,
    short_help="Compare strategies on one job: which is best, and why.",
    sections={
        "What to crawl": (*CONFIG_OPTIONS, "replay", "yes"),
        "The demo site": ("books", "latency", "errors", "page_weight", "capacity", "rate", "slows_beyond"),
        "What to compare": ("strategies", "workers", "parse", "pythons", "baseline"),
        "How long": ("budget", "repeat", "matters", "seed"),
        "What to write": ("out", "as_json", "quiet"),
    },
    codes=(0, 2, 3, 4, 130, 143),
    meanings={
        0: "complete: every combination gave the right records",
        3: "a combination was wrong or failed, the baseline gave no result, or the crawl is too short to time",
        4: "a report could not be written",
        130: "stopped by Ctrl-C; the reports are of the rounds that were complete",
        143: "stopped by SIGTERM; the reports are of the rounds that were complete",
    },
    topics=_topics,
)
@job_options
@click.option(
    "--strategies",
    metavar="NAMES",
    default="threads,processes",
    show_default=True,
    help="Strategies to compare (see below), or all.",
)
@click.option("--workers", metavar="NUMBERS", help="Maximum requests in flight. Default: fetch.workers of the config.")
@click.option("--parse", metavar="STAGES", default="auto", show_default=True, help="Where pages are parsed.")
@click.option(
    "--baseline",
    metavar="NAME",
    default="serial",
    show_default=True,
    help="A strategy, or a combination such as threads/4/callback, whose records count as correct.",
)
@click.option(
    "--pythons",
    metavar="NAMES",
    help="Interpreters to run each combination under, as python3.11,python3.14; crawler must be installed in each. "
    "Default: the one that runs this.",
)
@click.option(
    "--budget",
    callback=budget,
    metavar="TIME",
    help="Begin no round of runs that would end later, for example 20min. Until then there are as many rounds as it "
    "takes to tell all combinations apart, or equal. Default: 5min, or as long as 5 rounds take.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 200),
    metavar="NUMBER",
    help="Rounds, whatever is told apart. A live site gets 5 where no number is given.",
)
@click.option(
    "--matters",
    callback=share,
    default="3%",
    show_default=True,
    metavar="SHARE",
    help="The smallest difference that matters: what surely differs by less is called equal.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the order within each round.")
@click.option(
    "--replay", metavar="FOLDER", help="Crawl the recording in FOLDER, made by `run --record`, instead of the site."
)
@click.option("--books", type=click.IntRange(1, 1_000_000), metavar="NUMBER", help="Number of books on the demo site.")
@click.option(
    "--latency",
    callback=latency,
    metavar="TIME",
    help="How long it takes to answer: 100ms for every page; 50ms..400ms for any time between; 'p50 100ms p95 800ms' "
    "for half of them within the first time, 95 % within the second. A single time can also be set for a recording.",
)
@click.option(
    "--errors", callback=share, metavar="SHARE", help="Share of pages that fail on the first request, for example 5%."
)
@click.option(
    "--page-weight", callback=size, metavar="SIZE", help="Pad pages with text to this size, for example 50kB."
)
@load_options
@click.option("--yes", is_flag=True, help="Do not ask for confirmation before crawling a live site.")
@click.option("--out", metavar="FOLDER", help="Folder for the reports. Default: output/compare-NAME.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing while the runs are in progress.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json on stdout instead of the table.")
def command(
    config: str,
    overrides: tuple[str, ...],
    starts: tuple[str, ...],
    strategies: str,
    workers: str | None,
    parse: str,
    pythons: str | None,
    baseline: str,
    budget: float | None,
    repeat: int | None,
    matters: float,
    seed: int,
    replay: str | None,
    books: int | None,
    latency: Wait | None,
    errors: float | None,
    page_weight: int | None,
    capacity: int | None,
    rate: int | None,
    slows_beyond: int | None,
    yes: bool,
    out: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run CONFIG under every combination of the strategies, numbers of workers and parse stages.

    Each run is a new process with a state file and outputs of its own; yours are not touched. A combination whose
    records differ from those of the baseline is reported as wrong and not ranked.

    \b
    Examples:
      crawler compare configs/demo.yaml --workers 4,16 --latency 100ms
      crawler compare configs/demo.yaml --latency "p50 100ms p95 800ms"
      crawler compare configs/demo.yaml --errors 5% --page-weight 50kB
      crawler run books.yaml --record pages
      crawler compare books.yaml --replay pages --workers 4,16
    """
    if config == "-":
        raise click.UsageError("compare reads the config once for each run; give it a file, not -")
    job = load_job(config, overrides, starts)
    from crawler.compare.api import make_aim
    from crawler.compare.reports.workbook import why_not
    from crawler.compare.reports.write import check_folder, write_reports
    from crawler.compare.rounds import MIN_ROUNDS
    from crawler.compare.runner import compare
    from crawler.compare.sites import Demo, open_site

    try:
        aim = make_aim(job, strategies, workers, parse, baseline, pythons or ())
    except ConfigError as error:
        text = str(error)
        raise click.UsageError(f"--{text}" if text.startswith(("workers:", "parse:", "pythons:")) else text) from None
    aim = replace(aim, repeat=repeat, budget=budget, matters=matters, seed=seed)
    if missing := why_not():
        echo(f"{missing}; the other reports are written", sys.stderr)  # first: the runs take minutes
    folder = Path(out) if out else Path("output") / f"compare-{job.name}"
    check_folder(folder)
    with ExitStack() as stack:
        demo = Demo(latency, books, errors, page_weight, capacity, rate, slows_beyond)
        site = stack.enter_context(open_site(job, demo, Path(replay) if replay else None))
        if site.is_live:
            aim = replace(aim, repeat=aim.repeat or MIN_ROUNDS)  # nobody is asked for more than was said
            _say_the_cost(aim, yes=yes)
        found = compare(aim, site, stack.enter_context(status_line(quiet=quiet)))
        if found.stopped == "Ctrl-C":
            rounds = "1 round" if found.rounds == 1 else f"{found.rounds} rounds"
            echo(f"stopped: the reports are of the {rounds} that were complete", sys.stderr)
    files = write_reports(found, folder)
    if as_json:
        echo_json(found.as_json())
    else:
        for line in [*compare_text(found), "", *(f"  {short(file.absolute())}" for file in files)]:
            echo(line)
    if found.stopped == "Ctrl-C":
        raise KeyboardInterrupt  # the exit code is that of the signal
    return exit_codes.INCOMPLETE if found.unranked else exit_codes.OK


def _say_the_cost(aim: Aim, *, yes: bool) -> None:
    """Tell what a site that is not ours will be asked for.

    Raises:
        UsageError: it is much, and --yes was not given.
    """
    from crawler.compare.sample import FREE, cost

    price = cost(aim.job, aim.runs)
    echo(f"this crawls a real site: {price}", sys.stderr)
    if (price.requests is None or price.requests > FREE) and not yes:
        raise click.UsageError(
            "that is a lot for a comparison. Give --yes if the site can take it, or reduce it: "
            "--repeat, fewer combinations, --set limits.pages=..."
        )
