"""What each rule found on a page, as text and as plain data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from crawler.cli.advice import for_failure, for_topic
from crawler.cli.given import values_text
from crawler.cli.terminal import Cell, aligned, clean, cut, paint, wrapped
from crawler.extract.finding import Finding
from crawler.extract.rules import PageRule
from crawler.model import Failure, Money, Value
from crawler.text_width import columns

__all__ = ["findings_text", "plain_findings", "plain_value", "shown"]

NOTHING, NO_VALUE = "nothing found", "found, but no value"
SAME = "same"
URLS = 3
_LEFT_OUT = 5


def findings_text(findings: list[Finding], rule: PageRule, width: int) -> Iterator[str]:
    """Lines for a window of `width` columns: tables, then links, then what is to be said of the whole page."""
    of_tables = [finding for finding in findings if finding.what in ("rows", "field", "left-out")]
    for table, group in groupby(of_tables, key=lambda finding: finding.where.split(".")[0]):
        yield from _table(table, list(group), width)
    yield from _noted([finding for finding in findings if finding.what == "noted"], width)
    hooked = [finding for finding in findings if finding.what == "hook"]
    if hooked:
        yield from _hook(hooked, rule, width)
    links = [finding for finding in findings if finding.what == "follow"]
    if links:
        yield from ("", paint("links followed", "bold"))
        yield from _links(links, width)
    yield from _of_the_page(findings, width)


def _noted(findings: list[Finding], width: int) -> Iterator[str]:
    """Notes of rows that are not shown."""
    if findings:
        yield from ("", paint("notes on other rows", "bold"))
    for finding in findings:
        note = finding.notes[0]
        text = f"{finding.where}: {finding.matches:,} {note.code}, the first: {note.detail}"
        yield paint(wrapped(text, width, "  "), "yellow")


def _of_the_page(findings: list[Finding], width: int) -> Iterator[str]:
    """What is wrong with the page as a whole, what it shows of the reason, and what to do."""
    said = [note for finding in findings if finding.what in ("page", "failure") for note in finding.notes]
    for note in said:
        yield from ("", paint(wrapped(f"{note.code}: {note.detail}", width, "  "), "red"))
    advice = [for_failure(Failure(note.code)) for note in said]
    for finding in findings:
        if finding.what == "clue" and finding.raw is not None:
            if not any(finding.raw in note.detail for note in said):
                yield from ("", paint(wrapped(finding.raw, width, "  "), "yellow"))
            advice.append(for_topic(finding.rule))
    for what in dict.fromkeys(filter(None, advice)):
        yield wrapped(f"what to do: {what}", width, "  ")


def _table(table: str, group: list[Finding], width: int) -> Iterator[str]:
    head = f"table {clean(table)}"
    rows = [finding for finding in group if finding.what == "rows"]
    fields = [finding for finding in group if finding.what == "field"]
    if not rows:
        yield from ("", paint(head, "bold"))
        yield from aligned(_HEADS, [_field(finding, width) for finding in fields], width, indent=0)
        yield from _whys(fields, width, set())
        return
    each = rows[0]
    count = f"{each.matches:,} {'row' if each.matches == 1 else 'rows'}"
    engine = f" ({each.engine})" if each.engine else ""
    yield from ("", paint(f"{head}: {count}, one for each {clean(each.rule)}{engine}", "bold"))
    if not each.matches:
        yield paint(f"! {NOTHING}", "red")
    yield from _left_out([finding for finding in group if finding.what == "left-out"], each.matches)
    said: set[tuple[str, str]] = set()
    for number, row in groupby(fields, key=lambda finding: finding.row):
        found = list(row)
        yield paint(f"row {number} of {each.matches:,}", "dim")
        yield from aligned(_HEADS, [_field(finding, width) for finding in found], width, indent=0)
        yield from _whys(found, width, said)


def _left_out(findings: list[Finding], rows: int) -> Iterator[str]:
    """How many rows `where` does not let through, and why the first ones."""
    if findings:
        yield paint(f"where leaves out {len(findings):,} of {rows:,}", "yellow")
    for finding in findings[:_LEFT_OUT]:
        yield f"   row {finding.row}: {clean(finding.raw or '')}"


def _whys(findings: list[Finding], width: int, said: set[tuple[str, str]]) -> Iterator[str]:
    """Why fields have no value; each is said once for a table."""
    for finding in findings:
        name = finding.where.partition(".")[2]
        if finding.missed and finding.why and (name, finding.why) not in said:
            said.add((name, finding.why))
            yield _why(f"{name}: {finding.why}", width)


def _why(text: str, width: int) -> str:
    return "   " + paint(wrapped(text, width, "     "), "yellow")


_HEADS = ("", "field", "rule", "engine", "matches", "value", "text on the page", "note")


def _field(finding: Finding, width: int) -> list[str | Cell]:
    value = shown(finding.value)
    raw = cut(finding.raw or "", max(24, width // 4))  # the value is what counts
    notes = "; ".join(f"{note.code} {note.detail}".strip() for note in finding.notes)
    nothing = finding.missed
    if nothing:
        value = f"{value} (default)" if value else NO_VALUE if finding.matches else NOTHING
    return [
        Cell("!" if nothing else "", "red"),
        Cell(finding.where.partition(".")[2], "red" if nothing else ""),
        finding.rule,
        Cell(finding.engine, "dim"),
        Cell(f"{finding.matches:,}" if finding.engine else "", "red" if nothing else "dim"),
        Cell(value, "red" if nothing else ""),
        Cell(SAME if raw and finding.raw == shown(finding.value) else raw, "dim"),
        Cell(notes, "yellow"),
    ]


def _links(links: list[Finding], width: int) -> Iterator[str]:
    """A line for each rule, and its URLs below it, whole: their ends tell them apart."""
    heads = ("", "leads to", "rule", "engine", "matches", "dropped", "note")
    rows = [_link(finding) for finding in links]
    lines = aligned(heads, rows, width, indent=0)
    if len(lines) == len(rows) + 1:
        yield lines[0]
        blocks = [[line] for line in lines[1:]]
    else:  # too narrow for columns
        blocks = [aligned(heads, [row], width, indent=0) for row in rows]
    for finding, block in zip(links, blocks, strict=True):
        yield from block
        yield from (f"      {line}" for line in _addresses(finding, width - 6))
        if finding.why:
            yield _why(finding.why, width)


def _addresses(finding: Finding, width: int) -> Iterator[str]:
    """The first URLs, with what each is given or sent: URLs are whole, and values take the rest of the line."""
    for index, url in enumerate(map(clean, finding.urls[:URLS])):
        given = values_text(finding.given[index]) if index < len(finding.given) else ""
        yield f"{url}  {cut(given, max(24, width - 2 - columns(url)))}" if given else url
        if index < len(finding.sent) and (sent := finding.sent[index]):
            fields = " ".join(f"{name}={shlex.quote(text)}" for name, text in sent.items())
            yield cut(f"  sends {clean(fields)}", width)


def _link(finding: Finding) -> list[str | Cell]:
    nothing = finding.missed
    dropped = ", ".join(f"{count:,} {why}" for why, count in finding.dropped.items())
    note = NOTHING if nothing else "" if finding.urls or finding.optional else "none are followed"
    return [
        Cell("!" if note else "", "red"),
        Cell(f"-> {finding.where}", "red" if note else ""),
        finding.rule,
        Cell(finding.engine, "dim"),
        Cell(f"{finding.matches:,}", "red" if nothing else "dim"),
        Cell(dropped, "yellow"),
        Cell(note, "red"),
    ]


def _hook(findings: list[Finding], rule: PageRule, width: int) -> Iterator[str]:
    yield from ("", paint(f"python {clean(rule.python or '')}", "bold"))
    counts = [finding for finding in findings if "." not in finding.where]
    for finding in counts:
        what = "links" if finding.where == "links" else f"records of {clean(finding.where)}"
        text = f"{finding.matches:,} {what}"
        yield paint(f"! {text}", "red") if not finding.matches else f"  {text}"
        yield from (f"    {clean(url)}" for url in finding.urls[:URLS])
    values = [finding for finding in findings if "." in finding.where]
    rows = [[finding.where.partition(".")[2], shown(finding.value)] for finding in values]
    yield from aligned(("field", "value of the first record"), rows, width)


def shown(value: Value) -> str:
    """A value for a person; items of a list are set apart by bars."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}".rstrip()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | Decimal):
        return str(value)
    return " | ".join(value)


def plain_findings(findings: list[Finding]) -> list[dict[str, Any]]:
    """For JSON; decimal numbers are text, so that no digit is lost."""
    return [_plain_finding(finding) for finding in findings]


def _plain_finding(finding: Finding) -> dict[str, Any]:
    return {
        "what": finding.what,
        "where": finding.where,
        "row": finding.row,
        "rule": finding.rule,
        "engine": finding.engine,
        "matches": finding.matches,
        "raw": finding.raw,
        "value": plain_value(finding.value),
        "notes": [{"code": note.code, "detail": note.detail} for note in finding.notes],
        "urls": list(finding.urls),
        "given": [{name: plain_value(value) for name, value in given.items()} for given in finding.given],
        "sent": [dict(fields) for fields in finding.sent],
        "dropped": finding.dropped,
        "missed": finding.missed,
        "why": finding.why,
    }


def plain_value(value: Value) -> Any:
    """A value for JSON."""
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
