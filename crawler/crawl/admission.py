"""Which pages are asked for at all, and the named reason of each that is not.

| reason | decided |
|---|---|
| `trap` | when a link is queued: a site makes up such addresses without end |
| `depth` | when a link is queued, and again when a shorter way to the page is found |
| `robots` | when the page is about to be asked for |
| `limit` | at the end of the run, for what is still queued |

Two more are decided where they can be known. `off-site`: by the rule that found the link (extract/follow.py), and for
redirects by retry_policy. `address-blocked`: by the client when it connects (fetch/addresses.py), for a name may lead
elsewhere by then.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from crawler.store.queued import Queued
from crawler.url_parameters import date_of

__all__ = ["ROBOTS", "Admission", "Refusal", "page_limit"]

MAX_SEGMENTS, MAX_REPEATS = 30, 3
YEARS_AHEAD, YEARS_BACK = 5, 300
_NESTED = re.compile(r"([a-z_]+)%(?:25)*3d", re.I)


class Refusal(NamedTuple):
    """Why a page is not asked for: a cause of docs/failures.md, and what there is to say about it."""

    code: str
    detail: str | None = None


ROBOTS = Refusal("robots", "robots.txt disallows it")


def page_limit(pages: int | None) -> Refusal:
    """The refusal of what is left when `limits.pages` is reached."""
    return Refusal("limit", f"the limit of {pages} pages (limits.pages) is reached")


class Admission:
    """Decides on links when they are queued.

    Args:
        max_depth: pages deeper than this are refused; None for no limit.
        traps: refuse addresses that a site makes up without end.
        now: seconds since 1970.
    """

    def __init__(self, *, max_depth: int | None = None, traps: bool = True, now: float = 0.0) -> None:
        self.max_depth = max_depth
        self._trap = _Traps(now) if traps else None

    def refusal(self, url: str, kind: str, depth: int, since: Queued | None) -> Refusal | None:
        """Return why a page is not asked for; None where it is.

        Args:
            url: a clean URL.
            kind: page kind.
            since: the page with the link; None for a start URL or the target of a redirect.
        """
        why = self._trap(url, since.url if since and since.kind == kind else "") if self._trap else None
        if why:
            return Refusal("trap", f"{why}; a rule of {since.kind} leads to {kind}" if since else why)
        return Refusal("depth") if self.is_too_deep(depth) else None

    def is_too_deep(self, depth: int) -> bool:
        """Tell whether `limits.depth` refuses a page of this depth."""
        return self.max_depth is not None and depth > self.max_depth


class _Traps:
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
