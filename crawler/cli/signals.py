"""Ctrl-C and SIGTERM: once ends the run in good order, twice at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from crawler.crawl.loop import Stopper

__all__ = ["stopping"]

_WHY = {"SIGINT": ("interrupted", 130), "SIGTERM": ("terminated", 143), "SIGHUP": ("terminated", 143)}


@contextmanager
def stopping(*, quiet: bool) -> Iterator[Stopper]:
    """A Stopper that the signals of this process use while the block lasts."""
    stopper = Stopper()

    def handle(number: int, frame: FrameType | None) -> None:
        why, code = _WHY[signal.Signals(number).name]
        if stopper.why in ("interrupted", "terminated"):
            _restore_terminal()
            os._exit(code)  # workers and the demo site end with us; the state is always whole
        stopper.stop(why)
        if not quiet:
            _write("\nstopping: what is in flight is finished and saved; again to stop at once\n")

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


def _write(text: str) -> None:
    try:
        os.write(2, text.encode())
    except OSError:
        pass


def _restore_terminal() -> None:
    if sys.stderr.isatty():
        _write("\x1b[?25h\n")  # the progress line hides the cursor
