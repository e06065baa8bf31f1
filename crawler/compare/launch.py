"""Start a measured run and wait for it."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from crawler.clock import duration
from crawler.compare.measure import Measured
from crawler.compare.task import RESULT, Task
from crawler.process import module_command

__all__ = ["LOG", "launch", "own_environment", "why_it_ended"]

LOG = "log.txt"
_STOP_SECONDS = 10.0
_MAX_LENGTH = 200
_TAIL = 65_536  # bytes of a log that are looked at; a strategy may print without end


def launch(module: str, task: Task, timeout: float | None, servers: Sequence[int] | None = ()) -> Measured:
    """Run `module` with a task in a fresh process and measure it. An exception here kills the whole tree.

    Args:
        servers: process ids of servers that are ours, and so no noise; None where the server is on this machine and
            not ours: what others take cannot be told from what it takes.
    """
    ours = None if servers is None else [os.getpid(), *servers]
    log = str(Path(task.folder) / LOG)
    ask = {"module": module, "input": task.plain(), "timeout": timeout, "log": log, "ours": ours}
    process = subprocess.Popen(  # noqa: S603  # our own module, no shell
        module_command("crawler.compare.measure", task.combination.python or sys.executable),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=own_environment(),
        start_new_session=True,  # Ctrl-C of the terminal is for us; the tree ends with our end of the pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    answer = b""
    try:
        with suppress(BrokenPipeError):  # it ended at once: its log says why
            process.stdin.write(json.dumps(ask).encode() + b"\n")
            process.stdin.flush()
        answer = process.stdout.readline()
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return Measured.of(json.loads(answer)) if answer else Measured(1, 0.0, None, None)


def own_environment() -> dict[str, str]:
    """The environment of a process that is to find the user's own modules, under this interpreter or another.

    What this one has installed stays out: another version of Python could not load it.
    """
    return {**os.environ, "PYTHONPATH": os.pathsep.join(_own_folders())}


def _own_folders() -> list[str]:
    """Where this process finds modules that do not come with its Python or its packages.

    A strategy of the user's own may stand there: beside his script, or in a folder that he added to `sys.path`.
    """
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")}
    installed |= {*site.getsitepackages(), site.getusersitepackages()}

    def is_own(folder: str) -> bool:
        parts = Path(folder).parts
        inside = any(Path(folder).is_relative_to(one) for one in installed)
        return not (inside or "site-packages" in parts or "dist-packages" in parts)

    folders = (os.path.abspath(one) for one in sys.path if not one.endswith(".zip"))
    return [folder for folder in dict.fromkeys(folders) if is_own(folder)]


def why_it_ended(measured: Measured, folder: Path, timeout: float | None) -> str:
    """Why a run gave no result, or why its process did not end well after its crawl; in one sentence."""
    is_over = (folder / RESULT).exists()
    if measured.code is None:
        assert timeout is not None  # nothing else ends a run without a code
        if is_over:
            return f"hung after its crawl: its process did not end within {duration(timeout)} and was stopped"
        return f"hung: it took longer than {duration(timeout)} and was stopped"
    if measured.code < 0:
        how = f"killed by signal {-measured.code}"
    elif measured.code or is_over:
        how = f"exit code {measured.code}"
    else:
        how = "its process ended before its crawl did, with exit code 0"
    last = _last_line(folder / LOG)
    return ("after its crawl: " if is_over else "") + how + (f": {last}" if last else "")


def _last_line(log: Path) -> str:
    """The last line that is not blank; "" where there is none, or no file."""
    with suppress(FileNotFoundError), open(log, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        lines = file.read().decode("utf-8", "replace").splitlines()
        return next((line.strip()[:_MAX_LENGTH] for line in reversed(lines) if line.strip()), "")
    return ""
