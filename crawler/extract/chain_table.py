"""The records of a table whose rows or fields need more than CSS: rows in rows, data, lines of sheets, `where`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crawler.errors import ExtractError
from crawler.extract.chain import Field, field
from crawler.extract.columns import column
from crawler.extract.conditions import CompiledCondition, fails
from crawler.extract.described import rows_found_by
from crawler.extract.paths import Path, compile_path
from crawler.extract.rules import EachRule, FieldRule, Format, Language, TableRule, language_of
from crawler.extract.sources import Data, Element, Line, Place, cut_into_rows
from crawler.extract.table import TableResult, counts_cells, describe, has_spans, lacking, merged_note, shifted_rows
from crawler.model import Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["ChainTable", "RowFields", "Rows", "root"]

_NO_COLUMNS: Mapping[str, list[Value]] = {}


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
        path: to the rows in JSON, where that is all; None for any others.
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
        self.path = self._only_path(format)

    def _only_path(self, format: Format) -> Path | None:
        if format != "json" or len(self.levels) != 1 or self.levels[0] != EachRule(json=self.levels[0].json):
            return None
        return compile_path(self.levels[0].json or "")

    def are_none(self, page: PageView) -> bool:
        """Tell whether data say that there are no rows: where they should be is an empty list, or a sheet has none."""
        if page.sheet is not None:
            return not page.lines
        if self.path is None:
            return False
        text = self.path.text
        whole = compile_path(text.removesuffix("[]").removesuffix(".*")) if text.endswith(("[]", ".*")) else self.path
        found = whole.find(page.data)
        return bool(found) and all(one in ([], {}) for one in found)

    def of(self, page: PageView) -> Iterator[Place]:
        """Yield every row of a page in order; the page itself where nothing cuts it.

        Raises:
            ExtractError: `not-json`, `unparsable`, `parse-timeout`, `selector`.
        """
        yield from self._lines_of(page) if self._lines else self._inside(root(page), 0)

    def _lines_of(self, page: PageView) -> Iterator[Place]:
        assert page.sheet is not None
        outer = root(page)
        for number, cells in enumerate(page.lines, 1):
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
        folded = any(level.schema for level in rows.levels)  # a step over a list of schema.org data takes its items
        by_names = rows.language == "json" and not folded
        short = ((rule.name, column(rule)) for rule in table.fields) if by_names else ()
        self._columns = [(name, one) for name, one in short if one is not None]

    @property
    def by_column(self) -> bool:
        """Whether fields can be read a column at a time."""
        return bool(self._columns)

    @property
    def only_columns(self) -> bool:
        """Whether all fields can be, and nothing is asked of a row as a whole."""
        return len(self._columns) == len(self.fields) and not self.where

    def columns(self, rows: Sequence[object]) -> dict[str, list[Value]]:
        """Return the values of the fields that can be read a column at a time, for all rows of data."""
        read = ((name, one.read(rows)) for name, one in self._columns)
        return {name: values for name, values in read if values is not None}

    def read(
        self, place: Place, number: int = 0, columns: Mapping[str, list[Value]] = _NO_COLUMNS
    ) -> tuple[dict[str, Value], tuple[Note, ...], list[str]]:
        """Return the values of a row and what its page was given, notes on what is shown, and names that the page gave.

        Args:
            number: of the row among those of `columns`.
        """
        values: dict[str, Value] = dict(place.page.given) if place.page.given else {}
        notes: tuple[Note, ...] = ()
        found: list[str] = []
        for one in self._order:
            name = one.name
            if name in columns:
                values[name] = columns[name][number]
                if values[name] is not None:
                    found.append(name)
                continue
            reading = one.read(place, values)
            values[name] = reading.value
            if reading.found:
                found.append(name)
            if reading.notes and not one.rule.hidden:
                notes += reading.notes
        return values, notes, found

    def left_out(self, values: dict[str, Value]) -> CompiledCondition | None:
        """Return the condition that keeps a row from counting; None for a row that counts."""
        return fails(self.where, values) if self.where else None

    def record(self, values: dict[str, Value], notes: tuple[Note, ...] = ()) -> Record:
        """Return the record of a row."""
        return Record(self._table, {name: values[name] for name in self.shown}, notes)


class ChainTable:
    """A table rule ready for work; see table.CompiledTable, which serves the rules that need no more than CSS.

    Attributes:
        keeps: a follow rule begins in the rows.
    """

    def __init__(self, rule: TableRule, format: Format, *, keeps: bool = False) -> None:
        self.rule = rule
        self.keeps = keeps
        self.rows = Rows(format, rule.each, rule.levels)
        self.row_fields = RowFields(rule, self.rows)
        self.fields = self.row_fields.fields
        self.keys = frozenset[str]().union(*(one.keys for one in self.fields))
        self.counts_cells = rule.each is not None and any(counts_cells(field.css) for field in rule.fields)
        self._only_columns = self.row_fields.only_columns and not keeps and self.rows.path is not None

    def read(self, page: PageView) -> TableResult:
        """Read every record of a page.

        Raises:
            ExtractError: `too-large`, `not-json`, `unparsable`, `parse-timeout`, `selector`, `hook`.
        """
        if self._only_columns and (made := self._read_columns(page)) is not None:
            return made
        records: list[Record] = []
        seen: set[str] = set()
        left_out = count = 0
        kept: list[tuple[Place, dict[str, Value]]] = []
        shifted = shifted_rows(page.document) if self.counts_cells and has_spans(page) else {}
        places = self.rows.of(page)
        columns: dict[str, list[Value]] = {}
        if self.row_fields.by_column:
            every = list(places)
            columns = self.row_fields.columns([_value(place) for place in every])
            places = iter(every)
        for number, place in enumerate(places):
            values, notes, found = self.row_fields.read(place, number, columns)
            if not found:
                continue
            seen.update(found)
            count += 1
            if self.row_fields.left_out(values) is not None:
                left_out += 1
                continue
            if self.keeps:
                kept.append((place, values))
            if self.row_fields.shown:
                why = shifted.get(page.document.identity(place.row.scope), "") if shifted else ""
                records.append(self.row_fields.record(values, notes + merged_note(why)))
                _check_rows(page, len(records))
        misses = self._misses(page, seen)
        empty = not seen and self.rows.are_none(page)
        result = TableResult(records, misses, lacking(self.fields, seen, records), left_out, empty)
        result.kept, result.rows = kept, count
        return result

    def _read_columns(self, page: PageView) -> TableResult | None:
        """Read a table of which all fields are read a column at a time; None where a value needs the long way."""
        assert self.rows.path is not None
        page.check_time()
        found = [value for _, value in self.rows.path.keyed(page.data)]
        _check_rows(page, len(found))
        columns = self.row_fields.columns(found)
        if len(columns) < len(self.fields):
            return None
        names, shown, blank = list(columns), self.row_fields.shown, (None,) * len(columns)
        seen = {name for name, values in columns.items() if values != [None] * len(values)}
        by_row = zip(*columns.values(), strict=False)
        rows = [dict(zip(names, values, strict=False)) for values in by_row if values != blank]
        if len(shown) < len(names):
            rows = [{name: row[name] for name in shown} for row in rows]
        records = [Record(self.rule.table, row) for row in rows] if shown else []
        misses = self._misses(page, seen) if len(seen) < len(names) else []
        empty = not seen and self.rows.are_none(page)
        result = TableResult(records, misses, lacking(self.fields, seen, records), 0, empty)
        result.rows = len(rows)
        return result

    def _misses(self, page: PageView, seen: set[str]) -> list[str]:
        """What matched nothing: the rows, or the fields that no record has."""
        if not seen and self.rows.levels and next(self.rows.of(page), None) is None:
            why = "" if self.rows.path is None else self.rows.path.why(page.data)
            return [f"{rows_found_by(self.rule)!r}{f' ({why})' if why else ''}"]
        rules = [one.rule for one in self.fields if one.name not in seen]
        return [describe(rule) for rule in rules if not (rule.page_url or _is_given(rule))]


def _check_rows(page: PageView, count: int) -> None:
    if count > page.most_rows:
        what = f"more than {page.most_rows:,} rows; limits.page_bytes allows one for each 50 bytes"
        raise ExtractError("too-large", what)


def _value(place: Place) -> object:
    return place.thing.value if isinstance(place.thing, Data) else None


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
