"""A crawl whose clock is simulated: the loop, the frontier and the store are real, only time and the site are not."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from crawler.crawl import loop
from crawler.crawl.frontier import Frontier, Politeness
from crawler.crawl.inbox import Limits, Stopper
from crawler.model import Link, Outcome, Request
from tests.support.shop import open_pages, open_state, url

Site = Callable[[Request, float], tuple[Outcome | BaseException | None, float]]
"""What comes of a request sent at that second, and how long it takes; None: it never comes back."""


class Timelapse:
    """One job under a simulated clock; `run` may be called again to resume it.

    Attributes:
        now: seconds.
        asked: path and second of every request.
    """

    def __init__(self, folder: Path, site: Site, *, width: int = 8, retries: int = 3, pages: int = 10_000) -> None:
        self.db = open_state(folder)
        self.now = 1000.0
        self.asked: list[tuple[str, float]] = []
        self.made = 0
        self._site, self._width, self._retries, self._pages = site, width, retries, pages
        self._events: list[tuple[float, int, Future[Outcome], Any]] = []
        self._first, self._turns = self.now, 0

    def run(self, *starts: tuple[str, str]) -> str:
        """Crawl from `(path, kind)` pages; return how it ended."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "time", self)
            store = open_pages(self.db)
            with store.transaction():
                store.add_starts([Link(url(path), kind) for path, kind in starts])
            stopper = Stopper()
            patch.setattr(stopper.inbox, "take", self._take(stopper))
            frontier = Frontier(store, Politeness(False, 0.0, 100, 30.0), lambda origin: None)
            limits = Limits(self._pages, None, self._retries, 120.0, 120.0)
            self.made = 0
            self.crawl = loop.Crawl(store, frontier, self._make, lambda: self._width, limits, stopper, lambda _: None)
            self.hosts = frontier
            return self.crawl.run()

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """State and cause of every page by path."""
        rows = self.db.execute("SELECT url, state, code FROM pages WHERE crawl = (SELECT max(id) FROM crawls)")
        return {path.split("/", 3)[3]: (state, code) for path, state, code in rows}

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_700_000_000.0 + self.now

    def submit(self, request: Request) -> Future[Outcome]:
        self.asked.append((request.url.split("/", 3)[3], self.now - self._first))
        future: Future[Outcome] = Future()
        outcome, seconds = self._site(request, self.now - self._first)
        if outcome is not None:
            heapq.heappush(self._events, (self.now + seconds, len(self.asked), future, outcome))
        return future

    def close(self, *, cancel: bool = False) -> None:
        self._events.clear()

    def _make(self) -> Timelapse:
        self.made += 1
        return self

    def _take(self, stopper: Stopper) -> Callable[[float | None], list[Any]]:
        def take(timeout: float | None) -> list[Any]:
            before, due = self.now, self._events[0][0] if self._events else float("inf")
            self.now = min(self.now + (float("inf") if timeout is None else timeout), max(due, self.now))
            assert self.now < 1e9, "the loop waits for ever"
            self._turns = 0 if self.now > before else self._turns + 1
            assert self._turns < 10_000, "the loop spins"
            while self._events and self._events[0][0] <= self.now:
                _, _, future, outcome = heapq.heappop(self._events)
                if isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
            found = []
            while stopper.inbox._items.qsize():
                found.append(stopper.inbox._items.get_nowait())
            return found

        return take
