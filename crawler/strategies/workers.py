"""What strategies with worker processes of their own share: calls in flight, replacement after a death, the step."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from crawler.model import Request
from crawler.strategies.port import Step, WorkerDied
from crawler.strategies.worker_process import settle

__all__ = ["InFlight", "Replaced", "begin_step"]

T = TypeVar("T")


class InFlight(Generic[T]):
    """The futures of requests that workers have, by number. Two threads may add and settle at once."""

    def __init__(self) -> None:
        self._numbers = count()
        self._futures: dict[int, Future[T]] = {}

    def __len__(self) -> int:
        return len(self._futures)

    def add(self, future: Future[T] | None = None) -> tuple[int, Future[T]]:
        """Take a future, or a new one that runs already; returns its number and itself."""
        number = next(self._numbers)
        if future is None:
            future = Future()
            future.set_running_or_notify_cancel()
        self._futures[number] = future
        return number, future

    def pop(self, number: int) -> Future[T]:
        """Return a future that somebody else will settle."""
        return self._futures.pop(number)

    def settle(self, number: int, error: BaseException | None, value: Any = None) -> None:
        """Complete a future; nothing where it was lost before."""
        future = self._futures.pop(number, None)
        if future is None:
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def lose(self) -> list[Future[T]]:
        """Take all that are left."""
        lost = []
        with suppress(KeyError):
            while True:
                lost.append(self._futures.popitem()[1])
        return lost

    def fail(self, why: str) -> None:
        """A worker died: what is left fails with WorkerDied."""
        for future in self.lose():
            future.set_exception(WorkerDied(why))

    def wait(self) -> None:
        """Wait for all of them."""
        wait(list(self._futures.values()))


class Crew(Protocol[T]):
    """Workers that are of no use any more when one of them has died."""

    broken: bool

    def apply(self, request: Request) -> Future[T]: ...

    def close(self, *, cancel: bool) -> None: ...


class Replaced(Generic[T]):
    """A strategy whose workers are all replaced after one of them died."""

    def __init__(self, make: Callable[[], Crew[T]]) -> None:
        self._make = make
        self._crew = make()

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to the workers; after a death, to new ones."""
        if self._crew.broken:
            self._crew.close(cancel=True)
            self._crew = self._make()
        return self._crew.apply(request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the workers; with `cancel` kill them."""
        self._crew.close(cancel=cancel)


def begin_step(plan: bytes) -> Step[Any]:
    """In a worker process: set it up, and make the step of a pickled Plan."""
    settle()
    return Step(pickle.loads(plan))  # noqa: S301 - written by our own parent process a moment ago
