"""`serial`: one request after another in the main thread; the baseline for every other strategy."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, Step

__all__ = ["Serial"]

T = TypeVar("T")


class Serial(Generic[T]):
    """`submit` returns when the request is done."""

    def __init__(self, plan: Plan[T]) -> None:
        self._step = Step(plan)

    def submit(self, request: Request) -> Future[T]:
        """Run the request now."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(self._step(request))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self, *, cancel: bool = False) -> None:
        """Close the connections."""
        self._step.close()
