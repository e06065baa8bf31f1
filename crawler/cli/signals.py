"""Ctrl-C and SIGTERM in a run: once ends it in good order, twice at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from crawler.crawl.inbox import Stopper
from crawler.leave import leave

__all__ = ["stopping"]

_WHY = {"SIGINT": ("interrupted", 130), "SIGTERM": ("terminated", 143), "SIGHUP": ("terminated", 143)}
_STOPPING = "stopping after what is in flight; again to stop at once\n"


@contextmanager
def stopping(*, quiet: bool) -> Iterator[Stopper]:
    """A Stopper that the signals of this process use while the block lasts."""
    stopper = Stopper()

    def handle(number: int, frame: FrameType | None) -> None:
        why, code = _WHY[signal.Signals(number).name]
        if stopper.why in ("interrupted", "terminated"):
            _tell("stopped at once; the next run goes on\n")
            leave(code)  # workers and the demo site end with us; the state is always whole
        stopper.stop(why)
        if not quiet:
            _tell(_STOPPING)

    kept = {}
    for name in _WHY:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            kept[number] = signal.signal(number, handle)
    try:
        yield stopper
    finally:
        for number, before in kept.items():
            signal.signal(number, before)


def _tell(text: str) -> None:
    """Write past every buffer and lock: the signal may have come while one was held."""
    with suppress(OSError, ValueError):  # nobody listens any more
        over = "\r\x1b[K" if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else ""
        os.write(2, (over + text).encode())  # the message takes the place of the progress line
