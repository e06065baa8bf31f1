"""`curl`: IO multiplexing. One thread has many transfers under way; libcurl moves their bytes, in C.

It teaches what lies under an event loop: ask the system which sockets are ready, do a little for each, ask again. No
thread waits for a server and no Python runs while bytes arrive, so it needs the least CPU for a page of all models.
Choose it for many light pages. `then` runs in the one thread and holds up all transfers meanwhile: give heavy analysis
a place of its own (`parse: pool`) or take `processes-curl`. It brings its own client; `fetch.client` is not asked.
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from crawler.fetch.client import make_transfers
from crawler.strategies.driver import Driver
from crawler.strategies.port import Plan

__all__ = ["Curl"]

T = TypeVar("T")

LONGEST_SLEEP = 60.0


class Curl(Driver[T]):
    """`width` transfers on one thread; the rest waits in a queue."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, "curl")
        self._transfers = make_transfers(plan.settings)
        self._thread.start()

    def _wake(self) -> None:
        self._transfers.wake()

    def _drive(self) -> None:
        try:
            while not self._over():
                while (task := self._next()) is not None:
                    self._transfers.add(task[1], partial(self._done, *task))
                self._transfers.perform(LONGEST_SLEEP)
        finally:
            self._transfers.close()
