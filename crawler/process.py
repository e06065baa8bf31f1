"""This process: the CPUs that it may use, the memory that it keeps, and how it exits.

As soon as 128 kB at its end are free, glibc gives them back to the system (mallopt(3), M_TRIM_THRESHOLD), and the tree
of the next page is paid for with new ones, one page fault for each 4 kB. Whether they are at the end is a matter of
luck: runs that had none cost a tenth of their CPU time more.

Python's own way out waits for threads and children: one that hangs would keep the process alive. So a process ends at
once, and removes first what Python would have removed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

__all__ = ["cores", "exit_now", "interpreter_lock", "module_command", "raise_trim_threshold", "remove_on_exit"]


def cores() -> int:
    """CPUs that this process may use; fewer than the machine has where it is bound to some of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def interpreter_lock() -> str:
    """Whether one thread at a time runs Python here: `on`, or `off` in a free-threaded build without it (PEP 703)."""
    is_on: bool = getattr(sys, "_is_gil_enabled", lambda: True)()  # new in Python 3.13
    return "on" if is_on else "off"


def module_command(module: str, python: str = sys.executable) -> list[str]:
    """The command that runs a module of ours in another process.

    `python -m` looks for modules in the current folder first: there `crawler.py` or `queue.py` may be a file of the
    user's. So it does only where this process looks there, too.
    """
    looks_here = "" in sys.path or os.getcwd() in sys.path
    return [python, *([] if looks_here else ["-P"]), "-m", module]


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of malloc.h
_MAX_FREE = 16 << 20
_LARGE = 1 << 20  # what is larger has pages of its own; setting the other one would freeze this at 128 kB


def raise_trim_threshold() -> None:
    """Keep up to 16 MB free in this process; without effect where there is no glibc.

    For programs of ours only: a library does not change how its host uses memory.
    """
    if sys.platform != "linux":
        return
    with suppress(ImportError, AttributeError):  # a Python without ctypes, a libc without mallopt
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, _MAX_FREE)
        mallopt(_MMAP_THRESHOLD, _LARGE)


_folders: set[str] = set()


def remove_on_exit(folder: str) -> None:
    """Have `leave` remove a folder, with all that is in it."""
    _folders.add(folder)


def exit_now(code: int) -> NoReturn:
    """End this process now, whatever its threads and children do; safe in a signal handler."""
    if _folders:
        import shutil  # not for `--version`

        for folder in _folders:
            shutil.rmtree(folder, ignore_errors=True)
    os._exit(code)
