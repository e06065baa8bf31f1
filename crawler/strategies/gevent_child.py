"""The inside of the `gevent` child. Importing this patches the process: never import it anywhere else."""

# ruff: noqa: E402 - the patch must come before every other import
from gevent import monkey

monkey.patch_all()

from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import gevent
from gevent.queue import SimpleQueue

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
    """At most `width` greenlets, which take the requests in the order in which they come.

    They stay until the end: the client keeps a session for each of them, and so a new one needs a new connection.
    """

    def __init__(self, plan: Plan[T]) -> None:
        self._step = Step(plan)
        self._width = plan.width
        self._in_hand = 0  # submitted and not done
        self._greenlets: list[gevent.Greenlet[[], None]] = []
        self._queue: SimpleQueue[tuple[Future[T], Request] | None] = SimpleQueue()

    def submit(self, request: Request) -> Future[T]:
        future: Future[T] = Future()
        self._in_hand += 1
        if len(self._greenlets) < min(self._in_hand, self._width):
            self._greenlets.append(gevent.spawn(self._work))
        self._queue.put((future, request))
        return future

    def close(self, *, cancel: bool = False) -> None:
        for _ in self._greenlets:
            self._queue.put(None)
        gevent.joinall(self._greenlets)
        self._step.close()

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            future, request = task
            settle_future(future, self._step, request)
            self._in_hand -= 1
