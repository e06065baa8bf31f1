"""How many CPUs this program may use."""

from __future__ import annotations

import os

__all__ = ["cores"]


def cores() -> int:
    """CPUs that this process may use; fewer than the machine has where it is bound to some of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
