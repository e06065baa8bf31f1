"""What limits a crawl, and which flags to use: arithmetic on what was measured. Plain functions of numbers.

Little's law (Operations Research 9, 1961): requests in flight = requests a second x seconds each takes. So many
workers are needed for a rate, and more gain nothing. Amdahl's law (AFIPS 1967): what stays in one process bounds what
more processes can gain.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from crawler.compare.task import Combination
from crawler.numbers import short_number

__all__ = [
    "LIGHT",
    "MAX_WORKERS",
    "Advice",
    "Checked",
    "Measured",
    "advise",
    "rate_text",
    "time_text",
    "workers_text",
]

MAX_WORKERS = 64  # threads; a site that answers more at once without complaint is rare
HEAVY = 0.005  # seconds of CPU: from here on parsing a page is worth a process of its own
START_SECONDS = 1.0  # what starting worker processes costs, about
GAIN = 1.2  # less than this is not worth other flags
LIGHT = ("curl", "asyncio", "threads")
HYBRID = ("processes-curl", "processes-threads")


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of the job, for one page unless said otherwise; seconds.

    Attributes:
        pages: of one run.
        latency: mean from sending to the last byte (what Little's law asks for), with one request at a time where
            that was measured.
        cpu: of the whole program while crawling, one request at a time.
        fetch_cpu, parse_cpu: its parts, each measured alone in one thread.
        parse_wall: of parsing, by the clock.
        gap: between two requests to a host; 0 for none.
        polite_rate: requests a second that the gap allows, to all hosts; ignored where there is no gap.
        at_once: most requests at once that politeness allows, to all hosts.
        cores: CPUs that this program may use.
    """

    pages: int
    latency: float
    cpu: float
    fetch_cpu: float
    parse_cpu: float
    parse_wall: float
    gap: float
    polite_rate: float
    at_once: int
    cores: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What the advised combination then measured: the median pages a second of so many runs."""

    pages_a_second: float
    runs: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do.

    Attributes:
        limit: `politeness`, `latency`, `cpu`, `links` (a chain of pages that lead to one another), `site` (what it can
            serve) or `measured` (a measured combination is better than what the arithmetic says).
        says: the sentence for a person.
        flags: for `crawler run`.
        others: strategies that suit as well.
        sums: the arithmetic, a line each.
        combination: what is advised.
        predicted: pages a second that are expected of it; None where nothing tells it.
        checked: what it then measured; None where it was not run, so that the advice is a guess.
    """

    limit: str
    says: str
    flags: str
    others: tuple[str, ...]
    sums: tuple[str, ...]
    combination: Combination | None = None
    predicted: float | None = None
    checked: Checked | None = None


