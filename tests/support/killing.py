"""Kill a run at a random moment, run it again, and see that nothing was lost, doubled or needlessly fetched."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.jobs import crawl, digest, fetched, kill, log_lines, start

WORKERS = 8
WINDOW = 2 * WORKERS  # most pages that are in flight, and so uncommitted


@dataclass
class Target:
    """What is crawled and killed.

    `arguments` gives the command line of a run under a strategy that writes into a folder.
    """

    arguments: Callable[[Path, str], list[str | Path]]
    log: Path
    seconds: float = 0.0
    digest: str = ""
    again: int = 0  # pages fetched more than once without a kill: those that several page kinds read

    def measure(self, folder: Path) -> None:
        """One undisturbed run: how long it takes, what it leaves, and what it fetches more than once."""
        skip = len(self.log.read_text().splitlines())
        began = time.monotonic()
        done = crawl("run", *self.arguments(folder, "threads"), "--quiet")
        self.seconds = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        self.digest = digest(folder)
        self.again = self._again(skip)

    def _again(self, skip: int) -> int:
        counts = Counter(fetched(log_lines(self.log, skip)))
        return sum(count - 1 for count in counts.values())

    def kill_one(self, folder: Path, strategy: str, seed: int) -> tuple[int, bool]:
        """Pages fetched twice, and whether the run was killed with something left to do."""
        arguments = self.arguments(folder, strategy)
        skip = len(self.log.read_text().splitlines())
        process = start("run", *arguments, "--quiet")
        time.sleep(random.Random(seed).uniform(0.1, self.seconds * 1.1))
        if not kill(process):
            assert digest(folder) == self.digest, f"seed {seed}"
            return 0, False
        again = crawl("run", *arguments, "--json")
        assert again.returncode == 0, again.stderr
        assert digest(folder) == self.digest, f"seed {seed}"
        if not json.loads(again.stdout)["resumed"]:
            return 0, False  # it had not begun, or was killed when all was written: the next run begins anew
        return self._again(skip) - self.again, True

    def kill_many(self, folder: Path, strategy: str, seeds: Iterable[int]) -> tuple[int, int]:
        """Number of runs that were killed and gone on with, and most pages that one of them fetched twice."""
        kills = most = 0
        for seed in seeds:
            twice, killed = self.kill_one(folder / str(seed), strategy, seed)
            assert twice <= WINDOW, f"seed {seed}: {twice} pages were fetched twice"
            kills, most = kills + killed, max(most, twice)
        return kills, most
