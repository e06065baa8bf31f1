"""`auto`: starts with few requests on one thread, measures, and switches to what is fastest.

It teaches what the numbers of a job say. How many requests at once: see `concurrency_limit.py`. Which strategy: one
that multiplexes, for as long as one core can do the work; where parsing keeps that core busy, the same in several
processes. That must be seen twice in a row: the first time their server begins to start, the second time it is ready.
Choose it when you do not want to choose; `fetch.workers` is the most at once, 64 if it is not said.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future
from time import monotonic
from typing import Any, Generic, TypeVar

from crawler.model import Failure, Request
from crawler.process import cores
from crawler.strategies import worker_process
from crawler.strategies.concurrency_limit import ConcurrencyLimit
from crawler.strategies.event_driver import Driver, Threaded
from crawler.strategies.guard import FIX, unguarded_line
from crawler.strategies.port import Fetched, Plan, PolledStrategy, Strategy
from crawler.strategies.registry import make_driver, make_strategy, preload, refusal

__all__ = ["Auto"]


T = TypeVar("T")

SPREAD = {"curl": "processes-curl", "asyncio": "processes-asyncio", "threads": "processes-threads"}
"""What begins, the best that is installed, and what it becomes."""

SECONDS = 0.15  # between two looks at the core: about what the start of processes costs
HEAVY = 0.7  # share of the time spent parsing above which it is moved to processes


class Auto(Generic[T]):
    """See the top of this file, and `crawler.strategies.port.PolledStrategy`."""

    def __init__(self, plan: Plan[T]) -> None:
        self._plan = plan
        self._best, self._counting = ConcurrencyLimit(plan.width), threading.Lock()
        self._name = next(name for name in SPREAD if not refusal(name, socks=plan.settings.uses_socks))
        here = plan._replace(then=self._timed)
        driver = make_driver(self._name, here)
        assert driver is None or isinstance(driver, Driver), "the initial number"
        self._driver = driver
        self._first: Strategy[T] = self._driver or make_strategy(self._name, here)
        self._spread: PolledStrategy[T] | None = None
        self._why_spread = self._why_not = ""
        self._was_heavy = self._more = False
        self._under_way: set[Future[T]] = set()
        self._bell = threading.Event()
        self._spent = 0.0
        self._mark: tuple[float, float] | None = None

    @property
    def width(self) -> int:
        """How many requests at once."""
        return self._best.now

    @property
    def story(self) -> list[str]:
        """What it chose and why, a line each."""
        chosen = f"{self._name}: {self._why_not or 'one core is enough'}"
        if self._spread is not None:
            chosen = f"{SPREAD[self._name]} instead of {self._name}: {self._why_spread}"
        return [chosen, f"{self._best.now} at once: {self._best.why}"]

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight."""
        return not self._under_way

    @property
    def hungry(self) -> bool:
        """Whether more requests could be in flight now."""
        return len(self._under_way) < self.width

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to what is chosen now; from any thread."""
        self._more = True
        future = (self._spread or self._first).submit(request)
        self._under_way.add(future)
        future.add_done_callback(self._arrived)
        return future

    def perform(self, timeout: float) -> None:
        """Work, or wait for those that do."""
        if self._why_spread and self._spread is None and self._more:
            self._go_over()
            return  # to start processes takes a while: `wake` could not yet reach them with what has come meanwhile
        if self._spread is not None:
            self._spread.perform(timeout)
        elif self._driver is not None:
            self._driver.width = self._best.now
            self._driver.perform(timeout)
        elif self._bell.wait(timeout):
            self._bell.clear()
        if self._spread is None:
            self._look()

    def wake(self) -> None:
        """Let `perform` return now; from any thread."""
        self._bell.set()
        for driver in (self._spread, self._driver):
            if driver is not None:
                driver.wake()

    def close(self, *, cancel: bool = False) -> None:
        """Close all that was begun."""
        self._first.close(cancel=cancel)
        if self._spread is not None:
            self._spread.close(cancel=cancel)

    def drop(self) -> None:
        """Give up all that this thread has in flight; from any thread."""
        for driver in (self._spread, self._driver):
            if driver is not None:
                driver.drop()

    def _timed(self, request: Request, fetched: Fetched) -> T:
        if self._mark is None:  # before there is anything to parse, nobody can be busy with it
            self._mark = monotonic(), self._spent
        began = monotonic()
        try:
            return self._plan.then(request, fetched)
        finally:
            self._spent += monotonic() - began

    def _arrived(self, future: Future[Any]) -> None:
        full = len(self._under_way) >= self._best.now
        self._under_way.discard(future)
        self._bell.set()
        if future.cancelled() or future.exception() is not None:
            return
        result = future.result()
        with self._counting:  # responses come back in several threads
            if isinstance(result, Failure) and result.status in (429, 503):
                self._best.refused(monotonic())
            elif result.elapsed > 0:
                self._best.answered(result.elapsed, full=full, now=monotonic())

    def _look(self) -> None:
        """Check whether parsing is the bottleneck, by wall-clock time: a busy machine gives no process a core."""
        if self._mark is None:
            return
        now = monotonic(), self._spent
        wall, spent = (new - old for new, old in zip(now, self._mark, strict=True))
        if wall < SECONDS:
            return
        self._mark = now
        heavy = spent > HEAVY * wall
        took = f"parsing took {min(spent / wall, 1.0):.0%} of the time"
        obstacle = _obstacle() if heavy else ""
        if heavy and self._was_heavy and obstacle:
            self._why_not = f"{took}, but {obstacle}"
        elif heavy and self._was_heavy:
            self._more = False  # processes pay off only for what is still to come
            self._why_spread = f"{took}, and there are {cores()} cores"
        elif heavy and not obstacle:
            self._prepare()
        self._was_heavy = heavy

    def _go_over(self) -> None:
        """Go on in processes. Only in the thread that drives: no two may drive what was begun with."""
        if self._driver is not None:  # what it has in flight is finished beside
            self._first = Threaded(self._driver, self._name)
        self._spread = make_driver(SPREAD[self._name], self._plan)
        with self._counting:
            self._best.restart()

    def _prepare(self) -> None:
        """Let the processes find in memory what has been needed here."""
        modules = preload(SPREAD[self._name], self._plan.client) or []
        if "crawler.extract.soup" in sys.modules:
            modules.append("crawler.extract.soup")
        worker_process.prepare(modules)


def _obstacle() -> str:
    """Why processes cannot help; "" where they can."""
    if cores() == 1:
        return "there is only one core"
    line = unguarded_line()
    return f"worker processes would start the crawl again at line {line} of the script; {FIX}" if line else ""
