"""Work, span and the laws of a site: against arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.api import run
from crawler.compare.capacity import Law, Links, Pace, Point, fit, read_links
from crawler.config import load


def shop(listings: int, each: int, seconds: float = 0.1) -> Links:
    """Listings that lead to their books, and to the next listing."""
    count = listings * (1 + each)
    children: list[tuple[int, ...]] = []
    for at in range(listings):
        books = range(listings + at * each, listings + (at + 1) * each)
        children.append((at + 1, *books) if at + 1 < listings else tuple(books))
    children += [()] * (listings * each)
    return Links((seconds,) * count, tuple(children), (0,))


@given(st.integers(1, 12), st.integers(0, 12), st.integers(1, 40))
def test_a_crawl_lies_within_the_bounds_of_work_and_span(listings: int, each: int, workers: int) -> None:
    links = shop(listings, each)
    took = links.makespan(workers)
    assert took >= max(links.span, links.work / workers) - 1e-9
    assert took <= links.work / workers + links.span + 1e-9  # Brent's theorem
    assert links.makespan(workers + 1) <= took + links.seconds[0] + 1e-9


def test_one_after_another_takes_the_work() -> None:
    links = shop(5, 20)
    assert links.makespan(1) == pytest.approx(links.work) == pytest.approx(10.5)
    assert links.span == pytest.approx(0.6)


def test_parsing_in_one_thread_bounds_a_crawl() -> None:
    links = shop(5, 20)
    assert links.makespan(64, cpu=0.05) >= 105 * 0.05


LAWS = [Law("latency"), Law("slots", 4.0), Law("slots", 12.0), Law("slows", 8.0, 1.5), Law("USL", 0.03, 0.001)]


def measured(law: Law, links: Links, widths: tuple[int, ...]) -> list[Point]:
    points = []
    for workers in widths:
        rate = len(links.seconds) / links.makespan(workers, law)
        at_once = workers if law.name != "latency" else rate * links.seconds[0]
        points.append(Point(workers, rate, links.seconds[0] * law(at_once)))
    return points


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_what_is_advised_is_nearly_the_best(law: Law) -> None:
    links = shop(40, 20)
    found = fit(measured(law, links, (1, 4, 16, 64)), links, 0.0, 64)
    rates = {workers: len(links.seconds) / links.makespan(workers, law) for workers in range(1, 65)}
    advised = found.advised()
    assert rates[advised] >= 0.9 * max(rates.values())
    assert found.rate(advised) == pytest.approx(rates[advised], rel=0.15)
    assert found.error < 0.1


def test_the_simplest_law_that_fits_is_taken() -> None:
    links = shop(40, 20)
    for law in LAWS[:2]:
        assert fit(measured(law, links, (1, 4, 16, 64)), links, 0.0, 64).law.name == law.name


def test_a_chain_of_listings_needs_few_workers() -> None:
    links = shop(50, 2)
    found = fit(measured(Law("latency"), links, (1, 4, 16)), links, 0.0, 64)
    assert found.advised() <= 4
    assert found.rate(64) <= len(links.seconds) / links.span


def test_one_lucky_measurement_changes_little() -> None:
    links = shop(40, 20)
    points = measured(Law("slots", 4.0), links, (1, 2, 4, 8, 16, 64))
    lucky = [point._replace(rate=1.15 * point.rate) if point.workers == 64 else point for point in points]
    assert fit(lucky, links, 0.0, 64).advised() <= 6


def test_a_large_crawl_is_judged_by_its_bounds() -> None:
    links = shop(200, 20)
    found = fit([Point(1, 10.0, 0.1)], links, 0.0, 64)
    assert found.rate(8) == pytest.approx(80, rel=0.05)


def test_the_links_of_a_crawl_are_read_from_its_state(tmp_path) -> None:
    state = tmp_path / "state.sqlite"
    overrides = ["demo.books=60", "demo.port=0", "demo.latency=1ms", f"state={state}"]
    job = load("configs/demo.yaml", overrides=[*overrides, f"output={tmp_path / 'out.csv'}"])
    report = run(job, fresh=True)
    links = read_links(state)
    assert len(links.seconds) >= report.pages["done"]
    assert len(links.starts) == 1
    assert links.span < links.work
    assert links.makespan(1) == pytest.approx(links.work)  # every page is led to


def test_hosts_are_asked_as_politely_as_each_wants() -> None:
    links = Links((0.1,) * 20, ((),) * 20, tuple(range(20)), (0,) * 15 + (1,) * 5, (Pace(0, 0.2), Pace(1)))
    assert links.makespan(64) == pytest.approx(14 * 0.2 + 0.1)
    assert links.without_politeness.makespan(64) == pytest.approx(0.1)
    assert links.bound(64, lambda at_once: 1.0, 0.0) == pytest.approx(15 * 0.2)


@given(st.integers(1, 12), st.integers(0, 8), st.integers(1, 20), st.integers(1, 6), st.floats(0, 0.1))
def test_politeness_makes_no_crawl_shorter(listings: int, each: int, workers: int, most: int, gap: float) -> None:
    links = shop(listings, each)
    polite = Links(links.seconds, links.children, links.starts, (0,) * len(links.seconds), (Pace(most, gap),))
    took = polite.makespan(workers)
    assert took >= links.makespan(min(workers, most)) - 1e-9
    assert took >= gap * (len(links.seconds) - 1) - 1e-9
    assert polite.makespan(1) >= links.work - 1e-9


def test_the_limit_without_which_most_would_be_gained() -> None:
    links = shop(40, 20)
    for law, limit in ((Law("slots", 4.0), "site"), (Law("slows", 8.0, 1.5), "site"), (Law("latency"), "links")):
        gains = fit(measured(law, links, (1, 4, 16, 64)), links, 0.0, 64).gains(64)
        assert max(gains, key=lambda name: gains[name]) == limit
    assert fit(measured(Law("latency"), links, (1, 4)), links, 0.1, 64).gains(64)["cpu"] > 2
