"""What each rule of a kind found on one page, or why it found nothing: for people who write selectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.extract.compiled import CompiledFollow, CompiledPage, CompiledTable, describe, page_row, rows
from crawler.extract.follow import Links
from crawler.extract.no_match import Clue, clues, main_selectors
from crawler.extract.page import PageView, open_page
from crawler.extract.parser import Parser
from crawler.extract.text import collapse_whitespace
from crawler.model import Failure, Note, Page, Record, Response, Value

if TYPE_CHECKING:
    from crawler.extract.compiled import CompiledFollow
    from crawler.extract.engine import Document, Node
    from crawler.extract.fields import CompiledField, Row
    from crawler.extract.follow import Links
    from crawler.extract.rules import Recipe, SitemapRule

__all__ = ["PAGE_URL", "RULES", "VOID", "Finding", "explain", "why_no_link", "why_no_value"]


VOID = {
    "area": "href", "base": "href", "br": "", "col": "", "embed": "src", "hr": "", "img": "src", "input": "value",
    "link": "href", "meta": "content", "param": "value", "source": "src", "track": "src", "wbr": "",
}  # fmt: skip
"""Elements that hold no text in HTML, and the attribute that says what they are about ("" for none)."""
_MORE = {**VOID, "iframe": "src", "audio": "src", "video": "src", "svg": "", "script": "src"}
_SHOWN = 8
_SEARCHED_ROWS = 1_000  # that are searched for an element which one row lacks


def why_no_value(plan: CompiledField, row: Row, rows: Sequence[Row]) -> str:
    """Say why a field has no value in a row, and what to write where that is sure; "" where the page does not show it.

    Args:
        rows: all rows of the page; empty for a field of the page.
    """
    nodes = plan.nodes(row)
    if not nodes:
        return _not_in_row(plan, row, rows) if rows else ""
    taken = plan.raws(row)
    if not taken:
        return _no_attribute(row.document, nodes[0], plan.rule.attr or "")
    if not collapse_whitespace(taken[0])[0]:
        if plan.rule.attr is not None:
            return f"the attribute {plan.rule.attr} is empty"
        return "" if plan.rule.html else _no_text(row.document, nodes[0])
    return "the regex does not match this text" if plan.rule.regex else "nothing is left of this text"


def _not_in_row(plan: CompiledField, row: Row, rows: Sequence[Row]) -> str:
    """A field reaches what is inside its row: not the row itself, and nothing beside it."""
    if plan.rule.label is not None:
        outside = plan.nodes(row._replace(scope=None, labels=row.page.labels))
        return "the label is outside the row; a field of a row searches only inside the row" if outside else ""
    css = plan.rule.css
    assert css is not None
    found = row.document.select(None, css)
    if not found or any(row.document.first(other.scope, css) is not None for other in rows[:_SEARCHED_ROWS]):
        return ""
    if {_identity(other.scope) for other in rows} & {_identity(one) for one in found}:
        return "this selector matches the row itself; remove css: to take the field from the row"
    return f"it is outside the row ({len(found):,} on the page); a field of a row searches only inside the row"


def _identity(node: Node) -> object:
    """What tells elements apart: lexbor makes a new object at each search."""
    return getattr(node, "mem_id", None) or id(node)


def _no_attribute(document: Document, node: Node, wanted: str) -> str:
    inside = document.first(node, f"[{wanted}]") if wanted.replace("-", "").isalnum() else None
    if inside is not None:
        return (
            f"the {_tag(document, node)} has no {wanted}, the {_tag(document, inside)} inside it has; select that one"
        )
    return f"the {_tag(document, node)} has no {wanted}; {_attributes(document, node)}"


def _no_text(document: Document, node: Node) -> str:
    name = document.tag(node)
    never = f"{_tag(document, node)} never has text" if name in VOID else f"the {_tag(document, node)} has no text"
    wanted = _MORE.get(name)
    if wanted and document.attr(node, wanted) is not None:
        return f"{never}; add attr: {wanted}"
    picture = document.first(node, "img")
    if picture is not None:
        return f"{never}, but an <img>; add ' img' to the selector, and attr: src or attr: alt"
    return f"{never}; {_attributes(document, node)}"


def _attributes(document: Document, node: Node) -> str:
    names = document.attributes(node)
    if not names:
        return "it has no attributes either"
    return f"attr: can be {', '.join(names[:_SHOWN])}"


def _tag(document: Document, node: Node) -> str:
    return f"<{document.tag(node)}>"


def why_no_link(plan: CompiledFollow, rows: Sequence[Row], links: Links) -> str:
    """Say why no link of a rule is followed though elements match, and what to write; "" where some are."""
    if links.found or not links.dropped:
        return ""
    reason = max(links.dropped, key=links.dropped.__getitem__)
    if reason == "off-site":
        return "these links lead to other sites; to follow them, add same_site: false to the rule"
    if reason == "denied":
        return "allow: and deny: of the rule exclude all of these URLs"
    if reason == "scheme":
        return "these are not web addresses (javascript:, mailto: and the like)"
    found = ((row.document, node) for row in rows for node in row.document.select(row.scope, plan.rule.css))
    document, node = next(found)
    attr = plan.rule.attr
    if reason != "empty" or document.attr(node, attr) is not None:
        return ""
    return _no_attribute(document, node, attr)


PAGE_URL = "the page's own URL"  # the rule of a field with `url: true`
RULES = ("field", "rows", "follow", "hook")

_SHORT = 200
_ROWS = 20
_URLS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found.

    Attributes:
        what: `page`, `rows`, `field`, `follow`, `hook`, `failure`, or `clue` for what the page shows of why rules
            find nothing: `rule` is its topic, `raw` says it.
        where: "books" for rows, "books.price" for a field, the kind of the targets for a follow rule.
        row: number of the row, from 1; 0 where there is none.
        rule: how it is found: the selector, the label.
        engine: `bs4` or `lexbor`; "" where none is used.
        matches: number of elements that match.
        raw: text of the first match as it stands, shortened; None without a match.
        value: the value of the field.
        notes: on the value, or on the page.
        urls: the first few URLs of a follow rule.
        dropped: its links that are not followed, by reason.
        why: why there is no value, or no link, and what to write instead; "" where that is not known.
    """

    what: str
    where: str = ""
    row: int = 0
    rule: str = ""
    engine: str = ""
    matches: int = 0
    raw: str | None = None
    value: Value = None
    notes: tuple[Note, ...] = ()
    urls: tuple[str, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    why: str = ""

    @property
    def missed(self) -> bool:
        """Whether a rule found nothing on the page, or nothing that makes a value."""
        if self.what not in RULES or self.rule == PAGE_URL:
            return False
        return self.matches == 0 or (self.what == "field" and self.value in (None, ()))


def explain(recipe: Recipe, kind: str, response: Response, *, most_rows: int = _ROWS) -> list[Finding]:
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
        page = open_page(response, plan.labels, recipe.engine)
        findings.extend(_findings(analyser, plan, page, most_rows))
        shown = [Finding("clue", rule=topic, raw=text) for topic, text in _clues(plan, page, findings)]
    outcome = analyser(kind, response)
    if isinstance(outcome, Failure):
        failure = Finding("failure", notes=(Note("", outcome.code, outcome.detail),))
        return [*findings, failure, *(shown if outcome.code == "no-match" else ())]
    return [*findings, *(Finding("page", notes=(note,)) for note in outcome.notes), *shown]


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
                    urls=tuple(found[:_URLS]),
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
    whole = [table for table in plan.tables if table.rule.each is None]
    css = [one.rule.css for table in whole for one in table.fields if f"{table.rule.table}.{one.name}" in blank]
    return [clue for clue in clues(page, filter(None, css)) if clue.topic in ("comment", "script")] if blank else []


def _findings(analyser: Parser, plan: CompiledPage, page: PageView, most_rows: int) -> Iterator[Finding]:
    if plan.rule.python:
        records, links = analyser.hooked(plan, page)
        yield from _hook(plan, records, links)
    else:
        for table in plan.tables:
            yield from _table(table, page, most_rows)
    for follow in plan.follow:
        yield _follow(follow, page)


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
        PAGE_URL if plan.rule.page_url else describe(plan.rule),
        "" if plan.rule.page_url else row.page.served_by(plan.rule.css or "*"),
        0 if plan.rule.page_url else len(plan.nodes(row)) or int(raw is not None),
        None if raw is None else _short(raw),
        reading.value,
        reading.notes,
        why=why_no_value(plan, row, every) if missed else "",
    )


