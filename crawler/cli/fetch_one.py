"""Fetch one page for `crawler try`, as a run would (robots.txt, redirects), and find out its page kind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from crawler import plugins, urls
from crawler.config import Job
from crawler.crawl.robots import Robots, read_robots
from crawler.errors import ConfigError
from crawler.extract.explain import explain
from crawler.extract.finding import PAGE_URL, RULES, Finding
from crawler.extract.no_match import login_address
from crawler.extract.sitemap import is_sitemap
from crawler.fetch.browser import BrowserRule, browser_refusal
from crawler.fetch.client import Fetch, make_fetch
from crawler.fetch.cookies import Jar, empty_jar
from crawler.model import Failure, Moved, Request, Response
from crawler.runner.assemble import client_settings

if TYPE_CHECKING:
    from crawler.config import Job
    from crawler.fetch.browser_page import Heard

__all__ = ["MAX_HOPS", "Guess", "Visit", "guess", "start_kind", "tally", "visit"]

MAX_HOPS = 5
KIND = "try"
"""Stands for the page kind, which is not known yet."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking for a page.

    Attributes:
        url: the last one asked for.
        hops: status and target of each redirect on the way.
        outcome: the page, or why there is none; `robots` and `robots-unreachable` are among the codes.
        heard: JSON that it fetched by itself, in the browser; None where there was no browser.
    """

    url: str
    hops: tuple[tuple[int, str], ...]
    outcome: Response | Failure
    heard: tuple[Heard, ...] | None = None


def visit(
    job: Job,
    url: str,
    starts: list[str],
    tell: Callable[[str], None] = lambda text: None,
    render: BrowserRule | None = None,
) -> Visit:
    """Fetch a page once; nothing is tried again.

    Args:
        url: absolute. It may be private: whoever calls has named it.
        starts: start URLs; secrets of the config are sent to their hosts alone.
        tell: is told of each redirect and of longer pauses.
        render: what a browser does with the page; None for no browser.

    Raises:
        ConfigError: the client cannot be loaded, or there is no browser.
    """
    settings = client_settings(job, starts, 1)
    settings = settings._replace(private_hosts=settings.private_hosts | {urls.host(url)})
    if ":" in job.fetch.client:
        plugins.add_folder(job.folder)
    with closing(make_fetch(job.fetch.client, settings)) as fetch:
        if render is None:
            return _Visitor(job, fetch, fetch, empty_jar(settings), tell).go(url)
        if why := browser_refusal(job.browser.path or ""):
            raise ConfigError(why)
        from crawler.fetch.browser_client import BrowserFetch

        with closing(BrowserFetch(settings, {KIND: render}, job.browser.options(), listen=True)) as browser:
            seen = _Visitor(job, fetch, browser, empty_jar(settings), tell).go(url)
            return replace(seen, heard=tuple(browser.heard))


class _Visitor:
    """Asks for robots.txt by `fetch`, for pages by `pages`."""

    def __init__(self, job: Job, fetch: Fetch, pages: Fetch, jar: Jar, tell: Callable[[str], None]) -> None:
        self._job, self._fetch, self._pages, self._jar, self._tell = job, fetch, pages, jar, tell
        self._robots: dict[str, Robots] = {}
        self._asked: dict[str, float] = {}

    def go(self, url: str) -> Visit:
        hops: list[tuple[int, str]] = []
        while True:
            outcome = self._forbidden(url) or self._page(url)
            if not isinstance(outcome, Moved):
                if hops and isinstance(outcome, Response) and login_address(url):
                    outcome = Failure("login", "a redirect led to this login page", outcome.status)
                return Visit(url, tuple(hops), outcome)
            hops.append((outcome.status, outcome.location))
            if len(hops) > MAX_HOPS:
                return Visit(url, tuple(hops), Failure("redirects", f"more than {MAX_HOPS} redirects"))
            away = (
                ""
                if urls.same_site(url, outcome.location)
                else ", another site: a run follows this only if a rule has same_site: false"
            )
            self._tell(f"redirected ({outcome.status}) to {outcome.location}{away}")
            url = outcome.location

    def _page(self, url: str) -> Response | Moved | Failure:
        robots = self._robots.get(urls.origin(url), Robots())
        asked_for = min(robots.delay or 0.0, self._job.polite.max_crawl_delay)
        self._pause(url, max(self._job.polite.delay, asked_for))
        outcome = self._pages(Request(0, url, KIND, cookies=self._jar.header(urls.host(url), url)))
        self._jar.take(url, outcome.set_cookies)
        return outcome

    def _forbidden(self, url: str) -> Failure | None:
        if not self._job.polite.robots:
            return None
        origin = urls.origin(url)
        robots = self._robots.get(origin)
        if robots is None:
            pause = partial(self._pause, url, self._job.polite.delay)
            pause()
            robots = read_robots(self._fetch, origin, user_agent=self._job.user_agent, pause=pause)
            self._robots[origin] = robots
        if robots.unreachable is not None:
            why = robots.unreachable
            return Failure(
                "robots-unreachable", f"{origin}/robots.txt: {why.code}: {why.detail}".rstrip(": "), why.status
            )
        if robots.allows(url):
            return None
        return Failure("robots", f"{origin}/robots.txt forbids this page")

    def _pause(self, url: str, seconds: float) -> None:
        """Keep the gap between two requests to a host, here too."""
        host = urls.host(url)
        wait = self._asked.get(host, float("-inf")) + seconds - time.monotonic()
        if wait > 2:
            self._tell(f"waiting {wait:.0f} s before the next request to {host}, as the config or robots.txt requires")
        if wait > 0:
            time.sleep(wait)
        self._asked[host] = time.monotonic()


MAX_STARTS = 2000  # that are compared in their clean form


class Guess(NamedTuple):
    """A page kind, why it was chosen, and what its rules found."""

    kind: str
    why: str
    findings: list[Finding]

    @property
    def failed(self) -> bool:
        """Whether a run would count the page as failed or skipped."""
        return any(finding.what == "failure" for finding in self.findings)


def start_kind(url: str, starts: list[tuple[str, str]]) -> str | None:
    """The kind of a start URL; None when it is none."""
    exact = next((kind for start, kind in starts if start == url), None)
    if exact is not None or len(starts) > MAX_STARTS:
        return exact
    return next((kind for start, kind in starts if urls.resolve("", start) == url), None)


def guess(job: Job, response: Response, most_rows: int) -> Guess:
    """The kind whose rules find the most; a kind of few rules must not win by its `h1` alone, nor one of many."""
    sitemap = bool(job.sitemaps) and is_sitemap(response)
    kinds = job.sitemaps if sitemap else job.pages
    tried = {name: explain(job.recipe, name, response, most_rows=most_rows) for name in kinds}
    counts = {name: tally(findings) for name, findings in tried.items()}
    best = max(counts, key=lambda name: counts[name][0] ** 2 / max(counts[name][1], 1))
    if not any(found for found, _ in counts.values()):
        return Guess(best, "no rules find anything" if len(tried) > 1 else "", tried[best])
    shown = ", ".join(f"{name} {found} of {rules}" for name, (found, rules) in counts.items())
    return Guess(best, f"its rules find the most ({shown})" if len(tried) > 1 else "", tried[best])


def tally(findings: list[Finding]) -> tuple[int, int]:
    """How many rules found something, and how many there are; the rows of a group count once.

    Rows that `where` leaves out are none.
    """
    rules: dict[tuple[str, str, str], bool] = {}
    left_out = Counter(finding.where for finding in findings if finding.what == "left-out")
    for finding in findings:
        if finding.what in RULES and finding.rule != PAGE_URL:
            key = (finding.what, finding.where, finding.rule)
            none_left = finding.what == "rows" and left_out[finding.where] == finding.matches
            rules[key] = rules.get(key, False) or not (finding.missed or none_left)
    return sum(rules.values()), len(rules)
