"""Advice that was checked: against five servers that are simulated in virtual time."""

from __future__ import annotations

import random
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from statistics import fmean

import pytest

from crawler.compare.advice import Measured
from crawler.compare.capacity import Links, Pace
from crawler.compare.checking import CHECKS, Bench, checked_advice
from crawler.compare.noise import Served
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.runner import _with_costs
from crawler.compare.task import Combination
from crawler.demo.load import Load
from tests.compare.test_capacity import shop

SERIAL = Combination("serial", 1, "worker")
GUESS = r"This is a guess( of [\d.,]+ pages/s)?: it was not run\."
CPU = 0.001


class Site:
    """A server with the links of its pages; `run` crawls it, with some noise."""

    def __init__(self, latency: float, load: Callable[[], Load], links: Links, cpu: float = CPU) -> None:
        self.latency, self.load, self.links, self.cpu = latency, load, links, cpu
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
        hosts = self.links.hosts or (0,) * len(self.links.seconds)
        paces = self.links.paces or (Pace(),)
        flying, next_at = Counter[int](), dict.fromkeys(range(len(paces)), 0.0)
        while ready or flights or later:
            while later and (later[0][0] <= now or not (ready or flights)):
                at, page = heappop(later)
                now = max(now, at)
                ready.append(page)
            free = [at for at, pace in enumerate(paces) if flying[at] < (pace.at_once or 999) and next_at[at] <= now]
            page = next((one for one in ready if hosts[one] in free), None)
            if page is not None and len(flights) < workers:
                ready.remove(page)
                flying[hosts[page]] += 1
                next_at[hosts[page]] = now + paces[hosts[page]].gap
                refused = load.refuses(now)
                wait = self.latency if refused else load.delay(self.latency, len(flights) + 1, now)
                heappush(flights, (now + wait, now, page, refused))
                continue
            due = min((at for host, at in next_at.items() if at > now), default=9e9)
            if len(flights) < workers and due < (flights[0][0] if flights else 9e9):
                now = due
                continue
            if not flights:
                continue
            now, sent, page, refused = heappop(flights)
            flying[hosts[page]] -= 1
            if refused:
                retries += 1
                heappush(later, (now + 1.0, page))
                continue
            latencies.append(now - sent)
            now += self.cpu if workers == 1 else 0.0
            for child in self.links.children[page]:
                if child not in known:
                    known.add(child)
                    (ready.appendleft if self.links.children[child] else ready.append)(child)
        return max(now, self.cpu * len(self.links.seconds)), latencies, retries


def made(pages: int, seconds: float, latency: float, retries: int) -> Run:
    quick = (latency,) * 21
    figures = {"cpu": 1.0, "memory": 1, "pages": pages, "requests": pages + retries, "retries": retries, "failed": 0}
    more = {"bytes": 1, "records": 1, "digest": "", "latency": quick, "p99": latency, "mean_latency": latency}
    times = {"wall": seconds + 1, "start_up": 1.0, "crawl": seconds, "close": 0.0, "loop_cpu": CPU * pages}
    return Run(**figures, **more, **times, hosts=1, asked=pages, busiest=pages)


def polite(links: Links, *paces: Pace, second: int = 2) -> Links:
    """The pages on several hosts in turn; each `second`-th page is of the second host."""
    hosts = tuple(int(at % second == 0 and len(paces) > 1) for at in range(len(links.seconds)))
    return replace(links, hosts=hosts, paces=paces)


