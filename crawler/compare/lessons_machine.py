"""What the machine is and does: its cores, its speed, and how much of it other work takes meanwhile."""

from __future__ import annotations

import os
import platform
import time

from crawler import __version__
from crawler.compare.hooks import burn_steps
from crawler.cores import cores

__all__ = ["busy_seconds", "setting", "steps_a_second"]

CALIBRATION = 1_000_000


def setting() -> dict[str, str]:
    """What a reader must know to judge the figures, as label and value."""
    return {
        "crawler": __version__,
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}, {cores()} cores",
    }


def busy_seconds() -> float | None:
    """CPU seconds that all CPUs were busy since the machine started (proc(5), stat); None where there is no /proc."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, irq, soft, steal = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + soft + steal) / float(os.sysconf("SC_CLK_TCK"))


def steps_a_second() -> float:
    """Turns of the loop of `burn` in a second of CPU, the best of three."""
    return CALIBRATION / min(_calibrate() for _ in range(3))


def _calibrate() -> float:
    began = time.thread_time()
    burn_steps(CALIBRATION)
    return time.thread_time() - began
