"""The inside of the `gevent` child. Importing this patches the process: never import it anywhere else."""

# ruff: noqa: E402 - the patch must come before every other import
from gevent import monkey

monkey.patch_all()

from collections import deque
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import gevent

from crawler.model import Request
from crawler.strategies.inside import Watched, work
from crawler.strategies.messages import Messages
from crawler.strategies.port import Plan, Step, settle_future

__all__ = ["serve"]

T = TypeVar("T")


def serve(messages: Messages, plan: Plan[Any]) -> None:
    """Work in greenlets until there is nothing left to do."""
    work(Watched(_Greenlets(plan)), messages)


class _Greenlets(Generic[T]):
    """At most `width` greenlets, which take the requests in the order in which they come."""

    def __init__(self, plan: Plan[T]) -> None:
        self._step = Step(plan)
        self._width = plan.width
        self._working = 0
        self._waiting: deque[tuple[Future[T], Request]] = deque()

    def submit(self, request: Request) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.append((future, request))
        if self._working < self._width:
            self._working += 1
            gevent.spawn(self._work)
        return future

    def close(self, *, cancel: bool = False) -> None:
        self._step.close()

    def _work(self) -> None:
        while self._waiting:
            future, request = self._waiting.popleft()
            settle_future(future, self._step, request)
        self._working -= 1
