"""Crawls that are too short to time: a run then is several of them, one after another, each in a fresh process.

So all figures stay those of a whole run: start-up, CPU and memory too. A crawl that is repeated within one process
would start only once, and find its modules, connections and caches ready.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from crawler.compare.noise import Noise
from crawler.compare.outcome import Run
from crawler.errors import Stop

__all__ = ["MIN_SECONDS", "TooShort", "crawls_of", "together"]


MIN_SECONDS = 0.5
"""Seconds of crawling in a run. In less, one turn of the scheduler or one late answer is a difference that matters."""

MAX_CRAWLS = 10


class TooShort(Stop):
    """A crawl is too short to be timed; the text says what to do."""

    exit_code = 3


def crawls_of(name: str, seconds: float, remedy: str) -> int:
    """How many crawls a run has, for one that takes so many seconds.

    Args:
        name: of the combination, for the message.
        remedy: what makes a crawl of this site longer, as an imperative.

    Raises:
        TooShort: not even MAX_CRAWLS of them are long enough.
    """
    number = math.ceil(MIN_SECONDS / max(seconds, 1e-6))
    if number > MAX_CRAWLS:
        least = MIN_SECONDS / MAX_CRAWLS
        raise TooShort(
            f"too short to compare: {name} crawls for {1000 * seconds:.0f} ms, and no difference can be seen below "
            f"{1000 * least:.0f} ms; {remedy}"
        )
    return number


def together(runs: Sequence[Run]) -> Run:
    """One run made of several crawls: times, CPU and what disturbed them are those of all, for one crawl each."""
    if len(runs) == 1:
        return runs[0]

    def each(what: str) -> float:
        return fmean(getattr(run, what) for run in runs)

    known = [run.noise for run in runs if run.noise is not None]
    noise = None
    if len(known) == len(runs):
        wall = sum(run.wall for run in runs)
        others = sum(one.others * run.wall for one, run in zip(known, runs, strict=True)) / wall
        steal = sum(one.steal * run.wall for one, run in zip(known, runs, strict=True)) / wall
        noise = Noise(others, steal, known[0].cores)
    memory = [run.memory for run in runs if run.memory is not None]
    return replace(
        runs[0],
        wall=each("wall"),
        start_up=each("start_up"),
        crawl=each("crawl"),
        close=each("close"),
        cpu=None if any(run.cpu is None for run in runs) else each("cpu"),
        memory=max(memory, default=None),
        loop_cpu=each("loop_cpu"),
        noise=noise,
        crawls=len(runs),
    )
