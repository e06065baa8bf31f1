"""One header Set-Cookie, read as RFC 6265, section 5.2, has it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["SetCookie", "read_set_cookie"]

MAX_LENGTH = 4_096  # of name and value together; RFC 6265, section 6.1, asks for no more
MAX_AGE = 400 * 86_400.0  # seconds: no cookie lives longer, as in browsers
GONE = 0.0

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
_AGE = re.compile(r"(-?)([0-9]{1,12})[0-9]*", re.ASCII).fullmatch
_WORDS = re.compile(r"[\x21-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e\t ]+")  # what parts a date, RFC 6265, 5.1.1
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?", re.ASCII).fullmatch
_DAY = re.compile(r"(\d{1,2})(?:\D.*)?", re.ASCII).fullmatch
_YEAR = re.compile(r"(\d{2,4})(?:\D.*)?", re.ASCII).fullmatch
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class SetCookie(NamedTuple):
    """What a server wants to set.

    Attributes:
        path: "" where the line names none: then it is the folder of the page.
        expires: seconds since 1970, `GONE` for a cookie to be deleted; None for one that lasts as long as the crawl.
        moving: `expires` was given as a time from now, so the same line means another time with each answer.
    """

    name: str
    value: str
    path: str
    secure: bool
    expires: float | None
    moving: bool


def read_set_cookie(line: str, url: str, now: float) -> SetCookie | None:
    """Return what a line sets; None where it sets nothing, or something that is not this host's to set.

    Args:
        line: the header's value, as latin-1.
        url: of the answer; absolute and clean.
        now: seconds since 1970.
    """
    pair, _, rest = line.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not (equals and name) or len(name) + len(value) > MAX_LENGTH or not _can_be_sent(pair):
        return None
    path, secure, date, age = "", False, None, None
    for part in rest.split(";") if rest else ():
        key, _, said = part.partition("=")
        key, said = key.strip(" \t").lower(), said.strip(" \t")
        if key == "path":
            path = said if said.startswith("/") and not _CONTROL(said) else ""
        elif key == "secure":
            secure = True
        elif key == "max-age":
            age = _age(said, age)
        elif key == "expires":
            date = _date(said, date)
        elif key == "domain" and said and not _is_within(url, said):
            return None
    if age is None:
        expires = None if date is None else min(date, now + MAX_AGE)
    else:
        expires = now + min(age, MAX_AGE) if age > 0 else GONE
    return SetCookie(name, value, path, secure, expires, age is not None)


def _can_be_sent(pair: str) -> bool:
    """No control characters; and UTF-8, or not every client could send it as it came."""
    if _CONTROL(pair):
        return False
    if pair.isascii():
        return True
    try:
        pair.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


def _is_within(url: str, domain: str) -> bool:
    """Whether the host is of that domain. One without a dot, as `com`, has no cookies of its own."""
    host, domain = urlsplit(url).hostname or "", domain.lower().removeprefix(".")
    within = host.endswith("." + domain) and "." in domain and not host[-1].isdigit()  # no address ends in a letter
    return host == domain or within


def _age(text: str, before: float | None) -> float | None:
    match = _AGE(text)
    if match is None:
        return before
    return -float(match[2]) if match[1] else float(match[2])


def _date(text: str, before: float | None) -> float | None:
    """Read a date by RFC 6265, section 5.1.1; what is none leaves the one before as it is."""
    time = day = month = year = None
    for word in _WORDS.split(text):
        if time is None and (found := _TIME(word)):
            time = int(found[1]), int(found[2]), int(found[3])
        elif day is None and (found := _DAY(word)):
            day = int(found[1])
        elif month is None and word[:3].lower() in _MONTHS:
            month = _MONTHS.index(word[:3].lower()) + 1
        elif year is None and (found := _YEAR(word)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return before
    year += 1900 if 70 <= year <= 99 else 2000 if year < 70 else 0
    try:
        return max(GONE, datetime(year, month, day, *time, tzinfo=UTC).timestamp()) if year >= 1601 else before
    except ValueError:
        return before
