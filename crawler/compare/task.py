"""Which combinations are run, what a measured process is told, and the job it makes of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from crawler.config import Job, load
from crawler.config.starts import Start
from crawler.replay.playback import Replay
from crawler.strategies.registry import STRATEGIES, entry

__all__ = [
    "RESULT",
    "STATE",
    "Combination",
    "RunSource",
    "Task",
    "combinations",
    "find",
    "is_one_process",
    "reference",
]


@dataclass(frozen=True, slots=True)
class Combination:
    """One way to run the job.

    Attributes:
        python: the interpreter that runs it; "" for the one that runs this.
        on: how that is called in names: `py3.14`.
    """

    strategy: str
    workers: int
    parse: str
    python: str = ""
    on: str = ""

    @property
    def name(self) -> str:
        """As it is shown and chosen: `threads/16/callback`."""
        return "/".join(filter(None, (self.strategy, str(self.workers), self.parse, self.on)))

    @property
    def flags(self) -> str:
        """As it is given to `crawler run`."""
        return f"--strategy {self.strategy} --workers {self.workers} --parse {self.parse}"


def combinations(
    strategies: Sequence[str],
    workers: Sequence[int],
    places: Sequence[str],
    pythons: Sequence[tuple[str, str]] = (("", ""),),
) -> list[Combination]:
    """Every combination that differs from the others, in the order in which they were named.

    A strategy of fixed width ignores the number of workers. Where one request goes after another in one thread,
    it is the same whether the page is parsed in the worker, in the callback or behind a barrier.

    Args:
        pythons: path of each interpreter, and how it is called in names.

    Raises:
        ConfigError: there is no such strategy.
    """
    found: dict[object, Combination] = {}
    for strategy in strategies:
        for count in workers:
            for place in places:
                for python, on in pythons:
                    one = replace(_settled(strategy, count, place), python=python, on=on)
                    found.setdefault(_what_matters(one), one)
    return list(found.values())


def _settled(strategy: str, workers: int, place: str) -> Combination:
    known = entry(strategy)
    if place == "auto":
        place = known.place
    return Combination(strategy, known.width or workers, place)


def _what_matters(one: Combination) -> object:
    if entry(one.strategy).width == 1 and one.parse != "pool":
        return one.strategy, one.workers, one.python
    return one


ONE_PROCESS = frozenset({"serial", "threads", "semaphore", "queue", "asyncio", "curl"})


def is_one_process(one: Combination) -> bool:
    """Whether all work is known to be done in one process, by one interpreter; `auto` may choose several."""
    return one.strategy in ONE_PROCESS and one.parse != "pool"


def find(name: str, among: Sequence[Combination]) -> Combination | None:
    """The combination that a user means: by its whole name, or the first of a strategy."""
    return next((one for one in among if name in (one.name, replace(one, on="").name, one.strategy)), None)


def reference(strategy: str, among: Sequence[Combination]) -> Combination:
    """The baseline: one of those that are compared, or one more, which is run once."""
    found = find(strategy, among)
    return found or _settled(strategy, max((one.workers for one in among), default=1), "auto")


RESULT, STATE = "result.json", "state.sqlite"


@dataclass(frozen=True, slots=True)
class RunSource:
    """Where a job comes from: the path of the config, or the config as a dict, with overrides and starts."""

    config: str | Mapping[str, Any]
    overrides: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()

    def load(self, more: Sequence[str] = ()) -> Job:
        """Read the job.

        Raises:
            ConfigError: every complaint.
        """
        return load(self.config, overrides=(*self.overrides, *more), starts=self.starts, known_strategies=STRATEGIES)


@dataclass(frozen=True, slots=True)
class Task:
    """One run.

    Attributes:
        base: where the site is served for this comparison; "" for the site itself.
        folder: for state, outputs and result.
        replay: folder of a recording, with host and port of the server that plays it back.
        trace: file that gets what each request did and when (`crawler.trace.read`); "" for none. A traced run is no
            measurement: it costs more.
    """

    source: RunSource
    combination: Combination
    base: str
    folder: str
    replay: tuple[str, str, int] | None = None
    trace: str = ""

    def recording(self) -> Replay | None:
        """What is played back, None for the site itself."""
        if self.replay is None:
            return None
        folder, host, port = self.replay
        job = self.job()
        return Replay(Path(folder), outputs=job.outputs, state=job.state_path, address=(host, port))

    def job(self) -> Job:
        """The job to run.

        Raises:
            ConfigError: every complaint.
        """
        one = self.combination
        job = self.source.load(
            (f"fetch.strategy={one.strategy}", f"fetch.workers={one.workers}", f"fetch.parse={one.parse}")
        )
        folder = Path(self.folder)
        outputs = tuple(folder / "output" / str(n) / path.name for n, path in enumerate(job.outputs))
        moved = replace(job, outputs=outputs, state_path=folder / STATE, files_path=folder / "output" / "files")
        return served_at(moved, self.base) if self.base else moved

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        source, one = self.source, self.combination
        return {
            "source": [source.config, list(source.overrides), list(source.starts)],
            "combination": [one.strategy, one.workers, one.parse, one.python, one.on],
            "base": self.base,
            "folder": self.folder,
            "replay": self.replay,
            "trace": self.trace,
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Task:
        """From what `plain` gave."""
        config, overrides, starts = plain["source"]
        source = RunSource(config, tuple(overrides), tuple(starts))
        folder, host, port = plain["replay"] or ("", "", 0)
        replay = (folder, host, port) if folder else None
        one = Combination(*plain["combination"])
        return cls(source, one, plain["base"], plain["folder"], replay, plain["trace"])


def served_at(job: Job, base: str) -> Job:
    """The job for a site that is served at `base` already: it starts no demo site of its own."""
    starts = tuple(start._replace(url=_served(start, job, base)) for start in job.starts)
    return replace(job, starts=starts, document=job.document.changed(demo=None))


def _served(start: Start, job: Job, base: str) -> str:
    """The URL of a start at another base: also where it is the page kind that says it."""
    url = start.url or job.pages[start.kind].request.url or ""
    return urljoin(base, url) if url.startswith("/") else url