def advise(known: Measured, strategies: Collection[str]) -> Advice:
    """Say what limits and which flags to use, of `strategies` only."""
    sums = _Sums(known)
    reach = known.at_once / sums.each
    if sums.polite_rate <= min(sums.core_rate, reach):
        return _politeness(known, sums, strategies)
    if sums.workers_for(sums.core_rate) > min(MAX_WORKERS // 2, known.at_once):
        return _latency(known, sums, strategies)
    return _cpu(known, sums, strategies)


class _Sums:
    """What each limit allows, in pages a second, with `each`: the seconds that a page keeps one worker."""

    def __init__(self, known: Measured) -> None:
        self.known = known
        self.cpu = max(known.cpu, known.fetch_cpu + known.parse_cpu, 1e-6)
        waiting_parse = max(0.0, known.parse_wall - known.parse_cpu)
        self.each = max(known.latency, known.fetch_cpu) + self.cpu - known.fetch_cpu + waiting_parse
        self.polite_rate = known.polite_rate if known.gap else math.inf
        self.core_rate = 1 / self.cpu
        main = max(self.cpu - known.fetch_cpu - known.parse_cpu, 0.0)
        self.cores_rate = 1 / (main + (self.cpu - main) / known.cores)

    def workers_for(self, rate: float) -> int:
        """Little's law; a twentieth of a worker is no worker."""
        return max(1, math.ceil(rate * self.each - 0.05))

    def lines(self) -> list[str]:
        known = self.known
        parts = f"{time_text(known.fetch_cpu)} to fetch, {time_text(known.parse_cpu)} to parse"
        lines = [
            f"A page takes {time_text(known.latency)} to come (on average) and {time_text(self.cpu)} of CPU ({parts}): "
            f"one worker reads {rate_text(1 / self.each)} (1 / {time_text(self.each)})."
        ]
        if known.gap:
            rate = f"{short_number(self.polite_rate)} requests/s"
            lines.append(f"Politeness, {time_text(known.gap)} between two requests to a host, allows {rate}.")
        lines.append(
            f"One interpreter does {rate_text(self.core_rate)} (1 / {time_text(self.cpu)}); it is full with "
            f"{workers_text(self.workers_for(self.core_rate))} "
            f"({short_number(self.core_rate)}/s x {time_text(self.each)}, Little's law)."
        )
        if known.cores > 1:
            lines.append(
                f"Worker processes on {known.cores} cores do at most {rate_text(self.cores_rate)}, "
                f"{self.cores_rate / self.core_rate:.2f} times as many (Amdahl's law)."
            )
        return lines


def _politeness(known: Measured, sums: _Sums, strategies: Collection[str]) -> Advice:
    workers = sums.workers_for(sums.polite_rate)
    says = (
        f"Nothing but politeness matters: the site allows {short_number(1 / known.gap)} requests/s to a host, one "
        f"every {time_text(known.gap)}. More than {workers_text(workers)} {'gains' if workers == 1 else 'gain'} "
        "nothing."
    )
    return _advice("politeness", says, ("threads", *LIGHT), workers, "callback", strategies, sums, sums.polite_rate)


def _latency(known: Measured, sums: _Sums, strategies: Collection[str]) -> Advice:
    rate = min(sums.core_rate, sums.polite_rate)
    workers = min(sums.workers_for(rate), MAX_WORKERS, known.at_once)
    says = (
        f"Waiting limits you: a page takes {time_text(known.latency)} to come and only {time_text(sums.cpu)} of CPU, "
        f"so one worker is idle {1 - sums.cpu / sums.each:.0%} of the time."
    )
    if workers == known.at_once:
        says += f" polite.per_host allows no more than {known.at_once} at once."
    rate = min(workers / sums.each, rate)
    return _advice("latency", says, ("threads", *LIGHT), workers, "callback", strategies, sums, rate)


def _cpu(known: Measured, sums: _Sums, strategies: Collection[str]) -> Advice:
    full = sums.workers_for(sums.core_rate)
    waits = sums.each > 2 * sums.cpu
    busy = f"Up to {full} workers wait for the site, above that CPU limits you" if waits else "CPU limits you"
    busy += f": a page takes {time_text(sums.cpu)} of one core, {time_text(known.parse_cpu)} of it to parse it."
    best = min(sums.cores_rate, sums.polite_rate, known.at_once / sums.each)
    enough = _worth_it_from(known, sums, best)
    if enough == math.inf or (enough > known.pages and known.parse_cpu < HEAVY):
        says = f"{busy} {_no(known, enough)}."
        rate = min(full / sums.each, sums.core_rate)
        return _advice("cpu", says, ("threads", *LIGHT), full, "callback", strategies, sums, rate)
    says = f"{busy} Threads share one interpreter lock: above {workers_text(full)} processes win"
    says += f", from about {enough:,.0f} pages on: they take a while to start." if enough > known.pages else "."
    workers = sums.workers_for(best)
    if workers <= 4 * known.cores:
        return _advice("cpu", says, ("processes", *HYBRID), workers, "worker", strategies, sums, best)
    # So many processes would only wait. Threads wait more cheaply, and the second pool has one process a core.
    workers = min(workers, MAX_WORKERS)
    if known.parse_cpu >= HEAVY:
        return _advice("cpu", says, ("threads", *HYBRID), workers, "pool", strategies, sums, best)
    return _advice("cpu", says, (*reversed(HYBRID), "processes"), workers, "worker", strategies, sums, best)


def _worth_it_from(known: Measured, sums: _Sums, best: float) -> float:
    """Number of pages from which worker processes save more than their start takes; infinity for never."""
    if known.cores == 1 or best < GAIN * sums.core_rate:
        return math.inf
    return math.ceil(START_SECONDS / (sums.cpu - 1 / best))


def _no(known: Measured, enough: float) -> str:
    """Why worker processes are not the choice."""
    if enough < math.inf:
        return f"Worker processes win only above about {enough:,.0f} pages: they take a while to start"
    return "This machine has one core" if known.cores == 1 else "Worker processes would gain too little"


def _advice(
    limit: str,
    says: str,
    choice: tuple[str, ...],
    workers: int,
    parse: str,
    strategies: Collection[str],
    sums: _Sums,
    rate: float,
) -> Advice:
    there = [name for name in dict.fromkeys(choice) if name in strategies] or sorted(strategies)[:1]
    one = Combination(there[0], workers, parse)
    return Advice(limit, says, one.flags, tuple(there[1:]), tuple(sums.lines()), one, rate)


def workers_text(workers: int) -> str:
    """`one worker`, `16 workers`."""
    return "one worker" if workers == 1 else f"{workers} workers"


def rate_text(rate: float) -> str:
    """`78.3 pages/s`, `1,032 pages/s`."""
    return f"{short_number(rate)} pages/s"


def time_text(seconds: float) -> str:
    """`12.5 ms`, `3.2 s`."""
    return f"{short_number(1000 * seconds)} ms" if seconds < 0.9995 else f"{short_number(seconds)} s"
