"""The inside of the `gevent` child. Importing this patches the process: never import it anywhere else."""

# ruff: noqa: E402 - the patch must come before every other import
from gevent import monkey

monkey.patch_all()

from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import gevent
from gevent.lock import BoundedSemaphore

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
    """A greenlet for each request; `width` of them work at a time."""

    def __init__(self, plan: Plan[T]) -> None:
        self._step = Step(plan)
        self._room = BoundedSemaphore(plan.width)

    def submit(self, request: Request) -> Future[T]:
        future: Future[T] = Future()
        gevent.spawn(self._one, future, request)
        return future

    def close(self, *, cancel: bool = False) -> None:
        self._step.close()

    def _one(self, future: Future[T], request: Request) -> None:
        with self._room:
            settle_future(future, self._step, request)
