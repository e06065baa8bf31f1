"""What the demo site can take: slots, a rate, and a number of requests in flight beyond which it slows down."""

from __future__ import annotations

from collections import deque
from heapq import heapify, heapreplace

__all__ = ["SLOWDOWN", "Load"]

SLOWDOWN = 1.5
"""Twice as many requests in flight as the site can take make each response this power of two slower (2.8 times).

A power above 1 makes throughput fall: at 8 times as many it is 2.8 times less.
"""
WINDOW = 1.0  # seconds over which the rate is counted


class Load:
    """The load on a site. All times are seconds of one clock.

    Args:
        capacity: requests that are served at once; others wait in line, first come, first served. 0 for no limit.
        rate: requests that are served within any second; more are refused. 0 for no limit.
        slows_beyond: requests in flight from which on responses get slower. 0 for never.
    """

    def __init__(self, capacity: int = 0, rate: int = 0, slows_beyond: int = 0) -> None:
        self._free_at = [0.0] * capacity
        heapify(self._free_at)
        self._rate, self._slows_beyond = rate, slows_beyond
        self._served: deque[float] = deque()

    def refuses(self, now: float) -> bool:
        """Whether a request that arrives now is above the rate; one that is not is counted."""
        if not self._rate:
            return False
        served = self._served
        while served and served[0] <= now - WINDOW:
            served.popleft()
        if len(served) >= self._rate:
            return True
        served.append(now)
        return False

    def delay(self, latency: float, in_flight: int, now: float) -> float:
        """Seconds until the response to a request that arrives now; `in_flight` counts it."""
        if self._slows_beyond and in_flight > self._slows_beyond:
            latency *= (in_flight / self._slows_beyond) ** SLOWDOWN
        if not self._free_at:
            return latency
        done = max(now, self._free_at[0]) + latency
        heapreplace(self._free_at, done)
        return done - now
