"""Refuse a page on which the parser would need too much time or memory, before it is parsed.

Three kinds of source take lexbor more than linear time or memory: thousands of elements each inside the other (50,000
took 2 to 5 s), tens of thousands of attributes in one tag (50,000 took 11 s), and formatting elements that nobody
closes, which the standard opens again in each block that follows (55 kB of source became 10,000,000 elements).
"""

from __future__ import annotations

import re
from collections import Counter

from crawler.errors import ExtractError

__all__ = ["check_bounds"]

_FEW = 3_000
"""Tags of a page with which none of this can be felt."""
_MOST = 1_500_000
_DEEPEST = 10_000
_REOPENED = 1_000_000
_ATTRIBUTES = 10_000
_STRETCH = 20_000
"""Bytes without a `<`: a tag with so many attributes has at least twice as many."""
_FORMATTING = frozenset(b"b big code em font i s small strike strong tt u".split())
"""Elements that are opened again; of `a` and `nobr` only one is ever open."""
_OPENED_AGAIN = re.compile(rb"<(/?(?:%s))(?=[\s>/])" % b"|".join(sorted(_FORMATTING)), re.I)
_OPEN_ENDED = frozenset(
    b"""area base br col embed hr img input link meta param source track wbr a nobr p li dt dd tr td th thead tbody
    tfoot option optgroup colgroup rp rt""".split()
)
"""What has no end tag, or ends by itself before the next of its kind."""
_CELLS = frozenset(b"td th tr caption".split())
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)")
_WHOLE = re.compile(rb"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+')*""")
_QUOTED = re.compile(rb""""[^"]*"|'[^']*'""")
_PARTED = re.compile(rb"""[\s/"']+""")


def check_bounds(page: bytes) -> None:
    """Look at a page in UTF-8; for nearly all it is enough to count the tags.

    Raises:
        ExtractError: `unparsable`.
    """
    tags = page.count(b"<")
    if tags > _MOST:
        raise ExtractError("unparsable", f"more than {_MOST:,} tags")
    if tags > _DEEPEST or (tags > _FEW and _unclosed(page) * tags > _REOPENED):
        _check_tags(page)
    for start in range(0, len(page) - _STRETCH, _STRETCH):
        if page.find(b"<", start, start + _STRETCH) < 0 and (tag := _WHOLE.match(page, page.rfind(b"<", 0, start))):
            _check_attributes(tag[0])


def _unclosed(page: bytes) -> int:
    """How many more formatting elements begin than end."""
    counts: Counter[bytes] = Counter()
    for tag, count in Counter(_OPENED_AGAIN.findall(page)).items():
        counts[tag.lstrip(b"/").lower()] += -count if tag[:1] == b"/" else count
    return sum(count for count in counts.values() if count > 0)


def _check_tags(page: bytes) -> None:
    """Follow the tags roughly as the parser does."""
    for found in _WHOLE.finditer(page):
        if found.end() - found.start() > _STRETCH:
            _check_attributes(found[0])
    open_tags: Counter[bytes] = Counter()
    deep = reopened = 0
    active = _Formatting()
    outside: list[_Formatting] = []
    for end, name, attributes in _TAG.findall(page):
        tag = name.lower()
        if tag in _FORMATTING:
            active.close(tag) if end else active.open(tag, attributes)
            continue
        if tag == b"table" and not end:
            outside.append(active)
        elif tag == b"table" and outside:
            active = outside.pop()
        elif tag in _CELLS and outside:
            active = _Formatting()  # what is open outside of a cell is not opened again inside
        if not end:
            reopened += active.size
        if tag not in _OPEN_ENDED and (not end or open_tags[tag]):
            step = -1 if end else 1
            open_tags[tag] += step
            deep += step
        if deep > _DEEPEST:
            raise ExtractError("unparsable", f"more than {_DEEPEST:,} elements, each inside the other")
        if reopened > _REOPENED:
            raise ExtractError("unparsable", f"{active.size:,} elements such as <b> and <font> that are never closed")


class _Formatting:
    """The formatting elements that the parser would open again; of equal ones three (HTML standard, 13.2.4.3)."""

    def __init__(self) -> None:
        self._open: dict[bytes, list[bytes]] = {}
        self._equal: Counter[tuple[bytes, bytes]] = Counter()
        self.size = 0

    def open(self, tag: bytes, attributes: bytes) -> None:
        self._equal[tag, attributes] += 1
        if self._equal[tag, attributes] <= 3:
            self._open.setdefault(tag, []).append(attributes)
            self.size += 1

    def close(self, tag: bytes) -> None:
        if self._open.get(tag):
            self._equal[tag, self._open[tag].pop()] -= 1
            self.size -= 1


def _check_attributes(tag: bytes) -> None:
    if len(_PARTED.split(_QUOTED.sub(b'"', tag))) > _ATTRIBUTES:
        raise ExtractError("unparsable", f"a tag with more than {_ATTRIBUTES:,} attributes")
