"""`python -m crawler.compare.measure`: measure a module in a fresh process, with all that it starts.

On Linux the measuring process makes itself the subreaper of its descendants (prctl(2), PR_SET_CHILD_SUBREAPER): one
whose parent is gone becomes its child, so that it can be waited for, and its CPU time is counted. Workers of a fork
server are reached in no other way.

The first line on standard input is JSON: `module`, its `input`, `timeout` in seconds or null, `log`, a file for what
it prints. Standard input stays open: when it ends, whoever asked is gone, and so the tree is killed. The answer on
standard output is one line of JSON: see Measured.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from crawler.process import module_command

__all__ = ["IS_WHOLE", "Measured", "MemoryWatch", "adopt_orphans", "descendants", "end_all", "reap_all"]


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
    """

    def __init__(self) -> None:
        super().__init__(name="memory", daemon=True)
        self.peak = 0
        self._over = threading.Event()

    def run(self) -> None:
        """Look every 50 ms; more seldom where a look takes long, so that looking stays under a tenth of a core."""
        wait = 0.0
        while not self._over.wait(wait):
            began = time.thread_time()
            self.peak = max(self.peak, sum(map(_memory, descendants(os.getpid()))))
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


GRACE = 5.0  # seconds that helpers of the run get to end after it


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process tree took.

    Attributes:
        code: exit code, negative for a signal; None after a timeout.
        wall: seconds from its start to its end.
        cpu: seconds of user and system time of all its processes; None where that cannot be known.
        memory: most bytes at one time of all its processes; None where that cannot be known.
        left_behind: processes that did not end with it and were killed.
    """

    code: int | None
    wall: float
    cpu: float | None
    memory: int | None
    left_behind: int


def main() -> int:
    """Measure one run."""
    task = json.loads(sys.stdin.readline())
    adopt_orphans()
    threading.Thread(target=_end_with_owner, name="owner-watch", daemon=True).start()
    answer = json.dumps(asdict(_measure(task))) + "\n"
    with suppress(OSError):  # whoever asked is gone, and took the pipe along
        os.write(sys.stdout.fileno(), answer.encode())
    return 0


def _measure(task: dict[str, Any]) -> Measured:
    watch = MemoryWatch()
    with open(task["log"], "wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            module_command(task["module"]), stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        watch.start()
        code = _finish(process, json.dumps(task["input"]).encode(), task["timeout"])
    wall = time.perf_counter() - began
    left_behind = reap_all(GRACE) if IS_WHOLE else 0
    watch.stop()
    return Measured(code, wall, _cpu(), watch.peak or None, left_behind)


def _finish(process: subprocess.Popen[bytes], text: bytes, timeout: float | None) -> int | None:
    try:
        process.communicate(text, timeout)
        return process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        if IS_WHOLE:
            end_all()
        return None


def _cpu() -> float | None:
    """Of all descendants that were waited for, here or by a parent that was itself waited for (getrusage(2))."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _end_with_owner() -> None:
    # Below the file object: its lock would be held when the interpreter ends, which is fatal.
    while os.read(0, 1024):
        pass
    if IS_WHOLE:
        end_all()
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
