"""How fast, how sure, and whether a difference is more than noise. Plain functions of numbers.

What makes a round slow makes all its runs slow. So a run is compared with the runs of its own round, as the logarithm
of their ratio, because such noise multiplies. From each pair of combinations comes the 20 % trimmed mean of the log
ratios of all rounds: a run far off the others neither hides a difference nor makes one. All pairs are fitted to one
scale by least squares (for paired comparisons: Scheffé, JASA 47, 1952), so that order, ratios and test are of the same
estimate. How sure a difference is, is said by the t test of Yuen (Biometrika 61, 1974), from winsorised log ratios:
it does not suppose that all combinations are equally steady. But in few rounds a pair may be steady by luck: with times
that jump between two values, one of many pairs jumps to the same side each time. So no pair is taken to be steadier
than three quarters of all pairs are. The errors of all pairs are added up (Bonferroni), and so
are those of all looks at the results (Lan and DeMets, Biometrika 70, 1983), for a comparison that goes on until
something is seen sees it by accident. `python -m tests.long.verdicts` shows by simulation how often a judgement is
wrong, and how many rounds it needs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Any

__all__ = ["LEVEL", "LOOKS", "Judgement", "Pair", "judge", "quantile", "t_quantile"]


LEVEL = 0.95
"""How sure a judgement is as a whole: all its intervals hold at once with this probability."""

TRIM = 0.2
"""Share of the rounds that is left out of an estimate at each end."""

LOOKS = (5, 8, 12, 18, 27, 40, 60, 90, 135, 200)
"""After how many rounds a comparison that goes on until all is settled looks at its results. Each spends a tenth of
the error; where time is up before, the last round takes the place of the next look."""

_MANY = 4  # combinations
_FEW = 3  # rounds; fewer tell nothing: that two runs are alike says little of how steady a combination is
_CAUTION = 0.7  # with few rounds these tests err in up to 7 % of comparisons where they should in 5 % (simulated)


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

    def as_json(self) -> dict[str, Any]:
        """Plain data; JSON has no infinity, so a bound that there is not is None."""
        return {**asdict(self), "high": self.high if math.isfinite(self.high) else None}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one quantity, of which less is better.

    Attributes:
        order: the names, the best first.
        pairs: each name beside each other, both ways round.
        leaders: those than which none is faster, the first of the order among them. None of them is slower than
            another, and each that is no leader is slower than one.
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

    def as_json(self) -> dict[str, Any]:
        """Plain data; each pair once, the worse beside the better."""
        pairs = [
            {"name": worse, "beside": better, **self.pairs[worse, better].as_json()}
            for better, worse in combinations(self.order, 2)
        ]
        return {**asdict(self), "level": LEVEL, "pairs": pairs}


def judge(values: Mapping[str, Sequence[float]], matters: float = 0.03, looks: int = 1) -> Judgement:
    """Compare everything with everything.

    Args:
        values: what each name took in each round, in the order of the rounds; above 0.
        matters: the smallest difference that matters, as a share.
        looks: how often at most such results are looked at to decide whether to go on; 1 where the number of rounds
            was fixed before.
    """
    return _judged(tuple((name, tuple(each)) for name, each in values.items()), matters, looks)


@lru_cache(maxsize=16)  # every figure of a report asks
def _judged(values: tuple[tuple[str, tuple[float, ...]], ...], matters: float, looks: int) -> Judgement:
    names = [name for name, _ in values]
    rounds = min((len(each) for _, each in values), default=0)
    if not rounds:
        return Judgement(tuple(names), leaders=tuple(names))
    logs = [[math.log(value) for value in each[:rounds]] for _, each in values]
    scale = _fitted(logs)
    places = sorted(range(len(names)), key=lambda place: scale[place].centre)
    order = [names[place] for place in places]
    error = _CAUTION * (1 - LEVEL) / looks / max(1, math.comb(len(names), 2))
    freedom = _freedom(rounds, len(names))
    sigmas = {(a, b): _sigma(scale[a], scale[b]) for a, b in combinations(places, 2)}
    least = _least(sorted(sigmas.values()), rounds)
    width = t_quantile(1 - error / 2, max(1, freedom))
    pairs = {}
    for (a, b), sigma in sigmas.items():
        off, reach = scale[a].centre - scale[b].centre, width * max(sigma, least)
        pairs[names[a], names[b]] = _pair(off, reach, matters)
        pairs[names[b], names[a]] = _pair(-off, reach, matters)
    beaten = {one for (one, _), pair in pairs.items() if pair.outcome == "slower"}
    leaders = [name for name in order if name not in beaten]
    middle = statistics.median(log - one.centre for each, one in zip(logs, scale, strict=True) for log in each)
    typical = {names[place]: math.exp(scale[place].centre + middle) for place in places}
    return Judgement(tuple(order), pairs, tuple(leaders), typical, rounds)


@dataclass(slots=True)
class _Place:
    """Of one combination on the common scale: where it stands, and where each round alone, winsorised, puts it."""

    centre: float
    rounds: list[float]


def _fitted(logs: Sequence[Sequence[float]]) -> list[_Place]:
    """The scale from whose differences those of all pairs are least far off: each stands at the mean of its pairs."""
    count = len(logs)
    scale = [_Place(0.0, [0.0] * len(logs[0])) for _ in logs]
    for a, b in combinations(range(count), 2):
        mean, winsorised = _trimmed(list(map(float.__sub__, logs[a], logs[b])))
        for place, share in ((scale[a], 1 / count), (scale[b], -1 / count)):
            place.centre += share * mean
            place.rounds = [total + share * value for total, value in zip(place.rounds, winsorised, strict=True)]
    return scale


def _cut(rounds: int) -> int:
    """How many values of so many an estimate leaves out at each end."""
    return int(TRIM * rounds)


def _trimmed(values: Sequence[float]) -> tuple[float, list[float]]:
    """The trimmed mean; and all values, those that it leaves out drawn in to the next that it takes."""
    cut = _cut(len(values))
    kept = sorted(values)[cut : len(values) - cut]
    low, high = kept[0], kept[-1]
    return statistics.fmean(kept), [min(max(value, low), high) for value in values]


def _freedom(rounds: int, count: int) -> int:
    """Degrees of freedom of the t distribution: of two combinations, what is kept of the rounds, less one (Yuen).

    Of more, each stands at the mean of its pairs, which leave out different rounds, so more of the rounds count. Half
    of what a pair leaves out is what the simulation bears: no more than 5 % of wrong verdicts with any kind of noise.
    """
    left_out = 2 * _cut(rounds)
    return rounds - 1 - (left_out if count < _MANY else left_out // 2)


def _least(sigmas: Sequence[float], rounds: int) -> float:
    """The standard error below which that of no pair is taken to be: those that are lower may be so by luck.

    A quarter of all pairs are steadier, so a few unsteady combinations do not hide what the others tell. After
    three rounds nobody knows which are unsteady.
    """
    if not sigmas:
        return 0.0
    return sigmas[-1] if rounds <= _FEW else sigmas[len(sigmas) // 4]


def _sigma(one: _Place, other: _Place) -> float:
    """The standard error of the difference of two centres; infinite where there are too few rounds to tell."""
    rounds = len(one.rounds)
    if rounds < _FEW:
        return math.inf
    kept = rounds - 2 * _cut(rounds)
    apart = list(map(float.__sub__, one.rounds, other.rounds))
    mean = statistics.fmean(apart)
    squares = math.fsum((value - mean) ** 2 for value in apart)
    return math.sqrt(squares / (kept * (kept - 1)))


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
