"""From the arithmetic to advice that was checked: widths are measured, fitted, and what is advised is run.

Where too few numbers of workers were compared, and the site is on this machine, a few more are run once each: 4, 16,
64, which takes about a third of the time that one after another takes. A number that the fit prefers is run, and fitted
again, until the fit stays with it. What is predicted for a number never knows its own runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from statistics import median

from crawler.compare.advice import LIGHT, MAX_WORKERS, Advice, Checked, Measured, advise
from crawler.compare.capacity import NEAR, Fit, Links, Point, fit
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.task import Combination

__all__ = ["Bench", "checked_advice"]

PROBES = (4, 16, 64)
ENOUGH = 4  # numbers of workers from which a fit says something
REFINEMENTS = 6
UNTOLD = 0.9  # share of the best that is near enough where the table cannot tell the two apart
BUSY = 0.7  # share of what one core can do, from which on it is the CPU that limits
CHECKS = 3  # runs of what is advised
APART = 1.25  # numbers of workers closer than this factor are not told apart where the server refuses
PEAK = 1.1  # the same where throughput falls beyond its best
REFUSED = ("http-429", "http-503")
TOLERABLE = 0.01  # share of retries, above that of the baseline, which is no refusal


@dataclass(frozen=True, slots=True)
class Bench:
    """What runs are made on.

    Attributes:
        run: one run of a combination; None where it failed or its records are wrong.
        is_ours: the site is on this machine, so that more may be asked of it.
        is_replay: it plays a recording back.
        has_time: whether so many seconds are left.
    """

    run: Callable[[Combination], Run | None]
    is_ours: bool
    is_replay: bool
    has_time: Callable[[float], bool]


def checked_advice(
    known: Measured, links: Links, found: Comparison, strategies: Collection[str], bench: Bench
) -> Advice:
    """Advice on a comparison whose runs are done; runs what it advises where it may."""
    advice = advise(known, strategies)
    series = _series(advice, found)
    if series is not None and advice.limit != "politeness":
        advice = _Widths(known, links, found, bench, series).advice(advice)
    advice = _not_beaten(_check(advice, found, bench), found)
    return _said(advice, bench)


def _series(advice: Advice, found: Comparison) -> tuple[str, str] | None:
    """Strategy and parse stage whose widths are looked at; None where the arithmetic wants processes."""
    assert advice.combination is not None
    if advice.combination.strategy not in LIGHT or advice.combination.parse == "pool":
        return None
    for one in found.ranked:
        if one.combination.strategy in LIGHT and one.combination.parse != "pool":
            return one.combination.strategy, one.combination.parse
    return advice.combination.strategy, advice.combination.parse


class _Widths:
    """The numbers of workers of one strategy."""

    def __init__(self, known: Measured, links: Links, found: Comparison, bench: Bench, series: tuple[str, str]) -> None:
        self._known, self._links, self._found, self._bench, self._series = known, links, found, bench, series
        self._points: dict[int, Point] = {}
        self._foretold: dict[int, float] = {}  # pages a second that were expected before a number was run
        self._most = min(MAX_WORKERS, known.at_once)
        self._cpu = max(known.cpu, known.fetch_cpu + known.parse_cpu)
        self._refused = math.inf  # the least number of workers that was too many for the server
        self._take_in_what_was_compared()

    def advice(self, guess: Advice) -> Advice:
        """Measure what is lacking, and advise on it."""
        for workers in PROBES:
            if len(self._points) < ENOUGH and workers not in self._points and workers < self._refused:
                self._probe(min(workers, self._most))
        found, chosen = self._fit(), 0
        for _ in range(REFINEMENTS):
            chosen = self._next(found)
            if chosen in self._points:
                break
            self._foretold.setdefault(chosen, found.rate(chosen))
            if not self._probe(chosen):
                break
            found = self._fit()
        else:
            chosen = found.advised()
        return self._advice(guess, found, chosen)

    def _take_in_what_was_compared(self) -> None:
        reference = self._found.reference
        assert reference is not None
        if self._found.baseline.strategy == "serial":
            self._points[1] = Point(1, reference.pages_a_second, reference.mean_latency)
        for one in self._found.entrants:
            if (one.combination.strategy, one.combination.parse) != self._series:
                continue
            workers = one.combination.workers
            if one.verdict == "ranked" and one.runs and not _is_refused(one, self._found):
                self._points[workers] = Point(workers, _speed(one, self._found), median(_latencies(one)))
                self._most = max(self._most, workers)
            elif one.runs or one.warm_up or one.verdict != "ranked":
                self._refused = min(self._refused, workers)

    def _probe(self, workers: int) -> bool:
        """Run a number of workers once; returns whether it could be run."""
        reference = self._found.reference
        assert reference is not None
        if not self._bench.is_ours or not self._bench.has_time(reference.wall / min(workers, 8)):
            return False
        run = self._bench.run(Combination(self._series[0], workers, self._series[1]))
        if run is None or _has_refusals(run, self._found):
            self._refused = min(self._refused, workers)
        else:
            self._points[workers] = Point(workers, run.pages_a_second, run.mean_latency)
        return True

    def _fit(self, without: int = 0) -> Fit:
        points = [point for at, point in sorted(self._points.items()) if at < self._refused and at != without]
        return fit(points or [self._base()], self._links, self._cpu, self._ceiling())

    def _base(self) -> Point:
        return Point(1, 1 / max(self._known.latency + self._cpu, 1e-6), self._known.latency)

    def _next(self, found: Fit) -> int:
        """The number to advise, as far as is known now; with a server that refuses, the middle of what is unknown."""
        advised = found.advised()
        clean = max((one for one in self._points if one < self._refused), default=1)
        if advised > clean and self._refused < math.inf:
            middle = round(math.sqrt(clean * self._refused))
            return middle if middle > clean and self._refused > APART * clean else clean
        above = min((one for one in self._points if one > advised), default=0)
        middle = round(math.sqrt(advised * above))
        if advised in self._points and found.law.falls and middle > PEAK * advised:
            return middle  # where throughput falls the best is a peak, which may stand between two numbers
        return advised

    def _ceiling(self) -> int:
        return int(min(self._most, self._refused - 1)) or 1

    def _advice(self, guess: Advice, found: Fit, chosen: int) -> Advice:
        if chosen >= self._refused:
            chosen = max((one for one in self._points if one < self._refused), default=1)
        one = Combination(self._series[0], chosen, self._series[1])
        limit, says = self._says(guess, found, chosen)
        others = tuple(name for name in (*LIGHT, *guess.others) if name != one.strategy and name in _all(guess))
        sums = (*guess.sums, *self._sums(found))
        return replace(
            guess,
            limit=limit,
            says=says,
            flags=one.flags,
            others=tuple(dict.fromkeys(others)),
            sums=sums,
            combination=one,
            predicted=self._foretold.get(chosen) or self._fit(without=chosen).rate(chosen),
        )

    def _says(self, guess: Advice, found: Fit, chosen: int) -> tuple[str, str]:
        workers, are = _count(chosen), "is" if chosen == 1 else "are"
        if self._refused < math.inf:
            return "site", (
                f"The site limits you: with {_count(int(self._refused))} it refused requests or failed; {workers} "
                f"{_stay(chosen)} below that."
            )
        needed = self._links.work / max(self._links.span, 1e-9)
        is_busy = found.rate(chosen) > BUSY / max(self._cpu, 1e-9)
        if not is_busy and found.law.name != "latency" and chosen < 0.7 * needed:
            widest = max(found.measured)
            worse = found.rate(widest) < NEAR * NEAR * found.rate(chosen)
            after = f"{_count(widest)} would be slower" if worse else "more only wait in its queue"
            return "site", f"The site limits you: {workers} {are} enough, and {after}."
        if not is_busy and self._most > chosen >= 0.5 * needed:
            return "links", (
                f"The links limit you: some pages are found only on others, and the longest chain of them takes "
                f"{_seconds(self._links.span)}. {workers} {are} enough: more gain less than 5 %."
            )
        if chosen >= self._most:
            return guess.limit, f"{guess.says} More than {workers} might be faster."
        return guess.limit, f"{guess.says} {workers} {are} enough: more gain less than 5 %."

    def _sums(self, found: Fit) -> list[str]:
        links, law = self._links, found.law
        lines = [
            f"Work and span: all pages take {_seconds(links.work)} one after another, the longest chain of links "
            f"{_seconds(links.span)}: more than {_count(math.ceil(links.work / max(links.span, 1e-9)))} (work / span) "
            "cannot all be busy."
        ]
        if len(self._points) > 1:
            rates = ", ".join(f"{one} {_figure(point.rate)}" for one, point in sorted(self._points.items()))
            lines.append(
                f"Measured, pages/s by number of workers ({self._series[0]}; 1 is one after another): {rates}."
            )
            lines.append(f"{_law_in_words(law.name, law.a, law.b)} (fits the measured times within {found.error:.0%}).")
        return lines


def _has_refusals(run: Run, found: Comparison) -> bool:
    """Whether the server refused more than it refuses one request at a time."""
    reference = found.reference
    assert reference is not None
    usual = reference.retries / max(1, reference.requests)
    return any(cause in run.causes for cause in REFUSED) or run.retries > (usual + TOLERABLE) * run.requests


def _is_refused(one: Entrant, found: Comparison) -> bool:
    return any(_has_refusals(run, found) for run in one.runs)


def _all(guess: Advice) -> set[str]:
    assert guess.combination is not None
    return {guess.combination.strategy, *guess.others}


def _latencies(one: Entrant) -> list[float]:
    return [run.mean_latency for run in one.runs]


def _speed(one: Entrant, found: Comparison) -> float:
    """The figure of the table."""
    return found.speed(one)


# ---- the check


def _check(advice: Advice, found: Comparison, bench: Bench) -> Advice:
    """Put beside the advice what it measured: in the comparison, or in runs of its own."""
    one, reference = advice.combination, found.reference
    assert one is not None
    assert reference is not None
    for entrant in found.ranked:
        if entrant.combination == one:
            return replace(advice, checked=Checked(_speed(entrant, found), len(entrant.runs)))
    seconds = CHECKS * (reference.pages / advice.predicted if advice.predicted else reference.wall)
    if not bench.is_ours or not bench.has_time(seconds):
        return advice
    runs = [run for run in (bench.run(one) for _ in range(CHECKS)) if run is not None]
    if not runs:
        return advice
    return replace(advice, checked=Checked(median(run.pages_a_second for run in runs), len(runs)))


def _not_beaten(advice: Advice, found: Comparison) -> Advice:
    """The best of the table instead, where that is faster than what the advice measured or promises.

    One that the server refused requests is no advice, however fast it was.
    """
    speed = advice.checked.pages_a_second if advice.checked else advice.predicted
    best = next((one for one in found.ranked if not _is_refused(one, found)), None)
    assert advice.combination is not None
    near = UNTOLD if advice.combination.name in found.leaders else NEAR
    if best is None or (speed is not None and near * _speed(best, found) <= speed):
        return advice
    rate = _speed(best, found)
    says = f"{best.name} was the fastest of all that was measured"
    if advice.checked and advice.combination:
        says += f": {_rate(rate)}, where {advice.combination.name}, which the arithmetic below asks for, reached "
        says += f"{_rate(advice.checked.pages_a_second)}"
    return replace(
        advice,
        limit="measured",
        says=f"{says}.",
        flags=best.combination.flags,
        others=(),
        combination=best.combination,
        predicted=None,
        checked=Checked(rate, len(best.runs)),
    )


def _said(advice: Advice, bench: Bench) -> Advice:
    """The advice with the prediction beside the measurement; or with the words that it is a guess."""
    says, sums = advice.says, list(advice.sums)
    if advice.checked is None:
        rate = f" of {_rate(advice.predicted)}" if advice.predicted else ""
        says += f" This is a guess{rate}: it was not run."
    elif advice.predicted:
        rate, runs = advice.checked.pages_a_second, advice.checked.runs
        sums.append(
            f"Predicted for {advice.flags}: {_rate(advice.predicted)}; measured in "
            f"{runs} {'run' if runs == 1 else 'runs'}: {_rate(rate)}."
        )
    if bench.is_replay:
        says += " How many requests at once the site itself can take, a recording does not tell."
    return replace(advice, says=says, sums=tuple(sums))


# ---- words


def _law_in_words(name: str, a: float, b: float) -> str:
    if name == "latency":
        return "Responses take no longer with more in flight: the site showed no limit"
    if name == "slots":
        return f"Above about {a:.2g} in flight responses take longer in proportion, as with a server of {a:.2g} slots"
    if name == "slows":
        return f"Above about {a:.2g} in flight responses take longer with the power of {b:g}: throughput falls"
    return f"Response times grow by the Universal Scalability Law: contention {a:.2g}, coherency {b:.2g}"


def _count(workers: int) -> str:
    return "one worker" if workers == 1 else f"{workers} workers"


def _stay(workers: int) -> str:
    return "stays" if workers == 1 else "stay"


def _rate(rate: float) -> str:
    return f"{_figure(rate)} pages/s"


def _figure(rate: float) -> str:
    return f"{rate:.3g}" if rate < 1000 else f"{rate:,.0f}"


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
