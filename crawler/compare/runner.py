"""Run everything: the baseline for the records, a warm-up of each, then rounds in which each runs once."""

from __future__ import annotations

import json
import math
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crawler import __version__, clock
from crawler.compare.advice import Measured as Known
from crawler.compare.capacity import Links, Pace, read_links
from crawler.compare.checking import Bench, checked_advice
from crawler.compare.faults import fault
from crawler.compare.launch import launch, why_it_ended
from crawler.compare.measure import IS_WHOLE, Measured
from crawler.compare.outcome import Comparison, Entrant, Run, Where
from crawler.compare.pythons import Interpreter, lock_notes
from crawler.compare.quiet import Repeats, drop, mark_outliers, noise_notes, set_aside
from crawler.compare.records import FACTS, Difference, difference, read_evidence, read_line
from crawler.compare.rounds import BUDGET, MIN_ROUNDS, shuffled, still_open, why_to_stop, why_undecided
from crawler.compare.served import served_notes
from crawler.compare.short_runs import crawls_of, together
from crawler.compare.sites import Site
from crawler.compare.task import RESULT, STATE, Combination, RunSource, Task, is_one_process
from crawler.config import Job
from crawler.crawl.throttle import HostThrottle
from crawler.errors import ConfigError, Stop
from crawler.process import cores, interpreter_lock
from crawler.strategies.registry import STRATEGIES, missing

__all__ = ["Aim", "compare"]

Tell = Callable[[str], None]

MIN_TIMEOUT, PATIENCE = 60.0, 5.0  # a run may take so many seconds, and so many times as long as the baseline
ROWS = 32  # workers in a drawing: with each row of 240 columns, it has at most about 200 kB
TRACE = "trace.json"
ADVICE = 0.25  # share of the budget that its check may take where the rounds have used up all of it


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be compared.

    Attributes:
        repeat: the number of rounds; None for as many as it takes within the budget.
        budget: seconds after which no round is begun; None for BUDGET where `repeat` is None, and then MIN_ROUNDS are
            done whatever they take.
        matters: the smallest difference that matters, as a share.
        seed: of the order within the rounds.
        pythons: the interpreters of the combinations; none for the one that runs this.
    """

    source: RunSource
    job: Job
    combinations: tuple[Combination, ...]
    baseline: Combination
    repeat: int | None = None
    budget: float | None = None
    matters: float = 0.03
    seed: int = 1
    pythons: tuple[Interpreter, ...] = ()

    @property
    def runs(self) -> int:
        """How many runs there will be at least, when none fails and time is not up before."""
        extra = self.baseline not in self.combinations
        return len(self.combinations) * ((self.repeat or MIN_ROUNDS) + 1) + extra


class NoRun(Stop):
    """A run ended without a result; the text says why."""

    exit_code = 3


def compare(aim: Aim, site: Site, tell: Tell) -> Comparison:
    """Do all runs; `tell` is given a line before each.

    Raises:
        NoRun: the baseline gave no result, so there is nothing to compare with.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-compare-") as folder:
        return _Comparing(aim, site, tell, Path(folder)).all()


