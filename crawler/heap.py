"""What one page leaves free in memory is kept for the next one.

As soon as 128 kB at its end are free, glibc gives them back to the system (mallopt(3), M_TRIM_THRESHOLD), and the tree
of the next page is paid for with new ones, one page fault for each 4 kB. Whether they are at the end is a matter of
luck: runs that had none cost a tenth of their CPU time more.
"""

from __future__ import annotations

import sys
from contextlib import suppress

__all__ = ["keep"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of malloc.h
_MOST_FREE = 16 << 20
_LARGE = 1 << 20  # what is larger has pages of its own; setting the other one would freeze this at 128 kB


def keep() -> None:
    """Keep up to 16 MB free in this process; without effect where there is no glibc.

    For programs of ours only: a library does not change how its host uses memory.
    """
    if sys.platform != "linux":
        return
    with suppress(ImportError, AttributeError):  # a Python without ctypes, a libc without mallopt
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, _MOST_FREE)
        mallopt(_MMAP_THRESHOLD, _LARGE)
