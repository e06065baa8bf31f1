"""One table of a page kind, its rows found by CSS, and the records that it finds on a page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from crawler.extract.described import source
from crawler.extract.engine import Document, Node
from crawler.extract.fields import CompiledField, Row
from crawler.extract.labels import Labels, row_cells
from crawler.extract.rules import FieldRule, TableRule
from crawler.model import Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.fields import Reading
    from crawler.extract.page import PageView
    from crawler.extract.sources import Place

__all__ = ["CompiledTable", "TableResult", "counts_cells", "describe", "page_row", "rows", "shifted_rows"]


_COUNTED = re.compile(r":nth-|:(?:first|last)-(?:child|of-type)|t[dh]\b[^,]*[+~]")
_SPAN = re.compile(r"\b(?:row|col)span\b", re.I)
_MAX_COLUMNS = 1_000
_MAX_ROWS = 65_534  # the most that the HTML standard lets a cell cover (4.9.11)


def counts_cells(css: str | None) -> bool:
    """Tell whether a selector may find a cell by its place in the row."""
    return css is not None and _COUNTED.search(css) is not None


def shifted_rows(document: Document) -> dict[int, str]:
    """Return the identity of each row in which a cell is not in the column that its number says, and why."""
    found: dict[int, str] = {}
    # In each group of rows (a cell does not reach over its end) by column: how many rows are covered from above.
    covered: dict[int, dict[int, int]] = {}
    for row in document.select(None, "tr"):
        above = document.parent(row)
        group = 0 if above is None else document.identity(above)
        reason = _reason(document, row, covered.setdefault(group, {}))
        if reason:
            found[document.identity(row)] = reason
    return found


def _reason(document: Document, row: Node, covered: dict[int, int]) -> str:
    """Why cells of a row are shifted, "" where none is; `covered` is brought to the next row."""
    column, reason, below = 0, "", {at: left - 1 for at, left in covered.items() if left > 1}
    for number, cell in enumerate(row_cells(document, row)):
        while column in covered:
            column += 1
        if column != number and not reason:
            reason = f"cell {number + 1} of the row is in column {column + 1}, because a merged cell is before it"
        wide, high = _span(document, cell, "colspan", _MAX_COLUMNS), _span(document, cell, "rowspan", _MAX_ROWS)
        if column + wide > _MAX_COLUMNS:
            break
        if high > 1:
            below.update(dict.fromkeys(range(column, column + wide), high - 1))
        column += wide
    covered.clear()
    covered.update(below)
    return reason


def _span(document: Document, cell: Node, name: str, most: int) -> int:
    value = (document.attr(cell, name) or "").strip()
    if not (value.isascii() and value.isdecimal()) or len(value) > 6:
        return 1
    if name == "rowspan" and int(value) == 0:  # to the end of the group
        return most
    return min(max(1, int(value)), most)


class CompiledTable:
    """A table rule ready for work.

    Attributes:
        keys: of all labels that its fields ask for.
        counts_cells: a field of a row may be found by the number of its cell.
    """

    def __init__(self, rule: TableRule) -> None:
        self.rule = rule
        self.fields = tuple(CompiledField(field) for field in rule.fields)
        self.keys = frozenset(field.key for field in self.fields if field.key is not None)
        self.counts_cells = rule.each is not None and any(counts_cells(field.css) for field in rule.fields)

    def read(self, page: PageView) -> TableResult:
        """Read every record of a page.

        Raises:
            ExtractError: `unparsable`, `parse-timeout`, `selector`.
        """
        records: list[Record] = []
        seen: set[str] = set()
        merged = shifted_rows(page.document) if self.counts_cells and has_spans(page) else {}
        for row in rows(page, self.rule.each):
            readings = [field.read(row) for field in self.fields]
            found = [field.name for field, reading in zip(self.fields, readings, strict=True) if reading.found]
            if found:
                seen.update(found)
                why = merged.get(page.document.identity(row.scope), "") if merged else ""
                records.append(_record(self, readings, merged_note(why)))
        return TableResult(records, _misses(self, page, seen), lacking(self.fields, seen, records))


def page_row(page: PageView) -> Row:
    """Return the whole page as what fields are read from."""
    return Row(page, page.document, None, page.labels)


def rows(page: PageView, each: str | None) -> Iterator[Row]:
    """Return the rows of a group in document order; without `each` the page as the only one."""
    if each is None:
        yield page_row(page)
        return
    document = page.document
    for scope in document.select(None, each):
        page.check_time()
        yield Row(page, document, scope, Labels(document, scope, page.known))


def describe(rule: FieldRule) -> str:
    """Return how a field is found, for messages."""
    if rule.label is not None and rule.css is None:
        return f"label {rule.label!r}"
    if rule.plain and rule.css is None:
        return f"field {rule.name!r}"
    return repr(source(rule._replace(attr=None, html=False)))


class TableResult:
    """The records of one table on a page.

    Attributes:
        records: in document order; rows in which nothing was found, such as a row of headings, are no records.
        misses: what matched nothing: the selector of the rows, or those of fields that no record has.
        lacking: names of required fields that no record has.
        left_out: number of rows that `where` does not let through.
        kept: rows that count, with the values of their fields, where links begin in them.
        empty: the data say themselves that there are no rows: an empty list, a sheet without lines.
        rows: number of rows, those that are left out or give no record too.
    """

    __slots__ = ("empty", "kept", "lacking", "left_out", "misses", "records", "rows")

    def __init__(
        self,
        records: list[Record],
        misses: list[str],
        lacking: list[str],
        left_out: int = 0,
        empty: bool = False,
    ) -> None:
        self.records = records
        self.misses = misses
        self.lacking = lacking
        self.left_out = left_out
        self.empty = empty
        self.rows = len(records) + left_out
        self.kept: list[tuple[Place, dict[str, Value]]] = []


def has_spans(page: PageView) -> bool:
    """Tell whether cells of a page may be merged."""
    return _SPAN.search(page.text) is not None


def merged_note(why: str) -> tuple[Note, ...]:
    """The note on a row of `shifted_rows`."""
    return (Note("", "merged-cells", why),) if why else ()


def _record(plan: CompiledTable, readings: list[Reading], notes: tuple[Note, ...]) -> Record:
    values: dict[str, Value] = {}
    for field, reading in zip(plan.fields, readings, strict=True):
        values[field.name] = reading.value
        if reading.notes:
            notes += reading.notes
    return Record(plan.rule.table, values, notes)


def _misses(plan: CompiledTable, page: PageView, seen: set[str]) -> list[str]:
    if len(seen) == len(plan.fields):
        return []
    each = plan.rule.each
    if each is not None and not seen and not page.document.select(None, each):
        return [repr(each)]
    return [describe(field.rule) for field in plan.fields if field.name not in seen and not field.rule.page_url]


def lacking(fields: Sequence[Ruled], seen: Collection[str], records: Sequence[Record]) -> list[str]:
    """Return the names of required fields that no record has."""
    required = [one.rule for one in fields if one.rule.required and one.rule.name not in seen]
    # What is cut out of the page's address is the same in every record of the page.
    return [
        rule.name
        for rule in required
        if not (rule.page_url and records and records[0].values.get(rule.name) is not None)
    ]


class Ruled(Protocol):
    """A field ready for work."""

    @property
    def rule(self) -> FieldRule:
        """What it was made from."""
