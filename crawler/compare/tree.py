"""A process and everything it starts: its CPU time, its memory, and its end.

On Linux the measuring process makes itself the subreaper of its descendants (prctl(2), PR_SET_CHILD_SUBREAPER): one
whose parent is gone becomes its child, so that it can be waited for, and its CPU time is counted. Workers of a fork
server are reached in no other way.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress

__all__ = ["IS_WHOLE", "MemoryWatch", "adopt_orphans", "descendants", "end_all", "reap_all"]

IS_WHOLE = sys.platform == "linux"
"""Whether the whole tree can be measured here."""

PERIOD = 0.05
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if IS_WHOLE:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(root: int) -> list[int]:
    """Process ids below `root`, without it; [] where there is no /proc."""
    children: dict[int, list[int]] = {}
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                children.setdefault(_parent(name), []).append(int(name))
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):  # it has just ended
        return -1


class MemoryWatch(threading.Thread):
    """Samples the memory of all descendants of this process.

    Attributes:
        peak: most bytes at one time: proportional set size, in which a page that n processes share counts as 1/n
            for each (proc(5), smaps_rollup); resident set size where that may not be read.
        samples: how often it was looked at.
    """

    def __init__(self) -> None:
        super().__init__(name="memory", daemon=True)
        self.peak, self.samples = 0, 0
        self._over = threading.Event()

    def run(self) -> None:
        """Look every 50 ms; more seldom where a look takes long, so that looking stays under a tenth of a core."""
        wait = 0.0
        while not self._over.wait(wait):
            began = time.thread_time()
            self.peak = max(self.peak, sum(map(_memory, descendants(os.getpid()))))
            self.samples += 1
            wait = max(PERIOD, 10 * (time.thread_time() - began))

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self.join()


def _memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return _resident(pid)


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def reap_all(grace: float) -> int:
    """Wait until every descendant has ended; after `grace` seconds kill the rest. Returns how many were killed."""
    until = time.monotonic() + grace
    while _reap():
        if time.monotonic() >= until:
            return end_all()
        time.sleep(0.005)
    return 0


def end_all() -> int:
    """Kill every descendant and wait for them. Returns how many there were."""
    killed: set[int] = set()
    while _reap():  # one that was just started may have been missed
        for pid in descendants(os.getpid()):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.005)
    return len(killed)


def _reap() -> bool:
    """Collect those that have ended; tells whether there are others."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return True
        except OSError:  # no child is left
            return False
