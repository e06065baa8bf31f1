"""What a comparison found, as data: every report is made from it, and `results.json` is it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from crawler.compare.advice import Advice
from crawler.compare.noise import Noise, Served, disturbed
from crawler.compare.records import Difference
from crawler.compare.sentences import all_alike, sentence
from crawler.compare.significance import LOOKS, Judgement, Pair, judge
from crawler.compare.task import Combination

__all__ = ["SCHEMA", "Comparison", "Entrant", "Run", "Where"]

SCHEMA = 2
QUANTITIES = {"crawl": "seconds_a_page", "whole": "whole_a_page", "cpu": "cpu_a_page"}


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run; times in seconds, memory and size in bytes.

    Attributes:
        wall: from the start of its process to its end: start_up + crawl + close.
        start_up: until the first page was asked for, with the start of Python and, small, its end.
        close: writing the outputs.
        cpu, memory: of the whole process tree; None where that cannot be known.
        latency, p99, mean_latency, hosts, asked, busiest, crashes, details: as in Evidence.
        loop_cpu: CPU of the main process alone, while crawling.
        causes: failed and skipped pages by cause.
        left_behind: command lines of processes that had to be killed after it.
        crawls: how many crawls, each in a fresh process, it is made of; see short_runs.
        joined: records that had the key of an earlier one.
        lock: whether the interpreter lock was on at its end: `on` or `off`.
        handed_out: the most requests that the strategy was given at once, queued ones included.
        round: from 1; runs of the same round are compared. 0 for one that does not count.
        outlier: where it is far from the other runs of its combination, how many times as long it took; 0 for none.
        noise: what disturbed it; None where that cannot be known.
        served: what the server counted; None where the server is not ours.
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
    left_behind: tuple[str, ...] = ()
    crashes: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
    crawls: int = 1
    joined: int = 0
    lock: str = ""
    handed_out: int = 0
    round: int = 0
    outlier: float = 0.0
    noise: Noise | None = None
    served: Served | None = None

    @property
    def seconds_a_page(self) -> float:
        """Of the crawl phase."""
        return max(self.crawl, 1e-6) / max(1, self.pages)

    @property
    def whole_a_page(self) -> float:
        """From the start of the process to its end."""
        return max(self.wall, 1e-6) / max(1, self.pages)

    @property
    def pages_a_second(self) -> float:
        """Of the crawl phase."""
        return 1 / self.seconds_a_page

    @property
    def cpu_a_page(self) -> float | None:
        """Of the whole tree, start-up and outputs included."""
        return None if self.cpu is None else max(self.cpu, 1e-6) / max(1, self.pages)

    @property
    def p50(self) -> float:
        """Median latency."""
        return self.latency[len(self.latency) // 2]

    @property
    def p95(self) -> float:
        """95 % of the pages came faster."""
        return self.latency[-2]


@dataclass(frozen=True, slots=True)
class Where:
    """Where the workers of a run that was traced, which does not count, spent their time.

    Attributes:
        shares: by state; see `crawler.trace.read.STATES`.
        sentence, short: the same in words: all that took half a percent, and the two that took most.
        drawing: the sentence and a picture of what each worker did and when, as HTML.
    """

    shares: Mapping[str, float]
    sentence: str
    short: str
    drawing: str


@dataclass(slots=True)
class Entrant:
    """A combination with its runs.

    Attributes:
        verdict: `ranked`; `wrong`: its records differ from the baseline's; `failed`: it crashed or took too long.
        why: in one sentence, for those that are not ranked.
        runs: those that count, one for each round; for one that is wrong, those before it was found out.
        warm_up: the first run, which does not count.
        set_aside: runs of rounds that were repeated because the machine was busy.
        where: where the time of its warm-up went; None where it has no trace.
    """

    combination: Combination
    verdict: str = "ranked"
    why: str = ""
    difference: Difference | None = None
    runs: list[Run] = field(default_factory=list)
    warm_up: Run | None = None
    set_aside: list[Run] = field(default_factory=list)
    where: Where | None = None

    @property
    def name(self) -> str:
        """Name of the combination."""
        return self.combination.name

    def median(self, what: str) -> float | None:
        """Of an attribute of its runs; None where it is not known or there is no run."""
        values = [value for run in self.runs if (value := getattr(run, what)) is not None]
        return statistics.median(values) if values else None


@dataclass(slots=True)
class Comparison:
    """The whole of it.

    Attributes:
        site: what was crawled, in words.
        setting: what else a reader must know to judge the figures, as label and value.
        baseline: the combination whose records are held to be right; `reference` is its run for that.
        repeat: the number of rounds that was asked for; None for as many as it takes within the budget.
        gap: least seconds between two requests to a host; 0 for none.
        notes: what a reader must know, one sentence each.
        matters: the smallest difference that matters, as a share.
        budget: seconds after which no round is begun; None without a limit.
        seed: of the order of the runs within each round.
        stopped: why it ended: `settled`, `budget`, `rounds` or `Ctrl-C`.
    """

    job: str
    site: str
    started: str
    setting: Mapping[str, str]
    baseline: Combination
    repeat: int | None
    gap: float = 0.0
    entrants: list[Entrant] = field(default_factory=list)
    reference: Run | None = None
    notes: list[str] = field(default_factory=list)
    advice: Advice | None = None
    matters: float = 0.03
    budget: float | None = None
    seed: int = 0
    stopped: str = "rounds"

    @property
    def ranked(self) -> list[Entrant]:
        """Those with the right records, the fastest first."""
        order = self.judgement("crawl").order
        return sorted(filter(lambda one: one.runs, self.in_the_race), key=lambda one: order.index(one.name))

    @property
    def in_the_race(self) -> list[Entrant]:
        """Those with the right records so far, in the order in which they were named."""
        return [one for one in self.entrants if one.verdict == "ranked"]

    @property
    def rounds(self) -> int:
        """How many rounds were done, those that were repeated left out."""
        return max((len(one.runs) for one in self.entrants), default=0)

    def judgement(self, what: str) -> Judgement:
        """Who is slower than whom, by the rounds that all have.

        Args:
            what: seconds a page of the `crawl` or of the `whole` run, start and end included; or `cpu`, in seconds a
                page. Those whose CPU is not known are left out.
        """
        race = [one for one in self.in_the_race if one.runs]
        each = {one.name: {run.round: getattr(run, QUANTITIES[what]) for run in one.runs} for one in race}
        known = {name: values for name, values in each.items() if None not in values.values()}
        common = sorted(set.intersection(*map(set, known.values()))) if known else []
        values = {name: [values[number] for number in common] for name, values in known.items()}
        return judge(values, self.matters, 1 if self.repeat else len(LOOKS))

    @property
    def unranked(self) -> list[Entrant]:
        """Those that are wrong or failed."""
        return [one for one in self.entrants if one.verdict != "ranked"]

    @property
    def leaders(self) -> list[str]:
        """The fastest, with all that cannot be told from it."""
        return list(self.judgement("crawl").leaders)

    @property
    def runs_each(self) -> str:
        """`5 runs each`."""
        return f"{self.rounds} {'run' if self.rounds == 1 else 'runs'} each"

    def polite_share(self, run: Run) -> float:
        """Share of the crawl that politeness alone takes: each request to the busiest host in a slot of its own."""
        return min(1.0, max(run.busiest - 1, 0) * self.gap / max(run.crawl, 1e-6))

    def speed(self, one: Entrant) -> float:
        """Pages a second of the crawl in a typical round: the figure by which they are ranked."""
        return 1 / self.judgement("crawl").typical[one.name]

    def relative(self, one: Entrant) -> Pair:
        """How many times longer it takes than the fastest."""
        found = self.judgement("crawl")
        return found.pairs.get((one.name, found.order[0]), Pair(1.0, 1.0, 1.0, "equal"))

    def verdict(self) -> list[str]:
        """Who is best: a sentence for the crawl, one for the whole run, and one for CPU where that is known.

        Where the machine was busy, the last one says so.
        """
        rounds: dict[int, list[Noise | None]] = {}
        for run in (run for one in self.entrants for run in one.runs):
            rounds.setdefault(run.round, []).append(run.noise)
        return [*self._winners(), *filter(None, [disturbed(rounds)])]

    def _winners(self) -> list[str]:
        ranked = self.ranked
        if not ranked:
            return ["No combination gave the records of the baseline."]
        if len(ranked) == 1:
            return [f"Only {ranked[0].name} can be ranked."]
        judged = {what: self.judgement(what) for what in QUANTITIES}
        found = {what: each for what, each in judged.items() if len(each.order) > 1}
        if alike := all_alike(found):
            return [alike]
        return [sentence(each, what) for what, each in found.items()]

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
            "rounds": self.rounds,
            "stopped": self.stopped,
            "budget": self.budget,
            "matters": self.matters,
            "seed": self.seed,
            "gap": self.gap,
            "combinations": [self._plain(one) for one in [*self.ranked, *self.unranked]],
            "fastest": self.leaders,
            "verdict": self.verdict(),
            "judgements": {what: self.judgement(what).as_json() for what in QUANTITIES},
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
            "pages_a_second": self.speed(one) if is_ranked else None,
            "relative": self.relative(one).as_json() if is_ranked else None,
            "runs": [asdict(run) for run in one.runs],
            "set_aside": [asdict(run) for run in one.set_aside],
            "warm_up": asdict(one.warm_up) if one.warm_up else None,
            "where": {"shares": one.where.shares, "sentence": one.where.sentence} if one.where else None,
        }
