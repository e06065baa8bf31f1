"""One command, measured as a whole process tree in a process of its own: CPU, wall time, peak memory.

CPU is that of every descendant, also of one that outlives its parent (see `crawler.compare.measure`); the watching
itself is not counted.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.serve import bind, cores, server_core
from crawler.compare.measure import IS_WHOLE, MemoryWatch, adopt_orphans, reap_all

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measured:
    """What a command took: CPU and wall seconds, peak MB; `error` is what it said last where it failed.

    Attributes:
        output: what it printed.
        span: seconds that the server saw of it, where somebody asked the server.
    """

    cpu: float = 0.0
    wall: float = 0.0
    peak: float = 0.0
    error: str = ""
    output: str = ""
    span: float = 0.0


def measure(command: list[str], client_cores: int = 1, timeout: float = 600) -> Measured:
    """Run a command on so many cores; with one, it is not the core of the server."""
    task = json.dumps([command, client_cores, timeout])
    # without this, each run would compile every module anew
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure"],
        input=task,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    if done.returncode:
        return Measured(error=done.stderr.strip()[-200:])
    return Measured(**json.loads(done.stdout))


def _measure(command: list[str], client_cores: int, timeout: float) -> Measured:
    allowed = cores()
    client = set(allowed[-client_cores:])
    bind(server_core())  # the watching shares the core of the server
    adopt_orphans()
    watch = MemoryWatch()
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=(lambda: os.sched_setaffinity(0, client)) if client else None,
    )
    watch.start()
    try:
        out, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = b"", f"took longer than {timeout:.0f} s".encode()
    wall = time.perf_counter() - began
    if IS_WHOLE:
        reap_all(5)
    watch.stop()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    error = _last_line(said) if process.returncode else ""
    peak = max(largest, watch.peak) / 1e6
    return Measured(used.ru_utime + used.ru_stime, wall, peak, error, out.decode(errors="replace"))


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "failed without a word"


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(*json.loads(sys.stdin.read())))))
