"""What the demo site can take: against arithmetic, in virtual time, and once over the network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.demo.load import Load
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.demo.raw import get


def throughput(load: Load, width: int, latency: float, count: int = 600) -> float:
    """Responses a second that `width` clients get which ask again as soon as they are answered."""
    ends: list[float] = []
    now = 0.0
    for _ in range(count):
        if len(ends) == width:
            now = heappop(ends)
        heappush(ends, now + load.delay(latency, len(ends) + 1, now))
    return count / max(ends)


@given(st.integers(1, 40), st.integers(1, 80), st.floats(0.001, 2))
def test_throughput_stops_at_capacity_over_latency(capacity: int, width: int, latency: float) -> None:
    most = min(capacity, width) / latency
    assert throughput(Load(capacity), width, latency) == pytest.approx(most, rel=0.15)


def test_requests_are_served_in_the_order_in_which_they_came() -> None:
    load = Load(2)
    assert [load.delay(1.0, n, 0.0) for n in range(1, 6)] == [1.0, 1.0, 2.0, 2.0, 3.0]


def test_beyond_a_number_in_flight_more_are_slower() -> None:
    found = {width: throughput(Load(slows_beyond=8), width, 0.1) for width in (4, 8, 16, 64)}
    assert found[4] < found[8]
    assert found[8] / found[16] == pytest.approx(2**0.5, rel=0.1)
    assert found[8] / found[64] == pytest.approx(8**0.5, rel=0.25)


def test_above_the_rate_requests_are_refused() -> None:
    load = Load(rate=60)
    refused = [load.refuses(n / 100) for n in range(1000)]
    assert not any(refused[:60])
    assert refused.count(False) == pytest.approx(600, abs=1)


@given(st.lists(st.floats(0, 0.3), max_size=200), st.integers(1, 20))
def test_no_second_has_more_than_the_rate(gaps: list[float], rate: int) -> None:
    load, now, served = Load(rate=rate), 0.0, []
    for gap in gaps:
        now += gap
        if not load.refuses(now):
            served.append(now)
    assert all(later - first >= 1 for first, later in zip(served, served[rate:], strict=False))


def test_an_unlimited_site_changes_nothing() -> None:
    load = Load()
    assert [load.delay(0.1, n, 0.0) for n in (1, 100, 10_000)] == [0.1] * 3
    assert not load.refuses(0.0)


def test_the_server_refuses_above_its_rate_and_counts_it() -> None:
    with DemoServer(DemoOptions(port=0, rate=3)) as server, ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: get(server, "/"), range(8)))
    refused = [one for one in seen if one.status == 429]
    assert refused  # a slow machine may take more than a second for them
    assert "retry-after" not in refused[0].headers


def test_slots_are_waited_for() -> None:
    with DemoServer(DemoOptions(port=0, capacity=1, latency=0.05)) as server, ThreadPoolExecutor(8) as pool:
        began = monotonic()
        list(pool.map(lambda _: get(server, "/"), range(8)))
        assert monotonic() - began >= 0.4
