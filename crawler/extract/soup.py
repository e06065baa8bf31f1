"""The engine for everything: BeautifulSoup with lxml's parser, and soupsieve for selectors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import soupsieve
from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, Tag, XMLParsedAsHTMLWarning
from bs4.builder import ParserRejectedMarkup
from bs4.element import PageElement, PreformattedString

from crawler.errors import ExtractError
from crawler.extract.text import FIGURES, HIDDEN, LABELS, TEXT, VERBATIM, Signs, hides, named

__all__ = ["Soup", "plain_soup"]

_MOST_TAGS = 400_000
"""At about 700 bytes and 12 microseconds each."""

# What stands in a template is no part of the page (HTML, 4.12.3). soupsieve knows it from version 4 on, which Python
# before 3.11.5 cannot have.
_FINDS_TEMPLATES = int(soupsieve.__version__.partition(".")[0]) < 4  # type: ignore[attr-defined]  # not in its __all__

# What is inside a page is the site's choice: a warning on stderr for each page helps nobody.
warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)
warnings.filterwarnings("ignore", category=MarkupResemblesLocatorWarning)


def plain_soup(text: str, *, xml: bool = False) -> BeautifulSoup:
    """A page as users of BeautifulSoup know it (`class` is a list), for `python:` hooks."""
    return _parse(text, xml)


class Soup:
    """A page parsed by BeautifulSoup."""

    name = "bs4"

    def __init__(self, text: str, *, xml: bool = False) -> None:
        self._tree = _parse(text, xml, multi_valued_attributes=None)
        if _FINDS_TEMPLATES and not xml and "<template" in text.lower():
            for template in self._tree.find_all("template"):
                template.clear()

    def root(self) -> Tag | None:
        """See Document."""
        tags = [child for child in self._tree.contents if isinstance(child, Tag)]
        # What stands behind </html> becomes a second outermost element.
        return tags[0] if len(tags) == 1 else (self._tree if tags else None)

    def select(self, scope: Tag | None, css: str) -> list[Tag]:
        """See Document."""
        try:
            return list((scope or self._tree).select(css))
        except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
            raise _refused(css) from error

    def first(self, scope: Tag | None, css: str) -> Tag | None:
        """See Document."""
        try:
            return (scope or self._tree).select_one(css)
        except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
            raise _refused(css) from error

    def attr(self, node: Tag, name: str) -> str | None:
        """See Document."""
        value = node.get(name)
        if value is None:
            return None
        return " ".join(str(value).split()) if name == "class" else str(value)

    def attributes(self, node: Tag) -> list[str]:
        """See Document."""
        return list(node.attrs)

    def text(self, node: Tag) -> str:
        """See Document."""
        return "".join(_pieces(node, TEXT))

    def figures(self, node: Tag) -> str:
        """See Document."""
        return "".join(_pieces(node, FIGURES))

    def strands(self, node: Tag) -> tuple[list[str], list[Tag]]:
        """See Document."""
        nodes: list[Tag] = []
        return _pieces(node, LABELS, nodes), nodes

    def html(self, node: Tag) -> str:
        """See Document."""
        return node.decode_contents()

    def tag(self, node: Tag) -> str:
        """See Document."""
        return node.name.lower()

    def plain(self, node: Tag) -> bool:
        """See Document."""
        return not any(isinstance(child, Tag) for child in node.contents)

    def parent(self, node: Tag) -> Tag | None:
        """See Document."""
        above = node.parent
        return None if above is None or isinstance(above, BeautifulSoup) else above

    def around(self, node: Tag) -> Iterator[tuple[Tag, int, str, str]]:
        """See Document."""
        here: Tag | None = node
        while here is not None and not isinstance(here, BeautifulSoup):
            yield here, id(here), here.name.lower(), named(here.attrs) if here.attrs else ""
            here = here.parent

    def identity(self, node: Tag) -> int:
        """See Document."""
        return id(node)

    def tail(self, node: Tag) -> str:
        """See Document."""
        texts, following = [], node.next_sibling
        while following is not None and not isinstance(following, Tag):
            if not isinstance(following, PreformattedString):
                texts.append(str(following))
            following = following.next_sibling
        return "".join(texts)

    def after(self, node: Tag) -> Tag | None:
        """See Document."""
        following = node.next_sibling
        while following is not None and not isinstance(following, Tag):
            following = following.next_sibling
        return following


def _parse(text: str, xml: bool, **options: object) -> BeautifulSoup:
    if text.count("<") - text.count("</") > _MOST_TAGS:
        raise ExtractError("unparsable", f"more than {_MOST_TAGS:,} elements; BeautifulSoup would need too much memory")
    try:
        return BeautifulSoup(text, "xml" if xml else "lxml", **options)  # type: ignore[arg-type]  # builder options
    except ParserRejectedMarkup as error:
        raise ExtractError("unparsable", str(error)[:200]) from error


def _pieces(root: Tag, signs: Signs, nodes: list[Tag] | None = None) -> list[str]:
    """Return the text of an element in pieces; `nodes` gets the element of each."""
    pieces: list[str] = []
    named, other, hiding = signs
    above: list[tuple[Tag, Iterator[PageElement], str]] = [(root, _children(root), "")]
    while above:
        node, children, end = above[-1]
        for child in children:
            if not isinstance(child, Tag):
                if not isinstance(child, PreformattedString):
                    pieces.append(str(child))
                    if nodes is not None:
                        nodes.append(node)
            elif child.name not in HIDDEN and not (hiding and _hidden(child)):
                start, after = named.get(child.name, other)
                pieces.append(start)
                if nodes is not None:
                    nodes.append(child)
                above.append((child, _children(child), after))
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


def _children(node: Tag) -> Iterator[PageElement]:
    children = iter(node.contents)
    if node.name not in VERBATIM or not node.contents:
        return children
    first = node.contents[0]
    if not isinstance(first, Tag) and str(first).startswith("\n"):
        return iter([type(first)(str(first)[1:]), *node.contents[1:]])  # type: ignore[call-arg]  # a string class
    return children


def _refused(css: str) -> ExtractError:
    return ExtractError("selector", f"the selector {css!r} cannot be used")
