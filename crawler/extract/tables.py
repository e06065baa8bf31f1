"""The records of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.extract.merged import shifted_rows
from crawler.extract.plan import TablePlan, describe, rows
from crawler.model import Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.fields import Reading
    from crawler.extract.page import PageView

__all__ = ["Harvest", "read_table"]

_SPAN = re.compile(r"\b(?:row|col)span\b", re.I)


class Harvest:
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


def read_table(plan: TablePlan, page: PageView) -> Harvest:
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
    return Harvest(records, _misses(plan, page, seen), _lacking(plan, seen, records))


def _record(plan: TablePlan, readings: list[Reading], notes: tuple[Note, ...]) -> Record:
    values: dict[str, Value] = {}
    for field, reading in zip(plan.fields, readings, strict=True):
        values[field.name] = reading.value
        if reading.notes:
            notes += reading.notes
    return Record(plan.rule.table, values, notes)


def _misses(plan: TablePlan, page: PageView, seen: set[str]) -> list[str]:
    if len(seen) == len(plan.fields):
        return []
    each = plan.rule.each
    if each is not None and not seen and not page.document.select(None, each):
        return [repr(each)]
    return [describe(field.rule) for field in plan.fields if field.name not in seen and not field.rule.page_url]


def _lacking(plan: TablePlan, seen: set[str], records: list[Record]) -> list[str]:
    lacking = [field for field in plan.fields if field.rule.required and field.name not in seen]
    # What is cut out of the page's address is the same in every record of the page.
    return [f.name for f in lacking if not (f.rule.page_url and records and records[0].values[f.name] is not None)]
