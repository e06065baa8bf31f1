from __future__ import annotations

import random
import time
from statistics import fmean

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.demo.server import DemoHandler
from crawler.demo.site import Site
from crawler.serving.http import HttpRequest
from crawler.serving.latency import Latency
from tests.demo.raw import Wire, stats

RANGE = Latency("range", 0.05, 0.4)
PATHS = [f"/catalogue/page-{number}.html" for number in range(1, 1001)]


def waits(paths: list[str], latency: Latency = RANGE, seed: int = 1) -> dict[str, float]:
    """Seconds that each answer of a new site waits, asked for in this order."""
    desk = DemoHandler(Site(DemoOptions(latency=latency, seed=seed)))
    return {path: wait(desk, path) for path in paths}


def wait(desk: DemoHandler, path: str) -> float:
    ask = HttpRequest("GET", path, True, "")
    return desk.delay(ask, desk.answer(ask))


def test_pages_wait_as_long_in_whatever_order_they_are_asked_for() -> None:
    mixed = random.Random(3).sample(PATHS, len(PATHS))
    assert waits(mixed) == waits(PATHS)
    assert len(set(waits(PATHS).values())) > 990


def test_the_second_time_a_page_waits_another_time_and_that_too_is_always_the_same() -> None:
    one, other = (DemoHandler(Site(DemoOptions(latency=RANGE))) for _ in range(2))
    first = [wait(one, PATHS[0]) for _ in range(3)]
    wait(other, PATHS[1])
    assert [wait(other, PATHS[0]) for _ in range(3)] == first
    assert len(set(first)) == 3


def test_another_seed_draws_other_times() -> None:
    assert waits(PATHS, seed=2) != waits(PATHS)


def test_the_times_are_spread_as_asked_for() -> None:
    found = waits(PATHS).values()
    assert 0.05 <= min(found) < 0.06
    assert 0.39 < max(found) <= 0.4
    assert 0.215 < fmean(found) < 0.235
    slow = waits(PATHS, Latency("percentiles", 0.1, 0.8)).values()
    assert 0.45 < sum(wait <= 0.1 for wait in slow) / len(slow) < 0.55
    assert 0.93 < sum(wait <= 0.8 for wait in slow) / len(slow) < 0.97


@pytest.mark.parametrize("latency", [RANGE, 0.2])
def test_statistics_do_not_wait(latency: float | Latency) -> None:
    assert wait(DemoHandler(Site(DemoOptions(latency=latency))), "/_stats") == 0.0


def test_a_server_waits_as_long_as_the_desk_says() -> None:
    path = min(PATHS[:3], key=waits(PATHS[:3]).__getitem__)
    with DemoServer(DemoOptions(port=0, latency=RANGE)) as server, Wire(server.url) as wire:
        start = time.monotonic()
        assert wire.get(path).status == 200
        assert waits([path])[path] <= time.monotonic() - start
        assert stats(server)["requests"] == 1
