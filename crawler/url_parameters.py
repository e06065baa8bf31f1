"""URL parameters: which may hold a session, and what a pager or a calendar changes.

By its name and by how random it looks a parameter may hold a session; nothing is decided by that alone:
`crawler.extract.parser` looks at the links of a page, and docs/state.md has the rule. `sid=25/07/01/0415211` is the
number of a story."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote_plus

__all__ = [
    "date_of",
    "grown",
    "is_token",
    "parameter_names",
    "parameters",
    "sessions",
    "shape",
    "suspects",
    "with_parameters",
    "without",
]


_NAME = r"(?:[^?&;=/]*(?:sid|sess|session)(?:[_-]?(?:id|key|hash))?|s|zenid)"
_MAY_HOLD_ONE = re.compile(rf"(?i)[?&;]{_NAME}=[0-9a-z]{{8}}").search
_IS_NAME = re.compile(rf"(?i){_NAME}").fullmatch
_ID = re.compile(r"[0-9A-Za-z]{16,256}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").fullmatch
_CHANGE = re.compile(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])|[a-z](?=[A-Z])").findall


def parameters(url: str) -> dict[str, str]:
    """Return the parameters of a clean URL, those of its path (`;name=value`) too, by their names in lower case."""
    path, _, query = url.partition("?")
    behind = [part.partition("/")[0] for part in path.split(";")[1:]]
    pairs = (pair.partition("=") for pair in [*behind, *query.split("&")])
    return {name.lower(): value for name, mark, value in pairs if mark}


def parameter_names(url: str) -> frozenset[str]:
    """Return the names of the parameters in the query of a clean URL, decoded."""
    query = url.partition("?")[2]
    return frozenset(unquote_plus(part.partition("=")[0]) for part in query.split("&") if part)


def with_parameters(url: str, pairs: Iterable[tuple[str, str | None]]) -> str:
    """Return a clean URL with these parameters in its query: in the place of one of the same name, or at the end.

    One without a value is taken out.
    """
    base, _, query = url.partition("?")
    parts = [part for part in query.split("&") if part]
    for name, value in pairs:
        at = [number for number, part in enumerate(parts) if unquote_plus(part.partition("=")[0]) == name]
        if value is None:
            parts = [part for number, part in enumerate(parts) if number not in at]
            continue
        written = f"{quote(name, safe='')}={quote(value, safe='')}"
        if at:
            parts[at[0]] = written
            parts = [part for number, part in enumerate(parts) if number not in at[1:]]
        else:
            parts.append(written)
    return f"{base}?{'&'.join(parts)}" if parts else base


def suspects(url: str) -> dict[str, str]:
    """Return the parameters of a clean URL that may hold the id of a session."""
    if _MAY_HOLD_ONE(url) is None:
        return {}
    return {name: value for name, value in parameters(url).items() if _IS_NAME(name) and is_token(value)}


def is_token(value: str) -> bool:
    """Tell whether a value looks like a random id: letters and digits without a pattern, at least 16, or a UUID.

    Words and numbers have long runs of one sort, `summer2024morning`; what is random changes from letters to digits,
    or to capital letters, at every third character or so.
    """
    changes = len(_CHANGE(value)) if _ID(value) else 0
    return 6 * changes > len(value) and any(map(str.isdigit, value))


_NUMBER = re.compile(r"\d+")
_MAX_NUMBER = 18
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
    if len(changed) != 1 or max(map(len, changed[0])) > _MAX_NUMBER:
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
