"""A page kind's rules, compiled once in each worker, and the records that its tables find on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from crawler.extract.engine import Document, Node
from crawler.extract.fields import CompiledField, Row
from crawler.extract.labels import Labels
from crawler.extract.lexbor import served_by
from crawler.extract.patterns import Pattern
from crawler.extract.rules import FieldRule, FollowRule, PageRule, TableRule
from crawler.model import Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.fields import Reading
    from crawler.extract.page import PageView

__all__ = [
    "CompiledFollow",
    "CompiledPage",
    "CompiledTable",
    "TableResult",
    "counts_cells",
    "describe",
    "page_row",
    "read_table",
    "rows",
    "shifted_rows",
]


_COUNTED = re.compile(r":nth-|:(?:first|last)-(?:child|of-type)|t[dh]\b[^,]*[+~]")
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
    for number, cell in enumerate(_cells(document, row)):
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


def _cells(document: Document, row: Node) -> list[Node]:
    cell, cells = document.first(row, "td, th"), []
    while cell is not None:
        if document.tag(cell) in ("td", "th"):
            cells.append(cell)
        cell = document.after(cell)
    return cells


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
        counts_cells: a field of a row may be found by the number of its cell.
    """

    def __init__(self, rule: TableRule) -> None:
        self.rule = rule
        self.fields = tuple(CompiledField(field) for field in rule.fields)
        self.counts_cells = rule.each is not None and any(counts_cells(field.css) for field in rule.fields)


class CompiledFollow:
    """A follow rule ready for work."""

    def __init__(self, rule: FollowRule) -> None:
        self.rule = rule
        self.carry = tuple(CompiledField(field) for field in rule.carry)
        self.allow = tuple(Pattern(pattern) for pattern in rule.allow)
        self.deny = tuple(Pattern(pattern) for pattern in rule.deny)

    def allows(self, url: str) -> bool:
        """Tell whether the patterns let a URL through."""
        if self.allow and not any(pattern.found(url) for pattern in self.allow):
            return False
        return not any(pattern.found(url) for pattern in self.deny)


class CompiledPage:
    """All rules of a page kind.

    Attributes:
        soup: BeautifulSoup is needed for pages of this kind.
        labels: keys of all labels that its fields ask for.

    Raises:
        ExtractError: a pattern or a locale cannot be used.
    """

    def __init__(self, rule: PageRule, engine: str) -> None:
        self.rule = rule
        self.tables = tuple(CompiledTable(table) for table in rule.tables)
        self.follow = tuple(CompiledFollow(follow) for follow in rule.follow)
        fields = [field for table in self.tables for field in table.fields]
        fields += [field for follow in self.follow for field in follow.carry]
        self.labels = frozenset(field.key for field in fields if field.key is not None)
        self.soup = rule.python is not None or any(served_by(css, engine) == "bs4" for css in _selectors(rule))


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


def _selectors(rule: PageRule) -> Iterator[str]:
    for table in rule.tables:
        yield from filter(None, (table.each, *(field.css for field in table.fields)))
    for follow in rule.follow:
        yield from filter(None, (follow.css, follow.each, *(field.css for field in follow.carry)))


def describe(rule: FieldRule) -> str:
    """Return how a field is found, for messages."""
    if rule.label is not None:
        return f"label {rule.label!r}"
    return repr(rule.css) if rule.css is not None else f"field {rule.name!r}"


_SPAN = re.compile(r"\b(?:row|col)span\b", re.I)


class TableResult:
    """The records of one table on a page.

    Attributes:
        records: in document order; rows in which nothing was found, such as a row of headings, are no records.
        misses: what matched nothing: the selector of the rows, or those of fields that no record has.
        lacking: names of required fields that no record has.
    """

    __slots__ = ("lacking", "misses", "records")

    def __init__(self, records: list[Record], misses: list[str], lacking: list[str]) -> None:
        self.records = records
        self.misses = misses
        self.lacking = lacking


def read_table(plan: CompiledTable, page: PageView) -> TableResult:
    """Read every record of a table.

    Raises:
        ExtractError: `unparsable`, `parse-timeout`, `selector`.
    """
    records: list[Record] = []
    seen: set[str] = set()
    merged = shifted_rows(page.document) if plan.counts_cells and _SPAN.search(page.text) else {}
    for row in rows(page, plan.rule.each):
        readings = [field.read(row) for field in plan.fields]
        found = [field.name for field, reading in zip(plan.fields, readings, strict=True) if reading.found]
        if found:
            seen.update(found)
            why = merged.get(page.document.identity(row.scope), "") if merged else ""
            records.append(_record(plan, readings, (Note("", "merged-cells", why),) if why else ()))
    return TableResult(records, _misses(plan, page, seen), _lacking(plan, seen, records))


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


def _lacking(plan: CompiledTable, seen: set[str], records: list[Record]) -> list[str]:
    lacking = [field for field in plan.fields if field.rule.required and field.name not in seen]
    # What is cut out of the page's address is the same in every record of the page.
    return [f.name for f in lacking if not (f.rule.page_url and records and records[0].values[f.name] is not None)]
