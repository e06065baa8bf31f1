"""Parse and format durations, sizes, shares and latencies.

For each: `show(parse(x))` means the same as `x`, and `parse(show(v)) == v`.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

from crawler.clock import duration
from crawler.serving.latency import MAX_LENGTH, Latency

__all__ = [
    "BadLatency",
    "Wait",
    "parse_budget",
    "parse_duration",
    "parse_latency",
    "parse_share",
    "parse_size",
    "show_duration",
    "show_latency",
    "show_share",
    "show_size",
]


_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "min": Decimal(60)}
_SECONDS |= {"h": Decimal(3600), "d": Decimal(86400)}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_PART = rf"({_NUMBER}) *(ms|s|min|m|h|d) *"
_DURATION = rf"(?:{_PART})+"

_BYTES = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_SIZE = rf"(?ai)({_NUMBER}) *(b|kb|mb|gb|kib|mib|gib)?"
_SHARE = rf"({_NUMBER}) *%"
_MAX_LENGTH = 40


def parse_duration(value: object) -> float:
    """Seconds of `30`, `30s`, `250ms`, `30m`, `2h`, `1h30m`, `1d`.

    Raises:
        ValueError: it is none of these, with what was expected.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and _finite(value):
        return float(value)
    text = _short(value)
    if re.fullmatch(_NUMBER, text):
        return float(text)
    if not re.fullmatch(_DURATION, text):
        raise ValueError("expected a duration such as 30 (seconds), 30s, 30m, 2h or 1h30m")
    return float(sum((Decimal(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text)), Decimal(0)))


def parse_budget(value: object) -> float:
    """Seconds of a duration in which something is to be done.

    Raises:
        ValueError: as `parse_duration`, or it is 0 or less.
    """
    seconds = parse_duration(value)
    if seconds <= 0:
        raise ValueError(f"expected more than 0 seconds, got {value}")
    return seconds


def show_duration(seconds: float) -> str:
    """`5400.0` as `1h30m`: `clock.duration`, as short as it is written in a config. A part of a second: `0.25s`."""
    return duration(seconds, exact=True).replace(" ", "").replace("min", "m")


def parse_size(value: object) -> int:
    """Bytes of `1000`, `500 kB`, `10MB`, `1.5 GB`, `64 KiB`. kB is 1000 bytes, KiB is 1024.

    Raises:
        ValueError: it is none of these, with what was expected.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.fullmatch(_SIZE, _short(value))
    if not found:
        raise ValueError("expected a size such as 10MB, 500 kB or 1000000 (bytes)")
    return int(Decimal(found[1]) * _BYTES[(found[2] or "b").lower()])


def show_size(size: int) -> str:
    """`10_000_000` as `10 MB`; never rounded."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if size and size % factor == 0:
            return f"{size // factor} {unit}"
    return f"{size} B"


def parse_share(value: object) -> float:
    """A share from `5%` or `0.05`; 0.05 either way.

    Raises:
        ValueError: it is neither, with what was expected.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and _finite(value):
        return float(value)
    text = _short(value)
    found = re.fullmatch(_SHARE, text)
    try:
        return float(Decimal(found[1]) / 100 if found else Decimal(text))
    except InvalidOperation:
        raise ValueError("expected a share such as 5% or 0.05") from None


def show_share(share: float) -> str:
    """`0.05` as `5%`."""
    text = f"{Decimal(repr(share)) * 100:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def _short(value: object) -> str:
    # A number of a million digits is refused unread: converting it takes quadratic time.
    return value.strip() if isinstance(value, str) and len(value) <= _MAX_LENGTH else ""


def _finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


Wait = float | Latency
"""Seconds that every response waits, or how the times are distributed."""

FORMS = (
    "write 200ms (the same for all), 50ms..400ms (a random time between) or p50 100ms p95 800ms (50 % and 95 % within)"
)
_RANGE = re.compile(r"\s*(.*?)\s*\.\.\s*(.*?)\s*")
_PERCENTILES = re.compile(r"\s*p50\s+(.*?)\s+p95\s+(.*?)\s*")
_MAX_TEXT = 100  # a text of a million characters is refused unread


class BadLatency(ValueError):
    """A latency that is none.

    Attributes:
        what, fix: what is wrong and what to do.
        offset: the character of the text at fault, from 0.
    """

    def __init__(self, what: str, fix: str = FORMS, offset: int = 0) -> None:
        super().__init__(f"{what}; {fix}" if fix else what)
        self.what, self.fix, self.offset = what, fix, offset


def parse_latency(value: object) -> Wait:
    """Seconds of `200ms`, or the distribution `50ms..400ms` or `p50 100ms p95 800ms`.

    Raises:
        BadLatency: it is none of these, or out of range.
    """
    text = value if isinstance(value, str) and len(value) <= _MAX_TEXT else ""
    if found := _RANGE.fullmatch(text):
        low, high = _both(found, "the end of the range is less than its start")
        return Latency("range", low, high)
    if found := _PERCENTILES.fullmatch(text):
        half, most = _both(found, "p95 is less than p50")
        if half <= 0:
            raise BadLatency("p50 must be more than 0", "", found.start(1))
        return Latency("percentiles", half, most)
    return _seconds(value, 0)


def _both(found: re.Match[str], out_of_order: str) -> tuple[float, float]:
    first, second = _seconds(found[1], found.start(1)), _seconds(found[2], found.start(2))
    if second < first:
        raise BadLatency(out_of_order, "write the shorter time first", found.start(2))
    return first, second


def _seconds(value: object, offset: int) -> float:
    got = f"'{value[:60]}'" if isinstance(value, str) and value else "something else" if value else "nothing"
    try:
        seconds = parse_duration(value)
    except ValueError:
        raise BadLatency(f"expected a duration, got {got}", offset=offset) from None
    if not 0 <= seconds <= MAX_LENGTH:
        raise BadLatency(f"must be 0s to {show_duration(MAX_LENGTH)}, got {value}", "", offset)
    return seconds


def show_latency(wait: Wait) -> str:
    """As a person writes it; `parse_latency` reads it back."""
    if not isinstance(wait, Latency):
        return _show(wait)
    first, second = _show(wait.first), _show(wait.second)
    return f"{first}..{second}" if wait.shape == "range" else f"p50 {first} p95 {second}"


def _show(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    return f"{milliseconds}ms" if 0 < milliseconds < 1000 and milliseconds / 1000 == seconds else show_duration(seconds)
