"""Refuse a page on which the parser would need too much time or memory, before it is parsed.

Four kinds of source take lexbor more than linear time or memory: thousands of elements each inside the other (50,000
took 2 to 5 s), tens of thousands of attributes in one tag (50,000 took 11 s), tens of thousands of options in one
`select` (40,000 took 9 s), and formatting elements that nobody closes, which the standard opens again in each block
that follows (55 kB of source became 10,000,000 elements).

Nearly all pages are too small for any of it. Where a page is not, its tags are followed roughly as the parser does.
"""

from __future__ import annotations

import re
from collections import Counter

from crawler.errors import ExtractError

__all__ = ["check_bounds"]

_FEW = 2_000
"""Tags of a page with which none of this can be felt."""
_MAX = 1_500_000
_DEEPEST = 10_000
_REOPENED = 1_000_000
_OPTIONS = 10_000
_ATTRIBUTES = 20_000
_MAX_LENGTH = 60_000
"""Bytes of a tag. Tags that are shorter can be felt only where there are many."""
_LARGE = 1_000_000
_SHORT = 200
"""Bytes of a tag that holds too few to count."""
_WINDOW = _MAX_LENGTH // 2
_RUN = 5_000
"""Bytes."""

_FORMATTING = frozenset(b"b big code em font i s small strike strong tt u".split())
"""Elements that are opened again; of `a` and `nobr` only one is ever open."""
# The look ahead passes over most tags at the price of two letters.
_OPENED_AGAIN = rb"<(?=[bcefistuBCEFISTU][\s>/iomtIOMT])((?i:%s)(?=[\s>/])[^<>]*)" % b"|".join(sorted(_FORMATTING))
_OPEN_ENDED = frozenset(
    b"""area base br col embed hr img input link meta param source track wbr a nobr p li dt dd tr td th thead tbody
    tfoot option colgroup""".split()
)
"""What has no end tag, or ends by itself before the next of its kind."""
_CELLS = frozenset(b"td th caption".split())
_SCOPES = frozenset(b"table td th caption select marquee object applet template".split())
"""Elements that an end tag inside of them does not close what is outside."""
_FOREIGN = frozenset(b"svg math".split())
_FOREIGN_TAG = re.compile(rb"<(?:svg|math)", re.I)
_HTML_AGAIN = frozenset(b"foreignobject desc title annotation-xml mi mo mn ms mtext".split())
"""Elements of SVG and MathML that hold HTML."""
_BREAKS_OUT = frozenset(
    b"""b big blockquote body br center code dd div dl dt em embed font h1 h2 h3 h4 h5 h6 head hr i img li listing menu
    meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var""".split()
)
"""Elements that end SVG and MathML (HTML standard, 13.2.6.5)."""

# No group is possessive, as in `(...)*+`: early releases of Python 3.11 match that wrongly. Each way through these
# patterns excludes the others, so there is little to come back to. They are compiled where they are used, and kept by
# `re`: most pages need none of them, and to compile them is a twentieth of the start of a run.
_VALUE = rb"""\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+|(?=>)|\Z)"""
_ATTRIBUTE = rb"[\s/]*+[^\s/>][^\s/>=]*+(?:%s|(?!\s*+=))" % _VALUE
_REST = rb"(?:%s)*" % _ATTRIBUTE
_BETWEEN = re.compile(rb"[\s/]")
_TAG = rb"<(/?)([a-zA-Z][^\s/>]*+)((?:%s)*\s*+/?)" % _ATTRIBUTE
_WITH_ATTRIBUTES = rb"</?[a-zA-Z](?:%s){3,}" % _ATTRIBUTE
_PART = rb"""(?ix)<!--(?:-?>|[^-]*+(?:-(?!-!?>)[^-]*+)*)
    |(<!\[CDATA\[[^]]*+(?:](?!]>)[^]]*+)*)
    |<[!?][^>]*+
    |</[^a-zA-Z>][^>]*+
    |<(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>])(?:%s)*[\s/]*+>
        [^<]*+(?:<(?!/\2[\s/>])[^<]*+)*
    |<(/?)([a-zA-Z][^\s/>]*+)((?:%s)*[\s/]*+)""" % (_ATTRIBUTE, _ATTRIBUTE)
