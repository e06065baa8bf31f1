"""The interface of a strategy, and the step that its workers execute.

    Request --submit--> [worker: fetch, then] --> Future[T]

A strategy executes *requests*, not functions: a multiplexing client cannot run a function, an event loop wants a
coroutine. What is to be done where the bytes arrive is `Plan.then`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from typing import Generic, NamedTuple, Protocol, TypeVar

from crawler.fetch.client import ClientSettings, Fetch, make_fetch
from crawler.model import Failure, Moved, Request, Response

__all__ = [
    "Factory",
    "Fetched",
    "OnFetched",
    "Plan",
    "PolledStrategy",
    "Step",
    "Strategy",
    "WorkerDied",
    "settle_future",
]

T = TypeVar("T")

Fetched = Response | Moved | Failure
OnFetched = Callable[[Request, Fetched], T]


class Plan(NamedTuple, Generic[T]):
    """All that a strategy is built from; picklable, so that it can be sent to workers.

    Attributes:
        width: how many requests at once, 1 or more.
        client: name of the HTTP client (`crawler.fetch.client`).
        then: what to do with what came back, in the worker. Returns the value of the Future.
        task_timeout: seconds after which a request that has not come back is given up, hung or lost.
        one_thread: nobody but the thread that drives the strategy has to do with its futures: they need no lock.
    """

    width: int
    client: str
    settings: ClientSettings
    then: OnFetched[T]
    task_timeout: float = 90.0
    one_thread: bool = False


class Strategy(Protocol[T]):
    """How requests are executed."""

    def submit(self, request: Request) -> Future[T]:
        """Take one request, and return at once; only a strategy whose width is 1 may make it in here.

        The Future completes with the value of `then`, or fails with what that raised, which harms no worker. Where a
        worker died it fails with a BrokenExecutor.
        """

    def close(self, *, cancel: bool = False) -> None:
        """Wait for all requests; then give back every thread, process and connection.

        With `cancel`, wait for none. No Future stays pending: one whose request is queued is cancelled, or fails with
        a BrokenExecutor; one whose request is in flight fails so, or completes within `task_timeout` when its worker
        has done, which then ends by itself. What is done stays as it is.
        """


class PolledStrategy(Strategy[T], Protocol[T]):
    """A strategy without a thread of its own: it works while `perform` is called, so nothing is handed between threads.

    Only `submit`, `wake` and `drop` may be called from another thread; `wake` from a signal handler too.

    Attributes:
        width: how many requests at once; it may change.
        story: what it chose and why, a line each, where it chooses.
    """

    @property
    def width(self) -> int: ...

    @property
    def story(self) -> list[str]: ...

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or in flight."""

    @property
    def hungry(self) -> bool:
        """Whether more requests could be in flight now."""

    def perform(self, timeout: float) -> None:
        """Wait until something moves, or is woken, `timeout` seconds at most; then do what can be done."""

    def wake(self) -> None:
        """Let `perform` return now."""

    def drop(self) -> None:
        """Give up all that is queued and in flight."""


class Factory(Protocol):
    """Builds a strategy around the step that is done where the bytes arrive."""

    def __call__(self, then: OnFetched[T]) -> Strategy[T]: ...


class Step(Generic[T]):
    """What a worker does with one request: fetch, then the plan's `then`."""

    def __init__(self, plan: Plan[T]) -> None:
        self._fetch: Fetch = make_fetch(plan.client, plan.settings)
        self._then = plan.then

    def __call__(self, request: Request) -> T:
        return self._then(request, self._fetch(request))

    def close(self) -> None:
        """Close the client's connections."""
        self._fetch.close()


class WorkerDied(BrokenExecutor):
    """A worker ended before it answered; its page is tried again, alone."""


def settle_future(future: Future[T], work: Callable[[Request], T], request: Request) -> None:
    """Do the work of a future and give it what comes of it, unless it was cancelled before."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work(request))
    except BaseException as error:
        future.set_exception(error)
