"""`python -m crawler.compare.run_child`: one run of a job in this process, which is being measured.

Standard input is a Task as JSON; `result.json` in its folder gets the report, and the CPU seconds that this process
alone took from the first to the last turn of the loop, and the most requests that the strategy was given at once.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.crawl.stats import Stats

__all__ = ["main"]


def main() -> int:
    """Run the job; a complaint of ours goes to standard error as one line."""
    from crawler import process
    from crawler.api import run
    from crawler.compare.task import RESULT, Task
    from crawler.errors import Stop

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever compares decides
    task = Task.of(json.load(sys.stdin))
    turns = _Turns()
    process.raise_trim_threshold()
    try:
        trace = Path(task.trace) if task.trace else None
        report = run(task.job(), fresh=True, observe=turns, replay=task.recording(), trace=trace)
    except Stop as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except SystemExit as error:  # a strategy of another package raised it
        print(f"SystemExit: {error}", file=sys.stderr)
        raise
    result = {"report": report.as_json(), "loop_cpu": turns.cpu, "handed_out": turns.handed_out}
    (Path(task.folder) / RESULT).write_text(json.dumps(result), encoding="utf-8")
    return 0


class _Turns:
    """CPU seconds of this process between the first and the last turn, and the most requests in flight at a turn."""

    def __init__(self) -> None:
        self._first: float | None = None
        self.cpu = 0.0
        self.handed_out = 0

    def __call__(self, tally: Stats) -> None:
        now = time.process_time()
        if self._first is None:
            self._first = now
        self.cpu = now - self._first
        self.handed_out = max(self.handed_out, tally.in_flight)


if __name__ == "__main__":
    raise SystemExit(main())
