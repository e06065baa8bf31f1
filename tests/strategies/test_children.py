"""Several processes with a strategy inside each, seen from the loop: real children, killed, stopped and flooded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
import pytest

from crawler.fetch.client import ClientSettings
from crawler.model import Request
from crawler.strategies.port import Plan, WorkerDied
from crawler.strategies.process_group import ProcessGroup
from crawler.strategies.registry import STRATEGIES, entry, make_driver, missing
from tests.support.badserver import answer, pages, serve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops and kills by signals")
NAMES = [name for name in STRATEGIES if entry(name).driven and entry(name).processes]
LARGE = 300_000  # bytes; more than a socket takes at once
SITE = {f"/{n}": answer(b"%d" % n) for n in range(200)}

Make = Callable[..., ProcessGroup[Any]]


def echo(request: Request, fetched: Any) -> tuple[int, int]:
    """A `then`: the number of the page and the process that read it."""
    return request.id, os.getpid()


def large(request: Request, fetched: Any) -> tuple[int, str]:
    return request.id, LARGE * "x"


def die_once(request: Request, fetched: Any) -> int:
    """A `then` that kills its process at every 25th page, where nobody has done so before."""
    if request.id % 25 == 5:
        try:
            Path(request.kind, str(request.id)).touch(exist_ok=False)
        except FileExistsError:
            return request.id
        os.kill(os.getpid(), signal.SIGKILL)
    return request.id


@pytest.fixture(params=NAMES)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[ProcessGroup[Any]] = []
    if what := missing(request.param):
        pytest.skip(what)

    def make(then: Any, width: int = 16) -> ProcessGroup[Any]:
        settings = ClientSettings("x", timeout=20.0, connections=width, allow_private=True)
        plan = Plan(width, "requests", settings, then, one_thread=True)
        made.append(make_driver(request.param, plan))
        return made[-1]

    yield make
    for driver in made:
        driver.close(cancel=True)


def ends(driver: ProcessGroup[Any], requests: list[Request]) -> tuple[list[Any], list[Request]]:
    """What came of requests, and those whose worker died; each must come back once."""
    calls: Counter[int] = Counter()

    def called(request: Request, future: Future[Any]) -> None:
        calls[request.id] += 1

    flights = [(request, driver.submit(request)) for request in requests]
    for request, future in flights:
        future.add_done_callback(lambda done, request=request: called(request, done))  # type: ignore[misc]
    until = time.monotonic() + 60
    while not driver.idle:
        driver.perform(60.0)
        assert time.monotonic() < until, "something never came back"
    assert calls == dict.fromkeys((request.id for request in requests), 1)
    lost = [request for request, future in flights if isinstance(future.exception(), WorkerDied)]
    return [future.result() for request, future in flights if request not in lost], lost


def in_time(work: Callable[[], Any], seconds: float = 60) -> Any:
    """What `work` returns, in a thread: a test that waits for ever would say nothing."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "it waits for ever"
    return found[0]


def test_every_child_has_its_share(make: Make) -> None:
    with serve(pages(SITE)) as server:
        driver = make(echo)
        found, _ = ends(driver, [Request(n, f"{server.url}{n}", "page") for n in range(200)])
    assert sorted(number for number, _ in found) == list(range(200))
    assert len({process for _, process in found}) == len(driver._children)


def test_children_that_are_killed_in_the_middle_of_a_batch_cost_no_page(make: Make, tmp_path: Path) -> None:
    with serve(pages(SITE)) as server:
        driver = make(die_once)
        todo = [Request(n, f"{server.url}{n}", str(tmp_path)) for n in range(100)]
        found: list[int] = []
        while todo:
            back, todo = ends(driver, todo)
            found += back
    assert sorted(found) == list(range(100))
    assert len(list(tmp_path.iterdir())) == 4


def test_more_than_the_line_takes_in_both_directions(make: Make) -> None:
    """Requests and results, each of them larger than what fits, while the other side is writing, too."""
    with serve(pages(SITE)) as server:
        driver = make(large)
        requests = [Request(n, f"{server.url}{n}", LARGE * "k") for n in range(40)]
        found, lost = in_time(lambda: ends(driver, requests))
    assert not lost
    assert sorted(found) == [(n, LARGE * "x") for n in range(40)]


def test_a_child_that_stands_still_holds_up_nobody(make: Make) -> None:
    """Not even where it was to be sent more than the line takes; `close` ends it."""
    with serve(pages(SITE)) as server:
        driver = make(echo)
        stopped = driver._children[0]._process
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGSTOP)
        futures = [driver.submit(Request(n, f"{server.url}{n}", LARGE * "k")) for n in range(40)]
        others = len(driver._children) - 1

        def enough() -> bool:
            while others and sum(future.done() for future in futures) < 20:
                driver.perform(1.0)
            driver.perform(0.0)
            return True

        in_time(enough)
        began = time.monotonic()
        driver.close(cancel=True)
    assert time.monotonic() - began < 19  # less than the time limit of a request
    assert not stopped.is_alive()
    assert all(future.done() for future in futures)


ORPHANS = """
import os, signal
from crawler.fetch.client import ClientSettings
from crawler.model import Request
from crawler.strategies.port import Plan
from crawler.strategies.registry import make_driver
from tests.strategies.test_children import stuck

if __name__ == "__main__":
    driver = make_driver({name!r}, Plan(4, "requests", ClientSettings("x", 20.0, allow_private=True), stuck))
    driver.submit(Request(1, {url!r}, "page"))
    driver.perform(0.0)
    print(*[child._process.pid for child in driver._children], flush=True)
    driver.perform(600.0)
"""


def stuck(request: Request, fetched: Any) -> None:
    """A `then` that never comes back."""
    threading.Event().wait()


@pytest.mark.parametrize("name", NAMES)
def test_children_end_when_the_main_process_is_killed_whatever_they_do(name: str, tmp_path: Path) -> None:
    if what := missing(name):
        pytest.skip(what)
    with serve(pages({"/": answer()})) as server:
        script = tmp_path / "orphans.py"
        script.write_text(ORPHANS.format(name=name, url=server.url))
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment)
        assert process.stdout is not None
        children = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
        while not server.requests:
            assert process.poll() is None
            server.stopped.wait(0.01)
        process.kill()
        process.communicate()
        _, alive = psutil.wait_procs(children, timeout=20)
    assert children
    assert not alive