class _Comparing:
    def __init__(self, aim: Aim, site: Site, tell: Tell, folder: Path) -> None:
        self._aim, self._site, self._tell, self._folder = aim, site, tell, folder
        self._timeout: float | None = None
        self._count = 0
        self._crawls: dict[str, int] = {}
        self._repeats = Repeats()
        self._stage = "warm-up"
        self._began = time.monotonic()
        self._known: Known | None = None
        self._links = Links((), (), ())
        self._entrants = {one: Entrant(one) for one in aim.combinations}
        self._found = Comparison(
            job=aim.job.name,
            site=site.about,
            started=clock.now().isoformat(timespec="seconds"),
            setting={**_setting(), **{one.label: one.about for one in aim.pythons}},
            baseline=aim.baseline,
            repeat=aim.repeat,
            matters=aim.matters,
            budget=BUDGET if aim.budget is None and aim.repeat is None else aim.budget,
            seed=aim.seed,
            entrants=list(self._entrants.values()),
        )

    def all(self) -> Comparison:
        self._baseline()
        for one in self._found.entrants:
            if one.warm_up is None:
                self._enter(one, 0)
        if not self._site.is_live:  # a site that is not ours is asked for no more than was announced
            self._crawls = {
                one.name: crawls_of(one.name, one.warm_up.crawl, self._site.remedy)
                for one in self._found.in_the_race
                if one.warm_up is not None
            }
        self._found.stopped = self._rounds()
        try:
            self._advise()
        except KeyboardInterrupt:
            self._found.stopped = "Ctrl-C"
        self._note()
        return self._found

    # ---- the baseline

    def _baseline(self) -> None:
        baseline = self._aim.baseline
        self._expected = self._folder / "baseline"
        try:
            run, folder = self._run(baseline, f"baseline: {baseline.name}", is_traced=baseline in self._entrants)
        except NoRun as error:
            raise NoRun(f"the baseline {baseline.name} gave no result: {error}") from None
        folder.rename(self._expected)
        self._found.reference = run
        self._timeout = max(MIN_TIMEOUT, PATIENCE * run.wall)
        if baseline in self._entrants:
            self._entrants[baseline].warm_up = run
            self._entrants[baseline].where = _where(self._expected / TRACE)
        self._learn(run)

    def _learn(self, run: Run) -> None:
        """Measure what advice is made of."""
        job = self._aim.job
        sample = self._sample()
        gap = _gap(max(job.polite.delay, sample.get("crawl_delay", 0.0)))
        self._found.gap = gap
        if not sample or not run.pages:
            return
        self._links = read_links(self._expected / STATE, lambda host: _pace(job, host, sample.get("crawl_delay", 0.0)))
        self._known = Known(
            pages=run.pages,
            latency=run.mean_latency,
            cpu=0.0,
            fetch_cpu=sample["fetch_cpu"],
            parse_cpu=sample["parse_cpu"],
            parse_wall=sample["parse_wall"],
            gap=gap,
            polite_rate=run.asked / (run.busiest * gap) if gap and run.busiest else 0.0,
            at_once=sum(pace.at_once for pace in self._links.paces) or job.polite.per_host,
            cores=cores(),
        )

    def _advise(self) -> None:
        if self._known is None:
            return
        site, budget, now = self._site, self._found.budget, time.monotonic
        until = math.inf if budget is None else max(self._began + budget, now() + budget * ADVICE)
        if self._found.stopped == "Ctrl-C":
            until = 0.0
        bench = Bench(
            run=self._probe,
            is_ours=not site.is_live,
            is_replay=site.replay is not None,
            has_time=lambda seconds: now() + seconds < until,
        )
        strategies = [name for name in STRATEGIES if not missing(name)]
        known = _with_costs(self._known, self._found, is_traced=self._aim.baseline in self._entrants)
        self._found.advice = checked_advice(known, self._links, self._found, strategies, bench)

    def _probe(self, one: Combination) -> Run | None:
        """A run for the advice alone; None where it failed or its records are wrong."""
        try:
            run, folder = self._run(one, f"checking the advice: {one.name}")
        except NoRun:
            return None
        difference = self._difference(run, folder)
        shutil.rmtree(folder)
        assert self._found.reference is not None
        return None if fault(run, self._found.reference, difference, one, self._aim.job) else run

    def _sample(self) -> dict[str, Any]:
        self._tell("timing the parsing of a sample of pages")
        task = self._task(self._aim.baseline, self._expected)
        launch("crawler.compare.sample", task, self._timeout)
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self._expected / f"sample-{RESULT}").read_text(encoding="utf-8"))
            if found["pages"]:
                return found
        self._found.notes.append("The parsing of pages could not be timed alone, so there is no advice.")
        return {}

    # ---- a run

    def _rounds(self) -> str:
        """Do rounds until there is a reason to stop; returns it.

        Raises:
            KeyboardInterrupt: before one was complete.
        """
        found, longest = self._found, 0.0
        firm = self._aim.budget is not None
        while True:
            began, number = time.monotonic(), found.rounds + 1
            try:
                if why := why_to_stop(found, began - self._began, longest, is_budget_firm=firm):
                    return why
                self._round(number)
                if not self._site.is_live and self._repeats.wants(found.entrants, number):
                    set_aside(found.entrants, number)
                longest = max(longest, time.monotonic() - began)
            except KeyboardInterrupt:
                drop(found.entrants, number)  # a round that is not complete tells nothing
                if not found.rounds:
                    raise
                return "Ctrl-C"

    def _round(self, number: int) -> None:
        """Run each that is in the race once."""
        found = self._found
        self._stage = f"round {number} of {found.repeat}" if found.repeat else f"round {number}"
        if undecided := still_open(found):
            self._stage += f" to tell {undecided} apart"
        for one in shuffled(found.in_the_race, found.seed, number):
            self._enter(one, number)

    def _enter(self, one: Entrant, number: int) -> None:
        """Run a combination once; it leaves the race where that fails or where something is wrong with it."""
        runs = []
        for _ in range(self._crawls.get(one.name, 1) if number else 1):
            try:
                run, folder = self._run(one.combination, f"{self._stage}: {one.name}", is_traced=not number)
            except NoRun as error:
                one.verdict, one.why = "failed", str(error)
                return
            one.difference = self._difference(run, folder)
            if not number:
                one.where = _where(folder / TRACE)
            shutil.rmtree(folder)
            assert self._found.reference is not None
            if why := fault(run, self._found.reference, one.difference, one.combination, self._aim.job):
                one.verdict, one.why = "wrong", why
                return
            runs.append(run)
        if number:
            one.runs.append(replace(together(runs), round=number))
        else:
            one.warm_up = runs[0]

    def _run(self, one: Combination, what: str, *, is_traced: bool = False) -> tuple[Run, Path]:
        self._count += 1
        self._tell(what)
        self._site.ready_for_a_run()
        folder = self._folder / str(self._count)
        folder.mkdir()
        task = replace(self._task(one, folder), trace=str(folder / TRACE) if is_traced else "")
        measured = launch("crawler.compare.run_child", task, self._timeout, self._site.servers)
        served = self._site.served()
        try:
            result = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            result = None
        if result is None or measured.code != 0:
            raise NoRun(why_it_ended(measured, folder, self._timeout))
        return replace(self._made(measured, result, folder), served=served), folder

    def _task(self, one: Combination, folder: Path) -> Task:
        return Task(self._aim.source, one, self._site.base, str(folder), self._site.replay)

    def _made(self, measured: Measured, result: dict[str, Any], folder: Path) -> Run:
        report = result["report"]
        evidence = read_evidence(self._aim.job, folder, self._site.base)
        crawl, close = report["timing"]["crawl"], report["timing"]["close"]
        return Run(
            wall=measured.wall,
            start_up=max(0.0, measured.wall - crawl - close),
            crawl=crawl,
            close=close,
            cpu=measured.cpu,
            memory=measured.memory,
            pages=report["pages"]["done"],
            requests=report["requests"],
            retries=report["retries"],
            failed=report["pages"]["failed"],
            bytes=report["bytes"],
            records=sum(report["records"].values()),
            digest=evidence.digest,
            latency=evidence.latency,
            p99=evidence.p99,
            mean_latency=evidence.mean_latency,
            hosts=evidence.hosts,
            asked=evidence.asked,
            busiest=evidence.busiest,
            loop_cpu=result["loop_cpu"],
            causes=report["causes"],
            left_behind=measured.left_behind,
            crashes=evidence.crashes,
            details=evidence.details,
            joined=report["joined"],
            lock=report["interpreter_lock"],
            handed_out=result["handed_out"],
            noise=measured.noise,
        )

    def _difference(self, run: Run, folder: Path) -> Difference | None:
        assert self._found.reference is not None
        if run.digest == self._found.reference.digest:
            return None
        with (
            open(self._expected / FACTS, encoding="utf-8") as expected,
            open(folder / FACTS, encoding="utf-8") as found,
        ):
            return difference(map(read_line, expected), map(read_line, found))

    # ---- the end

    def _note(self) -> None:
        notes, reference = self._found.notes, self._found.reference
        assert reference is not None
        if "limit" in reference.causes:
            notes.append(
                "limits.pages cuts the crawl: which pages are read depends on which comes first, so other records "
                "than the baseline's may be no fault. Raise limits.pages, or start at fewer pages."
            )
        if why := why_undecided(self._found):
            notes.append(why)
        notes += lock_notes(self._aim.pythons, self._found.entrants)
        if any(one.combination == self._aim.baseline and one.verdict == "wrong" for one in self._found.entrants):
            notes.append("The baseline itself found other records in a later run: the pages change between runs.")
        mark_outliers(self._found)
        notes += [*noise_notes(self._found), *served_notes(self._found.entrants)]
        if not IS_WHOLE:
            notes.append("CPU is of processes that were waited for, and memory is not known: only Linux tells more.")


