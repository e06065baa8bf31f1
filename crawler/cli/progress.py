"""Progress on stderr: a live line for a person, a plain line now and then for a log."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from crawler.cli.terminal import echo, is_terminal, paint, width
from crawler.clock import duration
from crawler.text_width import columns

if TYPE_CHECKING:
    from crawler.crawl.stats import Stats

__all__ = ["Progress", "Rate", "pace", "progress", "status_line"]

PLAIN_SECONDS = 30.0
RATE_OVER = 10.0  # seconds that the shown rate looks back
_WITH_BAR = 4  # of the texts have all that counts, so that a bar may take the rest of the window
REDRAWN = 0.2  # seconds
SURE_AFTER = 2.0  # seconds before a time left is worth showing

Observe = Callable[["Stats"], None]
Tell = Callable[[str], None]


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


class Progress:
    """The counts so far as text of any width.

    Args:
        name: of the job.
        stopping: whether the run is coming to its end.
    """

    def __init__(
        self,
        name: str,
        stopping: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._stopping, self._clock = name, stopping, clock
        self._began, self._rate = clock(), Rate(clock)
        self._tally: Stats | None = None

    def __call__(self, tally: Stats) -> None:
        """Take the newest counts; may be called as often as one likes."""
        self._tally = tally

    def line(self) -> str:
        """The whole of it: `demo: 523 pages read, 42 left, 3 failed, 310 pages/s, about 12 s left`."""
        return f"{self._name}: {self._texts()[0]}"

    def fitted(self, width: int, bar: Callable[[float, int], str]) -> str:
        """What fits into `width` columns, the more the wider; `bar` draws a share of a width."""
        texts, share = self._texts(), self._share()
        for text in texts[:_WITH_BAR]:
            for size in (24, 12):
                if columns(self._name) + len(text) + size + 4 <= width:
                    return f"{self._name}  {bar(share, size)}  {text}"
        return next((text for text in texts if len(text) <= width), texts[-1][:width])

    def _texts(self) -> list[str]:
        """From long to short."""
        tally = self._tally
        if tally is None:
            return ["starting"]
        if self._stopping():
            return [f"stopping, {tally.in_flight:,} in flight, {tally.left:,} left", "stopping"]
        rate = self._rate(_ended(tally))
        ended, failed = f"{tally.done:,} pages read", f"{tally.failed:,} failed" if tally.failed else ""
        skipped = f"{tally.skipped:,} skipped" if tally.skipped else ""
        left, rows = f"{tally.left:,} left", f"{tally.records:,} rows"
        speed, time_left = f"{pace(rate)} pages/s", self._time_left(tally, rate)
        short = f"{tally.done:,}/{tally.done + tally.left:,}"
        return [
            _joined(ended, left, failed, skipped, rows, speed, time_left and f"about {time_left} left"),
            _joined(ended, left, failed, speed, time_left and f"about {time_left} left"),
            _joined(f"{tally.done:,} read", left, failed, f"{pace(rate)}/s", time_left and f"{time_left} left"),
            _joined(short, failed, f"{pace(rate)}/s", time_left),
            _joined(short, failed, time_left),
            _joined(short, failed),
            short,
        ]

    def _time_left(self, tally: Stats, rate: float) -> str:
        if not tally.left or rate < 0.01 or self._clock() - self._began < SURE_AFTER:
            return ""
        return duration(tally.left / rate)

    def _share(self) -> float:
        tally = self._tally
        return _ended(tally) / max(1, _ended(tally) + tally.left) if tally else 0.0


def _ended(tally: Stats) -> int:
    return tally.done + tally.failed + tally.moved + tally.skipped


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def pace(rate: float) -> str:
    """A rate with as many digits as mean something."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


@contextmanager
def progress(name: str, stopping: Callable[[], bool], *, quiet: bool) -> Iterator[Observe]:
    """Something to call with every tally; what it shows depends on who watches."""
    if quiet:
        yield lambda tally: None
    elif is_terminal(sys.stderr):
        with _live(Progress(name, stopping)) as observe:
            yield observe
    else:
        yield _plain(Progress(name, stopping))


def _plain(shown: Progress) -> Observe:
    last = time.monotonic()

    def observe(tally: Stats) -> None:
        nonlocal last
        shown(tally)
        if time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            echo(shown.line(), sys.stderr)

    return observe


@contextmanager
def _live(shown: Progress) -> Iterator[Observe]:
    over = threading.Event()
    with status_line(quiet=False) as tell:
        drawing = threading.Thread(target=_draw, args=(shown, tell, over), name="progress", daemon=True)
        drawing.start()
        try:
            yield shown
        finally:
            over.set()
            drawing.join()


def _draw(shown: Progress, tell: Tell, over: threading.Event) -> None:
    """Rate and time left change also while no page comes, so the line is drawn by a thread of its own."""
    full, empty = ("\N{BOX DRAWINGS HEAVY HORIZONTAL}", "\N{BOX DRAWINGS LIGHT HORIZONTAL}")
    if not sys.stderr.encoding.lower().startswith("utf"):
        full, empty = "#", "."
    colours = {re.escape(full) + "{2,}": "green", re.escape(empty) + "{2,}": "dim", r"[\d,]+ failed": "yellow"}

    def bar(share: float, size: int) -> str:
        done = int(share * size)
        return full * done + empty * (size - done)

    while True:
        # Columns are left free for the ^C that the terminal prints; and some wrap when the last one is written.
        line = shown.fitted(width(sys.stderr) - 3, bar)
        for pattern, colour in colours.items():
            line = re.sub(pattern, partial(_painted, colour), line)
        tell(line)
        if over.wait(REDRAWN):
            return


def _painted(colour: str, found: re.Match[str]) -> str:
    return paint(found[0], colour, sys.stderr)


@contextmanager
def status_line(*, quiet: bool) -> Iterator[Tell]:
    """Something to call with what is going on: one line of a terminal, written over and removed at the end."""
    shows = not quiet and is_terminal(sys.stderr)

    def tell(text: str) -> None:
        if shows:
            with suppress(OSError, ValueError):  # the terminal is gone
                sys.stderr.write(f"\r\x1b[K{text}")
                sys.stderr.flush()

    try:
        yield tell
    finally:
        tell("")
