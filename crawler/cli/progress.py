"""Progress on stderr: a live line for a person, a plain line now and then for a log."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crawler.cli.terminal import echo, is_terminal
from crawler.config import Job
from crawler.crawl.tally import Tally

__all__ = ["Rate", "describe", "progress"]

LIVE_SECONDS, PLAIN_SECONDS = 0.2, 30.0
RATE_OVER = 10.0  # seconds that the shown rate looks back

Observe = Callable[[Tally], None]


class Rate:
    """Pages a second over the last seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._points: deque[tuple[float, int]] = deque([(clock(), 0)])

    def __call__(self, ended: int) -> float:
        """Take note of how many pages have ended; returns the rate."""
        now = self._clock()
        self._points.append((now, ended))
        while len(self._points) > 2 and now - self._points[0][0] > RATE_OVER:
            self._points.popleft()
        since, before = self._points[0]
        return (ended - before) / max(now - since, 1e-3)


def describe(tally: Tally, rate: float) -> str:
    """One line: `523 done, 42 left, 3 failed, 310 pages/s, about 12 s left`."""
    parts = [f"{tally.done:,} pages read", f"{tally.left:,} left"]
    parts += [f"{count:,} {name}" for name, count in (("failed", tally.failed), ("skipped", tally.skipped)) if count]
    parts += [f"{tally.records:,} records", f"{rate:,.0f} pages/s" if rate >= 10 else f"{rate:.1f} pages/s"]
    if tally.left and rate > 0.01:
        parts.append(f"about {duration(tally.left / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`12 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def progress(job: Job, *, quiet: bool) -> Iterator[Observe]:
    """Something to call with every tally; what it shows depends on who watches."""
    if quiet:
        yield lambda tally: None
    elif is_terminal(sys.stderr):
        with _live(job) as observe:
            yield observe
    else:
        yield _plain(job)


def _plain(job: Job) -> Observe:
    rate, last = Rate(), time.monotonic()

    def observe(tally: Tally) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            echo(f"{job.name}: {describe(tally, rate(tally.done + tally.failed + tally.moved))}", sys.stderr)

    return observe


@contextmanager
def _live(job: Job) -> Iterator[Observe]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    name, counts = TextColumn("[bold]{task.description}"), TextColumn("{task.fields[line]}")
    with Progress(SpinnerColumn(), name, BarColumn(bar_width=24), counts, console=console, transient=True, refresh_per_second=5, redirect_stdout=False) as bar:
        task = bar.add_task(job.name, total=None, line="starting")
        rate, last = Rate(), 0.0

        def observe(tally: Tally) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < LIVE_SECONDS:
                return
            last = now
            ended = tally.done + tally.failed + tally.moved + tally.skipped
            bar.update(task, completed=ended, total=ended + tally.left, line=describe(tally, rate(ended)))

        yield observe
