"""How fast, how sure, and whether a difference is more than noise. Plain functions of numbers.

The rounds of a comparison are blocks: what makes a round slow makes all its runs slow, so runs of the same round are
compared, as logarithms, because noise multiplies. Each combination is estimated by the 20 % trimmed mean of its runs
(Tukey and McLaughlin, Sankhya A 25, 1963), each freed from how slow its round was. Two combinations are compared by
the test of Yuen (Biometrika 61, 1974) for dependent samples (Wilcox, Introduction to Robust Estimation and Hypothesis
Testing, 5.9.5): the difference of the same trimmed means, with a standard error from winsorised values. A run far off
the others hides no difference and makes none. The errors of all pairs (Bonferroni) and of all looks at the results
(Lan and DeMets, Biometrika 70, 1983) are added up.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

__all__ = ["LEVEL", "Judgement", "Pair", "Spread", "judge", "quantile", "spent", "spread", "t_quantile"]


LEVEL = 0.95
"""How sure a judgement is as a whole: all its intervals hold at once with this probability."""

TRIM = 0.2
"""Share of the runs that is left out of an estimate at each end."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A sample in short; `deviation` is the standard deviation, 0 for a single run."""

    runs: int
    mean: float
    deviation: float
    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation, median and range of one value or more."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    low, high = min(values), max(values)
    mean = min(max(statistics.fmean(values), low), high)  # rounding may put it just outside
    return Spread(len(values), mean, deviation, statistics.median(values), low, high)


@dataclass(frozen=True, slots=True)
class Pair:
    """One combination beside another.

    Attributes:
        ratio: how many times as much it takes as the other.
        low, high: the confidence interval of the ratio; all those of a judgement hold at once.
        outcome: `slower`; `faster`; `equal`: the whole interval lies within the smallest difference that matters;
            `open`: not told apart yet.
    """

    ratio: float
    low: float
    high: float
    outcome: str

    def __str__(self) -> str:
        return f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one quantity, of which less is better.

    Attributes:
        order: the names, the best first.
        pairs: each name beside each other, both ways round.
        leaders: the best, and all that cannot be told from it.
        typical: what each takes in a typical round, in the unit of the quantity: `ratio` is the quotient of two.
        rounds: how many rounds it is made from.
    """

    order: tuple[str, ...] = ()
    pairs: Mapping[tuple[str, str], Pair] = field(default_factory=dict)
    leaders: tuple[str, ...] = ()
    typical: Mapping[str, float] = field(default_factory=dict)
    rounds: int = 0

    @property
    def undecided(self) -> list[tuple[str, str]]:
        """Pairs that are not told apart yet, the better of each first."""
        return [pair for pair in combinations(self.order, 2) if self.pairs[pair].outcome == "open"]


def judge(values: Mapping[str, Sequence[float]], matters: float = 0.03, looks: int = 0) -> Judgement:
    """Compare everything with everything.

    Args:
        values: what each name took in each round, in the order of the rounds; above 0.
        matters: the smallest difference that matters, as a share.
        looks: how often such results were looked at to decide whether to go on, this time included; 0 where the
            number of rounds was fixed before.
    """
    return _judged(tuple((name, tuple(each)) for name, each in values.items()), matters, looks)


@lru_cache(maxsize=16)  # every figure of a report asks
def _judged(values: tuple[tuple[str, tuple[float, ...]], ...], matters: float, looks: int) -> Judgement:
    names = [name for name, _ in values]
    rounds = min((len(each) for _, each in values), default=0)
    if not rounds:
        return Judgement(tuple(names), leaders=tuple(names))
    logs = [[math.log(value) for value in each[:rounds]] for _, each in values]
    slow = _slowness(logs)
    freed = [_Trimmed([value - off for value, off in zip(each, slow, strict=True)]) for each in logs]
    found = dict(zip(names, freed, strict=True))
    order = sorted(names, key=lambda name: found[name].centre)
    error = (1 - LEVEL) * spent(looks) / max(1, math.comb(len(names), 2))
    pairs = {}
    for a, b in combinations(order, 2):
        off, reach = found[a].centre - found[b].centre, found[a].reach(found[b], error)
        pairs[a, b], pairs[b, a] = _pair(off, reach, matters), _pair(-off, reach, matters)
    leaders = [name for name in order if name == order[0] or pairs[name, order[0]].outcome != "slower"]
    middle = statistics.median(slow)
    typical = {name: math.exp(found[name].centre + middle) for name in order}
    return Judgement(tuple(order), pairs, tuple(leaders), typical, rounds)


def spent(looks: int) -> float:
    """Which share of the error a look may spend: 1/2, 1/6, 1/12, ...; together at most all of it, however many."""
    return 1 / (looks * (looks + 1)) if looks else 1.0


def _slowness(logs: Sequence[Sequence[float]]) -> list[float]:
    """How slow each round was, by the median of its runs: each beside what its combination usually takes."""
    means = [statistics.fmean(each) for each in zip(*logs, strict=True)]
    usual = [statistics.median(value - mean for value, mean in zip(each, means, strict=True)) for each in logs]
    return [statistics.median(map(float.__sub__, each, usual)) for each in zip(*logs, strict=True)]


class _Trimmed:
    """A sample with its trimmed mean, and its values winsorised: the outermost drawn in to the next that is kept."""

    def __init__(self, values: Sequence[float]) -> None:
        ordered = sorted(values)
        cut = int(TRIM * len(values))
        kept = ordered[cut : len(values) - cut]
        self.kept = len(kept)
        self.centre = statistics.fmean(kept)
        self.drawn_in = [min(max(value, kept[0]), kept[-1]) for value in values]

    def reach(self, other: _Trimmed, error: float) -> float:
        """Half the width of the interval around the difference of the two centres."""
        if self.kept < 2:
            return math.inf
        apart = list(map(float.__sub__, self.drawn_in, other.drawn_in))
        mean = statistics.fmean(apart)
        squares = math.fsum((value - mean) ** 2 for value in apart)
        return t_quantile(1 - error / 2, self.kept - 1) * math.sqrt(squares / (self.kept * (self.kept - 1)))


def _pair(off: float, reach: float, matters: float) -> Pair:
    low, high, edge = off - reach, off + reach, math.log1p(matters)
    if -edge <= low and high <= edge:
        outcome = "equal"
    elif low > 0:
        outcome = "slower"
    elif high < 0:
        outcome = "faster"
    else:
        outcome = "open"
    return Pair(math.exp(off), math.exp(low), _exp(high), outcome)


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


@lru_cache(maxsize=256)
def t_quantile(share: float, freedom: int) -> float:
    """The value below which this share, at least a half, of Student's t with so many degrees of freedom lies."""
    low, high = 0.0, 1.0
    while _t_between(high, freedom) < 2 * share - 1:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_between(middle, freedom) < 2 * share - 1 else (low, middle)
    return high


def _t_between(t: float, freedom: int) -> float:
    """The share of Student's t between -t and t (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term = total = (math.cos(angle) if odd else 1.0) if freedom > 1 else 0.0
    for number in range(2 + odd, freedom - 1, 2):
        term *= square * (number - 1) / number
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of sorted `values` lies, between two of them by a straight line; 0 of none."""
    if not values:
        return 0.0
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)
