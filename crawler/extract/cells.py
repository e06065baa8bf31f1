"""Labels in tables and lists of definitions: `<th>UPC</th><td>...</td>`, `<dt>UPC</dt><dd>...</dd>`, headings."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.extract.engine import Document, Node
from crawler.extract.lines import LONGEST, label_key, never_first
from crawler.extract.text import tidy

__all__ = ["CELLS", "Cells"]

CELLS = {"th": "td", "td": "td", "dt": "dd"}
"""Elements that may be labels, and in which ones their values stand."""
_MOST = 1_000_000
_MOST_ROWS = 1_000


class Cells:
    """The cells and terms of a page or a row that may be labels.

    Args:
        known: keys of all labels that are asked for: a cell that is one of them is no value.
    """

    def __init__(self, document: Document, scope: Node | None, known: frozenset[str]) -> None:
        self._document = document
        self._known = known
        self._heads: dict[str, list[Node]] = {}
        left, never = _MOST, never_first(known)
        for node in document.select(scope, "th, td, dt"):
            text = document.text(node)
            left -= len(text)
            if left < 0:  # tables inside tables: each cell holds the text of all inside it
                break
            if text[:1] not in never and len(text) <= 4 * LONGEST and (key := label_key(text)) in known:
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
        heads = _row(document, row)
        if tag == "td" and not all(map(self._is_label, heads)):
            return ()
        at = next(number for number, cell in enumerate(heads) if document.identity(cell) == document.identity(head))
        values: list[Node] = []
        for other in _rows_below(document, row):
            cells = _row(document, other)
            if len(cells) != len(heads) or any(_merged(document, cell) for cell in (*heads, *cells)):
                break
            if tidy(document.text(cells[at]))[0]:
                values.append(cells[at])
        return tuple(values)

    def _is_label(self, node: Node) -> bool:
        return label_key(self._document.text(node)) in self._known


def _row(document: Document, row: Node) -> list[Node]:
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
    for _ in range(_MOST_ROWS):
        if following is None or document.tag(following) != "tr":
            return
        yield following
        following = document.after(following)


def _merged(document: Document, cell: Node) -> bool:
    return any(document.attr(cell, name) not in {None, "", "1"} for name in ("colspan", "rowspan"))
