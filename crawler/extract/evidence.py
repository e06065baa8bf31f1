"""What the links of a page tell about parameters that may hold the id of a session.

A server that writes its session into URLs writes one id into nearly all of its links, whatever they lead to. Of a
number that tells pages apart, links on one page have many, and differ in nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING

from crawler import urls
from crawler.sessions import is_token, parameters, suspects

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["sessions_on"]

_LIMIT = 20_000
_NEARLY_ALL = 0.8
_MOST = 2 / 3


def sessions_on(page: PageView, followed: Iterable[str]) -> dict[str, bool]:
    """Return the names of parameters for which the page has evidence: True for a session, False for what is none.

    All links of the page to its own host are looked at, but only where one that is followed has a suspect.

    Args:
        followed: clean URLs.
    """
    names = {name for url in followed if "=" in url for name in suspects(url)}
    if not names:
        return {}
    own = _own_links(page)
    return {name: verdict for name in sorted(names) if (verdict := _verdict(name, own)) is not None}


def _own_links(page: PageView) -> set[str]:
    home, found = urls.host(page.url), set()
    document = page.document
    for node in document.select(None, "a[href]")[:_LIMIT]:
        page.check_time()
        try:
            url = page.resolve(document.attr(node, "href") or "")
        except urls.BadUrl:
            continue
        if urls.host(url) == home:
            found.add(url)
    return found


def _verdict(name: str, own: set[str]) -> bool | None:
    ignore = frozenset({name})
    values: dict[str, set[str]] = defaultdict(set)
    pages, without = set(), set()
    for url in own:
        value, page = parameters(url).get(name), urls.identity(url, ignore)
        if value is None:
            without.add(page)
        else:
            values[value].add(page)
            pages.add(page)
    carrying = sum(map(len, values.values()))
    if len(values) > 1 and carrying >= 2 * len(pages):
        return False
    value, most = max(((value, len(found)) for value, found in values.items()), key=itemgetter(1), default=("", 0))
    everywhere = most >= _NEARLY_ALL * carrying and carrying >= _MOST * (carrying + len(without))
    return True if most > 1 and everywhere and is_token(value) else None
