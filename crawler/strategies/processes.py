"""`processes`: a ProcessPoolExecutor. Each worker has its own interpreter, so heavy parsing uses every core."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import Generic, TypeVar

from crawler.model import Request
from crawler.strategies.pool import ProcessPool
from crawler.strategies.port import Plan, Step

__all__ = ["Processes"]

T = TypeVar("T")


class Processes(Generic[T]):
    """Requests run in the processes of one pool, each with a client of its own."""

    def __init__(self, plan: Plan[T]) -> None:
        self._pool: ProcessPool[T] = ProcessPool(plan.width, partial(Step, plan), plan.task_timeout)

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to the pool."""
        return self._pool.submit(request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the workers; with `cancel` kill those that are in a request."""
        self._pool.close(cancel=cancel)
