"""The records of a table whose rows or fields need more than CSS: rows in rows, data, lines of sheets, `where`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crawler.errors import ExtractError
from crawler.extract.chain import Field, field
from crawler.extract.conditions import CompiledCondition, fails
from crawler.extract.described import rows_found_by
from crawler.extract.rules import EachRule, FieldRule, Format, Language, TableRule, language_of
from crawler.extract.sources import Data, Element, Line, Place, cut_into_rows
from crawler.extract.table import TableResult, counts_cells, describe, has_spans, lacking, merged_note, shifted_rows
from crawler.model import Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.fields import Reading
    from crawler.extract.page import PageView

__all__ = ["ChainTable", "RowFields", "Rows", "root"]


def root(page: PageView) -> Place:
    """Return the whole page as what rows and fields are read from."""
    if page.format == "html":
        return Place(page, Element(page.document, None))
    return Place(page, Data(page.data) if page.format == "json" else page.text)


class Rows:
    """How pages of a format are cut into rows.

    Attributes:
        language: what a row is.
        page: what the page is.
        outer: what the rows around a row are, the next one first.
    """

    def __init__(self, format: Format, each: str | None, levels: Sequence[EachRule]) -> None:
        self.levels = tuple(levels) if each is None else (EachRule(css=each),)
        self._lines = format in ("csv", "xlsx")
        self.page = language_of(format)
        found = [self.page]
        for level in self.levels:
            found.append(level.language(found[-1]))
        self.language: Language = found[-1]
        self.outer: tuple[Language, ...] = tuple(reversed(found[1:-1]))

    def of(self, page: PageView) -> Iterator[Place]:
        """Yield every row of a page in order; the page itself where nothing cuts it.

        Raises:
            ExtractError: `not-json`, `unparsable`, `parse-timeout`, `selector`.
        """
        yield from self._lines_of(page) if self._lines else self._inside(root(page), 0)

    def _lines_of(self, page: PageView) -> Iterator[Place]:
        assert page.sheet is not None
        outer = root(page)
        for number, cells in enumerate(page.sheet.rows, 1):
            page.check_time()
            yield Place(page, Line(page.sheet, cells), outer, number)

    def _inside(self, place: Place, depth: int) -> Iterator[Place]:
        if depth == len(self.levels):
            yield place
            return
        around = self.page
        for level in self.levels[:depth]:
            around = level.language(around)
        for row in cut_into_rows(place, self.levels[depth], around):
            yield from self._inside(row, depth + 1)


class RowFields:
    """The fields of a row, each read after those whose values it needs.

    Attributes:
        fields: in the order of the config.
        shown: names of those that are columns.
        where: the conditions on their values.
    """

    def __init__(self, table: TableRule, rows: Rows) -> None:
        self.fields = tuple(field(rule, rows.language, rows.page, rows.outer) for rule in table.fields)
        self.where = tuple(map(CompiledCondition, table.where))
        self._order = _in_order(self.fields)
        self._table = table.table
        self.shown = [one.name for one in self.fields if not one.rule.hidden]

    def read(self, place: Place) -> tuple[dict[str, Reading], dict[str, Value]]:
        """Return what every field finds in a row, and the values alone."""
        readings: dict[str, Reading] = {}
        values: dict[str, Value] = {}
        for one in self._order:
            reading = one.read(place, values)
            readings[one.name], values[one.name] = reading, reading.value
        return readings, values

    def left_out(self, values: dict[str, Value]) -> CompiledCondition | None:
        """Return the condition that keeps a row from counting; None for a row that counts."""
        return fails(self.where, values) if self.where else None

    def record(self, readings: dict[str, Reading], notes: tuple[Note, ...] = ()) -> Record:
        """Return the record of a row."""
        for name in self.shown:
            notes += readings[name].notes
        return Record(self._table, {name: readings[name].value for name in self.shown}, notes)


class ChainTable:
    """A table rule ready for work; see table.CompiledTable, which serves the rules that need no more than CSS.

    Attributes:
        keeps: a follow rule begins in the rows.
        kept: where it does, the rows that count of the page that was read last.
    """

    def __init__(self, rule: TableRule, format: Format) -> None:
        self.rule = rule
        self.rows = Rows(format, rule.each, rule.levels)
        self.row_fields = RowFields(rule, self.rows)
        self.fields = self.row_fields.fields
        self.keys = frozenset[str]().union(*(one.keys for one in self.fields))
        self.counts_cells = rule.each is not None and any(counts_cells(field.css) for field in rule.fields)
        self.keeps = False
        self.kept: list[Place] = []

    def read(self, page: PageView) -> TableResult:
        """Read every record of a page.

        Raises:
            ExtractError: `too-large`, `not-json`, `unparsable`, `parse-timeout`, `selector`, `hook`.
        """
        records: list[Record] = []
        seen: set[str] = set()
        left_out = 0
        self.kept = []
        shifted = shifted_rows(page.document) if self.counts_cells and has_spans(page) else {}
        for place in self.rows.of(page):
            readings, values = self.row_fields.read(place)
            found = [name for name, reading in readings.items() if reading.found]
            if not found:
                continue
            seen.update(found)
            if self.row_fields.left_out(values) is not None:
                left_out += 1
                continue
            if self.keeps:
                self.kept.append(place)
            if self.row_fields.shown:
                why = shifted.get(page.document.identity(place.row.scope), "") if shifted else ""
                records.append(self.row_fields.record(readings, merged_note(why)))
                if len(records) > page.most_rows:
                    what = f"more than {page.most_rows:,} rows; limits.page_bytes allows one for each 50 bytes"
                    raise ExtractError("too-large", what)
        misses = self._misses(page, seen)
        return TableResult(records, misses, lacking(self.fields, seen, records), left_out)

    def _misses(self, page: PageView, seen: set[str]) -> list[str]:
        """What matched nothing: the rows, or the fields that no record has."""
        if not seen and self.rows.levels and next(self.rows.of(page), None) is None:
            return [repr(rows_found_by(self.rule))]
        rules = [one.rule for one in self.fields if one.name not in seen]
        return [describe(rule) for rule in rules if not (rule.page_url or _is_given(rule))]


def _is_given(rule: FieldRule) -> bool:
    """Tell whether a field takes nothing from the page."""
    return rule.value is not None or rule.response is not None or rule.row_key


def _in_order(fields: Sequence[Field]) -> list[Field]:
    """Fields whose templates name other fields come after those; the config has no circles."""
    done: dict[str, Field] = {}
    known = {one.name: one for one in fields}

    def add(one: Field, above: frozenset[str]) -> None:
        if one.name in done or one.name in above:
            return
        for name in one.names:
            if name in known:
                add(known[name], above | {one.name})
        done[one.name] = one

    for one in fields:
        add(one, frozenset())
    return list(done.values())
