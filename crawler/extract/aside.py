"""Tell whether an element stands at the side of a page: in a menu, a filter, a form, the head or foot of the page.

What stands there has the same words as the content (`Author: all`), so labels there are taken last.
"""

from __future__ import annotations

import re
from functools import lru_cache

from crawler.extract.engine import Document, Node

__all__ = ["Sides"]

_ASIDE = frozenset(["nav", "aside", "menu", "dialog", "fieldset", "select", "option", "button"])
_FRAME = frozenset({"header", "footer", "form"})
"""At the side, unless they hold the content (some sites put the whole page into one form) or are a part of it."""
_NEVER = frozenset(["td", "th", "tr", "tbody", "dd", "dt", "dl", "html"])
_CONTENT = frozenset({"article", "main"})
_LONGEST = 1000
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|side-?bar|filters?|facets?|menu|menubar|breadcrumbs?"
    r"|role=(?:search|complementary|banner|contentinfo|dialog|form))(?:$|[\s_-])",
    re.I,
)
"""What a class, an id or a role says of such places."""


class Sides:
    """What is at the side of a page, or of a row; what was found out is remembered for the elements inside."""

    def __init__(self, document: Document, scope: Node | None) -> None:
        self._document = document
        self._known: dict[int, bool] = {} if scope is None else {document.identity(scope): False}

    def has(self, node: Node) -> bool:
        """Tell whether an element, or one around it, is at the side."""
        document, known, passed, aside = self._document, self._known, [], False
        for here, identity, tag in document.around(node):
            if identity in known:
                aside = known[identity]
                break
            if tag == "body":
                break
            passed.append(identity)
            if tag in _NEVER:
                continue
            if tag in _ASIDE or (tag in _FRAME and self._is_frame(here)) or _is_side(document.names(here)):
                aside = True
                break
        known.update(dict.fromkeys(passed, aside))
        return aside

    def _is_frame(self, node: Node) -> bool:
        """Tell whether a form, a header or a footer is not the content itself, nor the head or foot of an article."""
        document = self._document
        if document.first(node, "h1, main, article") is not None:
            return False
        return document.tag(node) == "form" or not any(tag in _CONTENT for _, _, tag in document.around(node))


@lru_cache(maxsize=4096)
def _is_side(names: str) -> bool:
    return len(names) < _LONGEST and _NAMES.search(names) is not None
