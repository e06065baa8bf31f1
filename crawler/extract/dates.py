"""Dates by declared formats only: 2/3/4 is six different days, so nothing is guessed.

Without a format a date is ISO 8601, as in the `datetime` attribute of HTML's `time`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from crawler.extract.locales import ENGLISH, load
from crawler.extract.numbers import ascii_digits

__all__ = ["check_format", "read_date", "read_datetime"]

_LONGEST = 100
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*\.?")
_YEAR = "January February March April May June July August September October November December"
_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = _YEAR.split()
_DAYS = _WEEK.split()
_SAMPLE = datetime(2024, 5, 17, 13, 45, 10)  # only to see whether a format works


def check_format(form: str) -> str | None:
    """One line that says what is wrong with a strptime format; None when it is right."""
    if "%" not in form:
        return "a date format names its parts with %, as in '%d.%m.%Y'"
    try:
        datetime.strptime(_SAMPLE.strftime(form), form)
    except ValueError as error:
        return str(error) if "directive" in str(error) else None
    except (re.error, OverflowError) as error:
        return f"not a usable format: {error}"
    return None


def read_date(text: str, formats: tuple[str, ...], locale: str) -> date | None:
    """Return the day a text names, or None; of a text with a time of day, its date."""
    found = read_datetime(text, formats, locale)
    return None if found is None else found.date()


def read_datetime(text: str, formats: tuple[str, ...], locale: str) -> datetime | None:
    """Return the moment a text names, with its zone if it has one, or None."""
    if len(text) > _LONGEST:
        return None
    text = ascii_digits(text)
    if not formats:
        return _iso(text)
    spellings = [text] if locale in ENGLISH else [*_english(text, locale), text]
    for form in formats:
        for spelling in spellings:
            try:
                return datetime.strptime(spelling, form)
            except (ValueError, OverflowError):
                continue
    return None


def _iso(text: str) -> datetime | None:
    if not text.isascii():
        return None
    try:
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None


def _english(text: str, locale: str) -> list[str]:
    """Put English names of days and months in place of the locale's, for strptime knows only those.

    Whether they must be long or short depends on the format, and many locales have one name for both: all four.
    """
    days, months = _names(locale)
    spellings = []
    for day, month in ((9, 9), (3, 3), (9, 3), (3, 9)):
        names = {name: english[:month] for name, english in months.items()}
        names = {name: english[:day] for name, english in days.items()} | names
        spellings.append(_WORD.sub(lambda word, names=names: _name(word[0], names), text))  # type: ignore[misc]
    return list(dict.fromkeys(spellings))


def _name(word: str, names: dict[str, str]) -> str:
    return names.get(word.casefold()) or names.get(word.rstrip(".").casefold(), word)


@lru_cache(maxsize=32)
def _names(locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """English names of days and of months by the locale's."""
    found = load(locale)
    days: dict[str, str] = {}
    months: dict[str, str] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for names, source, english, first in ((days, found.days, _DAYS, 0), (months, found.months, _MONTHS, 1)):
                for number, name in source[context][width].items():
                    names.setdefault(name.casefold(), english[number - first])
                    names.setdefault(name.rstrip(".").casefold(), english[number - first])
    return days, months
