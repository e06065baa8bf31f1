"""Counts of a crawl while it runs: for progress and for the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crawler.model import FILE, Failure, Page

__all__ = ["Stats"]


@dataclass(slots=True)
class Stats:
    """What this run did, and how the crawl as a whole stands.

    Attributes:
        left: pages that are still to be visited.
        in_flight: requests in flight.
        done, failed, skipped: pages that ended so in this run; `causes` counts the last two by code.
        requests: requests that were answered or failed in this run, retries and redirects included.
        records: extracted in this run.
        bytes: decoded body bytes of this run.
        dropped: links not taken, by reason.
    """

    left: int = 0
    in_flight: int = 0
    done: int = 0
    moved: int = 0
    failed: int = 0
    skipped: int = 0
    requests: int = 0
    retries: int = 0
    records: int = 0
    bytes: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def page(self, page: Page) -> None:
        """Count a page that was parsed."""
        self.done += 1
        if page.records and page.records[0].table != FILE:
            self.records += len(page.records)
        self.bytes += page.bytes
        if page.dropped:
            self.dropped.update(page.dropped)

    def lost(self, failure: Failure, *, skipped: bool) -> None:
        """Count a page that ended without being read."""
        self.causes[failure.code] += 1
        self.left -= 1
        if skipped:
            self.skipped += 1
        else:
            self.failed += 1

    def again(self, states: Iterable[str]) -> None:
        """Count pages that had ended as `moved` or `failed`, perhaps in an earlier run, and are to be visited again."""
        count = Counter(states)
        self.left += count.total()
        self.moved = max(0, self.moved - count["moved"])
        self.failed = max(0, self.failed - count["failed"])

    def cut_off(self, pages: int) -> None:
        """Count the pages that the limit left unread."""
        self.skipped += pages
        self.causes["limit"] += pages
        self.left = 0

    @staticmethod
    def left_of(states: Mapping[str, int]) -> int:
        """How many pages are left, given the number in each state."""
        return sum(states.get(state, 0) for state in ("queued", "waiting"))
