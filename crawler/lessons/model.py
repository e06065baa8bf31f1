"""What an experiment of the course notes on Python concurrency is, its result, and whether it agrees with them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crawler.compare.task import Combination

__all__ = ["NOISY", "Claim", "Experiment", "Judged", "Lesson", "Timed", "Variant", "judge", "outcome_of"]


NOISY = 0.2  # cores of other work that are worth a word


@dataclass(frozen=True, slots=True)
class Timed:
    """One run; all but `others` in seconds.

    Attributes:
        whole: from the start of its process to its end.
        start_up: until the first page was asked for.
        close: writing the output.
        cpu: of its whole process tree; None where that cannot be known.
        others: cores that were busy meanwhile with other work than this and the demo site; None where that cannot be
            known.
        latency: median over its pages, from sending the request to the last byte.
    """

    whole: float
    start_up: float
    crawl: float
    close: float
    cpu: float | None = None
    others: float | None = None
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do an experiment.

    Attributes:
        notes: seconds that the course notes report; None where they report none.
        sum: what arithmetic expects of the crawl phase, as text: `2 + 10 x 1`; "" for nothing.
        ideal: the same in seconds.
        label: how it is called in tables, where that is not by strategy and parse stage.
    """

    combination: Combination
    notes: float | None = None
    sum: str = ""
    ideal: float | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """As it stands in tables: `threads, callback`."""
        return self.label or f"{self.combination.strategy}, {self.combination.parse}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A direction: `slow` has at least `least` and at most `most` times as much as `fast`; both are names.

    Attributes:
        what: the quantity: an attribute of Timed, or what a program of a lesson prints.
        cannot: why it cannot be shown on this machine, whatever the times are; "" where it can.
    """

    says: str
    slow: str
    fast: str
    what: str = "crawl"
    least: float = 1.2
    most: float = math.inf
    cannot: str = ""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment of the course notes, for the demo site.

    Attributes:
        number: `4a`; those of one number belong together.
        setup: what is done, for a reader.
        why: one sentence.
        latency: seconds until the demo site answers.
        query: added to each page's address; tells a hook how much to do.
        weight: bytes up to which the demo site fills a page.
        capacity: requests that the demo site serves at once; 0 for no limit.
        page: the rules of the page kind, as in a config.
        engine: `fetch.engine` of the config.
        unlike: what differs from the course notes; "" for nothing.
        doubt: the likely reason, where a claim does not hold.
        repeat: runs of each variant, where the time allows.
    """

    number: str
    title: str
    setup: str
    why: str
    pages: int
    latency: float
    variants: tuple[Variant, ...]
    claims: tuple[Claim, ...]
    page: Mapping[str, Any]
    query: str = ""
    engine: str = "auto"
    weight: int = 0
    capacity: int = 0
    unlike: str = ""
    doubt: str = ""
    repeat: int = 3

    @property
    def heading(self) -> str:
        """`4a. Ten pages ...`."""
        return f"{self.number}. {self.title}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a claim. `holds` is None where that is not clear, or there are no runs."""

    holds: bool | None
    text: str


