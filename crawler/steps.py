"""From one address to the next: what a pager, a calendar or a session changes in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["date_of", "grown", "sessions", "shape", "without"]

_NUMBER = re.compile(r"\d+")
_LONGEST_NUMBER = 18
_DATE = re.compile(
    r"(?<!\d)(?:([12]\d{3})[-/_.]?(0[1-9]|1[0-2])(?:[-/_.]?(0[1-9]|[12]\d|3[01]))?|(0?[1-9]|1[0-2])[-/_.]([12]\d{3}))(?!\d)"
)
_YEAR = re.compile(r"(?:^|[?&])(?:[a-z_]*year|yr|y)=([12]\d{3})(?=&|$)", re.I)
_MONTH = re.compile(r"(?:^|[?&])(?:[a-z_]*month|mon|mo|m)=(0?[1-9]|1[0-2])(?=&|$)", re.I)


def shape(url: str) -> str:
    """Return the address with every number as 0: pages of one list have one shape."""
    return _NUMBER.sub("0", url)


def grown(first: str, second: str) -> int:
    """Return by how much the one number in which two addresses differ has grown; 0 where it is not so."""
    if shape(first) != shape(second):
        return 0
    pairs = zip(_NUMBER.findall(first), _NUMBER.findall(second), strict=True)
    changed = [pair for pair in pairs if pair[0] != pair[1]]
    if len(changed) != 1 or max(map(len, changed[0])) > _LONGEST_NUMBER:
        return 0
    return max(0, int(changed[0][1]) - int(changed[0][0]))


def sessions(url: str, links: list[str]) -> frozenset[str]:
    """Return the parameters that are the same on all links of a page, and not what they are in its own address.

    That is how a session looks which changes with every page.
    """
    if len(links) < 2 or not all("?" in link for link in links):
        return frozenset()
    common = set.intersection(*map(_pairs, links)) - _pairs(url)
    return frozenset(pair.partition("=")[0] for pair in common)


def without(url: str, names: Iterable[str]) -> str:
    """Return the address without some of its parameters."""
    base, mark, query = url.partition("?")
    if not mark or not names:
        return url
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in names]
    return f"{base}?{'&'.join(kept)}" if kept else base


def date_of(url: str) -> tuple[int, int, int] | None:
    """Return the month that an address names, as year, month, and day or 0; None where it names none, or several."""
    query = url.partition("?")[2]
    year, month = _YEAR.search(query), _MONTH.search(query)
    if year and month:
        return int(year[1]), int(month[1]), 0
    found = _DATE.findall(url)
    if len(found) != 1:
        return None
    year_first, month_second, day, month_first, year_second = found[0]
    return int(year_first or year_second), int(month_second or month_first), int(day or 0)


def _pairs(url: str) -> set[str]:
    return set(url.partition("?")[2].split("&")) - {""}
