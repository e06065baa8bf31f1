"""Signals and the death of workers under every strategy, as a table: `python -m tests.long.stop_table [STRATEGY...]`.

A line is one run: what happened to it, its exit code, the seconds from then to its end, the threads, children and
zombies that it had when it left, the orphans, semaphores and temporary files that were there a while after, and
whether the outputs, after a second run where the first was stopped, are those of a run to which nothing happened,
byte for byte. The exit code is 1 where a line is not as it should be. Takes about five minutes on a quiet machine; on
a busy one the seconds may be too many.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from crawler.strategies.registry import entry
from tests.support.jobs import digest, write_job
from tests.support.stopping import End, Shop, ended, open_shop, robbed, stopped
from tests.support.usable import USABLE

LATENCY = 0.1
STOP_SECONDS = 2 + 2 * LATENCY  # each worker may have one request under way and one ready
RUN_SECONDS = 60.0
SIGNALS = {"SIGINT": 130, "SIGTERM": 143}
HEAD = ("strategy", "event", "exit", "seconds", "inside", "after", "outputs", "")
WIDTHS = (20, 15, 5, 8, 9, 9, 11, 0)


def main(names: list[str]) -> int:
    line(*HEAD)
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder), books=60, latency=LATENCY) as shop:
        right = [check(shop, Path(folder), strategy) for strategy in names or USABLE]
    return 0 if all(right) else 1


def check(shop: Shop, folder: Path, strategy: str) -> bool:
    """Print the lines of one strategy; tells whether all of them are right."""

    def job(event: str) -> Path:
        return write_job(folder / f"{strategy}-{event}", shop.url, fetch={"strategy": strategy, "workers": 4})

    right = []
    for event, code in SIGNALS.items():
        end = stopped(path := job(event), shop.log, signal.Signals[event])
        again = ended(path)
        right.append(tell(strategy, event, code, end, STOP_SECONDS))
        same = again.report["resumed"] and digest(path.parent / "out") == digest(shop.expected)
        right.append(tell(strategy, "resumed", 0, again, RUN_SECONDS, same=same))
    if entry(strategy).processes:
        end = robbed(path := job("killed"), shop.log)
        same = digest(path.parent / "out") == digest(shop.expected)
        right.append(tell(strategy, "workers killed", 0, end, RUN_SECONDS, same=same))
    return all(right)


def tell(strategy: str, event: str, code: int, end: End, most: float, *, same: bool | None = None) -> bool:
    """Print one line; tells whether it is right."""
    wrong = [] if end.code == code else [f"exit code is not {code}"]
    wrong += [] if end.seconds < most else [f"took more than {most} s"]
    wrong += [] if end.clean else [f"not clean: {end.err.decode()}"]
    outputs = "" if same is None else "the same" if same else "DIFFERENT"
    inside, left = (str(each or "nothing") for each in (end.inside, end.left))
    line(strategy, event, end.code, f"{end.seconds:.2f}", inside, left, outputs, "; ".join(wrong))
    return not wrong and same is not False


def line(*cells: object) -> None:
    print("".join(f"{cell!s:{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
