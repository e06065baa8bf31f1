"""The fast engine: selectolax's lexbor, an HTML5 parser in C.

Where it differs from soupsieve on lxml is smoothed here as Document says, or kept from it by `gate.fast`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.errors import ExtractError
from crawler.extract.text import HIDDEN, signs

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

__all__ = ["Lexbor", "costly"]

_STANDARD = b"<!DOCTYPE html>"
"""Put before every page: without a doctype lexbor reads class names without regard to case, soupsieve never does."""
_EMPTY = re.compile(rb"<p(?:\s[^<>]*)?></p", re.I)
_UNREAD = re.compile(rb"<!--.*?-->|<script\b.*?</script", re.I | re.S)
_SMALL = 65_536
_DEEP = 5_000
_ENDLESS = ("<!", "<br", "<img", "<input", "<link", "<meta", "<hr", "/>")
"""What ends by itself and so opens nothing. `<br/>` counts twice, which only makes the guess lower."""
_LONG = 4_000
_MANY = 500


def costly(text: str) -> bool:
    """Tell whether lexbor may need seconds for a page: it takes quadratic time for some.

    These are thousands of attributes in one tag (200,000 took 75 s) and thousands of elements each inside the other
    (50,000 took 2.4 s). lxml does both in linear time. A guess on the safe side, for large pages only.
    """
    if len(text) < _SMALL:
        return False
    open_tags = 0
    for start in range(0, len(text), _SMALL):
        part = text[start : start + _SMALL]
        open_tags += part.count("<") - 2 * part.count("</") - sum(map(part.count, _ENDLESS))
        if open_tags > _DEEP:
            return True
    return any(len(part) > _LONG and len(part.split(None, _MANY)) > _MANY for part in text.split("<"))


class Lexbor:
    """A page in UTF-8 parsed by lexbor."""

    name = "lexbor"

    def __init__(self, page: bytes) -> None:
        self._page = page
        self._tree = LexborHTMLParser(_STANDARD + page)

    def mended(self) -> bool:
        """Tell whether there are empty paragraphs that nobody wrote.

        HTML makes one of each `</p>` without a start tag, which pages with a `div` inside a `p` have; lxml does not.
        """
        empty = len(self._tree.css("p:empty"))
        return empty > 0 and empty > len(_EMPTY.findall(_UNREAD.sub(b"", self._page)))

    def root(self) -> LexborNode | None:
        """See Document; for a page that holds nothing lexbor makes up an empty element."""
        return self._tree.root

    def select(self, scope: LexborNode | None, css: str) -> list[LexborNode]:
        """See Document."""
        try:
            found = (self._tree if scope is None else scope).css(css)
        except SelectolaxError as error:
            raise _refused(css) from error
        if "," in css:
            found = list({node.mem_id: node for node in found}.values())
        if scope is not None:
            found = [node for node in found if node.mem_id != scope.mem_id]
        return found

    def first(self, scope: LexborNode | None, css: str) -> LexborNode | None:
        """See Document."""
        try:
            found = (self._tree if scope is None else scope).css_first(css)
        except SelectolaxError as error:
            raise _refused(css) from error
        if found is None or scope is None or found.mem_id != scope.mem_id:
            return found
        below = self.select(scope, css)
        return below[0] if below else None

    def attr(self, node: LexborNode, name: str) -> str | None:
        """See Document."""
        attributes = node.attrs
        value = attributes.get(name)
        if value is None:
            return "" if name in attributes else None
        return " ".join(value.split()) if name == "class" else value

    def attributes(self, node: LexborNode) -> list[str]:
        """See Document."""
        return list(node.attrs.keys())

    def text(self, node: LexborNode) -> str:
        """See Document."""
        child = node.first_child
        if child is None:
            return ""
        if child.is_text_node and child.next is None:
            return child.text_content or ""
        return "".join(_pieces(node, mark=False))

    def marked(self, node: LexborNode) -> str:
        """See Document."""
        return "".join(_pieces(node, mark=True))

    def html(self, node: LexborNode) -> str:
        """See Document."""
        return node.inner_html or ""

    def tag(self, node: LexborNode) -> str:
        """See Document."""
        return (node.tag or "").lower()

    def after(self, node: LexborNode) -> LexborNode | None:
        """See Document."""
        following = node.next
        while following is not None and not following.is_element_node:
            following = following.next
        return following


def _pieces(root: LexborNode, *, mark: bool) -> list[str]:
    pieces: list[str] = []
    above: list[tuple[LexborNode, str]] = []
    node = root.first_child
    while True:
        if node is None:
            if not above:
                return pieces
            node, end = above.pop()
            if end:
                pieces.append(end)
        elif node.is_text_node:
            pieces.append(node.text_content or "")
        elif node.is_element_node and (tag := node.tag or "") not in HIDDEN:
            start, end = signs(tag, mark)
            if start:
                pieces.append(start)
            above.append((node, end))
            node = node.first_child
            continue
        node = node.next


def _refused(css: str) -> ExtractError:
    return ExtractError("selector", f"lexbor cannot use the selector {css!r}; use engine: auto")
