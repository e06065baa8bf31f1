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
    "reason",
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
        cpu: of the whole program while crawling: the least that a strategy in one process took. Those that read
            several pages at a time take less than one request after another. 0 where it is not known.
        fetch_cpu, parse_cpu: its parts, each measured alone in one thread.
        parse_wall: of parsing, by the clock.
        gap: between two requests to a host; 0 for none.
        polite_rate: requests a second that the gap allows, to all hosts; ignored where there is no gap.
        at_once: most requests at once that politeness allows, to all hosts.
        cores: CPUs that this program may use.
        fastest: the most pages a second that was measured of a strategy in one process, and of any.
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
    fastest: tuple[float, float] = (0.0, 0.0)


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


def reason(limit: str, known: Measured) -> str:
    """Why `politeness`, `latency` or `cpu` limits, in a sentence."""
    sums = _Sums(known)
    if limit == "politeness" and known.gap:
        return (
            f"Politeness limits you: it allows {short_number(1 / known.gap)} requests/s to a host, one every "
            f"{time_text(known.gap)}."
        )
    if limit == "politeness":
        return f"Politeness limits you: polite.per_host lets {known.at_once} requests be in flight, all hosts together."
    if limit == "latency":
        return (
            f"Waiting limits you: a page takes {time_text(known.latency)} to come and only {time_text(sums.cpu)} of "
            f"CPU, so one worker is idle {1 - sums.cpu / sums.each:.0%} of the time."
        )
    return (
        f"CPU limits you: a page takes {time_text(sums.cpu)} of one core, {time_text(sums.parse_cpu)} of it to parse "
        f"it. {_processes(known, sums)}"
    )


class _Sums:
    """What each limit allows, in pages a second, with `each`: the seconds that a page keeps one worker."""

    def __init__(self, known: Measured) -> None:
        self.known = known
        self.cpu = max(known.cpu or known.fetch_cpu + known.parse_cpu, 1e-6)
        self.parse_cpu = min(known.parse_cpu, self.cpu)
        self.fetch_cpu = min(known.fetch_cpu, self.cpu - self.parse_cpu)  # alone it may be dearer than in that strategy
        waiting_parse = max(0.0, known.parse_wall - known.parse_cpu)
        self.each = max(known.latency, self.fetch_cpu) + self.cpu - self.fetch_cpu + waiting_parse
        self.polite_rate = known.polite_rate if known.gap else math.inf
        one_process, any_strategy = known.fastest
        self.core_rate = max(1 / self.cpu, one_process)
        main = max(self.cpu - self.fetch_cpu - self.parse_cpu, 0.0)
        self.cores_rate = max(1 / (main + (self.cpu - main) / known.cores), self.core_rate, any_strategy)

    def workers_for(self, rate: float) -> int:
        """Little's law; a twentieth of a worker is no worker."""
        return max(1, math.ceil(rate * self.each - 0.05))

    def lines(self) -> list[str]:
        known = self.known
        parts = f"{time_text(self.fetch_cpu)} to fetch, {time_text(self.parse_cpu)} to parse"
        lines = [
            f"A page takes {time_text(known.latency)} to come (on average) and {time_text(self.cpu)} of CPU ({parts}): "
            f"one worker reads at most {rate_text(1 / self.each)} (1 / {time_text(self.each)})."
        ]
        if known.gap:
            rate = f"{short_number(self.polite_rate)} requests/s"
            lines.append(f"Politeness, {time_text(known.gap)} between two requests to a host, allows {rate}.")
        lines.append(
            f"One interpreter does {rate_text(self.core_rate)} ({self._why_core()}); it is full with "
            f"{workers_text(self.workers_for(self.core_rate))} "
            f"({short_number(self.core_rate)}/s x {time_text(self.each)}, Little's law)."
        )
        if known.cores > 1:
            lines.append(
                f"Worker processes on {known.cores} cores do at most {rate_text(self.cores_rate)}"
                f"{self._why_cores()}, {self.cores_rate / self.core_rate:.2f} times as many (Amdahl's law)."
            )
        return lines

    def _why_core(self) -> str:
        if self.core_rate > 1 / self.cpu:
            return "as measured: more than 1 / CPU, because part of it needs no interpreter lock"
        return f"1 / {time_text(self.cpu)}"

    def _why_cores(self) -> str:
        return " (as measured)" if self.cores_rate == self.known.fastest[1] > self.core_rate else ""


def _politeness(known: Measured, sums: _Sums, strategies: Collection[str]) -> Advice:
    workers = sums.workers_for(sums.polite_rate)
    says = f"{reason('politeness', known)} More than {workers_text(workers)} {'gains' if workers == 1 else 'gain'} "
    says += "nothing."
    return _advice("politeness", says, ("threads", *LIGHT), workers, "callback", strategies, sums, sums.polite_rate)


def _latency(known: Measured, sums: _Sums, strategies: Collection[str]) -> Advice:
    rate = min(sums.core_rate, sums.polite_rate)
    workers = min(sums.workers_for(rate), MAX_WORKERS, known.at_once)
    says = reason("latency", known)
    if workers == known.at_once:
        says += f" polite.per_host allows no more than {known.at_once} at once."
    rate = min(workers / sums.each, rate)
    return _advice("latency", says, ("threads", *LIGHT), workers, "callback", strategies, sums, rate)


def _cpu(known: Measured, sums: _Sums, strategies: Collection[str]) -> Advice:
    full = sums.workers_for(sums.core_rate)
    best = min(sums.cores_rate, sums.polite_rate, known.at_once / sums.each)
    says = reason("cpu", known)
    if not _pay(known, sums):
        rate = min(full / sums.each, sums.core_rate)
        return _advice("cpu", says, ("threads", *LIGHT), full, "callback", strategies, sums, rate)
    workers = sums.workers_for(best)
    if workers <= 4 * known.cores:
        return _advice("cpu", says, ("processes", *HYBRID), workers, "worker", strategies, sums, best)
    # So many processes would only wait. Threads wait more cheaply, and the second pool has one process a core.
    workers = min(workers, MAX_WORKERS)
    if known.parse_cpu >= HEAVY:
        return _advice("cpu", says, ("threads", *HYBRID), workers, "pool", strategies, sums, best)
    return _advice("cpu", says, (*reversed(HYBRID), "processes"), workers, "worker", strategies, sums, best)


def _pay(known: Measured, sums: _Sums) -> bool:
    """Whether worker processes are the choice."""
    enough = _worth_it_from(known, sums)
    return enough < math.inf and (enough <= known.pages or known.parse_cpu >= HEAVY)


def _processes(known: Measured, sums: _Sums) -> str:
    """What worker processes gain, or why they are not the choice."""
    enough, full = _worth_it_from(known, sums), workers_text(sums.workers_for(sums.core_rate))
    if _pay(known, sums):
        says = f"Threads share one interpreter lock: above {full} processes win"
        return says + (
            f", from about {enough:,.0f} pages on: they take a while to start." if enough > known.pages else "."
        )
    if enough < math.inf:
        return f"Worker processes win only above about {enough:,.0f} pages: they take a while to start."
    return "This machine has one core." if known.cores == 1 else "Worker processes would gain too little."


def _worth_it_from(known: Measured, sums: _Sums) -> float:
    """Number of pages from which worker processes save more than their start takes; infinity for never."""
    best = min(sums.cores_rate, sums.polite_rate, known.at_once / sums.each)
    if known.cores == 1 or best < GAIN * sums.core_rate:
        return math.inf
    return math.ceil(START_SECONDS / (1 / sums.core_rate - 1 / best))


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
