"""How a part is measured: ours and the reference in turn, the least CPU time of each, and the ratio of both.

Other programs on the machine can only add CPU time (caches, memory), so the least of several rounds says most.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Part:
    """Two pieces of work that are compared; each returns the CPU seconds it took.

    Attributes:
        per: how many pages, rows or URLs each of them does.
        reference: in words, what `bare` does.
    """

    name: str
    ours: Callable[[], float]
    bare: Callable[[], float]
    reference: str
    per: int = 1


@dataclass(frozen=True)
class Setup:
    """What parts are built from: a folder of their own, a stack for what must be closed, rows of the workbook."""

    work: Path
    stack: ExitStack
    rows: int = 3000


@dataclass
class Timed:
    """The least CPU seconds of a part so far."""

    part: Part
    ours: float = field(default=float("inf"))
    bare: float = field(default=float("inf"))

    @property
    def ratio(self) -> float:
        """Ours to the reference: less is better."""
        return self.ours / self.bare


def measure(timed: Iterable[Timed], rounds: int) -> None:
    """Run all parts in turn, `rounds` times, after one that is not counted."""
    timed = list(timed)
    gc.collect()
    gc.freeze()  # what is alive now is the harness: a collection within a part need not look at it
    for turn in range(rounds + 1):
        for each in timed:
            ours, bare = each.part.ours(), each.part.bare()
            if turn:
                each.ours, each.bare = min(each.ours, ours), min(each.bare, bare)
    gc.unfreeze()


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process for `work`."""
    began = time.process_time()
    work()
    return time.process_time() - began


def spent_by(arguments: list[str]) -> float:
    """CPU seconds of a Python program with its children.

    Raises:
        SystemExit: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, cwd=ROOT, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"python {' '.join(arguments)} failed with exit code {process.returncode}")
    return used.ru_utime + used.ru_stime