SERVERS = {
    "latency only": lambda: Site(0.1, Load, shop(30, 20)),
    "4 slots": lambda: Site(0.05, lambda: Load(capacity=4), shop(30, 20, 0.05)),
    "slows beyond 8": lambda: Site(0.1, lambda: Load(slows_beyond=8), shop(30, 20)),
    "429 above 60/s": lambda: Site(0.1, lambda: Load(rate=60), shop(30, 20)),
    "listing chain": lambda: Site(0.1, Load, shop(100, 2)),
}
MORE = {
    "1 slot": lambda: Site(0.05, lambda: Load(capacity=1), shop(30, 20, 0.05)),
    "2 slots": lambda: Site(0.05, lambda: Load(capacity=2), shop(30, 20, 0.05)),
    "6 slots": lambda: Site(0.05, lambda: Load(capacity=6), shop(30, 20, 0.05)),
    "12 slots": lambda: Site(0.05, lambda: Load(capacity=12), shop(30, 20, 0.05)),
    "slows beyond 3": lambda: Site(0.1, lambda: Load(slows_beyond=3), shop(30, 20)),
    "slows beyond 5": lambda: Site(0.1, lambda: Load(slows_beyond=5), shop(30, 20)),
    "slows beyond 16": lambda: Site(0.1, lambda: Load(slows_beyond=16), shop(30, 20)),
    "slows beyond 32": lambda: Site(0.1, lambda: Load(slows_beyond=32), shop(30, 40)),
    "429 above 20/s": lambda: Site(0.103, lambda: Load(rate=20), shop(30, 20, 0.103)),
    "429 above 20/s, quick": lambda: Site(0.02, lambda: Load(rate=20), shop(30, 20, 0.02)),
    "429 above 150/s": lambda: Site(0.103, lambda: Load(rate=150), shop(20, 40, 0.103)),
    "20 ms": lambda: Site(0.02, Load, shop(30, 20, 0.02)),
    "500 ms": lambda: Site(0.5, Load, shop(10, 60, 0.5)),
    "listings, one book each": lambda: Site(0.1, Load, shop(150, 1)),
    "listings, ten books each": lambda: Site(0.1, Load, shop(30, 10)),
    "listings, 6 slots": lambda: Site(0.05, lambda: Load(capacity=6), shop(60, 8, 0.05)),
    "listings, slows beyond 5": lambda: Site(0.1, lambda: Load(slows_beyond=5), shop(30, 10)),
    "429 above 150/s, slows beyond 8": lambda: Site(0.1, lambda: Load(rate=150, slows_beyond=8), shop(30, 20)),
    "4 at once": lambda: Site(0.1, Load, polite(shop(30, 20), Pace(4))),
    "4 at once, 2 slots": lambda: Site(0.05, lambda: Load(capacity=2), polite(shop(30, 20, 0.05), Pace(4))),
    "a gap of 40 ms": lambda: Site(0.5, Load, polite(shop(20, 20, 0.5), Pace(64, 0.04))),
    "a gap of 40 ms, 1 slot": lambda: Site(0.1, lambda: Load(capacity=1), polite(shop(20, 10), Pace(64, 0.04))),
    "two hosts": lambda: Site(0.1, Load, polite(shop(30, 20), Pace(4), Pace(4))),
    "a small host beside": lambda: Site(0.1, Load, polite(shop(30, 20), Pace(4), Pace(4), second=10)),
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
    paces, cpu = site.links.paces, site.cpu
    gap, at_once = (paces[0].gap, min(64, sum(pace.at_once for pace in paces))) if paces else (0.0, 64)
    rate = len(paces) / gap if gap else 0.0
    known = Measured(reference.pages, reference.mean_latency, cpu, cpu / 2, cpu / 4, cpu / 4, gap, rate, at_once, 2)
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


@pytest.mark.parametrize("width", [4, pytest.param(64, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", MORE)
def test_so_it_is_on_other_servers_of_the_kind(name: str, width: int) -> None:
    site = MORE[name]()
    found = advised(site, compared(site, (width,)))
    assert found.combination is not None
    assert found.checked is not None
    assert found.predicted is not None
    widths = (1, 2, 3, 4, 5, 6, 8, 12, 14, 16, 24, 32, 64)
    runs = {workers: site.run(Combination("threads", workers, "callback")) for workers in widths}
    best = max(run.pages_a_second for workers, run in runs.items() if not run.retries or workers == 1)
    assert found.checked.pages_a_second >= 0.9 * best
    assert found.predicted == pytest.approx(found.checked.pages_a_second, rel=0.15)
    if "slots" in name or "slows" in name:
        assert found.limit in ("site", "links")


@pytest.mark.parametrize(
    ("name", "limit", "says"),
    [
        ("4 slots", "site", "it answers about 4 requests at once, and others wait in line. 4 workers are enough"),
        ("1 slot", "site", "it answers about one request at once, and others wait in line. One worker is enough"),
        ("slows beyond 8", "site", "8 workers are the best: 64 were slower"),
        ("slows beyond 16", "site", "16 workers are the best: 64 were slower"),
        ("listing chain", "links", "the longest chain of them takes"),
        ("listings, 6 slots", "site", "it answers about 6 requests at once"),
        ("500 ms", "links", "the longest chain of them takes"),
        ("4 at once", "politeness", "polite.per_host lets 4 requests be in flight"),
        ("4 at once, 2 slots", "site", "it answers about 2 requests at once"),
        ("a gap of 40 ms", "politeness", "it allows 25 requests/s to a host, one every 40 ms"),
        ("a gap of 40 ms, 1 slot", "site", "it answers about one request at once"),
    ],
)
@pytest.mark.parametrize("cpu", [CPU, 0.004])  # with the second the arithmetic alone thinks of the CPU
def test_what_limits_is_what_was_measured(name: str, limit: str, says: str, cpu: float) -> None:
    site = {**SERVERS, **MORE}[name]()
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


def test_a_page_costs_what_the_cheapest_strategy_in_one_process_took() -> None:
    """Not what the baseline took, which reads a page a turn; nor the main process of one with workers elsewhere."""
    found = compared(SERVERS["4 slots"](), (4,))
    pages = 630
    for strategy, cpu, seconds in (("curl", 0.4, 2.0), ("processes", 0.1, 1.0), ("auto", 0.1, 1.5)):
        run = replace(made(pages, seconds, 0.05, 0), loop_cpu=cpu)
        found.entrants.append(Entrant(Combination(strategy, 4, "worker"), runs=[replace(run, round=1)]))
    known = _with_costs(Measured(pages, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 64, 2), found, is_traced=False)
    assert known.cpu == pytest.approx(0.4 / pages)
    assert known.fastest == pytest.approx((pages / 2, pages))
    assert _with_costs(known, replace(found, entrants=[]), is_traced=False).cpu == pytest.approx(CPU)
    assert _with_costs(known, replace(found, entrants=[]), is_traced=True).cpu == 0.0


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


def test_the_knee_is_named_where_more_workers_are_a_little_faster() -> None:
    """4 of 4 slots lose the time between an answer and the next request; 16 wait four times as long for it."""
    site = SERVERS["4 slots"]()
    table = compared(site, (4, 16))
    pages = len(site.links.seconds)
    runs = [made(pages, pages / speed, latency, 0) for speed, latency in ((74.0, 0.05), (80.0, 0.2))]
    for one, run in zip(table.entrants, runs, strict=True):
        one.runs = [replace(run, round=n + 1) for n in range(5)]
    found = advised(site, table, ours=False)
    assert found.combination == Combination("threads", 4, "callback")
    assert "4 workers are at the knee: 16 were 8% faster, and responses took 4.0 times as long." in found.says


def test_a_server_that_refuses_one_request_at_a_time_wants_a_delay() -> None:
    site = MORE["429 above 20/s, quick"]()
    table = compared(site, (4,))
    reference = table.reference
    assert reference is not None
    table.reference = replace(reference, served=Served(reference.requests, 1, {"429": reference.retries}))
    found = advised(site, table)
    assert found.combination == Combination("threads", 1, "callback")
    assert "with one request at a time it refused or failed" in found.says
    assert "Set polite.delay to" in found.says
    assert "showed no limit" not in " ".join(found.sums)


def test_a_prediction_stands_on_two_other_numbers_at_least() -> None:
    """Politeness keeps 16 from being faster than 4, but one after another alone does not show the one slot."""
    site = MORE["a gap of 40 ms, 1 slot"]()
    table = compared(site, (4,))
    slow = table.reference
    assert slow is not None
    table.reference = replace(slow, crawl=1.3 * slow.crawl)  # a busy machine is slower one after another
    found = advised(site, table)
    assert found.checked is not None
    assert found.predicted == pytest.approx(found.checked.pages_a_second, rel=0.15)


def test_no_run_is_made_that_can_show_nothing_new() -> None:
    for name in ("a gap of 40 ms, 1 slot", "listings, one book each"):
        site = MORE[name]()
        table = compared(site, (4,))
        before = len(site.ran)
        advised(site, table)
        assert max(one.workers for one in site.ran[before:]) < 16


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
