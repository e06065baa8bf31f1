"""What `asyncio` and `curl` share: one thread that has many requests under way, and a queue in front of it."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections import deque
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Fetched, Plan, WorkerDied

__all__ = ["Driver"]

T = TypeVar("T")

PATIENCE = 0.9  # seconds that the thread gets to end where it is not waited for


class Driver(Generic[T]):
    """Starts its thread with `start`; a subclass says what the thread does, and how it is woken.

    A `then` that hangs holds up everything: all requests share one thread. The loop gives them up by its deadline.
    """

    def __init__(self, plan: Plan[T], name: str) -> None:
        self._plan = plan
        self._waiting: deque[tuple[Future[T], Request]] = deque()
        self._under_way: set[Future[T]] = set()
        self._ending = self._cancelled = False
        self._thread = threading.Thread(target=self._drive, name=name, daemon=True)

    def submit(self, request: Request) -> Future[T]:
        """Queue the request and wake the thread."""
        future: Future[T] = Future()
        self._waiting.append((future, request))
        self._wake()
        return future

    def close(self, *, cancel: bool = False) -> None:
        """Wait for what is under way; with `cancel` drop it, and the thread too where it hangs in `then`."""
        self._cancelled = self._cancelled or cancel
        self._ending = True
        self._wake()
        self._thread.join(PATIENCE if cancel else None)
        if cancel:
            self._drop()

    @abstractmethod
    def _drive(self) -> None:
        """The thread."""

    @abstractmethod
    def _wake(self) -> None:
        """Make the thread look at its queue and at `_over`."""

    def _next(self) -> tuple[Future[T], Request] | None:
        """Take a request that may begin now."""
        while self._waiting and len(self._under_way) < self._plan.width and not self._cancelled:
            future, request = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                self._under_way.add(future)
                return future, request
        return None

    def _done(self, future: Future[T], request: Request, fetched: Fetched) -> None:
        """Do `then`, in the thread."""
        try:
            value = self._plan.then(request, fetched)
        except BaseException as error:
            self._settle(future, error)
        else:
            self._under_way.discard(future)
            with suppress(InvalidStateError):  # given up meanwhile
                future.set_result(value)

    def _settle(self, future: Future[T], error: BaseException) -> None:
        self._under_way.discard(future)
        with suppress(InvalidStateError):
            future.set_exception(error)

    def _over(self) -> bool:
        return self._ending and (self._cancelled or not (self._waiting or self._under_way))

    def _drop(self) -> None:
        while self._waiting:
            self._waiting.popleft()[0].cancel()
        for future in list(self._under_way):
            self._settle(future, WorkerDied("the strategy was closed"))
