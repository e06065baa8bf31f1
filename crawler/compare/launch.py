"""Start a measured run and wait for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from crawler.clock import duration
from crawler.compare.measure import Measured
from crawler.compare.task import Task
from crawler.process import module_command

__all__ = ["LOG", "launch", "why_it_ended"]

LOG = "log.txt"
_STOP_SECONDS = 10.0
_MAX_LENGTH = 200


def launch(module: str, task: Task, timeout: float | None) -> Measured:
    """Run `module` with a task in a fresh process and measure it. An exception here kills the whole tree."""
    ask = {"module": module, "input": task.plain(), "timeout": timeout, "log": str(Path(task.folder) / LOG)}
    process = subprocess.Popen(  # noqa: S603  # our own module, no shell
        module_command("crawler.compare.measure"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C of the terminal is for us; the tree ends with our end of the pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(ask).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return Measured(**json.loads(answer)) if answer else Measured(1, 0.0, None, None, 0)


def why_it_ended(measured: Measured, folder: Path, timeout: float | None) -> str:
    """Why a run gave no result, in one sentence."""
    if measured.code is None:
        assert timeout is not None  # nothing else ends a run without a code
        return f"took longer than {duration(timeout)} and was stopped"
    with open(folder / LOG, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    last = lines[-1][:_MAX_LENGTH] if lines else ""
    how = f"killed by signal {-measured.code}" if measured.code < 0 else f"exit code {measured.code}"
    return f"{how}: {last}" if last else how
