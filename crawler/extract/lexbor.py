"""The fast engine: selectolax's lexbor, an HTML5 parser in C.

Where it differs from soupsieve on lxml is smoothed here as Document says, or kept from it by `gate.fast`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.errors import ExtractError
from crawler.extract.text import FIGURES, HIDDEN, LABELS, TEXT, Signs, hides, named

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
        return "".join(_pieces(node, TEXT))

    def figures(self, node: LexborNode) -> str:
        """See Document."""
        return self.text(node) if self.plain(node) else "".join(_pieces(node, FIGURES))

    def strands(self, node: LexborNode) -> tuple[list[str], list[LexborNode]]:
        """See Document."""
        nodes: list[LexborNode] = []
        return _pieces(node, LABELS, nodes), nodes

    def html(self, node: LexborNode) -> str:
        """See Document."""
        return node.inner_html or ""

    def tag(self, node: LexborNode) -> str:
        """See Document."""
        return (node.tag or "").lower()

    def plain(self, node: LexborNode) -> bool:
        """See Document."""
        child = node.first_child
        return child is None or (child.is_text_node and child.next is None)

    def parent(self, node: LexborNode) -> LexborNode | None:
        """See Document."""
        above = node.parent
        return above if above is not None and above.is_element_node else None

    def around(self, node: LexborNode) -> Iterator[tuple[LexborNode, int, str, str]]:
        """See Document."""
        here: LexborNode | None = node
        while here is not None and here.is_element_node:
            attributes = here.attributes
            yield here, here.mem_id, here.tag or "", named(attributes) if attributes else ""
            here = here.parent

    def identity(self, node: LexborNode) -> int:
        """See Document."""
        return node.mem_id

    def tail(self, node: LexborNode) -> str:
        """See Document."""
        texts, following = [], node.next
        while following is not None and not following.is_element_node:
            if following.is_text_node:
                texts.append(following.text_content or "")
            following = following.next
        return "".join(texts)

    def after(self, node: LexborNode) -> LexborNode | None:
        """See Document."""
        following = node.next
        while following is not None and not following.is_element_node:
            following = following.next
        return following


def _pieces(root: LexborNode, signs: Signs, nodes: list[LexborNode] | None = None) -> list[str]:
    """Return the text of an element in pieces; `nodes` gets the element of each."""
    pieces: list[str] = []
    named, other, hiding = signs
    above: list[tuple[LexborNode, str]] = []
    node = root.first_child
    while True:
        if node is None:
            if not above:
                return pieces
            node, end = above.pop()
            if end:
                pieces.append(end)
                if nodes is not None:
                    nodes.append(node)
        elif node.is_text_node:
            pieces.append(node.text_content or "")
            if nodes is not None:
                nodes.append(above[-1][0] if above else root)
        elif node.is_element_node and (tag := node.tag or "") not in HIDDEN and not (hiding and _hidden(node)):
            start, end = named.get(tag, other)
            if start:
                pieces.append(start)
                if nodes is not None:
                    nodes.append(node)
            above.append((node, end))
            node = node.first_child
            continue
        node = node.next


def _hidden(node: LexborNode) -> bool:
    attributes = node.attrs
    return "hidden" in attributes or hides(attributes.get("style"))


def _refused(css: str) -> ExtractError:
    return ExtractError("selector", f"lexbor cannot use the selector {css!r}; use engine: auto")
