"""The tree of an HTML page as every browser builds it, by lexbor, a parser in C (selectolax)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.extract.bounds import check_bounds
from crawler.extract.lines import MAX_LENGTH
from crawler.extract.text import FIGURES, HIDDEN, LABELS, TEXT, Signs, hides, named

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from crawler.extract.soup import Copy

__all__ = ["Lexbor", "served_by"]

_NTH = [f"nth-{last}{of}" for last in ("", "last-") for of in ("child", "of-type")]
_PLACE = [f"{which}-{of}" for which in ("first", "last", "only") for of in ("child", "of-type")]
_KNOWN = frozenset(["not", "is", "where", "has", "empty", "root", "scope", "required", "optional"])
_KNOWN |= {*_NTH, *_PLACE}
"""Pseudo-classes that lexbor answers as the standards say. BeautifulSoup answers the others."""
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.S)
_PSEUDO = re.compile(r"(?<!\\):(:?[A-Za-z-]*)")
_WRONG = re.compile(r"\|(?!=)|[.#][0-9]")
"""Name spaces, of which lexbor takes no notice, and names that begin with a digit, which it lets pass."""
_WRITTEN = re.compile(rf"{_QUOTED.pattern}|(?P<scope>(?<!\\):scope(?![\w-]))|(?P<bare>(?<![^\s>+~,(]):)", re.S | re.I)
_SPACED = re.compile(
    r"(?<!\bbase)(?<!\blink)(?<!\bimg)(?<!\binput)"
    r"\[\s*(?:xlink|xml|actuate|arcrole|href|role|show|title|type|lang|space)\b",
    re.I,
)
"""Attributes that SVG and MathML also have in a name space of their own: `xlink:href`, `xml:lang`."""
_SPACES = re.compile(rb"xlink:|xml:", re.I)
_HIDDEN = ", ".join(sorted(HIDDEN))
_MARK = "crawler-scope"
"""An attribute of an element while a selector with `:scope` is answered below it."""
_START = re.compile(rb"\s*<(!--|(?:tr|td|th|tbody|thead|tfoot|caption|colgroup|col)(?=[\s>/]))", re.I)


class _Native(NamedTuple):
    """A selector that lexbor can answer.

    Attributes:
        page: as it is asked of the whole page.
        row: as it is asked below an element.
        marks: that element is marked meanwhile.
        several: lexbor may give the same element more than once; not for names alone, as `th, td`.
        spaced: it asks for an attribute that may stand in a name space.
    """

    page: str
    row: str
    marks: bool
    several: bool
    spaced: bool


def _native(css: str) -> _Native | None:
    bare = _QUOTED.sub('""', css)
    if not _KNOWN.issuperset(name.lower() for name in _PSEUDO.findall(bare)) or _WRONG.search(bare):
        return None
    page, row = _rewritten(css, ":root"), _rewritten(css, f"[{_MARK}]")
    try:
        LexborHTMLParser("").css(page)
    except SelectolaxError:
        return None
    names = [part.strip().lower() for part in bare.split(",")]
    apart = all(map(str.isalnum, names)) and len(names) == len(set(names))
    several = "," in bare and not apart
    return _Native(page, row, row != page, several, _SPACED.search(bare) is not None)


def _rewritten(css: str, scope: str) -> str:
    """A selector as lexbor answers it: it looks far up for `*:is(h1, h2) a`, but not for `:is(h1, h2) a`."""
    return _WRITTEN.sub(lambda found: scope if found["scope"] else "*:" if found["bare"] else found[0], css)


def served_by(css: str, engine: str) -> str:
    """The library that answers a selector on a page of HTML: `lexbor`, or `bs4` for BeautifulSoup.

    Args:
        engine: of the config; `bs4` leaves to BeautifulSoup every selector that it knows.
    """
    ways = _WITH_SOUP if engine == "bs4" else _WAYS
    return "lexbor" if ways[css] else "bs4"


class _Ways(dict[str, _Native | None]):
    """How lexbor answers each selector; None where BeautifulSoup does, by choice or because only it can."""

    def __init__(self, soup: bool) -> None:
        super().__init__()
        self._soup = soup

    def __missing__(self, css: str) -> _Native | None:
        way = _native(css)
        if self._soup and way is not None:
            from crawler.extract.soup import knows

            way = None if knows(css) else way
        self[css] = way
        return way


_WAYS, _WITH_SOUP = _Ways(soup=False), _Ways(soup=True)


def _is_rows(page: bytes) -> bool:
    """Tell whether a page begins with a part of a table, comments aside."""
    at = 0
    while found := _START.match(page, at):
        if found[1] != b"!--":
            return True
        at = page.find(b"-->", found.end()) + 3
        if at < 3:
            return False
    return False


class Lexbor:
    """A page in UTF-8. See crawler.extract.engine.Document.

    Args:
        soup: BeautifulSoup answers the selectors, as far as it knows them; the tree is the same.

    Raises:
        ExtractError: `unparsable`: it would take the parser too much time or memory.
    """

    def __init__(self, page: bytes, *, soup: bool = False) -> None:
        check_bounds(page)
        if _is_rows(page):  # rows without their table, as a page loads more of them: read as inside of one
            page = b"<!DOCTYPE html><table>" + page
        self._tree = LexborHTMLParser(page)
        self._source: bytes | None = page
        before = self._tree.root
        while before is not None and before.tag != "-doctype":
            before = before.prev
        if before is not None:
            before.decompose()  # lexbor takes it for a child that comes before `html`, so that this is `:nth-child(2)`
        self._ways = _WITH_SOUP if soup else _WAYS
        self._made: Copy | None = None
        self.copy: Any = None

    def root(self) -> LexborNode | None:
        """See Document; for a page that holds nothing lexbor makes up an empty element."""
        return self._tree.root

    def select(self, scope: LexborNode | None, css: str) -> list[LexborNode]:
        way = self._ways[css]
        if way is None:
            return self._copy().select(scope, css)
        if way.spaced and self._source is not None:
            self._name_in_full(self._source)
        found: list[LexborNode]
        if scope is None:
            found = self._tree.css(way.page)
        elif way.marks:
            scope.attrs[_MARK] = ""
            found = scope.css(way.row)
            del scope.attrs[_MARK]
        else:
            found = scope.css(way.row)
        if way.several:
            found = list({node.mem_id: node for node in found}.values())
        if scope is not None:
            found = [node for node in found if node.mem_id != scope.mem_id]
        return found

    def first(self, scope: LexborNode | None, css: str) -> LexborNode | None:
        way = self._ways[css]
        if way is None:
            return next(iter(self._copy().select(scope, css, 1)), None)
        if way.spaced and self._source is not None:
            self._name_in_full(self._source)
        if scope is None:
            return self._tree.css_first(way.page)
        if not way.marks:
            found = scope.css_first(way.row)
            if found is None or found.mem_id != scope.mem_id:
                return found
        return next(iter(self.select(scope, css)), None)

    def attr(self, node: LexborNode, name: str) -> str | None:
        attributes = node.attrs
        value = attributes.get(name)
        if value is None:
            return "" if name in attributes else None
        return " ".join(value.split()) if name == "class" else value

    def attributes(self, node: LexborNode) -> list[str]:
        return list(node.attrs.keys())

    def text(self, node: LexborNode) -> str:
        child = node.first_child
        if child is None:
            return ""
        if child.is_text_node and child.next is None:
            return child.text_content or ""
        return "".join(_pieces(node, TEXT))

    def figures(self, node: LexborNode) -> str:
        return self.text(node) if self.plain(node) else "".join(_pieces(node, FIGURES))

    def text_without(self, node: LexborNode, without: Collection[int], *, figures: bool) -> str:
        return "".join(_pieces(node, FIGURES if figures else TEXT, without=without))

    def strands(self, node: LexborNode) -> tuple[list[str], list[LexborNode]]:
        nodes: list[LexborNode] = []
        return _pieces(node, LABELS, nodes), nodes

    def joined(self, node: LexborNode) -> str:
        text, kept, at, inside = node.text(), [], 0, set[int]()
        for hidden in node.css(_HIDDEN):
            # A short one may stand in a visible word, too, where it would be cut out.
            if hidden.mem_id in inside or len(unseen := hidden.text()) <= MAX_LENGTH:
                continue
            if not self.plain(hidden):
                inside.update(other.mem_id for other in hidden.css(_HIDDEN))
            if (start := text.find(unseen, at)) >= 0:  # not below `template`: that is a document of its own
                kept.append(text[at:start])
                at = start + len(unseen)
        return "".join([*kept, text[at:]])

    def html(self, node: LexborNode) -> str:
        return node.inner_html or ""

    def tag(self, node: LexborNode) -> str:
        return (node.tag or "").lower()

    def name(self, node: LexborNode) -> str:
        return (node.tag or "").rpartition(":")[2]

    def walk(self, node: LexborNode) -> Iterator[tuple[str, Any]]:
        above: list[LexborNode] = []
        here: LexborNode | None = node
        while True:
            if here is None:
                if not above:
                    return
                here = above.pop()
                yield "end", here
                if not above:
                    return
            elif here.is_element_node:
                yield "start", here
                above.append(here)
                here = here.first_child
                continue
            elif here.is_text_node:
                yield "text", here.text_content or ""
            here = here.next

    def plain(self, node: LexborNode) -> bool:
        child = node.first_child
        return child is None or (child.is_text_node and child.next is None)

    def parent(self, node: LexborNode) -> LexborNode | None:
        above = node.parent
        return above if above is not None and above.is_element_node else None

    def around(self, node: LexborNode) -> Iterator[tuple[LexborNode, int, str]]:
        here: LexborNode | None = node
        while here is not None and here.is_element_node:
            yield here, here.mem_id, here.tag or ""
            here = here.parent

    def names(self, node: LexborNode) -> str:
        attributes = node.attributes
        return named(attributes) if attributes else ""

    def identity(self, node: LexborNode) -> int:
        return node.mem_id

    def tail(self, node: LexborNode) -> str:
        texts, following = [], node.next
        while following is not None and not following.is_element_node:
            if following.is_text_node:
                texts.append(following.text_content or "")
            following = following.next
        return "".join(texts)

    def after(self, node: LexborNode) -> LexborNode | None:
        following = node.next
        while following is not None and not following.is_element_node:
            following = following.next
        return following

    def _copy(self) -> Copy:
        if self._made is None:
            from crawler.extract.soup import Copy

            probe = self._tree.create_node("i")
            probe.attrs["class"] = "A"
            self._made = Copy(self.root(), quirks=probe.css_matches(".a"))
        return self._made

    def _name_in_full(self, source: bytes) -> None:
        """Take `xlink:href` for a name as any other: lexbor finds it by `[href]`, no browser does."""
        self._source = None
        if _SPACES.search(source):
            for node in self._tree.css("svg, svg *, math, math *"):
                attributes = node.attrs
                for name in [name for name in attributes if name.startswith(("xlink:", "xml:"))]:
                    value = attributes[name]
                    del attributes[name]
                    attributes[name] = value


def _pieces(
    root: LexborNode, signs: Signs, nodes: list[LexborNode] | None = None, without: Collection[int] = ()
) -> list[str]:
    """Return the text of an element in pieces, without some elements in it; `nodes` gets the element of each."""
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
        elif (
            node.is_element_node
            and (tag := node.tag or "") not in HIDDEN
            and not ((hiding and _hidden(node)) or (without and node.mem_id in without))
        ):
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
