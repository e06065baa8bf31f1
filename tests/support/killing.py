"""Kill a run at a random moment, run it again, and see that nothing was lost, doubled or needlessly fetched.

`Target` is for the demo site, which is another process; `resumed_exactly` for sites in the process of the test.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.support.jobs import crawl, digest, fetched, kill, log_lines, start

WORKERS = 8
WINDOW = 2 * WORKERS  # most pages that are in flight, and so uncommitted
LATER = 0.03  # seconds; half of the kills come so long after their request: when its page is parsed, saved or stored


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


class Requests:
    """Counts the requests that a site gets, and says when so many more have come.

    Attributes:
        reached: is set by the request that `after` names.
        struck: numbers, from 0, of the requests at which a run was killed.
    """

    def __init__(self) -> None:
        self.count, self.struck = 0, list[int]()
        self.reached = threading.Event()
        self._at, self._lock = 0, threading.Lock()

    def __call__(self, *told: object) -> None:
        """Call this once for each request; it takes whatever a site tells."""
        with self._lock:
            self.count += 1
            if self.count == self._at:
                self.reached.set()

    def after(self, requests: int) -> None:
        with self._lock:
            self.reached.clear()
            self._at = self.count + requests

    def kill_one(self, path: Path, chance: random.Random, most: int, env: Mapping[str, str]) -> bool:
        """Start a run and kill it at a random request of so many; tells whether it had not ended before."""
        self.after(chance.randint(1, most))
        process = start("run", path, "--quiet", env=env)
        while not self.reached.wait(0.05) and process.poll() is None:
            pass
        if self.reached.is_set():
            time.sleep(chance.choice((0.0, chance.uniform(0, LATER))))
        killed = kill(process)
        if killed:
            self.struck.append(self._at - 1)
        return killed


def resumed_exactly(
    folder: Path,
    requests: Requests,
    write: Callable[[Path], Path],
    found: Callable[[Path], object],
    seeds: Iterable[int],
    *,
    env: Mapping[str, str] = MappingProxyType({}),
    look: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Kill a crawl for each seed at a random request, each second one twice, and see that each ends as an unkilled one.

    Args:
        requests: called by the site for each request.
        write: writes the config into a folder, and returns its path.
        found: what a crawl has left in its folder.
        look: looks at a folder right after a kill.
    """
    whole = folder / "whole"
    whole.mkdir()
    done = crawl("run", write(whole), "--quiet", env=env)
    assert done.returncode == 0, done.stderr
    wanted, most = found(whole), requests.count
    for seed in seeds:
        chance = random.Random(seed)
        part = folder / str(seed)
        part.mkdir()
        path, begun = write(part), requests.count
        for _ in range(1 + seed % 2):
            left = max(1, most - 1 - requests.count + begun)
            while not requests.kill_one(path, chance, left, env):  # it made fewer requests than the first one
                left = max(1, left // 2)
            look(part)
        ended = crawl("run", path, "--quiet", env=env)
        assert ended.returncode == 0, f"seed {seed}: {ended.stderr}"
        assert found(part) == wanted, f"seed {seed}"
