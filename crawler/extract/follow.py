"""The links of a page that its rules follow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from crawler import urls
from crawler.extract.fields import CompiledField
from crawler.extract.patterns import Pattern
from crawler.extract.table import rows
from crawler.model import Link, Note, Value
from crawler.url_parameters import with_parameters

if TYPE_CHECKING:
    from crawler.extract.engine import Node
    from crawler.extract.fields import Row
    from crawler.extract.page import PageView
    from crawler.extract.rules import FollowRule
    from crawler.extract.sources import Place

__all__ = ["LINK_LIMIT", "CompiledFollow", "Follow", "Links"]

Query = tuple[tuple[str, str], ...]
LINK_LIMIT = 20_000
"""Most links taken from one page, repeated ones counted too."""


class Follow:
    """A follow rule ready for work: which addresses it lets through."""

    def __init__(self, rule: FollowRule) -> None:
        self.rule = rule
        self._allow = tuple(Pattern(pattern) for pattern in rule.allow)
        self._deny = tuple(Pattern(pattern) for pattern in rule.deny)
        self.patterns = bool(rule.allow or rule.deny)

    def allows(self, url: str) -> bool:
        """Tell whether the patterns let a URL through."""
        if self._allow and not any(pattern.found(url) for pattern in self._allow):
            return False
        return not any(pattern.found(url) for pattern in self._deny)


class CompiledFollow(Follow):
    """A rule whose links are found by CSS.

    Attributes:
        keys: of all labels that its fields ask for.
    """

    def __init__(self, rule: FollowRule) -> None:
        super().__init__(rule)
        assert rule.css is not None
        self.css = rule.css
        self.carry = tuple(CompiledField(field) for field in rule.carry)
        self.keys = frozenset(field.key for field in self.carry if field.key is not None)

    def add(self, links: Links) -> None:
        """Take the links of a page.

        Raises:
            ExtractError: `unparsable`, `parse-timeout`, `selector`.
        """
        links.add(self)


class Links:
    """Collects the links of one page, in the order of the rules, then of the document.

    Args:
        queries: parameters that URLs of a page kind have.

    Attributes:
        page: the page.
        found: links to follow; of the same URL and kind the first, and those that carry other values.
        dropped: those not taken, by reason: `bad-url`, `scheme`, `empty`, `denied`, `off-site`, `too-many-links`; and
            rows with something to carry but without a link, as `no-link`.
        misses: selectors of rules that matched nothing.
        kept: rows of the page kind's table that count, with the values of their fields, where links begin in them.
    """

    def __init__(self, page: PageView, queries: Mapping[str, Query] = {}) -> None:
        self.page = page
        self._queries = queries
        self._seen: dict[tuple[str, str], set[tuple[tuple[str, Value], ...]] | None] = {}
        self._left = LINK_LIMIT
        self.found: list[Link] = []
        self.dropped: dict[str, int] = {}
        self.misses: list[str] = []
        self.kept: list[tuple[Place, dict[str, Value]]] = []

    @cached_property
    def _home(self) -> str:
        """Start of every URL on the page's own host and port."""
        try:
            return urls.origin(self.page.url) + "/"
        except urls.BadUrl:
            return "\0"

    def add(self, plan: CompiledFollow) -> None:
        """Take the links of a rule.

        Raises:
            ExtractError: `unparsable`, `parse-timeout`, `selector`.
        """
        matched = False
        for row in rows(self.page, plan.rule.each):
            nodes = row.document.select(row.scope, plan.css)
            matched = matched or bool(nodes)
            self._add_row(plan, row, nodes[: self.room(len(nodes))])
        if not matched:
            self.misses.append(repr(plan.css))

    def _add_row(self, plan: CompiledFollow, row: Row, nodes: list[Node]) -> None:
        targets = [url for node in nodes if (url := self._target(plan, row, node)) is not None]
        if not plan.carry:
            for url in targets:
                self.take(plan, url)
        elif targets:
            carry, notes, _ = _carry(plan, row)
            for url in targets:
                self.take(plan, url, carry, notes)
        elif not nodes and self._left and _carry(plan, row)[2]:
            self.drop("no-link", 1)

    def take(
        self, plan: Follow, url: str, carry: Mapping[str, Value] | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        """Take a link; one of the same URL and kind only where it carries other values."""
        rule = plan.rule
        if rule.to in self._queries:
            url = with_parameters(url, self._queries[rule.to])
        if carry is None:
            if (url, rule.to) not in self._seen:
                self._seen[url, rule.to] = None
                self.found.append(Link(url, rule.to, rule.next, not rule.same_site))
            return
        seen = self._seen.get((url, rule.to)) or set()
        if (values := tuple(carry.items())) not in seen:
            seen.add(values)
            self._seen[url, rule.to] = seen
            self.found.append(Link(url, rule.to, rule.next, not rule.same_site, carry, notes))

    def room(self, wanted: int) -> int:
        """Return how many of so many links may still be taken from this page; the others are counted."""
        taken = min(wanted, self._left)
        self._left -= taken
        self.drop("too-many-links", wanted - taken)
        return taken

    def _target(self, plan: CompiledFollow, row: Row, node: Node) -> str | None:
        self.page.check_time()
        href = row.document.attr(node, plan.rule.attr)
        if href is None and self.page.xml and plan.rule.attr == "href":  # a feed has its addresses as texts
            href = row.document.text(node)
        url, reason = self.judge(plan, href)
        if reason:
            self.drop(reason, 1)
        return url

    def judge(self, plan: Follow, href: str | None) -> tuple[str | None, str]:
        """Return the URL that a link leads to, or None and the reason why it is not followed."""
        try:
            url = self.page.resolve(href or "")
        except urls.BadUrl as error:
            return None, error.code
        if plan.rule.same_site and not url.startswith(self._home) and not urls.same_site(self.page.url, url):
            return None, "off-site"
        if plan.patterns and not plan.allows(url):
            return None, "denied"
        return url, ""

    def add_hooked(self, links: list[tuple[str, str]]) -> None:
        """Take links (href, kind) that a `python:` hook returned; the hook decides where they may lead."""
        for href, kind in links[: self._left]:
            try:
                url = self.page.resolve(href)
            except urls.BadUrl as error:
                self.drop(error.code, 1)
                continue
            if kind in self._queries:
                url = with_parameters(url, self._queries[kind])
            if (url, kind) not in self._seen:
                self._seen[url, kind] = None
                self.found.append(Link(url, kind))
        self.drop("too-many-links", len(links) - self._left)

    def drop(self, reason: str, number: int) -> None:
        """Count links that are not taken."""
        if number > 0:
            self.dropped[reason] = self.dropped.get(reason, 0) + number


def _carry(plan: CompiledFollow, row: Row) -> tuple[dict[str, Value], tuple[Note, ...], bool]:
    """Return what a row hands on, the notes on it, and whether anything of it was found: a row of headings has none."""
    readings = [(field.name, field.read(row)) for field in plan.carry]
    notes = tuple(note for _, reading in readings for note in reading.notes)
    found = any(reading.found for _, reading in readings)
    return {name: reading.value for name, reading in readings}, notes, found
