"""The wall clock for time stamps and exports; it can be fixed to make exports reproducible."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

__all__ = ["duration", "is_fixed", "now", "timestamp"]

_VARIABLE = "SOURCE_DATE_EPOCH"  # https://reproducible-builds.org/specs/source-date-epoch/


def is_fixed() -> bool:
    """Whether SOURCE_DATE_EPOCH stops the clock: then exports leave out what differs from run to run."""
    return os.environ.get(_VARIABLE, "").strip().isdigit()


def timestamp() -> float:
    """Seconds since 1970."""
    return float(os.environ[_VARIABLE]) if is_fixed() else time.time()


def duration(seconds: float) -> str:
    """For a person: `0.5 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def now() -> datetime:
    """The time of day, in UTC when the clock is stopped, else in the zone of this machine."""
    moment = datetime.fromtimestamp(timestamp(), UTC)
    return moment if is_fixed() else moment.astimezone()
