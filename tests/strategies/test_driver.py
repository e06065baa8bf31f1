"""`asyncio` and `curl`: one thread, `width` requests at once, connections that are kept, an end in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, wait
from typing import Any

import pytest

from crawler.fetch.client import ClientSettings
from crawler.model import Request, Response
from crawler.strategies.port import Plan, WorkerDied
from crawler.strategies.registry import make_strategy
from tests.support.badserver import FAULTS, Connection, answer, pages, serve

Make = Callable[..., Any]


@pytest.fixture(params=["asyncio", "curl"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Any] = []

    def make(width: int, then: Any = lambda request, fetched: fetched, timeout: float = 5.0) -> Any:
        settings = ClientSettings("x", timeout=timeout, connections=width, allow_private=True)
        made.append(make_strategy(request.param, Plan(width, "", settings, then)))
        return made[-1]

    yield make
    for strategy in made:
        strategy.close()
    assert not [thread for thread in threading.enumerate() if thread.name in ("asyncio", "curl")]


def test_many_at_once_keep_their_connections(make: Make) -> None:
    site = {f"/{n}": answer(b"%d" % n) for n in range(400)}
    with serve(pages(site, delay=0.02)) as server:
        strategy = make(64)
        futures = [strategy.submit(Request(n, f"{server.url}{n}", "page")) for n in range(400)]
        assert [future.result(10).body for future in futures] == [b"%d" % n for n in range(400)]
        assert server.connections == 64


def test_no_more_than_width_at_once(make: Make) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def script(conn: Connection) -> None:
        nonlocal now, most
        while conn.request():
            with lock:
                now += 1
                most = max(most, now)
            conn.wait(0.02)
            with lock:
                now -= 1
            conn.say(answer())

    with serve(script) as server:
        strategy = make(3)
        wait([strategy.submit(Request(n, server.url, "page")) for n in range(15)])
    assert most == 3


def test_then_runs_in_the_one_thread_and_may_raise(make: Make) -> None:
    names: set[str] = set()

    def then(request: Request, fetched: Any) -> str:
        names.add(threading.current_thread().name)
        if request.id == 2:
            raise SystemExit("odd")
        return f"{request.id} {fetched.status}"

    with serve(pages({"/": answer()})) as server:
        strategy = make(4, then)
        futures = [strategy.submit(Request(n, server.url, "page")) for n in range(4)]
        wait(futures)
    assert isinstance(futures[2].exception(), SystemExit)
    assert [future.result() for future in futures if future is not futures[2]] == ["0 200", "1 200", "3 200"]
    assert len(names) == 1
    assert threading.current_thread().name not in names


def test_close_waits_for_what_was_given(make: Make) -> None:
    with serve(pages({"/": answer()}, delay=0.02)) as server:
        strategy = make(2)
        futures = [strategy.submit(Request(n, server.url, "page")) for n in range(10)]
        strategy.close()
        assert all(isinstance(future.result(0), Response) for future in futures)


def test_close_with_cancel_waits_for_nobody(make: Make) -> None:
    def script(conn: Connection) -> None:
        conn.request()
        conn.request()  # returns when the client hangs up

    with serve(script) as server:
        strategy = make(2, timeout=60)
        futures = [strategy.submit(Request(n, server.url, "page")) for n in range(6)]
        while len(server.requests) < 2:
            server.stopped.wait(0.005)
        began = time.monotonic()
        strategy.close(cancel=True)
        assert time.monotonic() - began < 20  # the time limit of the requests is a minute
        assert server.wait_ended(2, 20)
    ends = [type(future.exception()) if not future.cancelled() else CancelledError for future in futures]
    assert ends == [WorkerDied] * 2 + [CancelledError] * 4


def test_a_then_that_hangs_does_not_hold_up_close(make: Make) -> None:
    go_on, hangs = threading.Event(), threading.Event()

    def then(request: Request, fetched: Any) -> None:
        hangs.set()
        go_on.wait(30)

    with serve(pages({"/": answer()})) as server:
        strategy = make(2, then)
        future = strategy.submit(Request(1, server.url, "page"))
        assert hangs.wait(20)
        began = time.monotonic()
        strategy.close(cancel=True)
        assert time.monotonic() - began < 15
        assert isinstance(future.exception(0), WorkerDied)
        go_on.set()
        strategy.close()


def test_cancelled_before_its_turn_it_is_not_sent(make: Make) -> None:
    with serve(pages({"/1": answer(), "/2": answer()}, delay=0.1)) as server:
        strategy = make(1)
        first, second = (strategy.submit(Request(n, f"{server.url}{n}", "page")) for n in (1, 2))
        assert second.cancel()
        assert first.result(5).status == 200
        strategy.close()
        assert server.paths == ["/1"]


def test_a_reset_is_a_reset_whenever_it_is_seen(make: Make) -> None:
    """It may come before the connection is first used, and then nobody has told it yet why it was closed."""
    site = pages({f"/{n}": answer() for n in range(100)})
    with serve(FAULTS["reset"]) as bad, serve(site) as good:
        strategy = make(8)
        for n in range(100):
            strategy.submit(Request(n, f"{good.url}{n}", "page"))
        futures = [strategy.submit(Request(n, bad.url, "page")) for n in range(100)]
        assert {future.result(10).code for future in futures} == {"reset"}


def test_a_thousand_requests_that_fail_at_once(make: Make) -> None:
    strategy = make(1)
    futures = [strategy.submit(Request(n, "http://[::1", "page")) for n in range(1_000)]
    assert {future.result(20).code for future in futures} == {"bad-url"}
