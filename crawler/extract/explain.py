"""What each rule of a kind found on one page, or why it found nothing: for people who write selectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from crawler.extract.compiled import CompiledPage
from crawler.extract.described import found_by
from crawler.extract.finding import PAGE_URL, URLS, Finding, short
from crawler.extract.follow import CompiledFollow, Links, Requests
from crawler.extract.no_match import Clue, clues, main_selectors
from crawler.extract.page import PageView, open_page
from crawler.extract.parser import Parser
from crawler.extract.python_hook import HookedLink
from crawler.extract.table import CompiledTable, page_row, rows
from crawler.extract.why import why_no_link, why_no_value
from crawler.model import Ask, Failure, Note, Page, Record, Response

if TYPE_CHECKING:
    from crawler.extract.fields import CompiledField, Row
    from crawler.extract.rules import Recipe, SitemapRule

__all__ = ["explain"]


_ROWS = 20


def explain(
    recipe: Recipe, kind: str, response: Response, *, most_rows: int = _ROWS, ask: Ask | None = None
) -> list[Finding]:
    """Return what each rule found, in the order of the config. Raises nothing, whatever is in the response.

    Rows of a group are shown up to `most_rows`; the finding `rows` has the number of all.
    """
    analyser = Parser(recipe)
    rule = recipe.kinds[kind].sitemap if kind in recipe.kinds else None
    if rule is not None:
        return _sitemap(kind, rule, analyser(kind, response))
    findings: list[Finding] = []
    shown: list[Finding] = []
    # Whatever stops the rules, the analysis below says; what was found before it is shown.
    with suppress(Exception):
        plan = analyser.plan(kind)
        page = open_page(response, plan.labels, recipe.engine, plan.rule.format, recipe.most)
        page.given = ask.given if ask is not None else {}
        findings.extend(_findings(analyser, plan, page, most_rows))
        shown = [Finding("clue", rule=topic, raw=text) for topic, text in _clues(plan, page, findings)]
    outcome = analyser(kind, response, ask)
    if isinstance(outcome, Failure):
        failure = Finding("failure", notes=(Note("", outcome.code, outcome.detail),))
        return [*findings, failure, *(shown if outcome.code == "no-match" else ())]
    noted = _noted(outcome, findings)
    paginate = recipe.kinds[kind].paginate
    if paginate is not None:
        findings.append(_further(kind, paginate.name, outcome))
    return [*findings, *noted, *(Finding("page", notes=(note,)) for note in outcome.notes), *shown]


def _noted(page: Page, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Notes of rows that are not shown: how many there are for each field, and the first of them."""
    known = {(finding.where, note.code) for finding in findings for note in finding.notes}
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Note] = {}
    for record in page.records:
        if isinstance(record, Record):
            for note in record.notes:
                key = (f"{record.table}.{note.field}" if note.field else record.table, note.code)
                counts[key] += 1
                first.setdefault(key, note)
    for (where, code), count in counts.items():
        if (where, code) not in known:
            yield Finding("noted", where, matches=count, notes=(first[where, code],))


def _sitemap(kind: str, rule: SitemapRule, outcome: Page | Failure) -> list[Finding]:
    """Return what a sitemap lists: addresses of pages, or further sitemaps."""
    if isinstance(outcome, Failure):
        return [Finding("failure", notes=(Note("", outcome.code, outcome.detail),))]
    findings: list[Finding] = []
    dropped = dict(outcome.dropped)
    for target in (kind, rule.to):
        found = [link.url for link in outcome.links if link.kind == target]
        if found or (target == rule.to and not findings):
            all_denied = not found and "denied" in dropped
            findings.append(
                Finding(
                    "follow",
                    target,
                    rule="further sitemaps" if target == kind else "addresses",
                    matches=len(found) + sum(dropped.values()),
                    urls=tuple(found[:URLS]),
                    dropped=dropped,
                    why="allow:, deny: or sitemaps: exclude all of them" if all_denied else "",
                )
            )
            dropped = {}
    return [*findings, *(Finding("page", notes=(note,)) for note in outcome.notes)]


