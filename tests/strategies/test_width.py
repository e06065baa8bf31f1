"""How many requests at once: against servers that are simulated in virtual time."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.demo.load import Load
from crawler.strategies.concurrency_limit import FIRST, ConcurrencyLimit

REFUSED_PAUSE = 0.75  # seconds: the mean of the first backoff of the crawl
Latency = Callable[[], float]


class Server:
    """A server and a crawl of it that obeys a limit, without waiting for anything."""

    def __init__(
        self, latency: float | Latency, load: Load | None = None, jitter: float = 0.02, errors: float = 0.0
    ) -> None:
        self._latency = latency if callable(latency) else lambda: latency
        self.load = load or Load()
        self._dice = random.Random(7)
        self._jitter, self._errors = jitter, errors
        self.refused = 0

    def crawl(self, limit: ConcurrencyLimit, pages: int, *, now: float = 0.0, supply: int = 1_000_000) -> float:
        """Seconds until all pages are there; at most `supply` can be asked for at a time."""
        began, done, sent = now, 0, 0
        later: deque[float] = deque()
        flights: list[tuple[float, float, bool]] = []
        while done < pages:
            while later and later[0] <= now:
                later.popleft()
                sent -= 1
            while len(flights) < min(limit.now, supply) and sent < pages:
                sent += 1
                refused = self.load.refuses(now) or self._dice.random() < self._errors
                wait = self._latency() * self._dice.uniform(1, 1 + self._jitter)
                if not refused:
                    wait = self.load.delay(wait, len(flights) + 1, now)
                heappush(flights, (now + wait, now, refused))
            if not flights:
                now = later[0]
                continue
            full = len(flights) >= limit.now
            now, at, refused = heappop(flights)
            if refused:
                self.refused += 1
                later.append(now + REFUSED_PAUSE)
                limit.refused(now)
            else:
                done += 1
                limit.answered(now - at, full=full, now=now)
        return now - began


class Fixed(ConcurrencyLimit):
    """A limit that stays."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.now = number

    def answered(self, seconds: float, *, full: bool, now: float) -> None:
        return

    def refused(self, now: float) -> None:
        return


def lognormal(half: float, most: float) -> Latency:
    dice = random.Random(3)
    return lambda: dice.lognormvariate(math.log(half), math.log(most / half) / 1.645)


