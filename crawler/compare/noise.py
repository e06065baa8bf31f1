"""What else the machine did while a run was measured, what the server counted, and which runs stand out.

Cores that others kept busy are worked out by subtraction: all the time that the CPUs were busy, less the time of the
measured tree and of the servers and processes that are ours. So processes count that ended meanwhile, and those that
a container hides: /proc/stat is that of the whole machine, in most containers as well.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from crawler.numbers import short_number
from crawler.process import cores

__all__ = ["MAX_SHARE", "Noise", "NoiseWatch", "Served", "disturbed", "outliers", "worst"]


MAX_SHARE = 0.05
"""Share of the cores that others may take. A run that needs all cores gets slower by about this share."""

FAR = 3.5
"""Modified z-score from which a value is an outlier (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993)."""

_TO_SIGMA = 0.6745  # MAD of a standard normal distribution
_MIN_RUNS = 4  # with fewer, nobody knows which of them is the odd one


@dataclass(frozen=True, slots=True)
class Noise:
    """What disturbed a run, from the start of its process to its end.

    Attributes:
        others: cores that other processes kept busy, on average.
        steal: cores that the host of this virtual machine gave to others, on average.
        cores: CPUs that the run might use; the others are counted on these alone.
    """

    others: float = 0.0
    steal: float = 0.0
    cores: int = field(default_factory=cores)

    @property
    def is_bad(self) -> bool:
        """Whether the run cannot be compared with quiet ones."""
        return self.others + self.steal > MAX_SHARE * self.cores

    @property
    def why(self) -> str:
        """What disturbed it, in words; "" where nothing did."""
        if not self.is_bad:
            return ""
        parts = [f"other processes kept {short_number(self.others, 2)} of {self.cores} cores busy"]
        if self.steal >= 0.01:
            parts.append(f"the host of this virtual machine took {short_number(self.steal, 2)} of a core")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Served:
    """What the server counted during a run.

    Attributes:
        requests: all that arrived, robots.txt included.
        most_at_once: the most that waited for their answer at one time; 0 where answers do not wait, and so nobody
            knows.
        statuses: how many were answered with each HTTP status.
    """

    requests: int
    most_at_once: int
    statuses: Mapping[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """Requests that were answered 429 Too Many Requests (RFC 6585)."""
        return self.statuses.get("429", 0)


class _Reading(NamedTuple):
    """Seconds since the machine started, over the CPUs that this process may use; `ours` over all of them."""

    at: float
    busy: float
    steal: float
    total: float
    ours: float


class NoiseWatch:
    """Looks at the CPUs when it is made and when it is asked.

    Args:
        ours: process ids whose CPU time is not that of others, beside this process and the tree that is measured.
    """

    def __init__(self, ours: Sequence[int]) -> None:
        self._ours = ours
        self._before = _read(ours)

    def noise(self, tree: float | None) -> Noise | None:
        """What others did since; None where that cannot be known.

        Args:
            tree: CPU seconds that the measured tree took since.
        """
        before, after = self._before, _read(self._ours)
        if before is None or after is None or tree is None:
            return None
        wall, number = after.at - before.at, cores()
        if not 0.5 < (after.total - before.total) / (wall * number) < 1.5:
            return None  # some sandboxes show a /proc/stat that stands still
        others = (after.busy - before.busy) - (after.ours - before.ours) - tree
        return Noise(max(0.0, others / wall), max(0.0, (after.steal - before.steal) / wall), number)


def _read(ours: Sequence[int]) -> _Reading | None:
    """None where there is no /proc of Linux."""
    try:
        names = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        with open("/proc/stat", encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("cpu")]
        each = [list(map(int, counts[:8])) for name, *counts in lines if name in names]
        user, nice, system, _, _, _, _, steal = (float(sum(column)) for column in zip(*each, strict=True))
    except (AttributeError, OSError, ValueError):
        return None
    tick = os.sysconf("SC_CLK_TCK")
    # Interrupts are left out: on the loopback they are mostly our own, and nobody can be named for the rest.
    busy, total = user + nice + system, float(sum(map(sum, each)))
    own = time.process_time() + sum(map(_cpu_of, ours))
    return _Reading(time.monotonic(), busy / tick, steal / tick, total / tick, own)


def _cpu_of(pid: int) -> float:
    """CPU seconds of one process with all its threads; 0 for one that has ended."""
    with suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def worst(noises: Iterable[Noise | None]) -> Noise | None:
    """The one that disturbed most; None where none is bad."""
    bad = [noise for noise in noises if noise is not None and noise.is_bad]
    return max(bad, key=lambda noise: noise.others + noise.steal, default=None)


def disturbed(rounds: Mapping[int, Sequence[Noise | None]]) -> str:
    """What a verdict must say where the machine was busy in rounds that count; "" where it was quiet.

    Args:
        rounds: the noise of the runs of each.
    """
    bad = [noise for noises in rounds.values() if (noise := worst(noises)) is not None]
    noise = worst(bad)
    if noise is None:
        return ""
    when = f"in {len(bad)} of {len(rounds)} rounds" if len(bad) < len(rounds) else "all the time"
    return (
        f"The machine was busy {when}: {noise.why}. What is said here holds for a machine as busy as that; compare "
        "again when it is quiet."
    )


def outliers(seconds: Mapping[str, Mapping[int, float]], matters: float) -> list[tuple[str, int, float]]:
    """Runs that are far from the others of their combination, as name, round and how many times as long they took.

    A round in which all were slower is not held against any of them: what is compared is the logarithm of the time
    less the median of the round. Far means a modified z-score above FAR, and a difference that matters.

    Args:
        seconds: of each run, by combination and round.
        matters: the smallest difference that matters, as a share.
    """
    logs = {name: {at: math.log(value) for at, value in runs.items()} for name, runs in seconds.items() if runs}
    own = {name: median(runs.values()) for name, runs in logs.items()}
    rest = {name: {at: value - own[name] for at, value in runs.items()} for name, runs in logs.items()}
    rounds = {at: median(runs[at] for runs in rest.values() if at in runs) for runs in rest.values() for at in runs}
    rest = {name: {at: value - rounds[at] for at, value in runs.items()} for name, runs in rest.items()}
    return [
        (name, at, math.exp(value))
        for name, runs in rest.items()
        if len(runs) >= _MIN_RUNS
        for at, value in runs.items()
        if _is_far(value, list(runs.values()), matters)
    ]


def _is_far(value: float, among: Sequence[float], matters: float) -> bool:
    middle = median(among)
    off = abs(value - middle)
    spread = median(abs(each - middle) for each in among)
    return off > math.log1p(matters) and off * _TO_SIGMA > FAR * spread
