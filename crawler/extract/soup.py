"""BeautifulSoup on the tree that lexbor built, for what lexbor does not support; and on XML.

A page of HTML has one tree. Here it is copied, element by element, into the objects of BeautifulSoup: for selectors
that lexbor does not know, and for `python:` hooks. So no choice of engine can change what is found.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import soupsieve
from bs4 import BeautifulSoup, Comment, Tag, XMLParsedAsHTMLWarning
from bs4.builder import HTMLTreeBuilder, ParserRejectedMarkup
from bs4.element import NavigableString, PageElement, PreformattedString

from crawler.errors import ExtractError
from crawler.extract.text import FIGURES, HIDDEN, LABELS, TEXT, Signs, hides, named

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

__all__ = ["Copy", "Xml", "hook_soup", "knows", "xml_soup"]

_MAX_TAGS = 400_000
"""At about 700 bytes and 12 microseconds each."""
_NAMED = re.compile(
    r"""\[(?:"[^"]*"|'[^']*'|[^\]])*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|"""
    r"""(?<!\\)(?P<sign>[.#])(?P<name>(?:\\[0-9a-fA-F]{1,6}\s?|\\.|[\w-]|[^\x00-\x7f])+)""",
    re.S,
)

# What is inside a page is the site's choice: a warning on stderr for each page helps nobody.
warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)


class _Builder(HTMLTreeBuilder):
    """Makes the objects of BeautifulSoup out of lexbor's nodes, and links them as BeautifulSoup's own builders do.

    Args:
        root: the outermost element.
        pairs: is given each element with its copy.
    """

    NAME = "lexbor"

    def __init__(self, root: LexborNode | None, pairs: list[tuple[LexborNode, Tag]], **options: Any) -> None:
        super().__init__(**options)
        self._root, self._pairs = root, pairs

    def prepare_markup(self, markup: Any, *args: Any, **kwargs: Any) -> Iterator[tuple[Any, None, None, bool]]:
        """There is no markup: the page is parsed already."""
        yield markup, None, None, False

    def feed(self, markup: Any) -> None:
        """Copy the tree."""
        assert self.soup is not None
        parent: Tag = self.soup
        last: PageElement | None = None
        kind, kinds = NavigableString, [NavigableString]  # of the strings inside of this element, and of those around
        node = _first(self._root)
        while node is not None:
            child, made = None, last
            if node.is_element_node:
                attributes: dict[str, Any] = {name: value or "" for name, value in node.attributes.items()}
                made = tag = Tag(self.soup, self, node.tag or "", attrs=attributes, parent=parent, previous=last)
                self._pairs.append((node, tag))
                if len(self._pairs) > _MAX_TAGS:
                    raise _too_many()
                child = node.first_child
            elif node.is_text_node or node.is_comment_node:
                made = kind(node.text_content or "") if node.is_text_node else Comment((node.html or "")[4:-3])
                made.setup(parent, last)
            if made is not None and made is not last:
                parent.contents.append(made)
                last = made
            if child is not None:
                kinds.append(kind)
                node, parent, kind = child, tag, self.string_containers.get(tag.name, kind)
                continue
            while (after := node.next) is None and parent.parent is not None:
                assert node.parent is not None
                node, parent, kind = node.parent, parent.parent, kinds.pop()
            node = after


def _first(root: LexborNode | None) -> LexborNode | None:
    """The first of what stands beside the root: comments may stand in front of it."""
    while root is not None and root.prev is not None:
        root = root.prev
    return root


class Copy:
    """BeautifulSoup's copy of a page, for its selectors; gives lexbor's nodes.

    Args:
        quirks: the doctype is old or missing: the case of classes and ids means nothing (HTML standard, 3.1.1).

    Raises:
        ExtractError: `unparsable`: more elements than BeautifulSoup has room for.
    """

    def __init__(self, root: LexborNode | None, *, quirks: bool) -> None:
        self._quirks = quirks
        pairs: list[tuple[LexborNode, Tag]] = []
        self._soup = BeautifulSoup("", builder=_Builder(root, pairs, multi_valued_attributes=None))
        self._tags = {node.mem_id: tag for node, tag in pairs}
        self._nodes = {id(tag): node for node, tag in pairs}

    def select(self, scope: LexborNode | None, css: str, limit: int = 0) -> list[LexborNode]:
        """Elements below `scope` (None: in the page) that match, in document order; `limit` 0 for all.

        Raises:
            ExtractError: `selector`.
        """
        below = self._soup if scope is None else self._tags[scope.mem_id]
        return [self._nodes[id(tag)] for tag in _select(below, _in_any_case(css) if self._quirks else css, limit)]


