"""`crawler.compare`: what the command of that name does, for programs and notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from crawler.compare import runner
from crawler.compare.outcome import Comparison
from crawler.compare.pythons import find_interpreters
from crawler.compare.rounds import MIN_ROUNDS
from crawler.compare.runner import Aim
from crawler.compare.sample import FREE, cost
from crawler.compare.sites import Demo, open_site
from crawler.compare.task import Combination, RunSource, combinations, reference
from crawler.config import Job, load
from crawler.config.units import parse_budget, parse_latency, parse_share, parse_size
from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.errors import ConfigError
from crawler.fetch.client import CLIENTS
from crawler.strategies.guard import end_in_worker
from crawler.strategies.registry import STRATEGIES, refusal

__all__ = ["compare", "make_aim"]

T = TypeVar("T", bound=float | None)

_MAX_WORKERS, _MAX_ROUNDS = 1000, 200


def compare(
    job: Job | Path | str | Mapping[str, object],
    *,
    strategies: str | Sequence[str] = ("threads", "processes"),
    workers: int | Sequence[int] | None = None,
    parse: str | Sequence[str] = "auto",
    pythons: str | Sequence[str] = (),
    baseline: str = "serial",
    budget: str | float | None = None,
    repeat: int | None = None,
    matters: str | float = 0.03,
    seed: int = 1,
    replay: Path | str | None = None,
    books: int | None = None,
    latency: str | float | None = None,
    errors: str | float | None = None,
    page_weight: str | int | None = None,
    capacity: int | None = None,
    rate: int | None = None,
    slows_beyond: int | None = None,
    out: Path | str | None = None,
    tell: Callable[[str], None] = lambda line: None,
    yes: bool = False,
) -> Comparison:
    """Run a job under every combination of strategies, numbers of workers and parse stages, and compare them.

    Each run is a new process with a state file and outputs of its own; yours are not touched. Nothing is printed. An
    interrupt (Ctrl-C, in Jupyter the stop button) ends it, and the rounds that were complete are returned.

    Args:
        job: what to crawl: as `crawler.load` gives it, or what that takes.
        strategies: names, or `all`.
        workers: numbers of requests in flight; `fetch.workers` of the job when None.
        parse: where pages are parsed: `worker`, `callback`, `pool`, `barrier`, or `auto`.
        pythons: interpreters, by their names on the PATH or their paths, each with crawler installed; the one that runs
            this when empty.
        baseline: a strategy, or a combination such as `threads/4/callback`, whose records count as correct.
        budget: seconds, or "20m": no round of runs begins that would end later. Until then there are as many rounds as
            it takes to tell all combinations apart, or equal; None for 5 minutes, or as long as 5 rounds take.
        repeat: number of rounds, whatever is told apart; a site that is not on this machine gets 5 where it is None.
        matters: the smallest difference that matters, "3%" or 0.03: what surely differs by less is called equal.
        seed: of the order within each round.
        replay: folder of a recording, which is crawled instead of the site.
        books, latency, errors, page_weight, capacity, rate, slows_beyond: change the demo site, as `demo:` of the
            config does: 500, "100ms" or seconds, "5%" or 0.05, "50kB" or bytes, and numbers. `latency` can also be set
            for a recording.
        out: folder for the reports; none are written when None.
        tell: given a line before each run.
        yes: crawl a site that is not on this machine, however many requests that takes.

    Returns: what was found: `.verdict()` in sentences, `.ranked` with the fastest first, `.as_json()` with every run.

    Raises:
        ConfigError: the job or an argument is wrong, the job was changed after it was loaded, or a site that is not on
            this machine would be asked for much. Nothing was crawled.
        Stop: the baseline gave no result, so there is nothing to compare with.
        OutputError: a report cannot be written.
    """
    from crawler.compare.reports.write import check_folder, write_reports  # late: they take some time to import

    end_in_worker()
    if not isinstance(job, Job):
        job = load(job, known_strategies=STRATEGIES, known_clients=CLIENTS)
    _check_source(job)
    demo = Demo(
        _given("latency", latency, parse_latency),
        books,
        _given("errors", errors, parse_share),
        _given("page_weight", page_weight, parse_size),
        capacity,
        rate,
        slows_beyond,
    )
    aim = replace(
        make_aim(job, strategies, workers, parse, baseline, pythons),
        repeat=_checked("repeat", repeat, 1, _MAX_ROUNDS),
        budget=_given("budget", budget, parse_budget),
        matters=_checked("matters", _given("matters", matters, parse_share), 0, 1),
        seed=seed,
    )
    if out is not None:
        check_folder(Path(out))
    with open_site(job, demo, None if replay is None else Path(replay)) as site:
        if site.is_live:
            aim = replace(aim, repeat=aim.repeat or MIN_ROUNDS)
            price = cost(job, aim.runs)
            if (price.requests is None or price.requests > FREE) and not yes:
                raise ConfigError(f"this would crawl a real site: {price}; give yes=True if the site can take it")
        found = runner.compare(aim, site, tell)
    if out is not None:
        write_reports(found, Path(out))
    return found


def make_aim(
    job: Job,
    strategies: str | Sequence[str],
    workers: str | int | Sequence[int] | None,
    parse: str | Sequence[str],
    baseline: str,
    pythons: str | Sequence[str] = (),
) -> Aim:
    """Which combinations are to be compared; a text may hold several, as on the command line: `4,16`.

    Raises:
        ConfigError: there is no such strategy or parse stage, it cannot be used here, a number is none, or an
            interpreter cannot run the job.
    """
    if job.source is None:
        raise ConfigError("compare reads the config once for each run; give it a file, not -")
    names = list(STRATEGIES) if strategies == "all" else _parts(strategies)
    numbers = _numbers(job.fetch.workers if workers is None else workers)

    def refused(one: Combination) -> str:
        return refusal(one.strategy, one.parse, job.fetch.client, socks=job.uses_socks)

    found = find_interpreters(interpreters, names) if (interpreters := _parts(pythons)) else []
    among = combinations(names, numbers, _places(parse), [one[:2] for one in found] or [("", "")])
    if strategies == "all":
        among = [one for one in among if not refused(one)]
    if not among:
        raise ConfigError("strategies, workers and parse must each name at least one")
    chosen = reference(baseline, among)
    for one in (*among, chosen):
        if why := refused(one):
            raise ConfigError(why)
    return Aim(RunSource(*job.source), job, tuple(among), chosen, pythons=tuple(found))


def _parts(given: str | Sequence[str]) -> list[str]:
    parts = given.split(",") if isinstance(given, str) else given
    return [part.strip() for part in parts if part.strip()]


def _numbers(given: str | int | Sequence[int]) -> list[int]:
    parts: Sequence[str | int] = (
        _parts(given) if isinstance(given, str) else [given] if isinstance(given, int) else given
    )
    for part in parts:
        text = str(part)
        if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= _MAX_WORKERS:
            raise ConfigError(f"workers: expected numbers from 1 to {_MAX_WORKERS} such as 4,16, got {part!r}")
    return [int(part) for part in parts]


def _places(given: str | Sequence[str]) -> list[str]:
    known, places = (*PARSE_STAGES, "auto"), _parts(given)
    for place in places:
        if place not in known:
            raise ConfigError(f"parse: there is no {place!r}; there are {', '.join(known)}")
    return places


def _checked(name: str, value: T, least: float, most: float) -> T:
    if value is not None and not least <= value <= most:
        raise ConfigError(f"{name}: expected {least} to {most}, got {value}")
    return value


def _given(name: str, value: Any, parse: Callable[[object], Any]) -> Any:
    try:
        return None if value is None else parse(value)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None


def _check_source(job: Job) -> None:
    """See that the measured processes will read the very job that is given: each reads it anew."""
    if job.source is not None and RunSource(*job.source).load() != job:
        where = job.source.config if isinstance(job.source.config, str) else "the dict that it was loaded from"
        raise ConfigError(
            f"each measured run reads the job anew, and {where} now gives another job than this one: it was changed "
            "after it was loaded, or its file, environment or folder was. Load it with crawler.load(..., overrides="
            '["limits.pages=30"]) instead of changing the Job'
        )
