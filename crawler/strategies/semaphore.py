"""`semaphore`: one thread per request, n at a time. It shows what a pool saves: each request pays for its own thread,
its own session, and so a new connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, Step, settle_future

__all__ = ["Semaphore", "ThreadForEach"]

T = TypeVar("T")


class ThreadForEach(Generic[T]):
    """Starts a thread at once for every request; a semaphore lets `width` of them work.

    Args:
        work: what a thread does with its request.
    """

    def __init__(self, plan: Plan[T], work: Callable[[Request], T]) -> None:
        self._work = work
        self._free = threading.Semaphore(plan.width)
        self._threads: set[threading.Thread] = set()
        self._cancelled = False

    def submit(self, request: Request) -> Future[T]:
        """Start a thread for the request."""
        future: Future[T] = Future()
        thread = threading.Thread(target=self._run, args=(future, request), name="fetch", daemon=True)
        self._threads.add(thread)
        thread.start()
        return future

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the threads; with `cancel` leave those that are in a request to end by themselves."""
        self._cancelled = cancel
        for thread in () if cancel else list(self._threads):
            thread.join()

    def _run(self, future: Future[T], request: Request) -> None:
        with self._free:
            if self._cancelled:
                future.cancel()
            settle_future(future, self._work, request)
        self._threads.discard(threading.current_thread())


class Semaphore(ThreadForEach[T]):
    """Each thread has a client of its own."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, self._one)
        self._plan = plan

    def _one(self, request: Request) -> T:
        step = Step(self._plan)
        try:
            return step(request)
        finally:
            step.close()