"""A comment, CDATA, an element that holds only text, or a tag."""


def check_bounds(page: bytes) -> None:
    """Look at a page in UTF-8; for nearly all it is enough to count the tags.

    Raises:
        ExtractError: `unparsable`.
    """
    tags = page.count(b"<")
    if tags > _MAX:
        raise ExtractError("unparsable", f"more than {_MAX:,} tags")
    if len(page) > _LARGE or (
        len(page) > _MAX_LENGTH and any(_may_be_one_tag(page, at) for at in range(0, len(page) - _WINDOW, _WINDOW))
    ):
        _check_attributes(page)
    if tags > _FEW and (tags > _DEEPEST or _formatting(page) * tags > _REOPENED):
        begin = tags - page.count(b"</")
        if begin > _DEEPEST or _formatting(page) * begin > _REOPENED:
            _Walk().follow(page)


def _may_be_one_tag(page: bytes, at: int) -> bool:
    """Tell whether a window may be inside of one tag, with attributes of it: every tag over _MAX_LENGTH has one.

    What stands before the window is not known: a value in quotes, one without, or the sign between name and value.
    """
    end = at + _WINDOW
    between = _BETWEEN.search(page, at, end)
    starts = [] if between is None else [between.start()]
    for quote in (b'"', b"'"):
        start = at
        for _ in range(2):
            start = page.find(quote, start, end) + 1
            if not start:
                break
            starts.append(start)
    return any(_goes_on(page, start, max(end, start + _RUN)) for start in starts)


def _goes_on(page: bytes, start: int, end: int) -> bool:
    """Tell whether one attribute follows the other from here to there."""
    if page.find(b">", start, end) < 0:
        return True
    found = re.compile(_REST).match(page, start, end)
    return found is not None and found.end() >= min(end, len(page))


def _check_attributes(page: bytes) -> None:
    """The parser compares each attribute of a tag with all others."""
    if sum(len(tag) ** 2 for tag in re.findall(_WITH_ATTRIBUTES, page) if len(tag) > _SHORT) < _MAX_LENGTH**2:
        return
    left = _ATTRIBUTES**2
    foreign = _FOREIGN_TAG.search(page)
    for part in re.finditer(_PART, page):
        if part.end() - part.start() > _SHORT:
            if part[4]:
                tags = [part[5]]
            elif foreign and foreign.start() < part.start():  # in SVG a script is an element as any other
                tags = [attributes for _, _, attributes in re.findall(_TAG, part[0])]
            else:
                continue
            left -= sum(sum(1 for _ in re.finditer(_ATTRIBUTE, tag)) ** 2 for tag in tags if len(tag) > _SHORT)
            if left < 0:
                raise ExtractError("unparsable", f"as many attributes as if one tag had {_ATTRIBUTES:,}")


def _formatting(page: bytes) -> int:
    """How many formatting elements can be open at once, as far as their start tags tell."""
    return sum(min(count, 3) for count in Counter(re.findall(_OPENED_AGAIN, page)).values())


class _Formatting:
    """The formatting elements that the parser would open again; of equal ones three (HTML standard, 13.2.4.3)."""

    def __init__(self) -> None:
        self._open: dict[bytes, list[bytes]] = {}
        self._equal: dict[tuple[bytes, bytes], int] = {}
        self.size = 0

    def open(self, tag: bytes, attributes: bytes) -> None:
        equal = self._equal.get((tag, attributes), 0)
        if equal < 3:
            self._equal[tag, attributes] = equal + 1
            self._open.setdefault(tag, []).append(attributes)
            self.size += 1

    def close(self, tag: bytes) -> None:
        if self._open.get(tag):
            self._equal[tag, self._open[tag].pop()] -= 1
            self.size -= 1


