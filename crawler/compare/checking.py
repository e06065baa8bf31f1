"""From the arithmetic to advice that was checked: widths are measured, fitted, and what is advised is run.

Where too few numbers of workers were compared, and the site is on this machine, a few more are run once each: 4, 16,
64, which takes about a third of the time that one after another takes; none that links or politeness keep from being
faster than what is known. A number that the fit prefers is run, and fitted again, until the fit stays with it. What is
predicted for a number never knows its own runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from statistics import median

from crawler.compare.advice import (
    LIGHT,
    MAX_WORKERS,
    Advice,
    Checked,
    Measured,
    advise,
    rate_text,
    reason,
    time_text,
    workers_text,
)
from crawler.compare.capacity import NEAR, Fit, Law, Links, Point, fit
from crawler.compare.noise import Noise, worst
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.task import Combination
from crawler.numbers import short_number

__all__ = ["Bench", "checked_advice"]

PROBES = (4, 16, 64)
ENOUGH = 4  # numbers of workers from which a fit says something
REFINEMENTS = 6
UNTOLD = 0.9  # share of the best that is near enough where the table cannot tell the two apart, and at the knee
BUSY = 0.7  # share of what one interpreter can do, from which on it is the CPU that limits
MATTERS = 1.05  # a limit matters if the best would be so many times faster without it
CHECKS = 3  # runs of what is advised
APART = 1.1  # numbers of workers closer than this factor are not told apart
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
    widths = None if series is None else _Widths(known, links, found, bench, series)
    if widths is not None:
        advice = widths.advice(advice)
    advice = _not_beaten(_check(advice, found, bench), found, widths)
    if widths is not None and advice.limit != "measured":
        advice = replace(advice, says=f"{advice.says} {widths.enough(advice)}".strip())
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
        self._known, self._links, self._found, self._bench, self.series = known, links, found, bench, series
        self._points: dict[int, Point] = {}
        self._most = min(MAX_WORKERS, known.at_once)
        self._cpu = math.inf  # of a page, for one core
        self._refused = math.inf  # the least number of workers that was too many for the server
        self._refusal = ""  # what it did then
        self._noises: list[Noise | None] = []  # of the runs that were taken in
        self._take_in_what_was_compared()

    def advice(self, guess: Advice) -> Advice:
        """Measure what is lacking, and advise on it."""
        for workers in dict.fromkeys(min(workers, self._most) for workers in PROBES):
            if len(self._points) < ENOUGH and workers < self._refused and self._may_teach(workers):
                self._probe(workers)
        middle = round(math.sqrt(math.prod(self._points)))
        if len(self._points) == 2 and middle not in self._points and middle < self._refused:
            self._probe(middle)  # one other number alone predicts nothing
        found, chosen = self._fit(), 0
        for _ in range(REFINEMENTS):
            chosen = self._next(found)
            if chosen in self._points:
                break
            if not self._probe(chosen):
                chosen = found.advised()
                break
            found = self._fit()
        else:
            chosen = found.advised()
        if chosen >= self._refused:
            chosen = max((one for one in self._points if one < self._refused), default=1)
        one = Combination(self.series[0], chosen, self.series[1])
        limit, says = self._says(guess, found, chosen)
        others = tuple(name for name in (*LIGHT, *guess.others) if name != one.strategy and name in _all(guess))
        return replace(
            guess,
            limit=limit,
            says=says,
            flags=one.flags,
            others=tuple(dict.fromkeys(others)),
            sums=(*guess.sums, *self._sums(found)),
            combination=one,
            predicted=self.foretold(chosen),
        )

    def foretold(self, workers: int) -> float:
        """Pages a second that are expected of a number of workers by what was measured with others."""
        is_serial = workers == 1 and self._found.baseline.strategy == "serial"  # no run of its own
        return self._fit(without=0 if is_serial else workers).rate(workers)

    def enough(self, advice: Advice) -> str:
        """What more workers than those that are advised would bring."""
        assert advice.combination is not None
        chosen = advice.combination.workers
        speed = advice.checked.pages_a_second if advice.checked else advice.predicted or math.inf
        if self._refused < math.inf:
            return self._below(chosen, speed)
        more = [point for at, point in sorted(self._points.items()) if at > chosen]
        best = max(more, key=lambda point: point.rate, default=None)
        who, are = _start(workers_text(chosen)), "is" if chosen == 1 else "are"
        if best is not None and speed < NEAR * best.rate:
            longer = best.latency / max(self._points[chosen].latency, 1e-9) if chosen in self._points else 1.0
            times = f", and responses took {longer:.1f} times as long" if longer > APART else ""
            return f"{who} {are} at the knee: {best.workers} were {best.rate / speed - 1:.0%} faster{times}."
        if more and more[-1].rate < NEAR * speed:
            return f"{who} {are} the best: {more[-1].workers} were slower, {rate_text(more[-1].rate)}."
        if chosen >= self._most:
            if chosen < self._known.at_once:
                return f"More than {workers_text(chosen)} might be faster."
            return f"{who} {'uses' if chosen == 1 else 'use'} all of that."
        return f"{who} {are} enough: more gain less than 5 %."

    def _take_in_what_was_compared(self) -> None:
        reference = self._found.reference
        assert reference is not None
        if self._found.baseline.strategy == "serial":
            self._points[1] = Point(1, reference.pages_a_second, reference.mean_latency)
        if _refused_by_the_site(reference) > TOLERABLE * reference.requests:
            self._refused, self._refusal = 2, _refusal(reference, 1)
        for one in self._found.entrants:
            if (one.combination.strategy, one.combination.parse) != self.series:
                continue
            workers = one.combination.workers
            if one.verdict == "ranked" and one.runs and not _is_refused(one, self._found):
                at = min(workers, self._known.at_once)
                self._points[at] = Point(at, self._found.speed(one), median(run.mean_latency for run in one.runs))
                self._cpu = min(self._cpu, *map(_core_seconds, one.runs))
                self._noises += [run.noise for run in one.runs]
            elif one.runs or one.warm_up or one.verdict != "ranked":
                self._refuses(workers, max((*one.runs, *filter(None, [one.warm_up])), key=_retries, default=None))

    def _refuses(self, workers: int, run: Run | None) -> None:
        if workers < self._refused:
            self._refused, self._refusal = workers, _refusal(run, workers)

    def _may_teach(self, workers: int) -> bool:
        """Whether a run can show more than what is known, as far as links and politeness let it."""
        if workers in self._points:
            return False
        widest = max(self._points, default=0)
        ideal = Fit(self._links, 0.0, Law("latency"), 0.0, {}, self._most)
        return workers < widest or not widest or ideal.rate(workers) > ideal.rate(widest) / NEAR

    def _probe(self, workers: int) -> bool:
        """Run a number of workers once; returns whether it could be run."""
        reference = self._found.reference
        assert reference is not None
        politely = self._links.bound(workers, lambda at_once: 1.0, 0.0)
        if not self._bench.is_ours or not self._bench.has_time(max(reference.wall / min(workers, 8), politely)):
            return False
        run = self._bench.run(Combination(self.series[0], workers, self.series[1]))
        if run is None or _has_refusals(run, self._found):
            self._refuses(workers, run)
        else:
            self._points[workers] = Point(workers, run.pages_a_second, run.mean_latency)
            self._cpu = min(self._cpu, _core_seconds(run))
            self._noises.append(run.noise)
        return True

    def _fit(self, without: int = 0) -> Fit:
        points = [point for at, point in sorted(self._points.items()) if at < self._refused and at != without]
        return fit(points or [self._base()], self._links, self._core(), self._ceiling())

    def _core(self) -> float:
        """Seconds that a page keeps one core busy."""
        known = self._known
        return self._cpu if self._cpu < math.inf else known.cpu or known.fetch_cpu + known.parse_cpu

    def _base(self) -> Point:
        return Point(1, 1 / max(self._known.latency + self._core(), 1e-6), self._known.latency)

    def _next(self, found: Fit) -> int:
        """The number to advise, as far as is known now; with a server that refuses, the middle of what is unknown."""
        advised = found.advised()
        clean = max((one for one in self._points if one < self._refused), default=1)
        if advised > clean and self._refused < math.inf:
            middle = round(math.sqrt(clean * self._refused))
            return middle if middle > clean and self._refused > APART * clean else clean
        fastest = max((point for at, point in self._points.items() if at < self._refused), key=_rate, default=None)
        if fastest and advised in self._points and self._points[advised].rate < UNTOLD * fastest.rate:
            middle = round(math.sqrt(advised * fastest.workers))  # the fit is wrong there: what was measured counts
            return fastest.workers if middle in self._points else middle
        above = min((one for one in self._points if one > advised), default=0)
        middle = round(math.sqrt(advised * above))
        if (
            found.law.name == "slots"
            and sum(one > found.law.a for one in self._points) == 1
            and middle > APART * advised
        ):
            return middle  # one number beyond the knee does not tell whether others only wait there or slow it down
        if advised in self._points and found.law.falls and middle > APART * advised:
            return middle  # where throughput falls the best is a peak, which may stand between two numbers
        return advised

    def _ceiling(self) -> int:
        return int(min(self._most, self._refused - 1)) or 1

    def _says(self, guess: Advice, found: Fit, chosen: int) -> tuple[str, str]:
        if self._refused < math.inf:
            return "site", f"The site limits you: {self._refusal}."
        limit = self._limit(guess, found, chosen)
        if limit == "site":
            noise = worst(self._noises)
            busy = f" But {noise.why} at times: that slows answers, too." if noise else ""
            return limit, f"The site limits you: {_site_in_words(found.law)}.{busy}"
        if limit == "links":
            return limit, (
                "The links limit you: some pages are found only on others, and the longest chain of them takes "
                f"{time_text(self._links.span)}."
            )
        return limit, reason(limit, self._known)

    def _limit(self, guess: Advice, found: Fit, chosen: int) -> str:
        """Without which limit the crawl would gain most."""
        if found.rate(chosen) > BUSY / max(self._core(), 1e-9):
            return "cpu"  # then responses take longer, too, because they wait for the core
        gains = found.gains(MAX_WORKERS)
        most = max(gains, key=lambda limit: gains[limit])
        return most if gains[most] > MATTERS else guess.limit

    def _below(self, chosen: int, speed: float) -> str:
        """What to do where the site refuses; `speed` is what it answered a second."""
        reference = self._found.reference
        assert reference is not None
        if chosen > 1 or not _refused_by_the_site(reference):
            return f"{_start(workers_text(chosen))} {'stays' if chosen == 1 else 'stay'} below that."
        pause = math.ceil(100 / max(speed, reference.pages_a_second)) / 100
        return f"Set polite.delay to {time_text(pause)} or more; more workers gain nothing."

    def _sums(self, found: Fit) -> list[str]:
        links, law = self._links, found.law
        lines = [
            f"Work and span: all pages take {time_text(links.work)} one after another, the longest chain of links "
            f"{time_text(links.span)}: more than {workers_text(math.ceil(links.work / max(links.span, 1e-9)))} "
            "(work / span) cannot all be busy."
        ]
        if len(self._points) > 1:
            rates = [f"{one} {short_number(point.rate)}" for one, point in sorted(self._points.items())]
            rates += [f"{int(self._refused)} refused or failed"] if self._refused < math.inf else []
            lines.append(
                f"Measured, pages/s by number of workers ({self.series[0]}; 1 is one after another): "
                f"{', '.join(rates)}."
            )
            words = _law_in_words(law, is_refused=self._refused < math.inf)
            lines.append(f"{words} (fits the measured times within {found.error:.0%}).")
        return lines


def _core_seconds(run: Run) -> float:
    """Seconds that a page kept one core busy; no more than it took, as what needs no interpreter lock runs beside."""
    return min(run.loop_cpu, run.crawl) / max(1, run.pages)


def _rate(point: Point) -> float:
    return point.rate


def _retries(run: Run) -> int:
    return run.retries


def _refused_by_the_site(run: Run) -> int:
    """Requests that were answered 429, where the server tells."""
    return run.served.refused if run.served else 0


def _refusal(run: Run | None, workers: int) -> str:
    """What the server did with too many workers."""
    at_once = "one request at a time" if workers == 1 else f"{workers} workers"
    if run is None or not run.retries:
        return f"with {at_once} the crawl failed or found other records"
    return f"with {at_once} it refused or failed {run.retries:,} of {run.requests:,} requests"


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


# ---- the check


def _check(advice: Advice, found: Comparison, bench: Bench) -> Advice:
    """Put beside the advice what it measured: in the comparison, or in runs of its own."""
    one, reference = advice.combination, found.reference
    assert one is not None
    assert reference is not None
    for entrant in found.ranked:
        if entrant.combination == one:
            return replace(advice, checked=Checked(found.speed(entrant), len(entrant.runs)))
    seconds = CHECKS * (reference.pages / advice.predicted if advice.predicted else reference.wall)
    if not bench.is_ours or not bench.has_time(seconds):
        return advice
    runs = [run for run in (bench.run(one) for _ in range(CHECKS)) if run is not None]
    if not runs:
        return advice
    return replace(advice, checked=Checked(median(run.pages_a_second for run in runs), len(runs)))


def _not_beaten(advice: Advice, found: Comparison, widths: _Widths | None) -> Advice:
    """The best of the table instead, where that is faster than what the advice measured or promises.

    One that the server refused requests is no advice, however fast it was. More workers of the same strategy must be
    faster by more: the fewest that are nearly the best are wanted.
    """
    speed = advice.checked.pages_a_second if advice.checked else advice.predicted
    best = next((one for one in found.ranked if not _is_refused(one, found)), None)
    assert advice.combination is not None
    if best is None:
        return advice
    is_series = widths is not None and widths.series == (best.combination.strategy, best.combination.parse)
    near = UNTOLD if is_series or advice.combination.name in found.leaders else NEAR
    if speed is not None and near * found.speed(best) <= speed:
        return advice
    rate = found.speed(best)
    says = f"{best.name} was the fastest of all that was measured"
    if advice.checked and advice.combination:
        says += f": {rate_text(rate)}, where {advice.combination.name}, which the arithmetic below asks for, reached "
        says += f"{rate_text(advice.checked.pages_a_second)}"
    return replace(
        advice,
        limit="measured",
        says=f"{says}.",
        flags=best.combination.flags,
        others=(),
        combination=best.combination,
        predicted=widths.foretold(best.combination.workers) if widths is not None and is_series else None,
        checked=Checked(rate, len(best.runs)),
    )


def _said(advice: Advice, bench: Bench) -> Advice:
    """The advice with the prediction beside the measurement; or with the words that it is a guess."""
    says, sums = advice.says, list(advice.sums)
    if advice.checked is None:
        promised = f" of {rate_text(advice.predicted)}" if advice.predicted else ""
        says += f" This is a guess{promised}: it was not run."
    elif advice.predicted:
        rate, runs = advice.checked.pages_a_second, advice.checked.runs
        sums.append(
            f"Predicted for {advice.flags}: {rate_text(advice.predicted)}; measured in "
            f"{runs} {'run' if runs == 1 else 'runs'}: {rate_text(rate)}."
        )
    if bench.is_replay:
        says += " How many requests at once the site itself can take, a recording does not tell."
    return replace(advice, says=says, sums=tuple(sums))


# ---- words


def _law_in_words(law: Law, *, is_refused: bool) -> str:
    first, second = short_number(law.a, 2), short_number(law.b, 2)
    if law.name == "latency":
        return "Responses take no longer with more in flight" + ("" if is_refused else ": the site showed no limit")
    if law.name == "slots":
        return f"Above about {first} in flight responses take longer in proportion, as with a server of {first} slots"
    if law.name == "slows":
        return f"Above about {first} in flight responses take longer with the power of {law.b:g}: throughput falls"
    return f"Response times grow by the Universal Scalability Law: contention {first}, coherency {second}"


def _site_in_words(law: Law) -> str:
    if law.name != "slots":
        return "with more requests at once each takes longer, and above some number it answers fewer a second"
    slots = max(1, round(law.a))
    return f"it answers about {'one request' if slots == 1 else f'{slots} requests'} at once, and others wait in line"


def _start(text: str) -> str:
    """As a sentence begins."""
    return text[0].upper() + text[1:]
