"""`threads`: a ThreadPoolExecutor, the default. Waiting threads cost little, so it suits most sites."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, Step

__all__ = ["Threads"]

T = TypeVar("T")


class Threads(Generic[T]):
    """Requests run in the threads of one pool, with one client that keeps a session for each thread."""

    def __init__(self, plan: Plan[T]) -> None:
        self._step = Step(plan)
        self._pool = ThreadPoolExecutor(plan.width, thread_name_prefix="fetch")

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to the pool."""
        return self._pool.submit(self._step, request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the threads; with `cancel` leave those that are in a request to end by themselves."""
        self._pool.shutdown(wait=not cancel, cancel_futures=cancel)
        self._step.close()