SERVERS = {
    "latency only": lambda: Server(0.1),
    "4 slots": lambda: Server(0.05, Load(capacity=4)),
    "1 slot": lambda: Server(0.05, Load(capacity=1)),
    "2 slots": lambda: Server(0.05, Load(capacity=2)),
    "6 slots": lambda: Server(0.05, Load(capacity=6)),
    "12 slots": lambda: Server(0.05, Load(capacity=12)),
    "slows beyond 3": lambda: Server(0.1, Load(slows_beyond=3)),
    "slows beyond 5": lambda: Server(0.1, Load(slows_beyond=5)),
    "slows beyond 8": lambda: Server(0.1, Load(slows_beyond=8)),
    "slows beyond 16": lambda: Server(0.1, Load(slows_beyond=16)),
    "slows beyond 20": lambda: Server(0.1, Load(slows_beyond=20)),
    "429 above 60/s": lambda: Server(0.1, Load(rate=60)),
    "429 above 20/s": lambda: Server(0.1, Load(rate=20)),
    "429 above 20/s, quick": lambda: Server(0.02, Load(rate=20)),
    "429 above 150/s": lambda: Server(0.1, Load(rate=150)),
    "8 slots, slows beyond 16": lambda: Server(0.05, Load(capacity=8, slows_beyond=16)),
    "long-tailed": lambda: Server(lognormal(0.1, 0.8)),
    "long-tailed, 4 slots": lambda: Server(lognormal(0.05, 0.4), Load(capacity=4)),
}
WIDTHS = (1, 2, 3, 4, 5, 6, 8, 12, 16, 20, 24, 32, 64)
BEST = {
    "latency only": {64},
    "4 slots": {4},
    "1 slot": {1},
    "2 slots": {2},
    "6 slots": {6, 7, 8},
    "12 slots": set(range(11, 19)),
    "slows beyond 3": {3},
    "slows beyond 5": {5},
    "slows beyond 8": {7, 8},
    "slows beyond 16": set(range(14, 21)),
    "slows beyond 20": set(range(18, 24)),
    "429 above 60/s": {5, 6},
    "429 above 20/s": {2},
    "429 above 20/s, quick": {1},
    "429 above 150/s": {13, 14, 15},
    "8 slots, slows beyond 16": set(range(8, 14)),
    "long-tailed": {32, 64},
    "long-tailed, 4 slots": set(range(3, 65)),  # more only wait
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_crawl_is_nearly_as_fast_as_with_the_best_number(name: str) -> None:
    pages = 600 if "slows" in name else 1_000
    best = min(SERVERS[name]().crawl(Fixed(width), pages) for width in WIDTHS)
    limit = ConcurrencyLimit(64)
    assert SERVERS[name]().crawl(limit, pages) <= 1.2 * best
    assert limit.now in BEST[name]


@pytest.mark.parametrize("latency", [0.1, lognormal(0.1, 0.8)])
def test_it_doubles_at_once_while_responses_take_no_longer(latency: float | Latency) -> None:
    limit = ConcurrencyLimit(100)
    Server(latency).crawl(limit, 200)  # 8 + 16 + 32 + 64 with those that were in flight at each change
    assert limit.now == 100


def test_it_stays_where_no_more_were_due() -> None:
    limit = ConcurrencyLimit(100)
    Server(0.1).crawl(limit, 300, supply=5)
    assert limit.now == 8
    assert "never more URLs to fetch" in limit.why


@given(st.integers(1, 8))
def test_it_is_never_more_than_allowed(most: int) -> None:
    limit = ConcurrencyLimit(most)
    Server(0.1).crawl(limit, 200)
    assert limit.now == most


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 100), st.floats(0.01, 5))
def test_it_finds_how_many_a_server_answers_at_once(capacity: int, seconds: float) -> None:
    limit = ConcurrencyLimit(1_000)
    Server(seconds, Load(capacity)).crawl(limit, 60 * max(capacity, FIRST))
    assert 0.9 * capacity <= limit.now <= 2 * capacity + 1  # responses that come in packs blur it


def test_a_server_that_changed_is_measured_anew() -> None:
    limit = ConcurrencyLimit(64)
    now = Server(0.1).crawl(limit, 500)
    assert limit.now == 64
    now += Server(0.1, Load(capacity=4)).crawl(limit, 3_000, now=now)
    assert limit.now <= 8
    Server(0.05).crawl(limit, 3_000, now=now)
    assert limit.now == 64


def test_a_burst_of_refusals_counts_once() -> None:
    limit = ConcurrencyLimit(64)
    now = Server(0.1).crawl(limit, 500)
    for _ in range(20):
        limit.refused(now)
        assert limit.now == 32
    for _ in range(45):
        limit.refused(now)
    assert "refused" in limit.why
    assert limit.now < 64


def test_pages_that_fail_at_any_number_are_no_refusal() -> None:
    limit = ConcurrencyLimit(64)
    Server(0.1, errors=0.05).crawl(limit, 10_000)
    assert limit.now >= 32
    assert "refused" not in limit.why


def test_a_server_that_refuses_everything_is_asked_one_by_one() -> None:
    limit = ConcurrencyLimit(64)
    for n in range(200):
        limit.refused(n / 10)
    assert limit.now == 1


def test_long_after_a_refusal_it_tries_more() -> None:
    limit = ConcurrencyLimit(64)
    now = Server(0.1).crawl(limit, 500)
    for _ in range(65):
        limit.refused(now)
    few = limit.now
    Server(0.1).crawl(limit, 100_000, now=now)
    assert limit.now > few


def test_heavy_parsing_that_went_over_to_processes_begins_again() -> None:
    limit = ConcurrencyLimit(64)
    Server(0.01, Load(capacity=1)).crawl(limit, 300)
    assert limit.now == 1
    limit.restart()
    assert limit.now == FIRST
