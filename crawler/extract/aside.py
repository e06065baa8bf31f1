"""Tell whether an element stands at the side of a page: in a menu, a filter, a form, the head or foot of the page.

What stands there has the same words as the content (`Author: all`), so labels there are taken last.
"""

from __future__ import annotations

import re

from crawler.extract.engine import Document, Node

__all__ = ["Sides"]

_ASIDE = frozenset(["nav", "aside", "menu", "dialog", "fieldset", "select", "option", "button"])
_FRAME = frozenset({"header", "footer", "form"})
"""At the side, unless they hold the content (some sites put the whole page into one form) or are a part of it."""
_NEVER = frozenset(["td", "th", "tr", "tbody", "dd", "dt", "dl", "html", "body"])
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
        document, known = self._document, self._known
        passed: list[int] = []
        here: Node | None = node
        aside = False
        while here is not None and not aside:
            identity = document.identity(here)
            if identity in known:
                aside = known[identity]
                break
            passed.append(identity)
            aside = self._is_side(here)
            here = document.parent(here)
        known.update(dict.fromkeys(passed, aside))
        return aside

    def _is_side(self, node: Node) -> bool:
        document = self._document
        tag = document.tag(node)
        if tag in _NEVER:
            return False
        if tag in _ASIDE:
            return True
        if tag in _FRAME:
            return not self._in_content(node) and document.first(node, "h1, main, article") is None
        names = document.names(node)
        return bool(names) and _NAMES.search(names) is not None

    def _in_content(self, node: Node) -> bool:
        """Tell whether the head or foot of an article is meant, not that of the page."""
        if self._document.tag(node) == "form":
            return False
        above = self._document.parent(node)
        while above is not None and self._document.tag(above) not in {"article", "main"}:
            above = self._document.parent(above)
        return above is not None
