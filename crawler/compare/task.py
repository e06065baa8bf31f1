"""What a measured process is told, and the job it makes of that: the user's job in folders of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from crawler.compare.matrix import Combination
from crawler.config import Job, load
from crawler.config.starts import Start
from crawler.replay.playback import Replay
from crawler.strategies.registry import STRATEGIES

__all__ = ["RESULT", "STATE", "Source", "Task"]

RESULT, STATE = "result.json", "state.sqlite"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a job comes from: the config with its overrides, as on the command line."""

    config: str
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
    """

    source: Source
    combination: Combination
    base: str
    folder: str
    replay: tuple[str, str, int] | None = None

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
        moved = replace(job, outputs=outputs, state_path=folder / STATE)
        return served_at(moved, self.base) if self.base else moved

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        source, one = self.source, self.combination
        return {
            "source": [source.config, list(source.overrides), list(source.starts)],
            "combination": [one.strategy, one.workers, one.parse],
            "base": self.base,
            "folder": self.folder,
            "replay": self.replay,
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Task:
        """From what `plain` gave."""
        config, overrides, starts = plain["source"]
        source = Source(config, tuple(overrides), tuple(starts))
        folder, host, port = plain["replay"] or ("", "", 0)
        replay = (folder, host, port) if folder else None
        return cls(source, Combination(*plain["combination"]), plain["base"], plain["folder"], replay)


def served_at(job: Job, base: str) -> Job:
    """The job for a site that is served at `base` already: it starts no demo site of its own."""
    starts = tuple(Start(urljoin(base, start.url), start.kind) for start in job.starts)
    return replace(job, starts=starts, document=job.document.changed(demo=None))