def _clues(plan: CompiledPage, page: PageView, findings: list[Finding]) -> list[Clue]:
    """What the page shows of why rules find nothing; where others do find something, only where the rest may stand."""
    of_records = [finding for finding in findings if finding.what in ("field", "rows", "hook")]
    found = {finding.where for finding in of_records or findings if not finding.missed and finding.rule != PAGE_URL}
    if not found:
        return clues(page, main_selectors(plan)) if findings else []
    blank = {finding.where for finding in findings if finding.what == "field" and finding.missed} - found
    plain = [table for table in plan.tables if table.rule.each is None and isinstance(table, CompiledTable)]
    missing = [one for table in plain for one in table.fields if f"{table.rule.table}.{one.name}" in blank]
    found_clues = clues(page, filter(None, (one.rule.css for one in missing))) if missing else []
    return [clue for clue in found_clues if clue.topic in ("comment", "script")]


def _findings(analyser: Parser, plan: CompiledPage, page: PageView, most_rows: int) -> Iterator[Finding]:
    if plan.rule.python:
        records, links = analyser.hooked(plan, page)
        yield from _hook(plan, records, links)
    else:
        for table in plan.tables:
            if isinstance(table, CompiledTable):
                yield from _table(table, page, most_rows)
            else:
                from crawler.extract.explain_chain import explain_table

                yield from explain_table(table, page, most_rows)
    for follow in plan.follow:
        if isinstance(follow, CompiledFollow):
            yield _follow(follow, page, analyser.requests)
        else:
            from crawler.extract.explain_chain import explain_follow

            yield explain_follow(follow, page, analyser.requests)


def _table(plan: CompiledTable, page: PageView, most_rows: int) -> Iterator[Finding]:
    name, each = plan.rule.table, plan.rule.each
    if each is None:
        for one in plan.fields:
            yield _field(one, page_row(page), (), name, 0)
        return
    every = list(rows(page, each))
    yield Finding("rows", name, rule=each, engine=page.served_by(each), matches=len(every))
    for number, row in enumerate(every[:most_rows], 1):
        for one in plan.fields:
            yield _field(one, row, every, name, number)


def _field(plan: CompiledField, row: Row, every: Sequence[Row], table: str, number: int) -> Finding:
    """Explain a field; `every` is all rows of the page, none for a field of the page itself."""
    reading = plan.read(row)
    missed = not plan.rule.page_url and (not reading.found or reading.value in (None, ()))
    raw = None if plan.rule.page_url else next(iter(plan.raws(row)), None)
    return Finding(
        "field",
        f"{table}.{plan.name}",
        number,
        PAGE_URL if plan.rule.page_url else found_by(plan.rule),
        "" if plan.rule.page_url else row.page.served_by(plan.rule.css or "*"),
        0 if plan.rule.page_url else len(plan.nodes(row)) or int(raw is not None),
        None if raw is None else short(raw),
        reading.value,
        reading.notes,
        why=why_no_value(plan, row, every) if missed else "",
    )


def _follow(plan: CompiledFollow, page: PageView, requests: Requests) -> Finding:
    links = Links(page, requests)
    links.add(plan)
    every = list(rows(page, plan.rule.each))
    matches = sum(len(row.document.select(row.scope, plan.css)) for row in every)
    return Finding(
        "follow",
        plan.rule.to,
        rule=plan.css,
        engine=page.served_by(plan.css),
        matches=matches,
        notes=tuple(note for link in links.found for note in link.notes)[:URLS],
        urls=tuple(link.url for link in links.found[:URLS]),
        given=tuple(link.handed for link in links.found[:URLS]),
        dropped=dict(links.dropped),
        why=why_no_link(plan, every, links),
    )


def _further(kind: str, name: str, page: Page) -> Finding:
    """Return which pages a list has beside this one, counted by `name`."""
    further = [link for link in page.links if link.next and link.ask is not None and name in link.ask.given]
    return Finding(
        "follow",
        kind,
        rule=f"paginate by {name}",
        matches=len(further),
        urls=tuple(link.url for link in further[:URLS]),
        given=tuple(link.handed for link in further[:URLS]),
        optional=True,
    )


def _hook(plan: CompiledPage, records: list[Record], links: list[HookedLink]) -> Iterator[Finding]:
    counts = Counter(record.table for record in records)
    for table, count in counts.items():
        yield Finding("hook", table, rule=plan.rule.python or "", engine="bs4", matches=count)
    for record in records[:1]:
        for name, value in record.values.items():
            yield Finding("hook", f"{record.table}.{name}", 1, name, "bs4", 1, value=value, notes=record.notes)
    urls = tuple(url or "" for url, _, _ in links[:URLS])
    yield Finding("hook", "links", rule=plan.rule.python or "", matches=len(links), urls=urls)
