"""The interface of a parsed page that the rules use. `lexbor.Lexbor` (HTML) and `soup.Xml` implement it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Protocol

__all__ = ["Document", "Node"]

Node = Any
"""An element of the library behind a Document. Only its own Document can do something with it."""


class Document(Protocol):
    """A parsed page."""

    copy: Any
    """The document in the objects of another library, which keeps it here; None before it is needed."""

    def root(self) -> Node | None:
        """Return the outermost element; None for a page without any."""

    def select(self, scope: Node | None, css: str) -> list[Node]:
        """Elements below `scope` (None: in the page) that match, in document order, each once.

        `scope` itself is never among them, but what the selector names before the last element may be `scope` or
        stand above it, as in the DOM's querySelectorAll.

        Raises:
            ExtractError: `selector`; `unparsable` where it needs BeautifulSoup, and that has no room for the page.
        """

    def first(self, scope: Node | None, css: str) -> Node | None:
        """Return the first of `select`, or None."""

    def attr(self, node: Node, name: str) -> str | None:
        """Value of an attribute, "" for one without a value, None when absent; `class` with single spaces."""

    def attributes(self, node: Node) -> list[str]:
        """Names of the attributes of an element."""

    def text(self, node: Node) -> str:
        """Text of an element by the rules of `text`, with BREAK and RAISED in it; white space as it stands."""

    def figures(self, node: Node) -> str:
        """As `text`, with OPEN and CLOSE around every element inside a line, and without hidden elements."""

    def text_without(self, node: Node, without: Collection[int], *, figures: bool) -> str:
        """As `text` or `figures`, without elements of these identities."""

    def strands(self, node: Node) -> tuple[list[str], list[Node]]:
        """Return `text` in pieces, with OPEN and CLOSE around the elements of MARKED.

        A piece is a text, BREAK, OPEN, CLOSE or RAISED. Beside each is its element: the one that holds the text, or
        that begins or ends.
        """

    def joined(self, node: Node) -> str:
        """All text below an element as it stands, without BREAK or any other sign.

        Of hidden elements, long texts are left out, short ones may be.
        """

    def html(self, node: Node) -> str:
        """Return the inner HTML."""

    def tag(self, node: Node) -> str:
        """Name of an element in lower case."""

    def name(self, node: Node) -> str:
        """Name of an element as it is written, without a prefix."""

    def walk(self, node: Node) -> Iterator[tuple[str, Any]]:
        """Yield an element and all inside of it in order: `start` and `end` with the element, `text` with the text."""

    def plain(self, node: Node) -> bool:
        """Tell whether an element holds no other element."""

    def parent(self, node: Node) -> Node | None:
        """Return the element around this one, or None."""

    def around(self, node: Node) -> Iterator[tuple[Node, int, str]]:
        """Yield an element and those around it, from inside to outside, each with its identity and its name."""

    def names(self, node: Node) -> str:
        """Return class, id and role as one text, `card wide main role=search`; "" without any attribute."""

    def identity(self, node: Node) -> int:
        """Return a number that is the same for the same element and no other of the page."""

    def tail(self, node: Node) -> str:
        """Text between the end of an element and the next element, or the end of their parent."""

    def after(self, node: Node) -> Node | None:
        """Return the element that follows below the same parent, or None."""
