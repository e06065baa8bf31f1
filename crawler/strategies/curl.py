"""`curl`: I/O multiplexing. One thread has many transfers in flight; libcurl moves their bytes, in C.

It teaches what lies under an event loop: ask the system which sockets are ready, do a little for each, ask again. No
thread waits for a server and no Python runs while bytes arrive, so it needs the least CPU for a page of all models.
Choose it for many light pages. `then` runs in the one thread and holds up all transfers meanwhile: give heavy analysis
a place of its own (`parse: pool`) or take `processes-curl`. It brings its own client; `fetch.client` is not asked.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from crawler.fetch.client import make_transfers
from crawler.model import Request
from crawler.strategies.event_driver import Multiplexer
from crawler.strategies.port import Plan

if TYPE_CHECKING:
    from crawler.strategies.messages import Messages

__all__ = ["Curl"]

T = TypeVar("T")


class Curl(Multiplexer[T]):
    """`width` transfers; the rest waits in a queue."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan)
        self._transfers = make_transfers(plan.settings)

    def listen(self, messages: Messages) -> None:
        """See `crawler.strategies.event_driver.Multiplexer`."""
        self._transfers.listen(messages.fileno())

    def _work(self, timeout: float) -> None:
        self._transfers.perform(timeout)

    def _interrupt(self) -> None:
        self._transfers.wake()

    def _start(self, future: Future[T], request: Request) -> None:
        self._transfers.add(request, partial(self._landed, future, request))

    def _end(self) -> None:
        self._transfers.close()