@dataclass(slots=True)
class Lesson:
    """An experiment with its runs.

    Attributes:
        runs: of each variant by its name.
        faults: variants that gave no result or other records, with the reason.
    """

    experiment: Experiment
    runs: dict[str, list[Timed]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def values(self, variant: str, what: str) -> list[float]:
        """Seconds of all good runs of a variant."""
        runs = [] if variant in self.faults else self.runs.get(variant, [])
        return [value for run in runs if (value := getattr(run, what)) is not None]

    def median(self, variant: str, what: str) -> float | None:
        """None where there is no run."""
        values = self.values(variant, what)
        return statistics.median(values) if values else None

    @property
    def others(self) -> float | None:
        """Cores that were busy with other work, on average over all its runs; None where that is not known."""
        known = [run.others for runs in self.runs.values() for run in runs if run.others is not None]
        return statistics.fmean(known) if known else None

    @property
    def repeat(self) -> int:
        """Least number of runs of a variant."""
        return min((len(self.runs.get(one.name, [])) for one in self.experiment.variants), default=0)

    def judged(self) -> Iterator[Judged]:
        """Each claim beside what was measured."""
        for claim in self.experiment.claims:
            found = judge(claim, self.values(claim.slow, claim.what), self.values(claim.fast, claim.what))
            yield Judged(None, f"{found.text} {claim.cannot}") if claim.cannot and found.holds else found

    @property
    def outcome(self) -> str:
        """`reproduced`, `not reproduced`, `not clear`, or `no result`."""
        return outcome_of([one.holds for one in self.judged()], is_whole=not self.faults and self.repeat > 0)

    def verdict(self) -> str:
        """In words: what was expected and what was measured, and why they differ where they do."""
        parts = [f"{self.outcome.capitalize()}."]
        parts += [f"{name}: {why}." for name, why in self.faults.items()]
        for claim, one in zip(self.experiment.claims, self.judged(), strict=True):
            parts += [one.text, *([] if one.holds else self._explained(claim))]
        if self.outcome not in ("reproduced", "no result"):
            parts += [self.experiment.doubt] if self.experiment.doubt else []
            if (self.others or 0.0) >= NOISY:
                parts.append(f"Other work took {self.others:.1f} cores meanwhile.")
        return " ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys; every run is in it."""
        it = self.experiment
        return {
            "number": it.number,
            "title": it.title,
            "pages": it.pages,
            "latency": it.latency,
            "capacity": it.capacity,
            "analysis": it.query,
            "outcome": self.outcome,
            "others": self.others,
            "verdict": self.verdict(),
            "variants": [self._plain(one) for one in it.variants],
        }

    def _plain(self, one: Variant) -> dict[str, Any]:
        return {
            "name": one.name,
            **asdict(one.combination),
            "notes": one.notes,
            "ideal": one.ideal,
            "fault": self.faults.get(one.name, ""),
            "median": {what: self.median(one.name, what) for what in ("whole", "start_up", "crawl", "close")},
            "runs": [asdict(run) for run in self.runs.get(one.name, [])],
        }

    def _explained(self, claim: Claim) -> list[str]:
        """Measured facts that tell why a claim does not hold: in which part the times differ, and what was busy."""
        slow, fast = (self._parts(name) for name in (claim.slow, claim.fast))
        if slow is None or fast is None:
            return []
        more = {part: slow[part] - fast[part] for part in slow}
        facts = [
            f"{claim.slow} took {_longer(more['whole'])}: {more['start_up']:+.2f} s of start-up, "
            f"{more['crawl']:+.2f} s of crawl, {more['close']:+.2f} s of writing."
        ]
        if claim.what == "whole":
            facts += self._beside_the_notes(claim, more)
        if claim.what == "crawl":
            busy = {name: self._busy(name) for name in (claim.slow, claim.fast)}
            facts += [f"{name} kept {count:.1f} cores busy." for name, count in busy.items() if count]
        return facts

    def _beside_the_notes(self, claim: Claim, more: Mapping[str, float]) -> list[str]:
        slow, fast = (self._variant(name) for name in (claim.slow, claim.fast))
        if slow.notes is None or fast.notes is None:
            return []
        there, workers = slow.notes - fast.notes, slow.combination.workers
        return [
            f"That is {1000 * more['whole'] / workers:.0f} ms for each of {workers} workers; in the course notes it "
            f"was {1000 * there / workers:.0f} ms."
        ]

    def _busy(self, variant: str) -> float | None:
        """Cores that a variant kept busy on average, with its start-up."""
        cpu, whole = self.median(variant, "cpu"), self.median(variant, "whole")
        return cpu / whole if cpu and whole else None

    def _parts(self, variant: str) -> dict[str, float] | None:
        found = {part: self.median(variant, part) for part in ("whole", "start_up", "crawl", "close")}
        return {part: value or 0.0 for part, value in found.items()} if found["whole"] is not None else None

    def _variant(self, name: str) -> Variant:
        return next(one for one in self.experiment.variants if one.name == name)


def _longer(seconds: float) -> str:
    return f"{abs(seconds):.2f} s {'longer' if seconds >= 0 else 'less'}"


def judge(claim: Claim, slow: Sequence[float], fast: Sequence[float], of: str = "") -> Judged:
    """A claim beside the values of both; `of` says what was measured, where it is no time."""
    if not slow or not fast:
        return Judged(None, f"{claim.says}: there are no figures.")
    times = statistics.median(slow) / max(statistics.median(fast), 1e-9)
    holds: bool | None = claim.least <= times <= claim.most
    measured = f"{times:.2f} times, {of or _OF[claim.what]}"
    if holds and claim.least > 1 and min(slow) <= max(fast):
        return Judged(None, f"{claim.says}: not clear, the ranges of the runs overlap ({measured}).")
    if holds:
        return Judged(True, f"{claim.says}: yes ({measured}).")
    return Judged(False, f"{claim.says}: no ({measured}; {_expected(claim)} was expected).")


_OF = {
    "crawl": "by the crawl",
    "whole": "by the whole run",
    "latency": "by the median latency of a page",
}


def _expected(claim: Claim) -> str:
    if claim.most == math.inf:
        return f"{claim.least:g} or more"
    return f"{claim.least:g} to {claim.most:g}"


def outcome_of(held: Sequence[bool | None], *, is_whole: bool) -> str:
    """`reproduced`, `not reproduced`, `not clear`, or `no result`, of claims that hold, do not, or are not clear."""
    if not is_whole:
        return "no result"
    if False in held:
        return "not reproduced"
    return "not clear" if None in held else "reproduced"
