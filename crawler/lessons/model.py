"""What an experiment of the course notes on Python concurrency is, its result, and whether it agrees with them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from crawler.compare.task import Combination

__all__ = ["Claim", "Experiment", "Judged", "Lesson", "Lessons", "Timed", "Variant"]


What = Literal["crawl", "whole"]

SCHEMA = 1
NOISY = 0.2  # cores of other work that are worth a word; the demo site itself takes less


@dataclass(frozen=True, slots=True)
class Timed:
    """One run; all but `others` in seconds.

    Attributes:
        whole: from the start of its process to its end.
        start_up: until the first page was asked for.
        close: writing the output.
        cpu: of its whole process tree; None where that cannot be known.
        others: cores that were busy with other work meanwhile; None where that cannot be known.
    """

    whole: float
    start_up: float
    crawl: float
    close: float
    cpu: float | None = None
    others: float | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do an experiment.

    Attributes:
        notes: seconds that the course notes report; None where they report none.
        sum: what arithmetic expects of the crawl phase, as text: `2 + 10 x 1`; "" for nothing.
        ideal: the same in seconds.
    """

    combination: Combination
    notes: float | None = None
    sum: str = ""
    ideal: float | None = None

    @property
    def name(self) -> str:
        """As it stands in tables: `threads, callback`."""
        return f"{self.combination.strategy}, {self.combination.parse}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A direction: `slow` takes at least `least` and at most `most` times as long as `fast`; both are names."""

    says: str
    slow: str
    fast: str
    what: What = "crawl"
    least: float = 1.2
    most: float = math.inf


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
    unlike: str = ""
    doubt: str = ""
    repeat: int = 3

    @property
    def heading(self) -> str:
        """`4a. Ten pages ...`."""
        return f"{self.number}. {self.title}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a claim. `holds` is None where the ranges of the runs overlap, or there are no runs."""

    claim: Claim
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
            yield _judge(claim, self.values(claim.slow, claim.what), self.values(claim.fast, claim.what))

    @property
    def outcome(self) -> str:
        """`reproduced`, `not reproduced`, `not clear`, or `no result`."""
        held = [one.holds for one in self.judged()]
        if self.faults or not self.repeat:
            return "no result"
        if False in held:
            return "not reproduced"
        return "not clear" if None in held else "reproduced"

    def verdict(self) -> str:
        """In words: what was expected and what was measured, and why they differ where they do."""
        parts = [f"{self.outcome.capitalize()}."]
        parts += [f"{name}: {why}." for name, why in self.faults.items()]
        parts += [one.text for one in self.judged()]
        if self.outcome not in ("reproduced", "no result") and self.experiment.doubt:
            parts.append(self.experiment.doubt)
            if (self.others or 0.0) >= NOISY:
                parts.append(f"Other work took {self.others:.1f} cores meanwhile.")
        return " ".join(parts)


def _judge(claim: Claim, slow: list[float], fast: list[float]) -> Judged:
    if not slow or not fast:
        return Judged(claim, None, f"{claim.says}: there are no figures.")
    times = statistics.median(slow) / statistics.median(fast)
    holds: bool | None = claim.least <= times <= claim.most
    measured = f"{times:.2f} times, {_of(claim.what)}"
    if holds and claim.least > 1 and min(slow) <= max(fast):
        return Judged(claim, None, f"{claim.says}: not clear, the ranges of the runs overlap ({measured}).")
    if holds:
        return Judged(claim, True, f"{claim.says}: yes ({measured}).")
    return Judged(claim, False, f"{claim.says}: no ({measured}; {_expected(claim)} was expected).")


def _of(what: What) -> str:
    return "by the crawl" if what == "crawl" else "by the whole run"


def _expected(claim: Claim) -> str:
    if claim.most == math.inf:
        return f"{claim.least:g} or more"
    return f"{claim.least:g} to {claim.most:g}"


@dataclass(slots=True)
class Lessons:
    """All of them.

    Attributes:
        setting: what else a reader must know to judge the figures, as label and value.
        notes: sentences for the reader.
        seconds: that all of it took.
    """

    started: str
    setting: Mapping[str, str]
    lessons: list[Lesson] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether every variant gave a result."""
        return all(one.outcome != "no result" for one in self.lessons)

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys; every run is in it."""
        return {
            "schema": SCHEMA,
            "started": self.started,
            "seconds": self.seconds,
            "setting": dict(self.setting),
            "notes": self.notes,
            "lessons": [_plain(one) for one in self.lessons],
        }


def _plain(lesson: Lesson) -> dict[str, Any]:
    it = lesson.experiment
    return {
        "number": it.number,
        "title": it.title,
        "pages": it.pages,
        "latency": it.latency,
        "analysis": it.query,
        "outcome": lesson.outcome,
        "others": lesson.others,
        "verdict": lesson.verdict(),
        "variants": [
            {
                "name": one.name,
                **asdict(one.combination),
                "notes": one.notes,
                "ideal": one.ideal,
                "fault": lesson.faults.get(one.name, ""),
                "median": {what: lesson.median(one.name, what) for what in ("whole", "start_up", "crawl", "close")},
                "runs": [asdict(run) for run in lesson.runs.get(one.name, [])],
            }
            for one in it.variants
        ],
    }
