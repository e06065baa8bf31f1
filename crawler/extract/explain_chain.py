"""What rules that need more than CSS found on a page: each value with its way, and what `where` left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from crawler.errors import ExtractError
from crawler.extract.chain import ChainField, PlainField
from crawler.extract.described import found_by, links_found_by, rows_found_by, source, steps
from crawler.extract.finding import PAGE_URL, URLS, Finding, short
from crawler.extract.follow import Links, Requests
from crawler.extract.forms import URLENCODED
from crawler.extract.sources import Data, Line, Place, Step, Thing, raw_text
from crawler.extract.table import describe
from crawler.extract.values import as_text
from crawler.extract.why import why_no_value

if TYPE_CHECKING:
    from crawler.extract.chain import Field, Values
    from crawler.extract.chain_follow import ChainFollow
    from crawler.extract.chain_table import ChainTable
    from crawler.extract.conditions import CompiledCondition
    from crawler.extract.fields import Reading
    from crawler.extract.page import PageView
    from crawler.extract.rules import FollowRule
    from crawler.model import Link, Value

__all__ = ["explain_follow", "explain_table"]

_HEADINGS = 12


def explain_table(plan: ChainTable, page: PageView, most_rows: int) -> Iterator[Finding]:
    """Yield what a table finds: its rows, then each field of the first ones, and the rows that `where` left out."""
    name, rule = plan.rule.table, plan.rule
    cut = rule.each is not None or rule.levels or page.sheet is not None
    every = list(plan.rows.of(page))
    if cut:
        yield Finding("rows", name, rule=rows_found_by(rule) or "line of the file", matches=len(every))
    shown = 0
    for number, place in enumerate(every, 1):
        values, _, _ = plan.row_fields.read(place)
        failed = plan.row_fields.left_out(values)
        if failed is not None:
            yield Finding("left-out", name, number, raw=_why_left_out(failed, values))
        elif shown < most_rows:
            shown += 1
            for field in plan.fields:
                yield _field(field, place, field.read(place, values), values, name, number if cut else 0)


def _why_left_out(failed: CompiledCondition, values: Values) -> str:
    rule = failed.rule
    value = values.get(rule.name)
    has = f"{rule.name} has no value" if value is None or value == () else f"{rule.name} is {short(_said(value))}"
    if rule.filled is not None:
        return has if rule.filled else f"{has}, and where asks for none"
    if rule.one_of:
        return f"{has}, not {' or '.join(rule.one_of)}"
    parts = [f"allow: {', '.join(rule.allow)}"] if rule.allow else []
    parts += [f"deny: {', '.join(rule.deny)}"] if rule.deny else []
    parts += [f"min: {rule.least}"] if rule.least is not None else []
    parts += [f"max: {rule.most}"] if rule.most is not None else []
    return f"{has}; {'; '.join(parts)}"


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if type(value) is tuple else as_text(value)


def _field(field: Field, place: Place, reading: Reading, values: Values, table: str, number: int) -> Finding:
    rule = field.rule
    if rule.page_url and rule.plain:
        return Finding("field", f"{table}.{rule.name}", number, PAGE_URL, value=reading.value, notes=reading.notes)
    way, matches, raw = _way(field, place, values)
    missed = reading.value is None or reading.value == ()
    why = _why_missing(field, place) if missed else ""
    return Finding(
        "field", f"{table}.{rule.name}", number, way, _engine(field, place), matches, raw, reading.value,
        reading.notes, why=why, optional=rule.counted or rule.hidden,
    )  # fmt: skip


def _way(field: Field, place: Place, values: Values) -> tuple[str, int, str | None]:
    """How the value was found, the number of matches, and the text of the first."""
    rule = field.rule
    if isinstance(field, PlainField):
        row = place.row
        raw = next(iter(field.compiled.raws(row)), None)
        matches = len(field.compiled.nodes(row)) or int(raw is not None)
        return found_by(rule), matches, None if raw is None else short(raw)
    if rule.first_of:
        return _of_first(field, place, values)
    if rule.all_of:
        given = sum(one.read(place, values).value is not None for one in field.sources)
        return f"all_of {given} of {len(field.sources)}: {found_by(rule).removeprefix('all of: ')}", given, None
    if rule.value is not None or rule.response is not None or rule.row_key or rule.page_url:
        return found_by(rule), 1, None
    try:
        parts, things = _walked(field, place)
    except ExtractError as error:
        return found_by(rule), 0, error.detail
    end = ", ".join(steps(rule))
    taken = f"@{rule.attr}" if field.takes_attribute else f"as {rule.item}" if rule.item else ""
    way = " -> ".join(filter(None, [*parts, taken, end])) or found_by(rule)
    return way, len(things), _raw(things)


def _of_first(field: ChainField, place: Place, values: Values) -> tuple[str, int, str | None]:
    for number, one in enumerate(field.sources, 1):
        reading = one.read(place, values)
        if reading.value is not None and reading.value != ():
            way, matches, raw = _way(one, place, values)
            return f"first_of {number} of {len(field.sources)}: {way}", max(matches, 1), raw
    return found_by(field.rule), 0, None


def _walked(field: ChainField, place: Place) -> tuple[list[str], list[Thing]]:
    """Each step of a source with the number of its matches, and what the last one found."""
    if field.rule.of in ("before", "after"):
        found = source(field.rule._replace(of="row", attr=None))
        return [f"{field.rule.of} the row: {found}"], field.things(place)
    start = field.start(place)
    if start is None:
        return [found_by(field.rule)], []
    things: list[Thing] = [start.thing]
    parts: list[str] = [] if field.rule.of == "row" else [field.rule.of]
    several: list[Step] = field.steps
    for step in several:
        things = [found for thing in things for found in step.find(thing, start)]
        parts.append(f"{step.name} {len(things):,}" if len(several) > 1 else step.name)
    return parts, things


def _raw(things: list[Thing]) -> str | None:
    if not things:
        return None
    first = things[0]
    if isinstance(first, Line):
        return None
    if isinstance(first, Data):
        return short(_written(first.value))
    if isinstance(first, tuple):
        node = first.node if first.node is not None else first.document.root()
        return None if node is None else short(raw_text(first.document, node))
    return short(str(first))


def _written(value: object) -> str:
    """A value of data as JSON writes it, a text without its quotes."""
    return str(value) if isinstance(value, str | Decimal) else json.dumps(value, ensure_ascii=False, default=float)


def _engine(field: Field, place: Place) -> str:
    rule = field.rule
    if rule.xpath is not None:
        return "lxml"
    return place.page.served_by(rule.css or "*") if rule.css is not None or isinstance(field, PlainField) else ""


def _why_missing(field: Field, place: Place) -> str:
    """Say why there is no value, where the page shows it; "" elsewhere."""
    rule = field.rule
    if isinstance(field, PlainField):
        return why_no_value(field.compiled, place.row, ())
    if rule.column is not None and isinstance(place.thing, Line) and place.thing.headings.column(rule.column) is None:
        names = list(filter(None, place.thing.headings.headings))
        return f"there is no column {rule.column!r}; there are: {', '.join(names[:_HEADINGS])}"
    start = field.start(place)
    if rule.json is None or start is None or rule.first_of or rule.all_of:
        return ""
    things = [start.thing]
    for step in islice(field.steps, len(field.steps) - 1):
        things = [found for thing in things for found in step.find(thing, start)]
    if not things:
        return f"nothing matches {describe(rule._replace(json=None))}"
    first = things[0]
    if not isinstance(first, Data):
        return ""
    from crawler.extract.paths import compile_path

    path = compile_path(rule.json, fold=first.folded)
    outer = place.outer.thing if place.outer is not None and rule.of == "row" else None
    if isinstance(outer, Data) and len(field.steps) == 1 and path.find(outer.value):
        return f"{path.why(first.value)}; the row around it has it: add from: outer"
    return path.why(first.value)


def explain_follow(plan: ChainFollow, page: PageView, requests: Requests) -> Finding:
    """Return what a follow rule finds."""
    links = Links(page, requests)
    plan.read_rows(links)
    plan.add(links)
    found = len(links.found) + sum(links.dropped.values())
    return Finding(
        "follow",
        plan.rule.to,
        rule=_asked_for_each(plan.rule) if plan.rule.by_request else links_found_by(plan.rule),
        matches=found,
        notes=tuple(note for link in links.found for note in link.notes)[:URLS],
        urls=tuple(link.url for link in links.found[:URLS]),
        given=tuple(link.handed for link in links.found[:URLS]),
        sent=tuple(_filled_in(plan.rule, link) for link in links.found[:URLS]) if plan.rule.submit else (),
        dropped=dict(links.dropped),
    )


def _filled_in(rule: FollowRule, link: Link) -> dict[str, str]:
    """Return the fields of a form that the rule fills in, as they are sent; the others are those of the page."""
    form = link.ask.form if link.ask else None
    if form is None or form.type != URLENCODED:
        return {}
    names = [name for name, _ in rule.fill]
    fields = dict(parse_qsl(form.body.decode("ascii", "replace"), keep_blank_values=True))
    return {name: fields[name] for name in names if name in fields}


def _asked_for_each(rule: FollowRule) -> str:
    return f"one for each {'row' if rule.of_rows else rows_found_by(rule) or 'page'}"
