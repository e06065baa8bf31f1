"""Random latencies for the responses of a server."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MAX_LENGTH", "SHAPES", "Latency"]

MAX_LENGTH = 3600.0
"""Most seconds that an answer waits."""

SHAPES = ("range", "percentiles")
_Z95 = 1.6448536269514722  # 95 % of a standard normal distribution lie below


class Latency(NamedTuple):
    """A distribution of waiting times.

    Attributes:
        shape: `range`: any time from `first` to `second`, all as likely (uniform). `percentiles`: half of the answers
            wait less than `first`, 95 % less than `second`, a few much longer (log-normal), as most real sites do.
        first, second: seconds.
    """

    shape: str
    first: float
    second: float

    def at(self, share: float) -> float:
        """Seconds that this share of the answers does not exceed; `share` lies between 0 and 1."""
        if self.shape == "range":
            return self.first + share * (self.second - self.first)
        from statistics import NormalDist  # only here: every command reads configs, few serve a site

        steps = NormalDist().inv_cdf(share) / _Z95
        return float(min(self.first * (self.second / self.first) ** steps, MAX_LENGTH))
