"""The wall clock for time stamps and exports, which can be fixed to make exports reproducible; durations as text."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

__all__ = ["duration", "is_fixed", "now", "timestamp"]

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_VARIABLE = "SOURCE_DATE_EPOCH"  # https://reproducible-builds.org/specs/source-date-epoch/


def is_fixed() -> bool:
    """Whether SOURCE_DATE_EPOCH stops the clock: then exports leave out what differs from run to run."""
    return os.environ.get(_VARIABLE, "").strip().isdigit()


def timestamp() -> float:
    """Seconds since 1970."""
    return float(os.environ[_VARIABLE]) if is_fixed() else time.time()


def duration(seconds: float, *, exact: bool = False) -> str:
    """For a person: `0.4 s`, `12 s`, `3 min 20 s`, `2 h`, `1 d 5 h`. The same form wherever a duration is shown.

    Args:
        seconds: 0 or more.
        exact: show all of it, as for a value of a config: `0.25 s`, `1 h 5 s`. Else below 10 s a tenth of a second is
            the smallest part, above it the two largest units are shown.
    """
    if exact and not float(seconds).is_integer():
        from decimal import Decimal  # late: most durations are whole, or rounded

        return f"{Decimal(repr(seconds)):f} s"
    if not exact and seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    counts: list[tuple[int, str]] = []
    rest = int(seconds) if exact else round(seconds)
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count or counts:
            counts.append((count, unit))
    shown = counts if exact else counts[:2]
    return " ".join(f"{count} {unit}" for count, unit in shown if count) or "0 s"


def now() -> datetime:
    """The time of day, in UTC when the clock is stopped, else in the zone of this machine."""
    moment = datetime.fromtimestamp(timestamp(), UTC)
    return moment if is_fixed() else moment.astimezone()
