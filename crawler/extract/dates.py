"""Dates by declared formats only: 2/3/4 is six different days, so nothing is guessed.

Without a format a date is ISO 8601, as in the `datetime` attribute of HTML's `time`, or what feeds have: mail_dates.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from crawler.extract.numbers import ENGLISH, ascii_digits, load

__all__ = ["read_date", "read_datetime"]

_MAX_LENGTH = 100
_COUNTED = frozenset({"epoch", "relative"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*\.?")
_ORDINAL = re.compile(r"(?<!\d)(\d\d?)(?:st|nd|rd|th|er|re|eme|e|ste|de|\.?[oa°]|:[ae])(?!\w)", re.I)
"""A day of the month as many languages write it, without its accents: `1st`, `1er`, `1º`, `5e`."""
_CODE = re.compile(r"%([A-Za-z%])")
_ISO_PART = re.compile(r"\d{4}(?:-?W\d\d|-\d\d)?")  # a year, a month or a week
_EITHER_CENTURY = range(2050, 2069)
_WITH_YEAR = frozenset("YyGcxD")
_SHORTEST = 3
_YEAR = "January February March April May June July August September October November December"
_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = _YEAR.split()
_DAYS = _WEEK.split()
_OTHER_NAMES = {
    "de": {"jänner": "January", "feber": "February", "mrz": "March", "maerz": "March", "sonnabend": "Saturday"},
    "es": {"setiembre": "September"},
    "id": {"agt": "August", "nopember": "November"},
}
"""Names that CLDR has only for some countries of a language, or not at all."""


def read_date(text: str, formats: tuple[str, ...], locale: str) -> date | str:
    """Return the day a text names, or as `read_datetime` why not; of a text with a time of day, its date."""
    found = read_datetime(text, formats, locale, whole_day=True)
    return found if isinstance(found, str) else found.date()


def read_datetime(text: str, formats: tuple[str, ...], locale: str, *, whole_day: bool = False) -> datetime | str:
    """Return the moment a text names, with its zone if it has one, or a code that says why it names none.

    The codes: `not-a-date`; `incomplete-date` where the day, the month or the year is not said; `ambiguous-date`
    where it may be several days or moments; `wrong-weekday`.

    Args:
        whole_day: the time of day does not matter.
    """
    if len(text) > _MAX_LENGTH:
        return "not-a-date"
    text = ascii_digits(text)
    if not formats:
        return _undeclared(text, whole_day)
    if counted := _COUNTED.intersection(formats):
        found = _counted(text, counted)
        formats = tuple(form for form in formats if form not in counted)
        if found != "not-a-date" or not formats:
            return found
    if locale in ENGLISH:
        found = _by_formats([text], formats, whole_day)
        if found != "not-a-date":
            return found
    found = _by_formats(_spellings(text, locale), formats, whole_day)
    if found == "not-a-date" and (plain := _ORDINAL.sub(r"\1", _folded(text))) != text:
        found = _by_formats(_spellings(plain, locale), tuple(map(_folded, formats)), whole_day)
    return found


def _counted(text: str, formats: Collection[str]) -> datetime | str:
    """As read_datetime, of what counts from another moment."""
    from crawler.extract.counted_dates import read_epoch, read_relative  # late: few configs have any

    found: datetime | str = read_epoch(text) if "epoch" in formats else "not-a-date"
    return read_relative(text) if found == "not-a-date" and "relative" in formats else found


def _by_formats(spellings: list[str], formats: tuple[str, ...], whole_day: bool) -> datetime | str:
    found, why = None, "not-a-date"
    for form in formats:
        one = _by_format(spellings, form, whole_day)
        if isinstance(one, str):
            why = one if why == "not-a-date" else why
        elif found is not None and found != one:
            return "ambiguous-date"
        else:
            found = one
    return found or why


def _by_format(spellings: list[str], form: str, whole_day: bool) -> datetime | str:
    for spelling in spellings:
        try:
            found = _strptime(spelling, form)
        except (ValueError, OverflowError):
            continue
        return _doubt(spelling, form, found, whole_day) or found
    return "not-a-date"


def _strptime(text: str, form: str) -> datetime:
    """As datetime.strptime, also of a day without a year, which Python 3.15 refuses."""
    parts = _parts(form)
    if "d" in parts and not parts & _WITH_YEAR:
        text, form = f"{text} 2000", f"{form} %Y"
    return datetime.strptime(text, form)


def _doubt(text: str, form: str, found: datetime, whole_day: bool) -> str:
    """Return why what strptime made of a text is not what the text says; "" when it is.

    It takes the 1st for a day that is not said, January for a month and 1900 for a year, does not look at the weekday,
    and reads the years 50 to 68 as 2050 to 2068, where RFC 5322, 4.3 reads 1950 to 1968.
    """
    parts = _parts(form)
    if not _complete(parts):
        return "incomplete-date"
    if "y" in parts and found.year in _EITHER_CENTURY:
        return "ambiguous-date"
    if not whole_day and "I" in parts and "p" not in parts:
        return "ambiguous-date"
    if parts & {"a", "A"} and _weekday(text) not in {None, found.weekday()}:
        return "wrong-weekday"
    return ""


@lru_cache(maxsize=256)
def _parts(form: str) -> frozenset[str]:
    """The codes of a format: `d`, `B`, `Y`."""
    return frozenset(_CODE.findall(form))


@lru_cache(maxsize=256)
def _complete(parts: frozenset[str]) -> bool:
    """Tell whether codes name a day, its month and its year."""
    if parts & {"c", "x", "D", "F"}:
        return True
    by_week = parts & {"U", "W", "V"} and parts & {"a", "A", "u", "w"}
    day, month = by_week or parts & {"d", "j"}, by_week or parts & {"m", "b", "B", "j"}
    return bool(day and month and parts & {"Y", "y", "G"})


def _weekday(text: str) -> int | None:
    """Return the day of the week that a text names in English, 0 for Monday."""
    for word in _WORD.findall(text):
        for number, name in enumerate(_DAYS):
            if word.rstrip(".").casefold() in {name.casefold(), name[:3].casefold()}:
                return number
    return None


def _undeclared(text: str, whole_day: bool) -> datetime | str:
    """Read what needs no format, because it can be read in one way only."""
    found = _iso(text)
    if found == "not-a-date" and ":" in text:
        from crawler.extract.mail_dates import read_mail_date  # late: hardly any but feeds have such dates

        found = read_mail_date(text, whole_day=whole_day)
    return found


def _iso(text: str) -> datetime | str:
    if not text.isascii():
        return "not-a-date"
    try:
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return "incomplete-date" if _ISO_PART.fullmatch(text) else "not-a-date"
    return "incomplete-date" if _ISO_PART.fullmatch(text) else found


def _spellings(text: str, locale: str) -> list[str]:
    """Put strptime's names of days and months in place of the locale's, for it knows only those.

    Whether they must be long or short depends on the format, and many locales have one name for both: all four. A dot
    behind a short name may stand in the format or not: without it and with it.
    """
    days, months = _names(locale)
    spellings = []
    for day, month in ((9, 9), (3, 3), (9, 3), (3, 9)):
        names = {name: english[:month] for name, english in months.items()}
        names = {name: english[:day] for name, english in days.items()} | names
        spellings += [_put(text, names, dot) for dot in ("", ".")]
    return list(dict.fromkeys([*spellings, text]))


def _put(text: str, names: dict[str, str], dot: str) -> str:
    return _WORD.sub(lambda word: word[0] if _is_unit(word) else _name(word[0], names, dot), text)


def _is_unit(word: re.Match[str]) -> bool:
    """Tell whether a word says what the number in front of it counts: 3月5日 has no Monday and no Sunday."""
    at = word.start()
    return len(word[0]) == 1 and at > 0 and word.string[at - 1].isdigit()


def _folded(text: str) -> str:
    """Return a text without accents, vowel points and marks of the writing direction, its brackets in ASCII."""
    if text.isascii():
        return text
    plain = "".join(char if _is_raised(char) else unicodedata.normalize("NFKD", char) for char in text)
    kept = (char for char in plain if unicodedata.category(char)[0] != "M")
    return "".join(char for char in kept if unicodedata.category(char) != "Cf").replace("ı", "i")


def _is_raised(char: str) -> bool:
    """Tell whether it is a digit that is no part of the number beside it, but a note."""
    return char.isdigit() and not char.isdecimal()


def _name(word: str, names: dict[str, str], dot: str) -> str:
    """Return the English name of a word, also of one that only one name begins with: `Sept`, `Mär.`."""
    short = word.rstrip(".").casefold()
    found = names.get(word.casefold()) or names.get(short)
    if found is None and len(short) >= _SHORTEST:
        begun = {english for name, english in names.items() if name.startswith(short)}
        found = begun.pop() if len(begun) == 1 else None
    return word if found is None else found + (dot if word.endswith(".") else "")


@lru_cache(maxsize=32)
def _names(locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """English names of days and of months by the locale's, with and without their accents."""
    if locale in ENGLISH:
        return {name.casefold(): name for name in _DAYS}, {name.casefold(): name for name in _MONTHS}
    found = load(locale)
    days = _named(found.days, _DAYS, 0)
    months = _named(found.months, _MONTHS, 1)
    for name, english in _OTHER_NAMES.get(found.language, {}).items():
        (days if english in _DAYS else months).setdefault(name, english)
    return _with_folded(days), _with_folded(months)


def _named(source: Any, english: list[str], first: int) -> dict[str, str]:
    """English names by those of CLDR; the first of them has the number `first` there."""
    names: dict[str, str] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in source[context][width].items():
                names.setdefault(name.casefold(), english[number - first])
                names.setdefault(name.rstrip(".").casefold(), english[number - first])
    return names


def _with_folded(names: dict[str, str]) -> dict[str, str]:
    """The same names, and without accents those that are still told apart."""
    folded: dict[str, set[str]] = {}
    for name, english in names.items():
        folded.setdefault(_folded(name), set()).add(english)
    return {name: one.pop() for name, one in folded.items() if len(one) == 1} | names
