"""Dates that are counted from another moment: seconds since 1970, and `3 days ago`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import floor

__all__ = ["read_epoch", "read_relative"]

_EPOCH = re.compile(r"[+-]?[0-9]{1,17}(?:\.[0-9]{1,9})?")
_MILLISECONDS = 100_000_000_000
"""A greater number counts milliseconds: as seconds it would be after the year 5138."""
_COUNT = r"(?P<count>[0-9]{1,6}|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
_UNIT = r"(?P<unit>seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w|months?|mos?|years?|yrs?|y)"
_AGO = re.compile(rf"(?:about |over |almost |~ ?)?{_COUNT}\+? ?{_UNIT} ago")
_IN = re.compile(rf"in {_COUNT} ?{_UNIT}")
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1, "the day before yesterday": -2}
_CLOCK = re.compile(r",?(?: at)? (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\.?)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_WHOLE_DAYS = {"d": 1, "w": 7}


def read_epoch(text: str) -> datetime | str:
    """Return the moment of a number of seconds, or of milliseconds, since 1970, in UTC and whole seconds.

    `not-a-date` for a text that is no such number.
    """
    plain = text.strip()
    if not _EPOCH.fullmatch(plain):
        return "not-a-date"
    number = float(plain)
    if abs(number) >= _MILLISECONDS:
        number /= 1000
    try:
        return datetime(1970, 1, 1) + timedelta(seconds=floor(number))
    except OverflowError:
        return "not-a-date"


def read_relative(text: str, now: datetime | None = None) -> datetime | str:
    """Return the moment of `3 days ago`, `yesterday`, `in 2 hours`, `today at 10:30`; else `not-a-date`.

    What counts days or more is a day: its time of day is 0:00 where the text says none.

    Args:
        now: when that was said; the present where None, in local time.
    """
    now = (now or datetime.now()).replace(microsecond=0)
    said = " ".join(text.casefold().split()).rstrip(".")
    if said in ("now", "just now", "a moment ago", "moments ago"):
        return now
    for name, days in _DAYS.items():
        if said.startswith(name):
            return _at(now + timedelta(days=days), said[len(name) :])
    found = _AGO.fullmatch(said) or _IN.fullmatch(said)
    if found is None:
        return "not-a-date"
    count = _number(found["count"]) * (1 if said.startswith("in ") else -1)
    try:
        return _moved(now, count, _unit(found["unit"]))
    except (OverflowError, ValueError):
        return "not-a-date"


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return _WORDS.index(word) + 1 if word in _WORDS else 1


def _unit(word: str) -> str:
    return "month" if word.startswith("mo") else word[0]


def _moved(now: datetime, count: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return now + timedelta(seconds=count * _SECONDS[unit])
    day = now.replace(hour=0, minute=0, second=0)
    if unit in _WHOLE_DAYS:
        return day + timedelta(days=count * _WHOLE_DAYS[unit])
    months = day.year * 12 + day.month - 1 + (count if unit == "month" else 12 * count)
    year, month = divmod(months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, _length(year, month + 1)))


def _length(year: int, month: int) -> int:
    """Number of days of a month."""
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return (following - timedelta(days=1)).day


def _at(day: datetime, clock: str) -> datetime | str:
    if not clock:
        return day.replace(hour=0, minute=0, second=0)
    found = _CLOCK.fullmatch(clock)
    if found is None:
        return "not-a-date"
    hour, half = int(found[1]), found[4]
    if half:
        if not 1 <= hour <= 12:
            return "not-a-date"
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return day.replace(hour=hour, minute=int(found[2]), second=int(found[3] or 0))
    except ValueError:
        return "not-a-date"
