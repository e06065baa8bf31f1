"""The links of a page that its rules follow."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from crawler import urls
from crawler.extract.compiled import CompiledFollow, rows
from crawler.model import Link, Note, Value

if TYPE_CHECKING:
    from crawler.extract.engine import Node
    from crawler.extract.fields import Row
    from crawler.extract.page import PageView

__all__ = ["LINK_LIMIT", "Links"]

LINK_LIMIT = 20_000
"""Most links taken from one page, repeated ones counted too."""


class Links:
    """Collects the links of one page, in the order of the rules, then of the document.

    Attributes:
        found: links to follow; of the same URL and kind the first, and those that carry other values.
        dropped: those not taken, by reason: `bad-url`, `scheme`, `empty`, `denied`, `off-site`, `too-many-links`; and
            rows with something to carry but without a link, as `no-link`.
        misses: selectors of rules that matched nothing.
    """

    def __init__(self, page: PageView) -> None:
        self._page = page
        self._seen: dict[tuple[str, str], set[tuple[tuple[str, Value], ...]] | None] = {}
        self._left = LINK_LIMIT
        self.found: list[Link] = []
        self.dropped: dict[str, int] = {}
        self.misses: list[str] = []

    @cached_property
    def _home(self) -> str:
        """Start of every URL on the page's own host and port."""
        try:
            return urls.origin(self._page.url) + "/"
        except urls.BadUrl:
            return "\0"

    def add(self, plan: CompiledFollow) -> None:
        """Take the links of a rule.

        Raises:
            ExtractError: `unparsable`, `parse-timeout`, `selector`.
        """
        matched = False
        for row in rows(self._page, plan.rule.each):
            nodes = row.document.select(row.scope, plan.rule.css)
            matched = matched or bool(nodes)
            taken = nodes[: self._left]
            self._left -= len(taken)
            self._count("too-many-links", len(nodes) - len(taken))
            self._add_row(plan, row, taken)
        if not matched:
            self.misses.append(repr(plan.rule.css))

    def _add_row(self, plan: CompiledFollow, row: Row, nodes: list[Node]) -> None:
        rule, carried = plan.rule, None
        for node in nodes:
            url = self._target(plan, row, node)
            if url is None:
                continue
            if not plan.carry:
                if (url, rule.to) not in self._seen:
                    self._seen[url, rule.to] = None
                    self.found.append(Link(url, rule.to, rule.next, not rule.same_site))
                continue
            carry, notes, _ = carried = carried or _carry(plan, row)
            seen = self._seen.get((url, rule.to)) or set()
            if (values := tuple(carry.items())) not in seen:
                seen.add(values)
                self._seen[url, rule.to] = seen
                self.found.append(Link(url, rule.to, rule.next, not rule.same_site, carry, notes))
        if plan.carry and not nodes and self._left and _carry(plan, row)[2]:
            self._count("no-link", 1)

    def _target(self, plan: CompiledFollow, row: Row, node: Node) -> str | None:
        self._page.check_time()
        url, reason = self.judge(plan, row.document.attr(node, plan.rule.attr))
        if reason:
            self._count(reason, 1)
        return url

    def judge(self, plan: CompiledFollow, href: str | None) -> tuple[str | None, str]:
        """Return the URL that a link leads to, or None and the reason why it is not followed."""
        try:
            url = self._page.resolve(href or "")
        except urls.BadUrl as error:
            return None, error.code
        if plan.rule.same_site and not url.startswith(self._home) and not urls.same_site(self._page.url, url):
            return None, "off-site"
        if (plan.allow or plan.deny) and not plan.allows(url):
            return None, "denied"
        return url, ""

    def add_hooked(self, links: list[tuple[str, str]]) -> None:
        """Take links (href, kind) that a `python:` hook returned; the hook decides where they may lead."""
        for href, kind in links[: self._left]:
            try:
                url = self._page.resolve(href)
            except urls.BadUrl as error:
                self._count(error.code, 1)
                continue
            if (url, kind) not in self._seen:
                self._seen[url, kind] = None
                self.found.append(Link(url, kind))
        self._count("too-many-links", len(links) - self._left)

    def _count(self, reason: str, number: int) -> None:
        if number > 0:
            self.dropped[reason] = self.dropped.get(reason, 0) + number


def _carry(plan: CompiledFollow, row: Row) -> tuple[dict[str, Value], tuple[Note, ...], bool]:
    """Return what a row hands on, the notes on it, and whether anything of it was found: a row of headings has none."""
    readings = [(field.name, field.read(row)) for field in plan.carry]
    notes = tuple(note for _, reading in readings for note in reading.notes)
    found = any(reading.found for _, reading in readings)
    return {name: reading.value for name, reading in readings}, notes, found
