"""What every worker process does when it starts, whatever strategy started it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import connection
from multiprocessing.util import get_temp_dir
from typing import Any

from crawler import heap
from crawler.leave import remove_at_end

__all__ = ["context", "settle"]


def context() -> Any:
    """Start children from a fresh server process, or by spawn where there is none: fork and threads deadlock.

    Returns: a `multiprocessing` context; Any, because the base class of contexts does not declare what all have.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    forkserver = multiprocessing.get_context("forkserver")
    forkserver.set_forkserver_preload(["crawler.strategies.preload"])  # else each child imports all of it again
    remove_at_end(get_temp_dir())  # where the socket of that server is
    return forkserver


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
