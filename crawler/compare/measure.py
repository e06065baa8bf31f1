"""`python -m crawler.compare.measure`: run a module of ours in a fresh process and measure its whole process tree.

The first line on standard input is JSON: `module`, its `input`, `timeout` in seconds or null, `log`, a file for what
it prints. Standard input stays open: when it ends, whoever asked is gone, and so the tree is killed. The answer on
standard output is one line of JSON: see Measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from crawler.compare import tree

__all__ = ["Measured"]

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
    tree.adopt_orphans()
    threading.Thread(target=_end_with_owner, name="owner-watch", daemon=True).start()
    answer = json.dumps(asdict(_measure(task))) + "\n"
    with suppress(OSError):  # whoever asked is gone, and took the pipe along
        os.write(sys.stdout.fileno(), answer.encode())
    return 0


def _measure(task: dict[str, Any]) -> Measured:
    watch = tree.MemoryWatch()
    with open(task["log"], "wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            [sys.executable, "-m", task["module"]], stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        watch.start()
        code = _finish(process, json.dumps(task["input"]).encode(), task["timeout"])
    wall = time.perf_counter() - began
    left_behind = tree.reap_all(GRACE) if tree.IS_WHOLE else 0
    watch.stop()
    return Measured(code, wall, _cpu(), watch.peak or None, left_behind)


def _finish(process: subprocess.Popen[bytes], text: bytes, timeout: float | None) -> int | None:
    try:
        process.communicate(text, timeout)
        return process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        if tree.IS_WHOLE:
            tree.end_all()
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
    if tree.IS_WHOLE:
        tree.end_all()
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