class _Scope:
    """What is open inside one of _SCOPES.

    Args:
        deep: elements open outside of it.
        formatting: of a table or a select that outside of it: only a cell begins a new list.
    """

    def __init__(self, name: bytes, deep: int, formatting: _Formatting) -> None:
        self.name, self.deep, self.formatting = name, deep, formatting
        self.open: dict[bytes, int] = {}


class _Walk:
    """Follows the tags of a page. Where it cannot know what the parser does, it counts what begins and not what ends.

    Raises:
        ExtractError: `unparsable`.
    """

    def __init__(self) -> None:
        self._deep = self._reopened = self._options = 0
        self._scopes = [_Scope(b"", 0, _Formatting())]
        self._foreign: list[bool] = []

    def follow(self, page: bytes) -> None:
        for found in re.finditer(_PART, page):
            end, name, attributes = found[3], found[4], found[5]
            if name is None:
                # In SVG a script is an element as any other; outside of it CDATA ends with the first `>`.
                if found[1] or (self._foreign and self._foreign[-1]):
                    for _, name, attributes in filter(lambda tag: not tag[0], re.findall(_TAG, found[0])):
                        self._begin(name.lower(), attributes)
            elif end:
                self._end(name.lower())
            else:
                self._begin(name.lower(), attributes)

    def _begin(self, tag: bytes, attributes: bytes) -> None:
        foreign = self._foreign
        if foreign or tag in _FOREIGN:
            if tag in _BREAKS_OUT:
                while foreign and foreign[-1]:
                    foreign.pop()
            elif foreign and foreign[-1] and attributes.endswith(b"/"):
                return
            elif tag in _FOREIGN or tag in _HTML_AGAIN:
                foreign.append(tag in _FOREIGN)
        scope = self._scopes[-1]
        if tag in _FORMATTING:
            scope.formatting.open(tag, attributes)
            scope.open[tag] = scope.open.get(tag, 0) + 1
            return
        if tag == b"option":
            self._options += 1
            if self._options > _OPTIONS:
                raise ExtractError("unparsable", f"more than {_OPTIONS:,} options")
        self._reopened += scope.formatting.size
        if self._reopened > _REOPENED:
            what = "elements such as <b> and <font> that are never closed"
            raise ExtractError("unparsable", f"{scope.formatting.size:,} {what}")
        if tag in _CELLS and scope.name in _CELLS:
            self._leave()
        if tag not in _OPEN_ENDED:
            scope = self._scopes[-1]
            scope.open[tag] = scope.open.get(tag, 0) + 1
            self._deep += 1
            if self._deep > _DEEPEST:
                raise ExtractError("unparsable", f"more than {_DEEPEST:,} elements, nested in each other")
        if tag in _SCOPES and (tag not in _CELLS or self._scopes[-1].name == b"table"):
            # What is open outside of a cell is not opened again inside.
            formatting = self._scopes[-1].formatting if tag in (b"table", b"select") else _Formatting()
            self._scopes.append(_Scope(tag, self._deep, formatting))

    def _end(self, tag: bytes) -> None:
        foreign = self._foreign
        if foreign and tag in _FOREIGN:
            while foreign and not foreign.pop():
                pass
        elif foreign and tag in _HTML_AGAIN and not foreign[-1]:
            foreign.pop()
        scope = self._scopes[-1]
        if tag in _FORMATTING:
            if scope.open.get(tag):
                scope.open[tag] -= 1
                scope.formatting.close(tag)
        elif tag in _SCOPES:
            if scope.name in _CELLS and tag == b"table":
                self._leave()
            if self._scopes[-1].name == tag:
                self._leave()
                if tag not in _OPEN_ENDED:
                    self._scopes[-1].open[tag] -= 1
                    self._deep -= 1
        elif scope.open.get(tag):
            scope.open[tag] -= 1
            self._deep -= 1

    def _leave(self) -> None:
        self._deep = self._scopes.pop().deep
