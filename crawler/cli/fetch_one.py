"""Fetch one page for `crawler try`, as a run would (robots.txt, redirects), and find out its page kind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from http.client import responses
from typing import TYPE_CHECKING, NamedTuple

from crawler import plugins, urls
from crawler.cli.error_body import error_text, secrets_of
from crawler.config import Job
from crawler.crawl.admission import Refusal
from crawler.crawl.outgoing import Outgoing
from crawler.crawl.robots import Robots, read_robots
from crawler.errors import ConfigError
from crawler.extract.explain import explain
from crawler.extract.finding import PAGE_URL, RULES, Finding
from crawler.extract.no_match import login_address
from crawler.extract.sitemap import is_sitemap
from crawler.extract.templates import as_written
from crawler.fetch.browser import BrowserRule, browser_refusal
from crawler.fetch.client import ClientSettings, Fetch, make_fetch
from crawler.fetch.cookies import Jar, empty_jar
from crawler.fetch.outcome import GOOD, classify
from crawler.model import Ask, Failure, Link, Message, Moved, Page, Request, Response
from crawler.runner.assemble import client_settings, outgoing
from crawler.store.queued import Queued
from crawler.store.records import dump_ask

if TYPE_CHECKING:
    from crawler.config.document import PoliteSpec
    from crawler.fetch.browser_page import Heard

__all__ = ["MAX_HOPS", "Guess", "Visit", "guess", "start_page", "tally", "visit"]

MAX_HOPS = 5
_ERRORS = frozenset(range(400, 600)) - {407}  # a proxy's own answer is none of the site
KIND = "try"
"""Stands for the page kind, which is not known yet."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking for a page.

    Attributes:
        url: the last one asked for.
        hops: status and target of each redirect on the way.
        outcome: the page, or why there is none; `robots` and `robots-unreachable` are among the codes.
        said: first words of the body of an answer of 400 or more, without secrets; "" for none.
        heard: JSON that it fetched by itself, in the browser; None where there was no browser.
    """

    url: str
    hops: tuple[tuple[int, str], ...]
    outcome: Response | Failure
    heard: tuple[Heard, ...] | None = None
    said: str = ""


def visit(
    job: Job,
    page: Link,
    starts: list[str],
    tell: Callable[[str], None] = lambda text: None,
    render: BrowserRule | None = None,
) -> Visit:
    """Fetch a page once; nothing is tried again.

    Args:
        page: its URL, which may be private: whoever calls has named it; its kind, "" for not known; what it is asked
            for with.
        starts: start URLs; secrets of the config are sent to their hosts alone.
        tell: is told of each redirect and of longer pauses.
        render: what a browser does with the page; None for no browser.

    Raises:
        ConfigError: the client cannot be loaded, or there is no browser.
    """
    settings = client_settings(job, starts, 1)
    settings = settings._replace(private_hosts=settings.private_hosts | {urls.host(page.url)})
    if ":" in job.fetch.client:
        plugins.add_folder(job.folder)
    jar, out = empty_jar(settings), outgoing(job, settings)
    if job.steps:
        base = starts[0] if starts else page.url
        if fault := _log_in(job, settings, base, jar, out, tell):
            return Visit(page.url, (), Failure("session-lost", fault))
    with closing(make_fetch(job.fetch.client, settings)) as fetch:
        if render is None:
            return _Visitor(job, fetch, fetch, jar, tell, out).go(page)
        if why := browser_refusal(job.browser.path or ""):
            raise ConfigError(why)
        from crawler.fetch.browser_client import BrowserFetch

        with closing(BrowserFetch(settings, {KIND: render}, job.browser.options(), listen=True)) as browser:
            seen = _Visitor(job, fetch, browser, jar, tell, out).go(page)
            return replace(seen, heard=tuple(browser.heard))


def _log_in(
    job: Job, settings: ClientSettings, base: str, jar: Jar, out: Outgoing | None, tell: Callable[[str], None]
) -> str:
    """Run the steps of the session, as a run does; returns why there is none."""
    from crawler.runner.assemble import step_runner

    def wait(seconds: float) -> bool:
        time.sleep(seconds)
        return False

    count = len(job.steps)
    tell(f"session: {count} step{'s' * (count != 1)}, then the page")
    with closing(step_runner(job, settings, base, job.fetch.client, wait)) as steps:
        opened = steps.run(job.polite.delay)
    for url, lines in opened.cookies:
        jar.take(url, lines)
    if out is not None:
        out.renew(opened.values)
    return opened.fault


class _Visitor:
    """Asks for robots.txt by `fetch`, for pages by `pages`."""

    def __init__(
        self, job: Job, fetch: Fetch, pages: Fetch, jar: Jar, tell: Callable[[str], None], outgoing: Outgoing | None
    ) -> None:
        self._job, self._fetch, self._pages, self._jar, self._tell = job, fetch, pages, jar, tell
        self._outgoing = outgoing
        self._robots: dict[str, Robots] = {}
        self._asked: dict[str, float] = {}
        self._said = ""

    def go(self, page: Link) -> Visit:
        hops: list[tuple[int, str]] = []
        url = page.url
        while True:
            outcome = self._forbidden(url) or self._page(page._replace(url=url))
            if not isinstance(outcome, Moved):
                if hops and isinstance(outcome, Response) and login_address(url):
                    outcome = Failure("login", "a redirect led to this login page", outcome.status)
                return Visit(url, tuple(hops), outcome, said=self._said)
            hops.append((outcome.status, outcome.location))
            if len(hops) > MAX_HOPS:
                return Visit(url, tuple(hops), Failure("redirects", f"more than {MAX_HOPS} redirects"))
            away = (
                ""
                if urls.same_site(url, outcome.location)
                else ", another site: a run follows this only if its rule or start has same_site: false"
            )
            self._tell(f"redirected ({outcome.status}) to {outcome.location}{away}")
            url = outcome.location
            if outcome.status not in (307, 308):
                page = page._replace(ask=(page.ask or Ask())._replace(plain=True, form=None))

    def _page(self, page: Link) -> Response | Moved | Failure:
        url = page.url
        queued = Queued(0, url, page.kind, urls.host(url), 0, 0, 0, 0, 0, 0, ask=dump_ask(page.ask))
        message = None if self._outgoing is None else self._outgoing.message(queued)
        if isinstance(message, Refusal):
            return Failure(message.code, message.detail or "")
        robots = self._robots.get(urls.origin(url), Robots())
        asked_for = min(robots.delay or 0.0, self._job.polite.max_crawl_delay)
        self._pause(url, max(self._polite(url).delay, asked_for))
        for number in range(max(1, len(self._job.fetch.proxy))):  # the next proxy, where one fails
            cookies = self._jar.header(urls.host(url), url)
            outcome = self._ask(Request(0, url, KIND, cookies=cookies, proxy=number, message=message))
            if not (isinstance(outcome, Failure) and outcome.code == "proxy"):
                break
        if self._outgoing is not None and not isinstance(outcome, Response):
            hidden = self._outgoing.hidden(queued, outcome)
            assert not isinstance(hidden, Page)  # nothing is parsed yet
            outcome = hidden
        self._jar.take(url, outcome.set_cookies)
        return outcome

    def _ask(self, request: Request) -> Response | Moved | Failure:
        """Ask for a page; of an answer that is an error, keep what it says."""
        if self._pages is not self._fetch:  # a browser
            return self._pages(request)
        message = request.message or Message()
        good = GOOD | message.statuses
        asked = request._replace(message=message._replace(statuses=message.statuses | _ERRORS))
        answer = self._pages(asked)
        if isinstance(answer, Failure) and answer.status in _ERRORS - good:  # its body is broken, so it says nothing
            reason = responses.get(answer.status, "")
            return classify(request.url, answer.status, reason, {}, b"", answer.elapsed, good=good)
        if not isinstance(answer, Response) or answer.status in good or answer.status < 400:
            return answer
        secrets = [*secrets_of(self._job), *(part.partition("=")[2] for part in request.cookies.split("; "))]
        secrets += map(as_written, self._outgoing.secrets.values()) if self._outgoing else ()
        self._said = error_text(answer, secrets)
        reason = responses.get(answer.status, "")
        facts = (answer.status, reason, answer.headers, b"", answer.elapsed, answer.set_cookies)
        return classify(request.url, *facts, good=good)

    def _read_robots(self, origin: str, pause: Callable[[], None]) -> Robots:
        """Read a robots.txt, through the next proxy where one fails."""
        agent, robots = self._job.user_agent, Robots()
        for number in range(max(1, len(self._job.fetch.proxy))):
            robots = read_robots(self._fetch, origin, user_agent=agent, pause=pause, proxy=number)
            if robots.unreachable is None or robots.unreachable.code != "proxy":
                break
        return robots

    def _polite(self, url: str) -> PoliteSpec:
        return self._job.polite.for_host(urls.host(url))

    def _forbidden(self, url: str) -> Failure | None:
        if not self._polite(url).robots:
            return None
        origin = urls.origin(url)
        robots = self._robots.get(origin)
        if robots is None:
            pause = partial(self._pause, url, self._polite(url).delay)
            pause()
            robots = self._read_robots(origin, pause)
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


def start_page(job: Job, url: str, starts: list[Link]) -> Link | None:
    """The start page of a URL, with or without the parameters that its request sets; None when it is none."""
    exact = next((start for start in starts if start.url == url), None)
    if exact is not None or len(starts) > MAX_STARTS:
        return exact
    return next((start for start in starts if url in (urls.resolve("", start.url), _asked_at(job, url, start))), None)


def _asked_at(job: Job, url: str, start: Link) -> str:
    """The URL itself where the request of a start page makes the start page of it."""
    request = job.requests.get(start.kind)
    given = start.ask.given if start.ask else {}
    return url if request and request.address(url, url, given) == start.url else ""


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
