"""From a response to a page or a failure: what every worker does with what it fetched.

Beside records and links a page has evidence of sessions in its URLs, and a sign. A server that writes its session into
URLs writes one id into nearly all of its links, whatever they lead to; of a number that tells pages apart, links on one
page have many, and differ in nothing else. The sign is a hash of what the rules found, by which a list that shows the
same again is known; what differs on each look is left out: other pages of the same list, the page's own address, a
session in links.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.compiled import CompiledPage
from crawler.extract.file_links import FileLinks, file_fields
from crawler.extract.follow import Links, Requests
from crawler.extract.no_match import no_match
from crawler.extract.page import PageView, open_page
from crawler.extract.python_hook import Hook, HookedLink, call_hook, load_hook
from crawler.extract.rules import PageRule, Recipe, SitemapRule
from crawler.extract.table import TableResult
from crawler.model import RICH, Ask, Failure, Link, Note, Page, Record, Response, Stored, Value
from crawler.url_parameters import is_token, parameters, sessions, shape, suspects, without

if TYPE_CHECKING:
    from crawler.extract.page import PageView
    from crawler.extract.sitemap import Sitemap

__all__ = ["Parser", "looping", "sessions_on", "sign"]


_LIMIT = 20_000
_NEARLY_ALL = 0.8
_MAX = 2 / 3


def sessions_on(page: PageView, followed: Iterable[str]) -> dict[str, bool]:
    """Return the names of parameters for which the page has evidence: True for a session, False for what is none.

    All links of the page to its own host are looked at, but only where one that is followed has a suspect.

    Args:
        followed: clean URLs.
    """
    if page.format != "html":
        return {}
    names = {name for url in followed if "=" in url for name in suspects(url)}
    if not names:
        return {}
    own = _own_links(page)
    return {name: verdict for name in sorted(names) if (verdict := _verdict(name, own)) is not None}


def _own_links(page: PageView) -> set[str]:
    home, found = urls.host(page.url), set()
    document = page.document
    for node in document.select(None, "a[href]")[:_LIMIT]:
        page.check_time()
        try:
            url = page.resolve(document.attr(node, "href") or "")
        except urls.BadUrl:
            continue
        if urls.host(url) == home:
            found.add(url)
    return found


def _verdict(name: str, own: set[str]) -> bool | None:
    ignore = frozenset({name})
    values: dict[str, set[str]] = defaultdict(set)
    pages, without = set(), set()
    for url in own:
        value, page = parameters(url).get(name), urls.identity(url, ignore)
        if value is None:
            without.add(page)
        else:
            values[value].add(page)
            pages.add(page)
    carrying = sum(map(len, values.values()))
    if len(values) > 1 and carrying >= 2 * len(pages):
        return False
    value, most = max(((value, len(found)) for value, found in values.items()), key=itemgetter(1), default=("", 0))
    everywhere = most >= _NEARLY_ALL * carrying and carrying >= _MAX * (carrying + len(without))
    return True if most > 1 and everywhere and is_token(value) else None


POOR = "-"


def looping(kinds: Mapping[str, PageRule]) -> frozenset[str]:
    """Return the page kinds from which links can lead back to the same kind: only there can a site go on for ever."""
    after = {name: set(kinds) if kind.python else {rule.to for rule in kind.follow} for name, kind in kinds.items()}
    return frozenset(name for name, kind in kinds.items() if kind.paginate or name in _reachable(name, after))


def sign(url: str, rule: PageRule, records: Iterable[Record], links: Collection[Link]) -> str:
    """Return a hash in hexadecimal after RICH, where there are two things at least and most of them differ, or POOR."""
    gone = sessions(url, [link.url for link in links])
    own = {
        (table.table, field.name) for table in rule.tables for field in table.fields if field.page_url or field.response
    }
    here = shape(without(url, gone))
    things: list[object] = [_seen(record.table, record.values, own, gone) for record in records]
    for link in links:
        target = without(link.url, gone)
        if not (link.next or (link.kind == rule.name and shape(target) == here)):
            carried = _seen("", link.carry, (), gone) if link.carry else None
            things.append((link.kind, target, carried, *(sorted(link.ask.given.items()) if link.ask else ())))
    told = [repr(thing) for thing in things]
    different = len(set(told))
    rich = different > 1 and 2 * different > len(told)
    if rule.paginate is not None:  # it is a list for certain, also where a page of it has one row
        rich = different > 0
    digest = blake2b("\n".join(told).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
    return (RICH if rich else POOR) + digest


def _seen(
    table: str, values: Mapping[str, Value], own: Collection[tuple[str, str]], gone: frozenset[str]
) -> tuple[object, ...]:
    kept = [value for name, value in values.items() if not own or (table, name) not in own]
    if gone:
        kept = [without(value, gone) if isinstance(value, str) else value for value in kept]
    return table, *kept


def _reachable(name: str, after: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        new = after.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


_MAX_LENGTH = 300


class Parser:
    """Analyses pages by a recipe. Picklable: what it compiles, it compiles where it is used, once.

    Attributes:
        requests: of the page kinds that have one.

    Args:
        form: picklable; makes of each record what its page is to have in its place. None leaves records as they are.
    """

    def __init__(self, recipe: Recipe, form: Callable[[Record], Record | Stored] | None = None) -> None:
        self._recipe, self._form = recipe, form
        self._plans: dict[str, CompiledPage] = {}
        self._sitemaps: dict[str, Sitemap] = {}
        self._hooks: dict[str, Hook] = {}
        self._looping = looping(recipe.kinds)
        self._files = {name: found for name, kind in recipe.kinds.items() if (found := file_fields(kind)) is not None}
        self.requests: Requests = {}
        if any(kind.request for kind in recipe.kinds.values()):
            from crawler.extract.request import CompiledRequest  # late: most jobs have none

            self.requests = {
                name: CompiledRequest(kind.request) for name, kind in recipe.kinds.items() if kind.request is not None
            }

    def __reduce__(self) -> tuple[Any, ...]:
        return Parser, (self._recipe, self._form)

    def __call__(self, kind: str, response: Response, ask: Ask | None = None) -> Page | Failure:
        """Return what the rules of a page kind find in a response. Raises nothing, whatever is in it.

        `ask` is what the page was asked for with.

        Failures carry one of the codes `empty`, `not-html`, `data-not-html`, `not-json`, `not-csv`, `not-xlsx`,
        `not-text`, `unparsable`, `too-large`, `no-match`, `parse-timeout`, `hook`, `selector`, `pattern`, `locale`,
        those of `crawler.extract.sitemap` where the page is to be a sitemap, and `parse-error` for a fault of this
        program.
        """
        try:
            return self._analyse(kind, response, ask)
        except ExtractError as error:
            code, detail = error.code, error.detail
        except Exception as error:  # the fence around hostile input; MemoryError and RecursionError too
            code, detail = "parse-error", _describe(error)
        return Failure(code, detail[:_MAX_LENGTH], status=response.status, elapsed=response.elapsed)

    def plan(self, kind: str) -> CompiledPage:
        """Return the compiled rules of a page kind.

        Raises:
            ExtractError: the recipe has no such kind, or a rule of it cannot be used.
        """
        found = self._plans.get(kind)
        if found is None:
            if kind not in self._recipe.kinds:
                raise ExtractError("parse-error", f"there are no rules for pages of kind {kind!r}")
            found = self._plans[kind] = CompiledPage(self._recipe.kinds[kind], self._recipe.engine)
        return found

    def sitemap(self, kind: str, rule: SitemapRule) -> Sitemap:
        """Return the compiled rule of a page kind whose pages are sitemaps.

        Raises:
            ExtractError: `pattern`.
        """
        found = self._sitemaps.get(kind)
        if found is None:
            from crawler.extract.sitemap import Sitemap  # late: most jobs have none

            began = self._recipe.began
            found = self._sitemaps[kind] = Sitemap(
                kind, rule, time.time() if began is None else began, self.requests.get(rule.to)
            )
        return found

    def hooked(self, plan: CompiledPage, page: PageView) -> tuple[list[Record], list[HookedLink]]:
        """Return what the kind's `python:` function finds; nothing when it has none.

        Raises:
            ExtractError: `hook`.
        """
        name = plan.rule.python
        if name is None:
            return [], []
        hook = self._hooks.get(name)
        if hook is None:
            hook = self._hooks[name] = load_hook(name, self._recipe.root)
        return call_hook(hook, page, plan.rule)

    def lost(self, response: Response) -> Failure | None:
        """Return a Failure where an answer shows, in the place of a file, what a lost session shows; else None."""
        css = None if self._recipe.lost is None else self._recipe.lost.css
        try:
            if css is not None:
                self._check_session(_as_html(response, self._recipe), css)
        except ExtractError as error:
            return Failure(error.code, error.detail, status=response.status, elapsed=response.elapsed)
        return None

    def _check_session(self, page: PageView | None, css: str) -> None:
        """See that a page is not what a lost session shows.

        Raises:
            ExtractError: `session-lost`.
        """
        if page is not None and page.document.first(None, css) is not None:
            raise ExtractError("session-lost", f"the page has {css!r}, as one without the session has (session.lost)")

    def _further(
        self, plan: CompiledPage, page: PageView, ask: Ask | None, harvests: list[TableResult], links: Links
    ) -> tuple[list[Link], tuple[Note, ...]]:
        """Return the further pages of a list."""
        assert plan.paging is not None
        return plan.paging.follow(page, self.requests[plan.rule.name], ask or Ask(), _rows(harvests, links))

    def _analyse(self, kind: str, response: Response, ask: Ask | None) -> Page | Failure:
        plan = self.plan(kind)
        css = None if self._recipe.lost is None else self._recipe.lost.css
        html = plan.rule.format == "html" and plan.rule.sitemap is None
        if css is not None and not html:
            self._check_session(_as_html(response, self._recipe), css)
        if plan.rule.sitemap is not None:
            return self.sitemap(kind, plan.rule.sitemap).read(response)
        page = open_page(response, plan.labels, self._recipe.engine, plan.rule.format, self._recipe.most)
        if css is not None and html:
            self._check_session(page, css)
        if ask is not None:
            page.given = ask.given
        for one in plan.expected:
            one.check(page)
        hooked, hooked_links = self.hooked(plan, page)
        harvests = [] if plan.rule.python else [table.read(page) for table in plan.tables]
        links = Links(page, self.requests)
        links.kept = harvests[0].kept if harvests else []
        for follow in plan.follow:
            follow.add(links)
        links.add_hooked(hooked_links)
        records = [*hooked, *_records(harvests)]
        files = FileLinks(page, self._files[kind], self._recipe.files) if kind in self._files else None
        if files is not None:
            records, links.found = files.records(records), files.links(links.found)
        formed = records if self._form is None else list(map(self._form, records))
        further, notes = self._further(plan, page, ask, harvests, links) if plan.paging is not None else ([], ())
        last = plan.paging is not None and self.requests[kind].is_further(ask) and not _rows(harvests, links)
        found = _page(response, page, plan, formed, harvests, links, may_be_blank=last)
        if further or notes:
            found = found._replace(links=(*found.links, *further), notes=(*found.notes, *notes))
        if kind in self._looping:
            found = found._replace(sign=sign(response.url, plan.rule, records, found.links))
        return found if files is None else found._replace(links=(*found.links, *files.found))


def _rows(harvests: list[TableResult], links: Links) -> int:
    """How many rows a page has, before `where`; of a page without a table, how many links."""
    if harvests:
        return sum(harvest.rows for harvest in harvests)
    return len(links.found) + sum(links.dropped.values())


def _as_html(response: Response, recipe: Recipe) -> PageView | None:
    """An answer that should be something else, as HTML; None where it is not."""
    with suppress(ExtractError):
        return open_page(response, frozenset(), recipe.engine, "html", recipe.most)
    return None


def _page(
    response: Response,
    page: PageView,
    plan: CompiledPage,
    records: Sequence[Record | Stored],
    harvests: list[TableResult],
    links: Links,
    *,
    may_be_blank: bool = False,
) -> Page:
    """Put a page together.

    Args:
        may_be_blank: it is the end of a list: that nothing is found is no failure.

    Raises:
        ExtractError: `no-match`.
    """
    notes = page.notes + page.late_notes
    missed = None if may_be_blank else no_match(page, plan, records, harvests, links)
    if missed:
        if plan.tables and not links.found:
            raise ExtractError("no-match", missed)
        notes += (Note("", "no-match", missed),)
    return Page(
        status=response.status,
        bytes=len(response.body),
        elapsed=response.elapsed,
        records=tuple(records),
        links=tuple(links.found),
        dropped=links.dropped,
        left_out=_left_out(plan, harvests),
        notes=notes,
        sessions=sessions_on(page, [link.url for link in links.found]),
    )


def _left_out(plan: CompiledPage, harvests: list[TableResult]) -> dict[str, int]:
    found: dict[str, int] = {}
    for table, harvest in zip(plan.tables, harvests, strict=False):  # a `python:` function has no harvests
        if harvest.left_out:
            found[table.rule.table] = found.get(table.rule.table, 0) + harvest.left_out
    return found


def _records(harvests: list[TableResult]) -> list[Record]:
    return [record for harvest in harvests for record in harvest.records]


def _describe(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    return f"{type(error).__name__}: {error}{place}"
