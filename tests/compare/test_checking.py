"""Advice that was checked: against five servers that are simulated in virtual time."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from statistics import fmean

import pytest

from crawler.compare.advice import Measured
from crawler.compare.capacity import Links
from crawler.compare.checking import CHECKS, Bench, checked_advice
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.task import Combination
from crawler.demo.load import Load
from tests.compare.test_capacity import shop

SERIAL = Combination("serial", 1, "worker")
GUESS = r"This is a guess( of [\d.,]+ pages/s)?: it was not run\."
CPU = 0.001


class Site:
    """A server with the links of its pages; `run` crawls it, with some noise."""

    def __init__(self, latency: float, load: Callable[[], Load], links: Links) -> None:
        self.latency, self.load, self.links = latency, load, links
        self.dice = random.Random(1)
        self.ran: list[Combination] = []

    def run(self, one: Combination) -> Run:
        self.ran.append(one)
        seconds, latencies, retries = self._crawl(one.workers)
        seconds *= self.dice.uniform(0.98, 1.02)
        return made(len(self.links.seconds), seconds, fmean(latencies), retries)

    def _crawl(self, workers: int) -> tuple[float, list[float], int]:
        load, now, retries = self.load(), 0.0, 0
        ready = deque(self.links.starts)
        known, latencies = set(ready), []
        flights: list[tuple[float, float, int, bool]] = []
        later: list[tuple[float, int]] = []
        while ready or flights or later:
            while later and (later[0][0] <= now or not (ready or flights)):
                at, page = heappop(later)
                now = max(now, at)
                ready.append(page)
            while ready and len(flights) < workers:
                page, refused = ready.popleft(), load.refuses(now)
                wait = self.latency if refused else load.delay(self.latency, len(flights) + 1, now)
                heappush(flights, (now + wait, now, page, refused))
            if not flights:
                continue
            now, sent, page, refused = heappop(flights)
            if refused:
                retries += 1
                heappush(later, (now + 1.0, page))
                continue
            latencies.append(now - sent)
            now += CPU if workers == 1 else 0.0
            for child in self.links.children[page]:
                if child not in known:
                    known.add(child)
                    (ready.appendleft if self.links.children[child] else ready.append)(child)
        return now, latencies, retries


def made(pages: int, seconds: float, latency: float, retries: int) -> Run:
    quick = (latency,) * 21
    figures = {"cpu": 1.0, "memory": 1, "pages": pages, "requests": pages + retries, "retries": retries, "failed": 0}
    more = {"bytes": 1, "records": 1, "digest": "", "latency": quick, "p99": latency, "mean_latency": latency}
    times = {"wall": seconds + 1, "start_up": 1.0, "crawl": seconds, "close": 0.0, "loop_cpu": CPU * pages}
    return Run(**figures, **more, **times, hosts=1, asked=pages, busiest=pages)


SERVERS = {
    "latency only": lambda: Site(0.1, Load, shop(30, 20)),
    "4 slots": lambda: Site(0.05, lambda: Load(capacity=4), shop(30, 20, 0.05)),
    "slows beyond 8": lambda: Site(0.1, lambda: Load(slows_beyond=8), shop(30, 20)),
    "429 above 60/s": lambda: Site(0.1, lambda: Load(rate=60), shop(30, 20)),
    "listing chain": lambda: Site(0.1, Load, shop(100, 2)),
}


def compared(site: Site, widths: Sequence[int], strategy: str = "threads", repeat: int = 3) -> Comparison:
    reference = site.run(SERIAL)
    entrants = []
    for workers in widths:
        one = Combination(strategy, workers, "callback")
        entrants.append(Entrant(one, runs=[replace(site.run(one), round=n + 1) for n in range(repeat)]))
    return Comparison("job", "site", "now", {}, SERIAL, repeat, entrants=entrants, reference=reference)


def advised(site: Site, found: Comparison, *, ours: bool = True, replay: bool = False, time: bool = True, **more):
    reference = found.reference
    assert reference is not None
    known = Measured(reference.pages, reference.mean_latency, CPU, CPU / 2, CPU / 4, CPU / 4, 0.0, 0.0, 64, 2)
    bench = Bench(site.run, ours, replay, lambda seconds: time)
    return checked_advice(replace(known, **more), site.links, found, ["serial", "threads", "asyncio"], bench)


def rates(site: Site) -> dict[int, float]:
    """Of every number of workers that the server does not refuse."""
    found = {workers: site.run(Combination("threads", workers, "callback")) for workers in range(1, 65)}
    return {workers: run.pages_a_second for workers, run in found.items() if not run.retries}


@pytest.mark.parametrize("widths", [(16,), (1, 4, 16, 64), (2, 8, 32)], ids=str)
@pytest.mark.parametrize("name", SERVERS)
def test_what_is_advised_is_nearly_the_best_and_was_predicted(name: str, widths: tuple[int, ...]) -> None:
    site = SERVERS[name]()
    found = advised(site, compared(site, widths))
    best = max(rates(site).values())
    assert found.combination is not None
    assert found.checked is not None
    assert found.predicted is not None
    assert rates(site)[found.combination.workers] >= 0.9 * best
    assert found.checked.pages_a_second >= 0.9 * best
    assert found.predicted == pytest.approx(found.checked.pages_a_second, rel=0.15)
    assert found.combination.workers <= {"4 slots": 5, "slows beyond 8": 9, "listing chain": 5}.get(name, 64)


@pytest.mark.parametrize(
    ("name", "limit", "says"),
    [
        ("4 slots", "site", "The site limits you: 4 workers are enough"),
        ("slows beyond 8", "site", "64 workers would be slower"),
        ("listing chain", "links", "the longest chain of them takes"),
    ],
)
@pytest.mark.parametrize("cpu", [CPU, 0.004])  # with the second the arithmetic alone thinks of the CPU
def test_what_limits_is_what_was_measured(name: str, limit: str, says: str, cpu: float) -> None:
    site = SERVERS[name]()
    found = advised(site, compared(site, (1, 4, 16, 64)), cpu=cpu)
    assert found.limit == limit
    assert says in found.says
    assert "CPU limits" not in found.says


def test_only_a_few_runs_are_made_for_it() -> None:
    site = SERVERS["4 slots"]()
    found = compared(site, (16,))
    before = len(site.ran)
    advised(site, found)
    assert len(site.ran) - before <= 9


def test_a_number_that_politeness_allows_is_run_once() -> None:
    site = SERVERS["latency only"]()
    found = compared(site, (1,))
    before = len(site.ran)
    advised(site, found, at_once=2)
    probes = site.ran[before:]
    assert probes.count(Combination("threads", 2, "callback")) == 1 + CHECKS


def test_a_server_that_refuses_is_not_asked_for_more_than_it_admits() -> None:
    site = SERVERS["429 above 60/s"]()
    found = advised(site, compared(site, (16,)))
    assert found.limit == "site"
    assert "refused" in found.says
    assert site.run(found.combination).retries == 0


def test_nothing_is_run_on_a_site_of_others() -> None:
    site = SERVERS["4 slots"]()
    table = compared(site, (16,))
    before = len(site.ran)
    found = advised(site, table, ours=False)
    assert len(site.ran) == before
    assert found.checked is not None or re.search(GUESS, found.says)


def test_a_guess_is_called_one() -> None:
    site = SERVERS["latency only"]()
    table = compared(site, (4,))
    found = advised(site, table, time=False)
    assert found.checked is None
    assert re.search(GUESS, found.says)


def test_on_a_site_of_others_the_widths_that_were_compared_are_enough() -> None:
    site = SERVERS["4 slots"]()
    found = advised(site, compared(site, (2, 4, 8, 16)), ours=False)
    assert found.combination == Combination("threads", 4, "callback")
    assert found.checked is not None
    assert "guess" not in found.says


def test_a_recording_does_not_tell_what_the_site_can_take() -> None:
    site = SERVERS["latency only"]()
    assert "a recording does not tell" in advised(site, compared(site, (4,)), replay=True).says


def test_no_advice_contradicts_the_table_above_it() -> None:
    site = SERVERS["4 slots"]()
    table = compared(site, (4,))
    quick = Combination("mp-pool", 4, "worker")
    runs = [made(len(site.links.seconds), 1.0, 0.05, 0) for _ in range(3)]
    table.entrants.append(Entrant(quick, runs=[replace(run, round=n + 1) for n, run in enumerate(runs)]))
    found = advised(site, table)
    assert found.combination == quick
    assert found.flags == quick.flags
    assert "was the fastest of all that was measured" in found.says


def test_politeness_limits_first() -> None:
    site = SERVERS["4 slots"]()
    found = advised(site, compared(site, (4,)), gap=0.55, polite_rate=1 / 0.55)
    assert found.limit in ("politeness", "measured")


def test_prediction_and_measurement_stand_side_by_side() -> None:
    site = SERVERS["4 slots"]()
    found = advised(site, compared(site, (16,)))
    text = " ".join(found.sums)
    assert "Work and span" in text
    assert "Predicted for --strategy threads --workers 4 --parse callback" in text
    assert "measured in 3 runs" in text
    assert "pages/s" not in found.says  # no third figure beside them
    assert "Little's law" in text
    assert "Amdahl's law" in text
