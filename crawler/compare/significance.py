"""How fast, how sure, and whether a difference is more than noise. Plain functions of numbers.

The relative speed and its error are those of hyperfine: the ratio of the means, with the relative standard deviations
added in quadrature, as errors of independent quantities are (Taylor, An Introduction to Error Analysis, 3.8). Two
samples differ where the test of Mann and Whitney says so ("On a test of whether one of two random variables is
stochastically larger than the other", 1947): it asks only how often a run of one was faster than a run of the other,
and assumes nothing about how times are spread.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["LEVEL", "Ratio", "Spread", "alike", "chance", "fastest", "quantile", "ratio", "spread"]


LEVEL = 0.05
"""Two samples are called different where such an order comes by accident less often than this."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A sample in short; `deviation` is the standard deviation, 0 for a single run."""

    runs: int
    mean: float
    deviation: float
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """`2.14 ± 0.05`."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ± {self.error:.2f}"


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation, median and range of one value or more."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    low, high = min(values), max(values)
    mean = min(max(statistics.fmean(values), low), high)  # rounding may put it just outside
    return Spread(len(values), mean, deviation, statistics.median(values), low, high)


def ratio(values: Sequence[float], reference: Sequence[float]) -> Ratio:
    """How many times larger `values` are than `reference`; all are above 0."""
    above, below = spread(values), spread(reference)
    value = above.mean / below.mean
    return Ratio(value, value * math.hypot(above.deviation / above.mean, below.deviation / below.mean))


def chance(a: Sequence[float], b: Sequence[float]) -> float:
    """How likely accident alone sorts two samples as clearly as these, 0 to 1: Mann-Whitney, exact, two-sided.

    Equal values count half; a half is rounded to the side of caution.
    """
    wins = sum((x < y) + 0.5 * (x == y) for x in a for y in b)
    least = math.ceil(min(wins, len(a) * len(b) - wins))
    orders = _orders(len(a), len(b))
    return min(1.0, 2 * sum(orders[: least + 1]) / sum(orders))


def _orders(n: int, m: int) -> list[int]:
    """Of all orders of n and m distinct values: how many have 0, 1, 2, ... pairs in which the first is smaller."""
    row = [[1] for _ in range(m + 1)]
    for i in range(1, n + 1):
        new = [[1]]
        for j in range(1, m + 1):
            # The largest value of all is of the first sample, smaller than none; or of the second, and i are smaller.
            first, second = row[j], new[j - 1]
            counts = [0] * (i * j + 1)
            for place, count in enumerate(first):
                counts[place] += count
            for place, count in enumerate(second):
                counts[place + i] += count
            new.append(counts)
        row = new
    return row[m]


def alike(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether the difference of two samples is within noise. With fewer than 4 runs each it always is."""
    return chance(a, b) >= LEVEL


def fastest(seconds: Mapping[str, Sequence[float]]) -> list[str]:
    """The names of the fastest and of all that cannot be told from it, the fastest first; [] for none."""
    order = sorted(seconds, key=lambda name: statistics.fmean(seconds[name]))
    return [name for name in order if name == order[0] or alike(seconds[name], seconds[order[0]])]


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of sorted `values` lies, between two of them by a straight line; 0 of none."""
    if not values:
        return 0.0
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)
