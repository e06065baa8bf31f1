"""The control of a running crawl: its limits, the inbox for finished futures, and a way to stop it."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from threading import get_ident
from time import monotonic
from typing import Any, NamedTuple

from crawler.errors import one_line
from crawler.model import Page
from crawler.strategies.port import PolledStrategy

__all__ = ["Inbox", "Limits", "Stopper"]


MAX_AT_ONCE = 64  # pages that one transaction takes in
MAX_GATHERING = 0.003  # seconds that one page waits for others to share its transaction: its links wait as well
MAX_WAIT = 60.0


class Inbox:
    """Where futures and other news come back to the loop. `put` may be called from any thread and signal handler.

    A driven strategy has no thread of its own: it works while the loop waits here.
    """

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._driven: PolledStrategy[Any] | None = None
        self._thread = 0
        self._pressing = False

    def drive(self, driven: PolledStrategy[Any] | None) -> None:
        """Run this strategy from now on whenever the loop waits; called by the thread of the loop."""
        self._driven, self._thread = driven, get_ident()

    def put(self, item: Any) -> None:
        """Hand something to the loop."""
        self._items.put(item)
        if self._driven is not None:
            pressing = _is_pressing(item)
            self._pressing = self._pressing or pressing
            if pressing or get_ident() != self._thread:
                self._driven.wake()

    def take(self, timeout: float | None) -> list[Any]:
        """Wait `timeout` seconds at most for the first thing, None for ever; return all that is there."""
        found: list[Any] = []
        if self._driven is not None:
            self._run(self._driven, MAX_WAIT if timeout is None else timeout)
            timeout = 0.0
        try:
            found.append(self._items.get(timeout=timeout))
            while True:
                found.append(self._items.get_nowait())
        except queue.Empty:
            return found

    def _run(self, driven: PolledStrategy[Any], timeout: float) -> None:
        until = monotonic() + timeout
        driven.perform(0.0 if self._items.qsize() else timeout)
        while not self._items.qsize() and (left := until - monotonic()) > 0:
            driven.perform(left)
        until = monotonic() + MAX_GATHERING
        while (found := self._items.qsize()) < MAX_AT_ONCE and monotonic() < until:
            if self._pressing and driven.hungry:
                break
            driven.perform(0.0)
            if self._items.qsize() == found:
                break
        self._pressing = False


def _is_pressing(item: Any) -> bool:
    """Whether requests may wait for it: for the links of a page, or for what is no page at all."""
    if not isinstance(item, Future):
        return True
    if item.cancelled() or item.exception() is not None:
        return False
    found = item.result()
    return isinstance(found, Page) and bool(found.links)


class Limits(NamedTuple):
    """Where the loop stops by itself.

    Attributes:
        pages: most pages that are requested in this crawl, over all its runs; None for all.
        until: `time.monotonic()` at which the run ends; None for never.
        retries: times a page is tried again.
        retry_after_cap: a host that asks for a longer pause than these seconds is left for the next run.
        task_timeout: seconds after which a request that has not come back is given up.
    """

    pages: int | None
    until: float | None
    retries: int
    retry_after_cap: float
    task_timeout: float


_NOT_A_REASON = frozenset({"finished", "left", "time", "session", "killed"})


class Stopper:
    """Asks a running loop to end: `stop("seen enough")`. Safe in a signal handler and from any thread.

    Attributes:
        why: the ending of the report: the reason that was given first, or the loop's own.
    """

    def __init__(self) -> None:
        self.why = ""
        self.inbox = Inbox()

    def stop(self, why: str) -> None:
        """No new requests from now on; what is in flight is finished.

        Args:
            why: any words; `interrupted` and `terminated` give the exit code of that signal. A word that means an end
                of the crawl's own, such as `finished`, becomes `stopped: finished`.
        """
        reason = one_line(str(why)).strip() or "no reason was given"
        if reason in _NOT_A_REASON:
            reason = f"stopped: {reason}"
        self.why = self.why or reason
        self.inbox.put(None)
