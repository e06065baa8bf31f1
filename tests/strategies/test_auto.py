"""`auto`: what it chooses, and that nothing is lost when it changes its mind."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from time import monotonic
from typing import Any

import pytest

from crawler.fetch.client import ClientSettings
from crawler.model import Failure, Request, Response
from crawler.strategies import auto, registry
from crawler.strategies.auto import Auto
from crawler.strategies.event_driver import Multiplexer, Threaded
from crawler.strategies.port import Plan
from crawler.strategies.registry import make_strategy
from tests.support.badserver import answer, pages, serve
from tests.support.busy import busy, held_up

Make = Callable[..., Auto[Any]]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Auto[Any]] = []

    def make(then: Any = lambda request, fetched: fetched) -> Auto[Any]:
        settings = ClientSettings("x", timeout=30.0, connections=64, allow_private=True)
        made.append(Auto(Plan(64, "requests", settings, then)))
        return made[-1]

    yield make
    for driver in made:
        driver.close()
    assert not multiprocessing.active_children()


def as_it_is(request: Request, fetched: Any) -> Any:
    return fetched


def crawl(driver: Auto[Any], url: str, count: int) -> list[int]:
    """Fetch `count` pages, as many at once as it wants; returns the highest number at once, of each answer."""
    todo = [Request(n, f"{url}{n}", "page") for n in range(count)]
    flights: list[Future[Any]] = []
    done: list[Future[Any]] = []
    most = 0
    while todo or flights:
        while todo and len(flights) < driver.width:
            future = driver.submit(todo.pop())
            future.add_done_callback(lambda _: driver.wake())
            flights.append(future)
        most = max(most, len(flights))
        driver.perform(5.0)
        done += [future for future in flights if future.done()]
        flights = [future for future in flights if not future.done()]
    assert {future.result().status for future in done} == {200}
    assert len(done) == count
    return most


SITE = {f"/{n}": answer(b"%d" % n) for n in range(300)}


@pytest.mark.parametrize("lane", ["curl", "asyncio", "threads"])
def test_slow_pages_get_more_requests_at_once(make: Make, lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [name for name in auto.SPREAD if name != lane]
    monkeypatch.setattr(
        auto, "refusal", lambda name, **options: "not here" if name in others else registry.refusal(name, **options)
    )
    with serve(pages(SITE, delay=0.05)) as server:
        driver = make()
        assert crawl(driver, server.url, 300) > 16
    assert driver.story[0] == f"{lane}: one core is enough"


@pytest.mark.parametrize("lane", ["curl", "asyncio", "threads"])
def test_with_a_thread_of_its_own_it_ends_with_the_last_answer(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "SPREAD", {lane: auto.SPREAD[lane]})
    with serve(pages(SITE, delay=0.2)) as server:
        settings = ClientSettings("x", timeout=30.0, connections=64, allow_private=True)
        strategy = make_strategy("auto", Plan(64, "requests", settings, lambda request, fetched: fetched))
        future = strategy.submit(Request(1, f"{server.url}1", "page"))
        began = monotonic()
        strategy.close()
        assert future.result().status == 200
        assert monotonic() - began < 40  # it slept for up to 60 once


@pytest.mark.parametrize("then", [busy, held_up])
def test_heavy_analysis_moves_to_processes(make: Make, then: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "SECONDS", 0.2)
    monkeypatch.setattr(auto, "cores", lambda: 2)
    with serve(pages(SITE)) as server:
        driver = make(then)
        crawl(driver, server.url, 60)
        assert driver.story[0].startswith("processes-")


def test_the_processes_begin_to_start_a_look_before_they_are_chosen(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[list[str]] = []
    monkeypatch.setattr(auto.worker_process, "prepare", prepared.append)
    monkeypatch.setattr(auto, "cores", lambda: 2)
    for name in ("SECONDS", "HEAVY"):
        monkeypatch.setattr(auto, name, -1.0)  # every look finds the core held up
    driver = make()
    driver.perform(0)
    assert not prepared  # there was nothing to analyse yet
    driver._timed(Request(1, "http://a.test/", "page"), Failure("x"))
    driver.perform(0)
    assert "crawler.strategies.process_group" in prepared[0]
    assert not driver._why_spread
    driver.perform(0)
    assert driver._why_spread
    assert len(prepared) == 1


def test_one_busy_look_alone_changes_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto.worker_process, "prepare", lambda modules: None)
    monkeypatch.setattr(auto, "cores", lambda: 2)
    monkeypatch.setattr(auto, "SECONDS", -1.0)
    driver = make()
    driver._timed(Request(1, "http://a.test/", "page"), Failure("x"))
    for busy_now in (-1.0, 2.0, -1.0, 2.0):
        monkeypatch.setattr(auto, "HEAVY", busy_now)
        driver.perform(0)
    assert not driver._why_spread


def test_on_one_core_it_stays(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "SECONDS", 0.1)
    monkeypatch.setattr(auto, "cores", lambda: 1)
    with serve(pages(SITE)) as server:
        driver = make(busy)
        crawl(driver, server.url, 20)
    assert driver.story[0].endswith("of the time, but there is only one core")


def test_a_script_without_a_guard_is_named_as_what_keeps_it_from_processes(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "unguarded_line", lambda: 7)
    monkeypatch.setattr(auto, "cores", lambda: 2)
    monkeypatch.setattr(auto.worker_process, "prepare", lambda modules: pytest.fail("no process may start"))
    for name in ("SECONDS", "HEAVY"):
        monkeypatch.setattr(auto, name, -1.0)  # every look finds the core held up
    driver = make()
    driver._timed(Request(1, "http://a.test/", "page"), Failure("x"))
    driver.perform(0)
    assert "one core is enough" in driver.story[0]  # one busy look is no proof
    driver.perform(0)
    assert "but worker processes would start the crawl again at line 7 of the script; put what" in driver.story[0]
    assert not driver._why_spread


def test_a_server_that_refuses_is_asked_for_less(make: Make) -> None:
    refusal = answer(status=b"429 Too Many Requests")
    with serve(pages({f"/{n}": refusal for n in range(50)})) as server:
        driver = make()
        futures = [driver.submit(Request(n, f"{server.url}{n}", "page")) for n in range(50)]
        while not driver.idle:
            driver.perform(5.0)
        assert [future.result().status for future in futures] == [429] * 50
    assert driver.width == 1


def test_responses_of_several_threads_are_counted_one_by_one(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    driver, inside, seen = make(), [0], set()

    def answered(seconds: float, **more: Any) -> None:
        inside[0] += 1
        seen.add(inside[0])
        Event().wait(0.01)
        inside[0] -= 1

    monkeypatch.setattr(driver._best, "answered", answered)
    future: Future[Any] = Future()
    future.set_result(Response("http://h/", 200, {}, b"", elapsed=0.1))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(driver._arrived, [future] * 8))
    assert seen == {1}


def test_what_was_begun_with_is_driven_by_one_thread_at_a_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a job with a function of its own: a thread drives `auto`, and requests come from another."""
    driving: set[int] = set()
    together: list[str] = []
    perform = Multiplexer.perform

    def watched(driver: Multiplexer[Any], timeout: float) -> None:
        if id(driver) in driving:
            together.append(type(driver).__name__)
        driving.add(id(driver))
        perform(driver, timeout)
        driving.discard(id(driver))

    monkeypatch.setattr(Multiplexer, "perform", watched)
    monkeypatch.setattr(auto, "HEAVY", 0.1)  # on a busy machine the rest takes its time, too
    monkeypatch.setattr(auto, "cores", lambda: 2)
    driver = make(held_up)
    strategy = Threaded(driver, "auto")
    with serve(pages(SITE)) as server:
        futures: list[Future[Any]] = []
        for number in range(80):
            while sum(not future.done() for future in futures) >= 8:
                wait(futures, return_when="FIRST_COMPLETED", timeout=0.02)
            futures.append(strategy.submit(Request(number, f"{server.origin}/{number}", "page")))
        assert {future.result(60).status for future in futures} == {200}
        strategy.close()
    assert "instead of" in driver.story[0]
    assert together == []


def test_what_comes_while_processes_start_is_not_slept_through(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a Ctrl-C in that moment was heard when the next answer came: with nothing under way, never."""
    with serve(pages(SITE)) as server:
        driver = make(as_it_is)
        driver.submit(Request(1, f"{server.url}1", "page"))

        def start(name: str, plan: Plan[Any]) -> Any:
            begun = registry.make_driver(name, plan)
            driver.wake()  # as a signal does
            return begun

        monkeypatch.setattr(auto, "make_driver", start)
        monkeypatch.setattr(driver, "_why_spread", "it is told to")
        began = monotonic()
        driver.perform(30.0)
        assert monotonic() - began < 20
