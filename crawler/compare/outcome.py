"""What a comparison found, as data: every report is made from it, and `results.json` is it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crawler.compare.advice import Advice
from crawler.compare.records import Difference
from crawler.compare.significance import Ratio, Spread, fastest, ratio, spread
from crawler.compare.task import Combination

__all__ = ["SCHEMA", "Comparison", "Entrant", "Run"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run; times in seconds, memory and size in bytes.

    Attributes:
        wall: from the start of its process to its end: start_up + crawl + close.
        start_up: until the first page was asked for, with the start of Python and, small, its end.
        close: writing the outputs.
        cpu, memory: of the whole process tree; None where that cannot be known.
        latency, p99, mean_latency, hosts, asked, busiest: as in Evidence.
        loop_cpu: CPU of the main process alone, while crawling.
        causes: failed and skipped pages by cause.
        left_behind: processes that had to be killed after it.
    """

    wall: float
    start_up: float
    crawl: float
    close: float
    cpu: float | None
    memory: int | None
    pages: int
    requests: int
    retries: int
    failed: int
    bytes: int
    records: int
    digest: str
    latency: tuple[float, ...]
    p99: float
    mean_latency: float
    hosts: int
    asked: int
    busiest: int
    loop_cpu: float
    causes: Mapping[str, int] = field(default_factory=dict)
    left_behind: int = 0

    @property
    def seconds_a_page(self) -> float:
        """Of the crawl phase; what strategies are compared by."""
        return max(self.crawl, 1e-6) / max(1, self.pages)

    @property
    def pages_a_second(self) -> float:
        """Of the crawl phase."""
        return 1 / self.seconds_a_page

    @property
    def cpu_a_page(self) -> float | None:
        """Of the whole tree, start-up and outputs included."""
        return None if self.cpu is None else self.cpu / max(1, self.pages)

    @property
    def p50(self) -> float:
        """Median latency."""
        return self.latency[len(self.latency) // 2]

    @property
    def p95(self) -> float:
        """95 % of the pages came faster."""
        return self.latency[-2]


@dataclass(slots=True)
class Entrant:
    """A combination with its runs.

    Attributes:
        verdict: `ranked`; `wrong`: its records differ from the baseline's; `failed`: it crashed or took too long.
        why: in one sentence, for those that are not ranked.
        runs: those that count, in order; for one that is wrong, those before it was found out.
        warm_up: the first run, which does not count.
    """

    combination: Combination
    verdict: str = "ranked"
    why: str = ""
    difference: Difference | None = None
    runs: list[Run] = field(default_factory=list)
    warm_up: Run | None = None

    @property
    def name(self) -> str:
        """Name of the combination."""
        return self.combination.name

    @property
    def seconds(self) -> list[float]:
        """Seconds for a page in each run."""
        return [run.seconds_a_page for run in self.runs]

    def spread(self, what: str) -> Spread | None:
        """Of an attribute of its runs; None where it is not known or there is no run."""
        values = [value for run in self.runs if (value := getattr(run, what)) is not None]
        return spread(values) if values else None

    def median(self, what: str) -> float | None:
        """Median of an attribute of its runs."""
        found = self.spread(what)
        return found.median if found else None


@dataclass(slots=True)
class Comparison:
    """The whole of it.

    Attributes:
        site: what was crawled, in words.
        setting: what else a reader must know to judge the figures, as label and value.
        baseline: the combination whose records are held to be right; `reference` is its run for that.
        repeat: runs of each combination that count.
        gap: least seconds between two requests to a host; 0 for none.
        notes: what a reader must know, one sentence each.
    """

    job: str
    site: str
    started: str
    setting: Mapping[str, str]
    baseline: Combination
    repeat: int
    gap: float = 0.0
    entrants: list[Entrant] = field(default_factory=list)
    reference: Run | None = None
    notes: list[str] = field(default_factory=list)
    advice: Advice | None = None

    @property
    def ranked(self) -> list[Entrant]:
        """Those with the right records, the fastest first."""
        good = [one for one in self.entrants if one.verdict == "ranked" and one.runs]
        return sorted(good, key=lambda one: spread(one.seconds).mean)

    @property
    def unranked(self) -> list[Entrant]:
        """Those that are wrong or failed."""
        return [one for one in self.entrants if one.verdict != "ranked"]

    @property
    def leaders(self) -> list[str]:
        """The fastest, with all that cannot be told from it."""
        return fastest({one.name: one.seconds for one in self.ranked})

    @property
    def runs_each(self) -> str:
        """In words."""
        return f"{self.repeat} {'run' if self.repeat == 1 else 'runs'} each"

    def polite_share(self, run: Run) -> float:
        """Share of the crawl that politeness alone takes: each request to the busiest host in a slot of its own."""
        return min(1.0, max(run.busiest - 1, 0) * self.gap / max(run.crawl, 1e-6))

    def relative(self, one: Entrant) -> Ratio:
        """How many times longer it takes than the fastest."""
        return ratio(one.seconds, self.ranked[0].seconds)

    def by_workers(self) -> dict[str, dict[int, float]]:
        """For each strategy and parse stage: mean pages a second by number of workers."""
        series: dict[str, dict[int, float]] = {}
        for one in sorted(self.ranked, key=lambda one: self.entrants.index(one)):
            speed = one.spread("pages_a_second")
            assert speed is not None
            key = f"{one.combination.strategy}/{one.combination.parse}"
            series.setdefault(key, {})[one.combination.workers] = speed.mean
        return series

    def verdict(self) -> list[str]:
        """Who won, as far as that can be said; one sentence each."""
        ranked, leaders = self.ranked, self.leaders
        if not ranked:
            return ["No combination gave the records of the baseline."]
        if len(ranked) == 1:
            return [f"Only {ranked[0].name} can be ranked."]
        if len(leaders) == len(ranked):
            return ["There is no clear winner: all differences are within noise."]
        if len(leaders) == 1:
            head = f"{leaders[0]} was the fastest:"
        else:
            head = f"There is no clear winner among {_listed(leaders)}: their differences are within noise."
        rest = [one for one in ranked if one.name not in leaders]
        return [head, *(f"{self.relative(one)} times faster than {one.name}" for one in rest)]

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys; every run is in it."""
        return {
            "schema": SCHEMA,
            "job": self.job,
            "site": self.site,
            "started": self.started,
            "setting": dict(self.setting),
            "baseline": self.baseline.name,
            "repeat": self.repeat,
            "gap": self.gap,
            "combinations": [self._plain(one) for one in [*self.ranked, *self.unranked]],
            "fastest": self.leaders,
            "verdict": self.verdict(),
            "notes": self.notes,
            "advice": asdict(self.advice) if self.advice else None,
            "reference": asdict(self.reference) if self.reference else None,
        }

    def _plain(self, one: Entrant) -> dict[str, Any]:
        is_ranked = one.verdict == "ranked" and bool(one.runs)
        return {
            "name": one.name,
            **asdict(one.combination),
            "flags": one.combination.flags,
            "verdict": one.verdict,
            "why": one.why,
            "difference": asdict(one.difference) if one.difference else None,
            "pages_a_second": asdict(spread([run.pages_a_second for run in one.runs])) if is_ranked else None,
            "relative": asdict(self.relative(one)) if is_ranked else None,
            "runs": [asdict(run) for run in one.runs],
            "warm_up": asdict(one.warm_up) if one.warm_up else None,
        }


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