def _with_costs(known: Known, found: Comparison, *, is_traced: bool) -> Known:
    """With the CPU time of a page, and with the fastest that was measured.

    The least CPU counts: a strategy that reads several pages in a turn of the loop takes less than the baseline.

    Args:
        is_traced: the baseline's run that gave the records was traced, which costs some.
    """
    runs = [(one.combination, run) for one in found.ranked for run in one.runs]
    if found.reference is not None and not is_traced:
        runs.append((found.baseline, found.reference))
    alone = [run for one, run in runs if is_one_process(one)]
    cpu = min((run.loop_cpu / max(1, run.pages) for run in alone), default=0.0)
    speeds = [(one.combination, found.speed(one)) for one in found.ranked]
    one_process = max((speed for one, speed in speeds if is_one_process(one)), default=0.0)
    fastest = max((speed for _, speed in speeds), default=0.0)
    latency = min((run.mean_latency for one, run in runs if one.strategy == "serial"), default=known.latency)
    return replace(known, cpu=cpu, latency=latency, fastest=(one_process, fastest))


def _gap(delay: float) -> float:
    """Seconds between two requests to a host under `polite.delay`."""
    return delay + 2 * HostThrottle(delay, 1).slack if delay else 0.0


def _pace(job: Job, host: str, crawl_delay: float) -> Pace:
    polite = job.polite.for_host(host)
    return Pace(polite.per_host, _gap(max(polite.delay, crawl_delay)))


def _where(trace: Path) -> Where | None:
    """Where the time of a run went; None where its trace could not be written, which is no fault of the run."""
    from crawler.trace.read import read
    from crawler.trace.timeline import timeline_html

    try:
        found = read(trace)
    except ConfigError:
        return None
    return Where(found.shares, found.sentence(), found.sentence(most=2), timeline_html(found, max_rows=ROWS))


def _setting() -> dict[str, str]:
    return {
        "crawler": __version__,
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "interpreter lock": interpreter_lock(),
        "system": f"{platform.system()} {platform.machine()}, {cores()} cores",
        "placement": "the server and the run share the cores as the scheduler decides",
    }
