"""Where the elements of a document begin and end: which stand in front of a row, and which behind it.

All elements are numbered in one walk, and the matches of a selector are looked for once a page, not once a row.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

from crawler.extract.engine import Document, Node

__all__ = ["Order"]


class _Span(NamedTuple):
    """An element: its number, and that of the last one inside of it."""

    start: int
    end: int
    node: Node


class Order:
    """The elements of a document, numbered in its order."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._spans: dict[int, tuple[int, int]] = {}
        self._found: dict[Hashable, list[_Span]] = {}
        starts: list[int] = []
        count = 0
        root = document.root()
        for event, value in document.walk(root) if root is not None else ():
            if event == "start":
                starts.append(count)
                count += 1
            elif event == "end":
                self._spans[document.identity(value)] = (starts.pop(), count - 1)
        self._length = count

    def before(self, node: Node, key: Hashable, find: Callable[[], Iterable[Node]]) -> Node | None:
        """Return the nearest match in front of an element; one that holds the element is none.

        Args:
            key: of what is looked for.
            find: gives all matches of the document, in its order.
        """
        spans, (start, _) = self._matches(key, find), self._span(node)
        for at in range(bisect_left(spans, start, key=_start) - 1, -1, -1):
            if spans[at].end < start:
                return spans[at].node
        return None

    def after(
        self, node: Node, key: Hashable, find: Callable[[], Iterable[Node]], rows: Callable[[], Iterable[Node]]
    ) -> Node | None:
        """Return the first match behind an element and in front of the next row; one that holds that row is none.

        Args:
            rows: gives all rows beside the element.
        """
        spans, (_, end) = self._matches(key, find), self._span(node)
        starts = self._matches(("rows", key), rows)
        following = bisect_right(starts, end, key=_start)
        limit = starts[following].start if following < len(starts) else self._length
        for at in range(bisect_right(spans, end, key=_start), len(spans)):
            if spans[at].start >= limit:
                return None
            if spans[at].end < limit:
                return spans[at].node
        return None

    def _matches(self, key: Hashable, find: Callable[[], Iterable[Node]]) -> list[_Span]:
        if key not in self._found:
            self._found[key] = sorted((_Span(*self._span(node), node) for node in find()), key=_start)
        return self._found[key]

    def _span(self, node: Node) -> tuple[int, int]:
        return self._spans.get(self._document.identity(node), (-1, -1))


def _start(span: _Span) -> int:
    return span.start
