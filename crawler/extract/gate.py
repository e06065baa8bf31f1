"""Tell for which selectors soupsieve (on lxml) and lexbor give the same elements.

A list of what is known to agree, read token by token: whatever is not on it goes to BeautifulSoup. It needs no library,
so a worker that uses only lexbor does not load BeautifulSoup to find out.

Two facts rule what is left out. The trees differ: lexbor adds the `tbody` that the HTML standard asks for (and
`colgroup`, `head`, `body`), lxml does not, so selectors that can see such an element are out. And the selector
languages differ: `:empty`, `:link`, `:enabled`, `:disabled`, `:checked`, `:contains` and namespaces mean other things
or nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["delicate", "fast"]

_LONGEST = 500
_DEEPEST = 3
_LETTER = r"(?:[A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]|\\[:/.@!%()\[\]])"
_NAME = rf"-?{_LETTER}(?:{_LETTER}|[0-9-])*"
_TOKEN = re.compile(
    rf"""
      (?P<comma>[ \t\r\n]*,[ \t\r\n]*)
    | (?P<sign>[ \t\r\n]*[>+~](?![=>+~])[ \t\r\n]*)
    | (?P<space>[ \t\r\n]+(?![ \t\r\n),]|$))
    | (?P<type>[A-Za-z][A-Za-z0-9-]*(?![\\|\w]))
    | \#(?P<id>{_NAME})
    | \.(?P<klass>{_NAME})
    | (?P<attr>\[[ ]?(?!(?:lang|space)\b)[A-Za-z][A-Za-z0-9_-]*[ ]?
        (?:[~|^$*]?=[ ]?(?:"[^"\\\n\r\f]+"|'[^'\\\n\r\f]+'|[A-Za-z][A-Za-z0-9_-]*)(?:[ ][isI])?[ ]?)?\])
    | :(?P<nth>nth-(?:last-)?(?:child|of-type)\([ ]*
        (?:odd|even|[+-]?[0-9]{{1,5}}|[+-]?[0-9]{{0,5}}n(?:[ ]*[+-][ ]*[0-9]{{1,5}})?)[ ]*\))
    | :(?P<place>(?:first|last|only)-(?:child|of-type))(?![\w(-])
    | :(?P<state>required|optional)(?![\w(-])
    | :(?P<call>not|is|where|has)\([ ]*
    | (?P<close>[ \t\r\n]*\))
    """,
    re.VERBOSE,
)
_PARTS = frozenset({"table", "tr", "col", "caption", "thead", "tfoot", "html", "body"})
_NEVER = frozenset(
    {"tbody", "colgroup", "head", "template", "frameset", "frame", "svg", "math", "image", "isindex", "noscript"}
)
_DELICATE = re.compile(r"\[\s*(?:href|title|type|role|show|actuate|arcrole)\b|[>+~](?!=)|-(?:child|of-type)", re.I)
_NOT_SUBJECT = frozenset({"html", "body"})


def delicate(css: str) -> bool:
    """Tell whether a selector that is `fast` still needs a look at the page: see PageView.document.

    It names attributes that lexbor also sees in `xlink:href` of an SVG element, or asks who is whose child or sibling,
    which differs where lxml does not know that an element, such as `source`, has no end tag.
    """
    return _DELICATE.search(css) is not None


@dataclass(slots=True)
class _Compound:
    """One element's part of a selector: `p.x:first-child`."""

    type: str = ""
    anchored: bool = False
    placed: bool = False

    @property
    def plain(self) -> bool:
        """Surely no part of a table or the frame of a page: its parent and its siblings are the same in both trees."""
        return bool(self.type) and self.type not in _PARTS


class _Differs(Exception):
    """The selector is not on the list."""


def fast(css: str) -> bool:
    """True only when soupsieve and lexbor are both known to give the same elements in the same order."""
    text = css.strip(" \t\r\n")
    if not text or len(text) > _LONGEST:
        return False
    try:
        end = _selectors(text, 0, 0, inside_has=False)
    except _Differs:
        return False
    return end == len(text)


def _selectors(text: str, at: int, depth: int, *, inside_has: bool) -> int:
    """Read a list of selectors up to its closing bracket or the end; the position behind it."""
    if depth > _DEEPEST:
        raise _Differs
    left, sign, here = None, "", _Compound()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _Differs
        at, sort = found.end(), found.lastgroup
        if sort == "close":
            if depth == 0:
                raise _Differs
            _finish(left, sign, here, subject=not inside_has)
            return at
        if sort == "comma":
            _finish(left, sign, here, subject=not inside_has)
            left, sign, here = None, "", _Compound()
        elif sort in {"sign", "space"}:
            if inside_has:  # soupsieve refuses most of these, lexbor none
                raise _Differs
            _finish(left, sign, here, subject=False)
            left, sign, here = here, found.group().strip(" \t\r\n") or " ", _Compound()
        elif sort == "call":
            name = found["call"]
            if name == "has" and inside_has:
                raise _Differs
            at = _selectors(text, at, depth + 1, inside_has=inside_has or name == "has")
        else:
            _add(here, str(sort), found.group())
    if depth:
        raise _Differs
    _finish(left, sign, here, subject=True)
    return at


def _add(here: _Compound, sort: str, text: str) -> None:
    if sort == "type":
        if here.type or here.anchored:
            raise _Differs
        here.type = text.lower()
        if here.type in _NEVER:
            raise _Differs
    if sort in {"nth", "place"}:
        here.placed = True
    if sort in {"type", "id", "klass", "attr"}:
        here.anchored = True


def _finish(left: _Compound | None, sign: str, here: _Compound, *, subject: bool) -> None:
    if not here.anchored or (here.placed and not here.plain):
        raise _Differs
    if subject and here.type in _NOT_SUBJECT:
        raise _Differs
    if left is None or sign == " ":
        return
    if not (_child_is_same(left, here) if sign == ">" else left.plain or here.plain):
        raise _Differs


def _child_is_same(parent: _Compound, child: _Compound) -> bool:
    if parent.type == "table":
        return child.type in {"caption", "thead", "tfoot"}
    return bool(parent.type) or child.plain
