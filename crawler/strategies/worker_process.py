"""What every worker process does at its start, under any strategy."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import connection, resource_tracker
from multiprocessing.util import get_temp_dir
from typing import Any

from crawler import process
from crawler.process import remove_on_exit

__all__ = ["context", "deaf", "prepare", "settle"]


_FOR_ALL = {signal.SIGINT, signal.SIGTERM}
_preload = ["crawler.strategies.preload"]  # what children need and the server of them imports once


def prepare(modules: Iterable[str]) -> None:
    """Let the server of the children start now, with these modules too: it takes as long as any program to start."""
    _preload[1:] = modules
    context()


def context() -> Any:
    """Start children from a fresh server process, or by spawn where there is none: fork and threads deadlock.

    Returns: a `multiprocessing` context; Any, because the base class of contexts does not declare what all have.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    remove_on_exit(get_temp_dir())  # where the socket of that server is
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(_preload)
    with deaf():
        forkserver.ensure_running()
    return start


@contextmanager
def deaf() -> Iterator[None]:
    """Block SIGINT and SIGTERM while a child process starts.

    A terminal, `timeout` and service managers send these signals to every process, and a Python that is just starting
    would die with a traceback.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it blocks signals in its own way, which would undo this
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_ALL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def settle() -> None:
    """Leave signals to the main process, end when it is gone, even by `kill -9`, and keep memory for the next page."""
    process.raise_trim_threshold()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        os.setsid()  # what is sent to the whole group is for the main process; what it sends to us, is for us
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FOR_ALL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
