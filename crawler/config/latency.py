"""How long the demo site waits, as a person writes it: one time, a range, or two percentiles."""

from __future__ import annotations

import re

from crawler.config.units import parse_duration, show_duration
from crawler.serving.latency import LONGEST, Latency

__all__ = ["BadLatency", "Wait", "parse_latency", "show_latency"]

Wait = float | Latency
"""Seconds that every answer waits, or how the times are spread."""

FORMS = "write 200ms (all alike), 50ms..400ms (any time between) or p50 100ms p95 800ms (half within, 95 % within)"
_RANGE = re.compile(r"\s*(.*?)\s*\.\.\s*(.*?)\s*")
_PERCENTILES = re.compile(r"\s*p50\s+(.*?)\s+p95\s+(.*?)\s*")
_MOST_TEXT = 100  # a text of a million characters is refused unread


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
    text = value if isinstance(value, str) and len(value) <= _MOST_TEXT else ""
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
    if not 0 <= seconds <= LONGEST:
        raise BadLatency(f"must be 0s to {show_duration(LONGEST)}, got {value}", "", offset)
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
