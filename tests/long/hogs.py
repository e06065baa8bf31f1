"""`python -m tests.long.hogs`: three processes that take all the CPU they get start in the middle of a comparison.

The same comparison is done three times: alone, with hogs that end after a while, and with hogs that stay to the end. It
prints what each says of noise, and fails where one calls faster what the first called slower, or has no leader of it.
It needs a machine that is quiet otherwise, and takes about ten minutes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections.abc import Callable

from crawler.api import load
from crawler.compare.outcome import Comparison
from crawler.compare.runner import Aim, compare
from crawler.compare.significance import Judgement
from crawler.compare.sites import Demo, open_site
from crawler.compare.task import RunSource, combinations, reference

CONFIG = "configs/demo.yaml"
STRATEGIES = ("serial", "threads", "curl")
HOGS, AFTER = 3, 3  # so many processes, from this round on
SPIN = "while True: pass"


class Hogs:
    """Starts the hogs when a line of progress says that the round has begun, and ends them in time."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._hogs: list[subprocess.Popen[bytes]] = []
        self._timer: threading.Timer | None = None

    def __call__(self, line: str) -> None:
        print(f"  {line}", file=sys.stderr, flush=True)
        if line.startswith(f"round {AFTER} ") and not self._timer:
            self._hogs = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(HOGS)]
            self._timer = threading.Timer(self._seconds or 1e6, self.end)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Kill them."""
        for hog in self._hogs:
            hog.kill()
            hog.wait()
        self._hogs = []


def compared(tell: Callable[[str], None], rounds: int, books: int) -> Comparison:
    """What the comparison finds."""
    job = load(CONFIG)
    among = combinations(STRATEGIES, [8], ["auto"])
    aim = Aim(RunSource(CONFIG), job, tuple(among), reference("serial", among), rounds)
    with open_site(job, Demo(latency=0.01, books=books)) as site:
        return compare(aim, site, tell)


def shown(what: str, found: Comparison) -> Judgement:
    """Print what was found; the verdict on the crawl."""
    print(f"{what}\n  order: {', '.join(one.name for one in found.ranked)}")
    for text in (*found.verdict(), *found.notes):
        print(f"  {text}")
    return found.judgement("crawl")


def agree(a: Judgement, b: Judgement) -> bool:
    """Whether nobody who is faster in one is slower in the other, and a leader of one leads in the other too."""
    opposite = {"slower": "faster", "faster": "slower"}
    against = [pair for pair in a.pairs if opposite.get(a.pairs[pair].outcome) == b.pairs[pair].outcome]
    return not against and bool(set(a.leaders) & set(b.leaders))


def main() -> int:
    """Do the three comparisons; 1 where the hogs changed a verdict."""
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--books", type=int, default=200)
    options.add_argument("--seconds", type=float, default=20.0, help="how long the hogs of the second comparison stay")
    given = options.parse_args()
    alone = shown("alone", compared(lambda line: print(f"  {line}", file=sys.stderr), given.rounds, given.books))
    same = True
    for what, seconds in ((f"{HOGS} hogs for {given.seconds:.0f} s", given.seconds), (f"{HOGS} hogs that stay", None)):
        hogs = Hogs(seconds)
        try:
            found = compared(hogs, given.rounds, given.books)
        finally:
            hogs.end()
        same &= agree(alone, shown(what, found))
        same &= any(run.noise.is_bad for one in found.entrants for run in (*one.runs, *one.set_aside) if run.noise)
    print("the hogs are seen and change no verdict" if same else "THE HOGS CHANGE A VERDICT, OR ARE NOT SEEN")
    return not same


if __name__ == "__main__":
    raise SystemExit(main())
