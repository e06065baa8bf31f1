"""A lesson by a small program: its cases, what each of them prints, and whether that is what the course notes teach."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from crawler.lessons.model import Claim, Judged, judge, outcome_of

__all__ = ["Check", "Column", "Printed", "Program", "ProgramLesson"]

Printed = Mapping[str, Any]
"""What a case printed: quantities by name, and what is drawn."""


class Column(NamedTuple):
    """A column of the table: the name of a quantity, its heading and its kind."""

    what: str
    head: str
    kind: Literal["count", "seconds", "yes", "code", "order"] = "count"


@dataclass(frozen=True, slots=True)
class Check:
    """What shall be true of every run of a case.

    Attributes:
        told: what was measured, a format of the printed quantities: `{sold} of {tickets} sold`.
    """

    says: str
    case: str
    is_so: Callable[[Printed], bool]
    told: str

    def judged(self, runs: list[Printed]) -> Judged:
        """See Judged; not clear where it is so in some of the runs."""
        if not runs:
            return Judged(None, f"{self.says}: there are no figures.")
        times = sum(map(self.is_so, runs))
        holds = {len(runs): True, 0: False}.get(times)
        said = {True: "yes", False: "no", None: f"in {times} of {len(runs)} runs"}[holds]
        return Judged(holds, f"{self.says}: {said} ({self.told.format(**runs[0])}).")


@dataclass(frozen=True, slots=True)
class Program:
    """What a lesson is.

    Attributes:
        number, title, setup, why, unlike, doubt, repeat: as of an Experiment.
        module: of crawler.lessons.programs.
        cases: of the program, by the names that it knows.
        draw: an SVG of the given width.
    """

    number: str
    title: str
    setup: str
    why: str
    module: str
    cases: tuple[str, ...]
    columns: tuple[Column, ...]
    claims: tuple[Claim | Check, ...]
    draw: Callable[[ProgramLesson, int], str]
    unlike: str = ""
    doubt: str = ""
    repeat: int = 3

    @property
    def heading(self) -> str:
        """`8. Four threads ...`."""
        return f"{self.number}. {self.title}"


@dataclass(slots=True)
class ProgramLesson:
    """A program with its runs.

    Attributes:
        runs: what was printed, of each case by its name.
        faults: cases that gave no result, with the reason.
        skipped: why this system cannot run it; "" where it can.
    """

    experiment: Program
    runs: dict[str, list[Printed]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    skipped: str = ""

    def values(self, case: str, what: str) -> list[float]:
        """A quantity of all runs of a case, where it is known."""
        return [value for run in self.runs.get(case, []) if (value := run.get(what)) is not None]

    def median(self, case: str, what: str) -> float | None:
        """None where there is no run."""
        values = self.values(case, what)
        return statistics.median(values) if values else None

    @property
    def others(self) -> float | None:
        """Not measured: nothing here depends on how fast the machine is."""
        return None

    @property
    def repeat(self) -> int:
        """Least number of runs of a case."""
        return min(len(self.runs.get(case, [])) for case in self.experiment.cases)

    def judged(self) -> Iterator[Judged]:
        """Each claim beside what was measured."""
        for claim in self.experiment.claims:
            if isinstance(claim, Check):
                yield claim.judged(self.runs.get(claim.case, []))
            else:
                head = next(column.head for column in self.experiment.columns if column.what == claim.what)
                values = self.values(claim.slow, claim.what), self.values(claim.fast, claim.what)
                yield judge(claim, *values, of=f'by "{head}"')

    @property
    def outcome(self) -> str:
        """As of a Lesson; `not possible here` where it was skipped."""
        if self.skipped:
            return "not possible here"
        return outcome_of([one.holds for one in self.judged()], is_whole=not self.faults and self.repeat > 0)

    def verdict(self) -> str:
        """In words: what was expected and what was measured, and why they differ where they do."""
        if self.skipped:
            return f"Not possible here. {self.skipped[:1].upper()}{self.skipped[1:]}."
        parts = [f"{self.outcome.capitalize()}."]
        parts += [f"{name}: {why}." for name, why in self.faults.items()]
        parts += [one.text for one in self.judged()]
        if self.outcome in ("not clear", "not reproduced") and self.experiment.doubt:
            parts.append(self.experiment.doubt)
        return " ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys; every run is in it."""
        it = self.experiment
        return {
            "number": it.number,
            "title": it.title,
            "program": it.module,
            "outcome": self.outcome,
            "skipped": self.skipped,
            "verdict": self.verdict(),
            "cases": [
                {
                    "name": case,
                    "fault": self.faults.get(case, ""),
                    "runs": [dict(run) for run in self.runs.get(case, [])],
                }
                for case in it.cases
            ],
        }