class Xml:
    """A document of XML: a feed, a sitemap. See crawler.extract.engine.Document."""

    def __init__(self, text: str) -> None:
        self._tree = xml_soup(text, multi_valued_attributes=None)
        self.copy: Any = None

    def root(self) -> Tag | None:
        return next((child for child in self._tree.contents if isinstance(child, Tag)), None)

    def select(self, scope: Tag | None, css: str) -> list[Tag]:
        return list(_select(scope or self._tree, css))

    def first(self, scope: Tag | None, css: str) -> Tag | None:
        return next(iter(_select(scope or self._tree, css, 1)), None)

    def attr(self, node: Tag, name: str) -> str | None:
        value = node.get(name)
        if value is None:
            return None
        return " ".join(str(value).split()) if name == "class" else str(value)

    def attributes(self, node: Tag) -> list[str]:
        return list(node.attrs)

    def text(self, node: Tag) -> str:
        return "".join(_pieces(node, TEXT))

    def figures(self, node: Tag) -> str:
        return "".join(_pieces(node, FIGURES))

    def text_without(self, node: Tag, without: Collection[int], *, figures: bool) -> str:
        return "".join(_pieces(node, FIGURES if figures else TEXT, without=without))

    def strands(self, node: Tag) -> tuple[list[str], list[Tag]]:
        nodes: list[Tag] = []
        return _pieces(node, LABELS, nodes), nodes

    def joined(self, node: Tag) -> str:
        return "".join(_pieces(node, _BARE))

    def html(self, node: Tag) -> str:
        return node.decode_contents()

    def tag(self, node: Tag) -> str:
        return node.name.lower()

    def name(self, node: Tag) -> str:
        return node.name.rpartition(":")[2]

    def walk(self, node: Tag) -> Iterator[tuple[str, Any]]:
        yield "start", node
        above = [(node, iter(node.contents))]
        while above:
            here, children = above[-1]
            for child in children:
                if isinstance(child, Tag):
                    yield "start", child
                    above.append((child, iter(child.contents)))
                    break
                if not isinstance(child, PreformattedString):
                    yield "text", str(child)
            else:
                yield "end", here
                above.pop()

    def plain(self, node: Tag) -> bool:
        return not any(isinstance(child, Tag) for child in node.contents)

    def parent(self, node: Tag) -> Tag | None:
        above = node.parent
        return None if above is None or isinstance(above, BeautifulSoup) else above

    def around(self, node: Tag) -> Iterator[tuple[Tag, int, str]]:
        here: Tag | None = node
        while here is not None and not isinstance(here, BeautifulSoup):
            yield here, id(here), here.name.lower()
            here = here.parent

    def names(self, node: Tag) -> str:
        return named(node.attrs) if node.attrs else ""

    def identity(self, node: Tag) -> int:
        return id(node)

    def tail(self, node: Tag) -> str:
        texts, following = [], node.next_sibling
        while following is not None and not isinstance(following, Tag):
            if not isinstance(following, PreformattedString):
                texts.append(str(following))
            following = following.next_sibling
        return "".join(texts)

    def after(self, node: Tag) -> Tag | None:
        following = node.next_sibling
        while following is not None and not isinstance(following, Tag):
            following = following.next_sibling
        return following


_BARE = Signs({})


def knows(css: str) -> bool:
    """Tell whether a selector is answered here as in a browser: `:empty` is not, for an element with white space."""
    if ":empty" in css.lower():
        return False
    try:
        soupsieve.compile(css)
    except (soupsieve.SelectorSyntaxError, NotImplementedError):
        return False
    return True


def hook_soup(root: LexborNode | None) -> BeautifulSoup:
    """A page of HTML as users of BeautifulSoup know it (`class` is a list), for `python:` hooks.

    Raises:
        ExtractError: `unparsable`.
    """
    return BeautifulSoup("", builder=_Builder(root, []))


def xml_soup(text: str, **options: Any) -> BeautifulSoup:
    """A document of XML.

    Raises:
        ExtractError: `unparsable`.
    """
    if text.count("<") - text.count("</") > _MAX_TAGS:
        raise _too_many()
    try:
        return BeautifulSoup(text, "xml", **options)
    except ParserRejectedMarkup as error:
        raise ExtractError("unparsable", str(error)[:200]) from error


@cache
def _in_any_case(css: str) -> str:
    """Say the classes and ids of a selector so that their case means nothing."""

    def said(found: re.Match[str]) -> str:
        if not found["sign"]:
            return found[0]
        return f'[{"class~" if found["sign"] == "." else "id"}="{found["name"]}" i]'

    return _NAMED.sub(said, css)


def _too_many() -> ExtractError:
    return ExtractError("unparsable", f"more than {_MAX_TAGS:,} elements; BeautifulSoup would need too much memory")


def _select(below: Tag, css: str, limit: int = 0) -> Iterable[Tag]:
    try:
        return below.select(css, limit=limit)
    except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
        raise ExtractError("selector", f"the selector {css!r} cannot be used") from error


def _pieces(root: Tag, signs: Signs, nodes: list[Tag] | None = None, without: Collection[int] = ()) -> list[str]:
    """Return the text of an element in pieces, without some elements in it; `nodes` gets the element of each."""
    pieces: list[str] = []
    named, other, hiding = signs
    above: list[tuple[Tag, Iterator[PageElement], str]] = [(root, iter(root.contents), "")]
    while above:
        node, children, end = above[-1]
        for child in children:
            if not isinstance(child, Tag):
                if not isinstance(child, PreformattedString):
                    pieces.append(str(child))
                    if nodes is not None:
                        nodes.append(node)
            elif child.name not in HIDDEN and not ((hiding and _hidden(child)) or id(child) in without):
                start, after = named.get(child.name, other)
                pieces.append(start)
                if nodes is not None:
                    nodes.append(child)
                above.append((child, iter(child.contents), after))
                break
        else:
            pieces.append(end)
            if nodes is not None:
                nodes.append(node)
            above.pop()
    return pieces


def _hidden(node: Tag) -> bool:
    style = node.get("style")
    return node.has_attr("hidden") or hides(None if style is None else str(style))
