"""How many requests at once pay off: more of them, as long as answers do not take longer for it.

By Little's law (1961) throughput is requests under way divided by the time of an answer. So while that time stays, more
requests bring more pages; once it grows, they only wait somewhere. As in TCP Vegas (Brakmo and Peterson, 1995) the
shortest mean seen is the measure; as in TCP the number doubles at first and later grows slowly (RFC 5681).
"""

from __future__ import annotations

import math

__all__ = ["Width"]

FIRST = 8
TOLERANCE = 1.5  # times the shortest mean that an answer may take


class Width:
    """Attributes: now: how many requests at once; why: what the last look at the answers said."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = min(FIRST, most)
        self.why = "not enough answers to tell"
        self._doubles = True
        self._deaf = 0
        self._shortest = math.inf
        self._total, self._count, self._full = 0.0, 0, False

    def answered(self, seconds: float, *, full: bool) -> None:
        """Take in one answer; `full`: as many requests were under way as were wanted."""
        self._deaf = max(0, self._deaf - 1)
        self._total += seconds
        self._count += 1
        self._full = self._full or full
        if self._count >= max(self.now, FIRST):
            self._look(self._total / self._count)
            self._begin()

    def refused(self) -> None:
        """Take in that the server asked for less; once for all that were under way then."""
        if self._deaf:
            self._deaf -= 1
            return
        self._deaf = self.now
        self.now = max(1, self.now // 2)
        self._doubles = False
        self.why = "the server refused more (429 or 503)"
        self._begin()

    def _begin(self) -> None:
        self._total, self._count, self._full = 0.0, 0, False

    def _look(self, mean: float) -> None:
        few = self.now <= FIRST  # so that they cannot be in each other's way: the site itself takes that long now
        self._shortest = mean if few else min(mean, self._shortest)
        times = f"an answer takes {mean:.3f} s, {self._shortest:.3f} s at best"
        if mean > TOLERANCE * self._shortest:
            self.now = max(min(FIRST, self.now), round(self.now * TOLERANCE * self._shortest / mean))
            self._doubles = False
            self.why = f"{times}: more would only wait"
        elif not self._full:
            self.why = f"{times}: more were never due at once"
        elif self.now < self._most:
            self.now = min(self._most, 2 * self.now if self._doubles else self.now + math.isqrt(self.now))
            self.why = f"{times}: more brought more"
        else:
            self.why = f"{times}: more may bring more; fetch.workers allows no more"
