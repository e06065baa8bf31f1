"""URLs that are not visited because a site generates them endlessly."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

from crawler.url_parameters import date_of

__all__ = ["Traps"]

MAX_SEGMENTS, MAX_REPEATS = 30, 3
YEARS_AHEAD, YEARS_BACK = 5, 300
_NESTED = re.compile(r"([a-z_]+)%(?:25)*3d", re.I)


class Traps:
    """Judges addresses by their look alone.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: float) -> None:
        self._year = datetime.fromtimestamp(now, UTC).year

    def __call__(self, url: str, since: str) -> str | None:
        """Return why an address is not visited; None where it may be.

        Args:
            url: a clean URL.
            since: address of the page that leads there, where both are of one kind; else "".
        """
        if url.count("/") > MAX_REPEATS + 2 and (why := _growing_path(url)):  # with those of http://
            return why
        if "?" in url and (why := _growing_query(url)):
            return why
        return self._calendar(url, since) if since else None

    def _calendar(self, url: str, since: str) -> str | None:
        """Whether a calendar goes on to a month that nobody has written anything for: from one to the next to it."""
        date = date_of(url)
        if date is None or -YEARS_BACK <= date[0] - self._year <= YEARS_AHEAD:
            return None
        before = date_of(since)
        if before is None or abs(_months(date) - _months(before)) > 1:
            return None
        ahead = date[0] > self._year
        far = f"{YEARS_AHEAD} years ahead" if ahead else f"{YEARS_BACK} years back"
        return f"a calendar that continues to {date[0]}-{date[1]:02}, more than {far}"


def _growing_path(url: str) -> str | None:
    segments = list(filter(None, url.partition("?")[0].split("/")[3:]))
    if len(segments) > MAX_SEGMENTS:
        return "a path that keeps growing"
    repeated = len(segments) - len(set(segments))
    if repeated >= MAX_REPEATS and max(Counter(segments).values()) > MAX_REPEATS:
        return "a path that keeps growing"
    return None


def _growing_query(url: str) -> str | None:
    """Whether parameters are added again and again, or an address holds itself, again and again."""
    query = url.partition("?")[2]
    pairs = Counter(pair for pair in query.split("&") if pair)
    nested = Counter(_NESTED.findall(query))
    if max(pairs.values(), default=0) > MAX_REPEATS or max(nested.values(), default=0) > MAX_REPEATS:
        return "a query that keeps growing"
    return None


def _months(date: tuple[int, int, int]) -> int:
    return 12 * date[0] + date[1]
