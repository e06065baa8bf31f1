"""What every worker process does when it starts, whatever strategy started it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable
from multiprocessing import connection
from multiprocessing.util import get_temp_dir
from typing import Any

from crawler import heap
from crawler.leave import remove_at_end

__all__ = ["context", "prepare", "settle"]

_preload = ["crawler.strategies.preload"]  # what children need and the server of them imports once


def prepare(modules: Iterable[str]) -> None:
    """Let the server of the children start now, with these modules too: it takes as long as any program to start."""
    _preload[1:] = modules
    if sys.platform != "win32":
        from multiprocessing import forkserver

        context()
        forkserver.ensure_running()


def context() -> Any:
    """Start children from a fresh server process, or by spawn where there is none: fork and threads deadlock.

    Returns: a `multiprocessing` context; Any, because the base class of contexts does not declare what all have.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    remove_at_end(get_temp_dir())  # where the socket of that server is
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(_preload)
    return start


def settle() -> None:
    """Leave Ctrl-C to the main process, end when it is gone, even by `kill -9`, and keep memory for the next page."""
    heap.keep()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
