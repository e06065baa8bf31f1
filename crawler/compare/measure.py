"""`python -m crawler.compare.measure`: measure a module in a fresh process, with all that it starts.

On Linux the measuring process makes itself the subreaper of its descendants (prctl(2), PR_SET_CHILD_SUBREAPER): one
whose parent is gone becomes its child, so that it can be waited for, and its CPU time is counted. Workers of a fork
server are reached in no other way.

The first line on standard input is JSON: `module`, its `input`, `timeout` in seconds or null, `log`, a file for what
it prints, `ours`, process ids of servers that are ours, or null where others cannot be told from the server. Standard
input stays open: when it ends, whoever asked is gone, and so the tree is killed. The answer on
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

from crawler.compare.noise import Noise, NoiseWatch
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


def reap_all(grace: float) -> list[str]:
    """Wait until every descendant has ended; after `grace` seconds kill the rest. Returns what was killed."""
    until = time.monotonic() + grace
    while _reap():
        if time.monotonic() >= until:
            return end_all()
        time.sleep(0.005)
    return []


def end_all() -> list[str]:
    """Kill every descendant and wait for them. Returns their command lines."""
    killed: dict[int, str] = {}
    while _reap():  # one that was just started may have been missed
        for pid in descendants(os.getpid()):
            killed.setdefault(pid, _command(pid))
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    return [command for command in killed.values() if command]


_MAX_COMMAND = 120


def _command(pid: int) -> str:
    """How a process was started, or its name where that is not known; "" for one that has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().rstrip(b"\0").split(b"\0")
        with open(f"/proc/{pid}/stat", "rb") as file:
            before, _, after = file.read().rpartition(b")")
    except OSError:
        return ""
    if after.split()[0] == b"Z":
        return ""
    words[0] = os.path.basename(words[0]) or before.partition(b"(")[2]
    text = " ".join(b" ".join(words).decode("utf-8", "replace").split())
    return text if len(text) <= _MAX_COMMAND else text[: _MAX_COMMAND - 3] + "..."


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
        left_behind: command lines of processes that did not end with it and were killed.
        noise: what else the machine did meanwhile; None where that cannot be known.
    """

    code: int | None
    wall: float
    cpu: float | None
    memory: int | None
    left_behind: tuple[str, ...] = ()
    noise: Noise | None = None

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Measured:
        """From its fields as JSON has them."""
        noise, left_behind = plain["noise"], tuple(plain["left_behind"])
        return cls(**{**plain, "left_behind": left_behind, "noise": Noise(**noise) if noise else None})


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
    others = NoiseWatch(task["ours"] or ())
    with open(task["log"], "wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            module_command(task["module"]), stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        watch.start()
        code = _finish(process, json.dumps(task["input"]).encode(), task["timeout"])
    wall = time.perf_counter() - began
    left_behind = reap_all(GRACE) if IS_WHOLE else []
    watch.stop()
    cpu = _cpu()
    noise = others.noise(cpu) if task["ours"] is not None and IS_WHOLE else None
    return Measured(code, wall, cpu, watch.peak or None, tuple(left_behind), noise)


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