def _follow(plan: CompiledFollow, page: PageView) -> Finding:
    links = Links(page)
    links.add(plan)
    every = list(rows(page, plan.rule.each))
    matches = sum(len(row.document.select(row.scope, plan.rule.css)) for row in every)
    return Finding(
        "follow",
        plan.rule.to,
        rule=plan.rule.css,
        engine=page.served_by(plan.rule.css),
        matches=matches,
        notes=tuple(note for link in links.found for note in link.notes)[:_URLS],
        urls=tuple(link.url for link in links.found[:_URLS]),
        dropped=dict(links.dropped),
        why=why_no_link(plan, every, links),
    )


def _hook(plan: CompiledPage, records: list[Record], links: list[tuple[str, str]]) -> Iterator[Finding]:
    counts = Counter(record.table for record in records)
    for table, count in counts.items():
        yield Finding("hook", table, rule=plan.rule.python or "", engine="bs4", matches=count)
    for record in records[:1]:
        for name, value in record.values.items():
            yield Finding("hook", f"{record.table}.{name}", 1, name, "bs4", 1, value=value, notes=record.notes)
    urls = tuple(url for url, _ in links[:_URLS])
    yield Finding("hook", "links", rule=plan.rule.python or "", matches=len(links), urls=urls)


def _short(raw: str) -> str:
    text = collapse_whitespace(raw)[0]
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."
