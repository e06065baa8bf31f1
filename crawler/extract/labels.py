"""Find the value next to a label, in the ways that pages write it.

It is looked for in this order:
    1. `<th>UPC</th><td>...</td>`, `<td>UPC</td><td>...</td>`, `<dt>UPC</dt><dd>...</dd>`;
    2. an element that holds the label alone, and the one beside it or beside its parent, as `<div>UPC</div>` and
       `<div>...</div>`; or a line of text with the label in it, see `lines`; whichever comes first;
    3. `<th>UPC</th>` in a row of headings, and the cell below it.

A label without a value gives way to one with a value, a value that is only a choice of links to one that is not, and
a label in a menu, a form or at the side, where the same words stand (`Author: all`), to one in the content: see
_Rank. Of those that are equal the first counts. Labels are compared without regard to case, white space and a colon
at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from crawler.extract.engine import Document, Node
from crawler.extract.lines import COLONS, MAX_LENGTH, label_key, labelled, may_hold, never_first
from crawler.extract.text import BLOCKS, CLOSE, HIDDEN, collapse_whitespace

__all__ = ["CELLS", "Cells", "Found", "Labels", "Sides", "label_key", "row_cells"]


_ASIDE = frozenset(["nav", "aside", "menu", "dialog", "fieldset", "select", "option", "button"])
_FRAME = frozenset({"header", "footer", "form"})
"""At the side, unless they hold the content (some sites put the whole page into one form) or are a part of it."""
_NEVER = frozenset(["td", "th", "tr", "tbody", "dd", "dt", "dl", "html"])
_CONTENT = frozenset({"article", "main"})
_MAX_LENGTH = 1000
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
    return len(names) < _MAX_LENGTH and _NAMES.search(names) is not None


CELLS = {"th": "td", "td": "td", "dt": "dd"}
"""Elements that may be labels, and in which ones their values stand."""
_MAX = 1_000_000
_MAX_ROWS = 1_000


class Cells:
    """The cells and terms of a page or a row that may be labels.

    Args:
        known: keys of all labels that are asked for: a cell that is one of them is no value.
    """

    def __init__(self, document: Document, scope: Node | None, known: frozenset[str]) -> None:
        self._document = document
        self._known = known
        self._heads: dict[str, list[Node]] = {}
        left, never = _MAX, never_first(known)
        for node in document.select(scope, "th, td, dt"):
            text = document.text(node)
            left -= len(text)
            if left < 0:  # tables inside tables: each cell holds the text of all inside it
                break
            if text[:1] not in never and len(text) <= 4 * MAX_LENGTH and (key := label_key(text)) in known:
                self._heads.setdefault(key, []).append(node)

    def beside(self, key: str) -> list[tuple[Node, ...]]:
        """Return the values beside each cell or term with this text: one `td`, several of a `th`, every `dd`."""
        return [values for head in self._heads.get(key, ()) if (values := self._beside(head))]

    def below(self, key: str) -> list[tuple[Node, ...]]:
        """Return the cells below each heading with this text, where no merged cell shifts them."""
        return [values for head in self._heads.get(key, ()) if (values := self._below(head))]

    def _beside(self, head: Node) -> tuple[Node, ...]:
        document = self._document
        tag, value = document.tag(head), document.after(head)
        while tag == "dt" and value is not None and document.tag(value) == "dt":
            value = document.after(value)
        values = []
        while value is not None and document.tag(value) == CELLS[tag]:
            values.append(value)
            if tag == "td":
                return () if self._is_label(value) else (value,)
            value = document.after(value)
        return tuple(values)

    def _below(self, head: Node) -> tuple[Node, ...]:
        document = self._document
        tag, row = document.tag(head), document.parent(head)
        if row is None or tag == "dt" or (tag == "th" and self._beside(head)):
            return ()
        heads = row_cells(document, row)
        if tag == "td" and not all(map(self._is_label, heads)):
            return ()
        at = next(number for number, cell in enumerate(heads) if document.identity(cell) == document.identity(head))
        values: list[Node] = []
        for other in _rows_below(document, row):
            cells = row_cells(document, other)
            if len(cells) != len(heads) or any(_merged(document, cell) for cell in (*heads, *cells)):
                break
            if collapse_whitespace(document.text(cells[at]))[0]:
                values.append(cells[at])
        return tuple(values)

    def _is_label(self, node: Node) -> bool:
        return label_key(self._document.text(node)) in self._known


def row_cells(document: Document, row: Node) -> list[Node]:
    """Return the cells of a row, without those of tables inside it."""
    first = document.first(row, "th, td")
    cells = []
    while first is not None:
        if document.tag(first) in {"th", "td"}:
            cells.append(first)
        first = document.after(first)
    return cells


def _rows_below(document: Document, row: Node) -> Iterator[Node]:
    following = document.after(row)
    above = document.parent(row)
    if following is None and above is not None and document.tag(above) == "thead":
        following = document.after(above)
        if following is not None and document.tag(following) == "tbody":
            following = document.first(following, "tr")
    for _ in range(_MAX_ROWS):
        if following is None or document.tag(following) != "tr":
            return
        yield following
        following = document.after(following)


def _merged(document: Document, cell: Node) -> bool:
    return any(document.attr(cell, name) not in {None, "", "1"} for name in ("colspan", "rowspan"))


_MAX_ALONE = 1_000
_MAX_PAIRS = 100
_MAX_OTHERS = 3
_CLIMB = 4
_SHORT = 60
_SPACE = COLONS + " \t\r\n\x0c\u00a0"
_SKIPPED = frozenset({"br", "wbr", "img", "svg", "i"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class Found(NamedTuple):
    """The value of a label.

    Attributes:
        nodes: the elements that hold it; several `dd` of one `dt`, several cells below a heading.
        text: the value in a line of text, "" for none; with CLOSE where it goes on in another element.
        others: other values of labels that are no worse than this one.
    """

    nodes: tuple[Node, ...] = ()
    text: str = ""
    others: tuple[str, ...] = ()


class _Rank(NamedTuple):
    """How good a label is; the least is the best.

    Attributes:
        aside: it stands at the side of the page.
        choice: its value is only a choice of links.
        way: how it was found: beside in a table, elsewhere, below a heading.
        number: its place among those of the same way.
    """

    aside: bool
    choice: bool
    way: int
    number: int


_Ranked = list[tuple[_Rank, Found]]


class Labels:
    """The labels of a page or of one row, found at the first question.

    Args:
        scope: the row; None for the whole page.
        known: keys of all labels that are asked for: what is one of them is no value.
    """

    def __init__(self, document: Document, scope: Node | None, known: frozenset[str] = frozenset()) -> None:
        self._document = document
        self._scope = scope
        self._known = known
        self._sides = Sides(document, scope)
        self._cells: Cells | None = None
        self._nodes: list[Node] | None = None
        self._left = _MAX
        self._lines: dict[str, list[tuple[int, str]]] = {}
        self._alone: dict[str, list[int]] = {}
        self._found: dict[tuple[str, str | None], Found | None] = {}

    def find(self, key: str, attr: str | None = None) -> Found | None:
        """Return what stands beside a label; None where there is no such label.

        Args:
            attr: the attribute that the value is taken from.
        """
        if (key, attr) not in self._found:
            self._found[key, attr] = self._find(key, attr)
        return self._found[key, attr]

    def _find(self, key: str, attr: str | None) -> Found | None:
        if self._cells is None:
            self._cells = Cells(self._document, self._scope, self._known)
        beside = self._cells.beside(key)
        if len(beside) == 1 and attr is None and self._is_clear(beside[0][0]):
            return Found(beside[0])
        ranked = [one for number, nodes in enumerate(beside) for one in self._ranked(nodes, 0, number, attr)]
        if not ranked or min(rank for rank, _ in ranked)[:2] > (False, False):
            ranked += self._elsewhere(key, attr)
            below = self._cells.below(key)
            ranked += [one for number, nodes in enumerate(below) for one in self._ranked(nodes, 2, number, attr)]
        if not ranked:
            return Found() if beside or key in self._lines or key in self._alone else None
        ranked.sort(key=lambda one: one[0])
        best, found = ranked[0]
        equal = [other for rank, other in ranked[1:] if rank[:3] == best[:3]]
        if best.way == 2:
            equal += [Found((node,)) for node in found.nodes[1:]]
        return found._replace(others=self._others(found, equal)) if equal and attr is None else found

    def _is_clear(self, value: Node) -> bool:
        """Tell whether a value is surely of the best rank: a text, not at the side. So are most."""
        document = self._document
        return document.plain(value) and bool(document.text(value).strip()) and not self._sides.has(value)

    def _ranked(self, nodes: tuple[Node, ...], way: int, number: int, attr: str | None) -> _Ranked:
        """Return the value in these elements with its rank; nothing where there is none."""
        if attr is None:
            choice = self._choice(nodes)
        else:
            has = any(self._document.attr(node, attr) is not None for node in nodes)
            choice = None if not has and self._document.first(nodes[0], f"[{attr}]") is None else False
        return [] if choice is None else [(_Rank(self._sides.has(nodes[0]), choice, way, number), Found(nodes))]

    def _others(self, found: Found, equal: list[Found]) -> tuple[str, ...]:
        """Return the texts of other values, each once."""
        texts = dict.fromkeys(self._text(other) for other in equal)
        texts.pop(self._text(found) if len(found.nodes) < 2 else self._text(Found(found.nodes[:1])), None)
        return tuple(text[:_SHORT] for text in texts)[:_MAX_OTHERS]

    def _choice(self, nodes: tuple[Node, ...]) -> bool | None:
        """Tell whether a value is only a choice of links; None where it is empty, or a choice of options."""
        document = self._document
        text = self._text(Found(nodes))
        if not text:
            return None
        if len(nodes) > 1 or document.plain(nodes[0]):
            return False
        options = document.select(nodes[0], "option, button")
        if options and not _without(text, [document.text(one) for one in options]):
            return None
        links = document.select(nodes[0], "a[href]")
        return len(links) > 1 and not _without(text, [document.text(link) for link in links])

    def _text(self, found: Found) -> str:
        parts = [self._document.text(node) for node in found.nodes] or [found.text.replace(CLOSE, "")]
        return " ".join(text for part in parts if (text := collapse_whitespace(part)[0]))

    # ---- elements side by side, and lines

    def _elsewhere(self, key: str, attr: str | None) -> _Ranked:
        nodes = self._read() if self._nodes is None else self._nodes
        ranked, taken = [], set()
        for at in self._alone.get(key, ())[:_MAX_ALONE]:
            value = self._next_to(nodes[at], key)
            if value is not None and (one := self._ranked((value,), 1, at, attr)):
                ranked += one
                taken.add(at)
        for at, text in self._lines.get(key, ()) if attr is None else ():
            found = Found((), text)
            if at not in taken and self._text(found):
                ranked.append((_Rank(self._sides.has(nodes[at]), False, 1, at), found))
        return ranked

    def _read(self) -> list[Node]:
        """Read all lines and all elements that hold a label alone; returns the element of each piece of text."""
        scope = self._document.root() if self._scope is None else self._scope
        pieces: list[str] = []
        nodes: list[Node] = []
        if scope is not None and may_hold(self._document.joined(scope), self._known):
            pieces, nodes = self._document.strands(scope)
        self._nodes = nodes
        for key, at, value in labelled(pieces, self._known):
            self._lines.setdefault(key, []).append((at, value))
        never = never_first(self._known)
        for at, piece in enumerate(pieces):
            first = piece.lstrip()[:1]
            if first and first not in never and len(piece) <= MAX_LENGTH and (key := label_key(piece)) in self._known:
                self._alone.setdefault(key, []).append(at)
        return nodes

    def _next_to(self, label: Node, key: str) -> Node | None:
        """Return the element beside the one that holds a label alone, or beside its parent."""
        document = self._document
        scope = None if self._scope is None else document.identity(self._scope)
        for _ in range(_CLIMB):
            text = document.text(label)
            self._left -= len(text)  # elements inside each other: each holds the text of all inside it
            if self._left < 0 or document.tag(label) in CELLS or label_key(text) != key:
                return None
            if document.tail(label).strip(_SPACE):
                return None
            value = document.after(label)
            while value is not None and document.tag(value) in _SKIPPED and not document.text(value).strip():
                value = document.after(value)
            if value is not None:
                return value if self._is_value(label, value) else None
            above = document.parent(label)
            if above is None or (scope is not None and document.identity(above) == scope):
                return None
            label = above
        return None

    def _is_value(self, label: Node, value: Node) -> bool:
        document = self._document
        tags, text = {document.tag(label), document.tag(value)}, collapse_whitespace(document.text(value))[0]
        if document.tag(value) in HIDDEN or label_key(text) in self._known or text.endswith(tuple(COLONS)):
            return False
        if tags <= _HEADINGS or tags == {"option"} or (self._linked(label) and self._linked(value)):
            return False
        # Inside one line more may belong to the value: `<b>Author</b> <i>Ann</i> <i>Oak</i>`.
        return not BLOCKS.isdisjoint(tags) or self._paired(label, value)

    def _linked(self, node: Node) -> bool:
        """Tell whether the whole text of an element is one link."""
        document = self._document
        link = node if document.tag(node) == "a" else document.first(node, "a[href]")
        return (
            link is not None
            and collapse_whitespace(document.text(link))[0] == collapse_whitespace(document.text(node))[0]
        )

    def _paired(self, label: Node, value: Node) -> bool:
        """Tell whether labels and values take turns from here to the end of the line."""
        document = self._document
        kind, left = _kind(document, label), _MAX_PAIRS
        while left:
            if document.tail(value).strip():
                return False
            following = document.after(value)
            if following is None or document.tag(following) in BLOCKS:
                return True
            if _kind(document, following) != kind or document.tail(following).strip(_SPACE):
                return False
            after = document.after(following)
            if after is None:
                return False
            value, left = after, left - 1
        return False


def _kind(document: Document, node: Node) -> tuple[str, str | None]:
    return document.tag(node), document.attr(node, "class")


def _without(text: str, parts: list[str]) -> str:
    """Return what a text has beside the parts that stand in it, in order."""
    rest, at = [], 0
    for part in (collapse_whitespace(one)[0] for one in parts):
        found = text.find(part, at)
        if found >= 0:
            rest.append(text[at:found])
            at = found + len(part)
    return "".join([*rest, text[at:]]).strip(" |/·•")
