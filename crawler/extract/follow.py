"""The links of a page that its rules follow."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.fields import CompiledField
from crawler.extract.patterns import Pattern
from crawler.extract.table import rows
from crawler.model import Ask, Form, Link, Note, Value

if TYPE_CHECKING:
    from crawler.extract.engine import Node
    from crawler.extract.fields import Row
    from crawler.extract.page import PageView
    from crawler.extract.request import CompiledRequest
    from crawler.extract.rules import FollowRule
    from crawler.extract.sources import Place

__all__ = ["LINK_LIMIT", "CompiledFollow", "Follow", "Links", "Requests"]

Requests = Mapping[str, "CompiledRequest"]
LINK_LIMIT = 20_000
"""Most links taken from one page, repeated ones counted too."""


class Follow:
    """A follow rule ready for work: which addresses it lets through."""

    def __init__(self, rule: FollowRule) -> None:
        self.rule = rule
        self._allow = tuple(Pattern(pattern) for pattern in rule.allow)
        self._deny = tuple(Pattern(pattern) for pattern in rule.deny)
        self.patterns = bool(rule.allow or rule.deny)
        self._hosts = dict.fromkeys(rule.hosts, True)

    def leads_to(self, page: str, url: str) -> bool:
        """Tell whether a URL is on the site of its page, or on a host that the rule names."""
        return urls.same_site(page, url) or urls.of_host(self._hosts, urls.host(url)) is not None

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
        requests: of the page kinds that have one.

    Attributes:
        page: the page.
        found: links to follow; of the same URL and kind the first, and those that carry other values.
        dropped: those not taken, by reason: `bad-url`, `scheme`, `empty`, `denied`, `off-site`, `too-many-links`; and
            rows with something to carry but without a link, as `no-link`, and requests that lack a value, `no-value`.
        misses: selectors of rules that matched nothing.
        kept: rows of the page kind's table that count, with the values of their fields, where links begin in them.
    """

    def __init__(self, page: PageView, requests: Mapping[str, CompiledRequest] = {}) -> None:
        self.page = page
        self._requests = requests
        self._seen: dict[Hashable, set[str] | None] = {}
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
        self,
        plan: Follow,
        url: str | None,
        carry: Mapping[str, Value] | None = None,
        notes: tuple[Note, ...] = (),
        row: Mapping[str, Value] = {},
        form: Form | None = None,
    ) -> None:
        """Take a link; one to the same page only where it carries other values.

        Args:
            url: clean; None where it is that of the target's request.
            carry: what is joined to the rows of the target.
            row: what the row has to hand over.
            form: what is sent there.
        """
        rule, ask, given = plan.rule, None, self.page.given
        request = self._requests.get(rule.to)
        if request is not None or rule.names:
            handed = {name: row.get(name, given.get(name)) for name in rule.names}
            handed.update({field.name: row[field.name] for field in rule.carry if field.name in row})
            handed.update(carry or {})
            if rule.shown:
                carry = {**(carry or {}), **{name: handed[name] for name in rule.shown}}
            if request is not None:
                url, ask = self._asked(plan, request, url, handed)
        if url is None:
            return
        if form is not None:
            ask = (ask or Ask())._replace(form=form)
        key = _key(url, rule.to, ask)
        if carry is None:
            if key not in self._seen:
                self._seen[key] = None
                self.found.append(Link(url, rule.to, rule.next, not rule.same_site, ask=ask))
            return
        seen = self._seen.get(key) or set()
        if (values := repr(carry)) not in seen:
            seen.add(values)
            self._seen[key] = seen
            self.found.append(Link(url, rule.to, rule.next, not rule.same_site, carry, notes, ask, rule.duplicates))

    def _asked(
        self, plan: Follow, request: CompiledRequest, link: str | None, handed: Mapping[str, Value]
    ) -> tuple[str | None, Ask | None]:
        """Return the address of a request and what it is asked for with; no address where it is not to be followed."""
        try:
            url, ask = request.address(link, self.page.url, handed), request.ask(handed)
        except (urls.BadUrl, ExtractError) as error:
            self.drop(error.code, 1)
            return None, None
        if url is None:
            self.drop("no-value", 1)
        elif link is None and request.is_free and plan.rule.same_site and not plan.leads_to(self.page.url, url):
            self.drop("off-site", 1)
        elif link is None and plan.patterns and not plan.allows(url):
            self.drop("denied", 1)
        else:
            return url, ask
        return None, None

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
        if plan.rule.same_site and not url.startswith(self._home) and not plan.leads_to(self.page.url, url):
            return None, "off-site"
        if plan.patterns and not plan.allows(url):
            return None, "denied"
        return url, ""

    def add_hooked(self, links: list[tuple[str | None, str, Mapping[str, Value]]]) -> None:
        """Take links (href, kind, values) that a `python:` hook returned; the hook decides where they may lead."""
        for href, kind, given in links[: self._left]:
            request = self._requests.get(kind)
            try:
                url = None if href is None else self.page.resolve(href)
                ask = None
                if request is not None:
                    url, ask = request.address(url, self.page.url, given), request.ask(given)
            except (urls.BadUrl, ExtractError) as error:
                self.drop(error.code, 1)
                continue
            if url is None:
                self.drop("no-value", 1)
                continue
            key = _key(url, kind, ask)
            if key not in self._seen:
                self._seen[key] = None
                self.found.append(Link(url, kind, ask=ask))
        self.drop("too-many-links", len(links) - self._left)

    def drop(self, reason: str, number: int) -> None:
        """Count links that are not taken."""
        if number > 0:
            self.dropped[reason] = self.dropped.get(reason, 0) + number


def _key(url: str, kind: str, ask: Ask | None) -> Hashable:
    """What tells links apart: 1, True and "1" are three values, as they are in the store."""
    return (url, kind) if ask is None else (url, kind, repr(ask.given), ask.form)


def _carry(plan: CompiledFollow, row: Row) -> tuple[dict[str, Value], tuple[Note, ...], bool]:
    """Return what a row hands on, the notes on it, and whether anything of it was found: a row of headings has none."""
    readings = [(field.name, field.read(row)) for field in plan.carry]
    notes = tuple(note for _, reading in readings for note in reading.notes)
    found = any(reading.found for _, reading in readings)
    return {name: reading.value for name, reading in readings}, notes, found
