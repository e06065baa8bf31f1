"""One page for the `try` command: fetched as a run would, robots.txt and redirects included."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from crawler import urls
from crawler.compose import client_settings
from crawler.config import Job
from crawler.crawl.robots import Robots, read_robots
from crawler.extract.no_match import login_address
from crawler.fetch.client import Fetch, make_fetch
from crawler.fetch.cookies import Jar, empty_jar
from crawler.model import Failure, Moved, Request, Response

__all__ = ["MOST_HOPS", "Visit", "visit"]

MOST_HOPS = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking for a page.

    Attributes:
        url: the last one asked for.
        hops: status and target of each redirect on the way.
        outcome: the page, or why there is none; `robots` and `robots-unreachable` are among the codes.
    """

    url: str
    hops: tuple[tuple[int, str], ...]
    outcome: Response | Failure


def visit(job: Job, url: str, starts: list[str], tell: Callable[[str], None] = lambda text: None) -> Visit:
    """Fetch a page once; nothing is tried again.

    Args:
        url: absolute. It may be private: whoever calls has named it.
        starts: start URLs; secrets of the config are sent to their hosts alone.
        tell: is told of each redirect and of longer pauses.
    """
    settings = client_settings(job, starts, 1)
    settings = settings._replace(private_hosts=settings.private_hosts | {urls.host(url)})
    with closing(make_fetch(job.fetch.client, settings)) as fetch:
        return _Visitor(job, fetch, empty_jar(settings), tell).go(url)


class _Visitor:
    def __init__(self, job: Job, fetch: Fetch, jar: Jar, tell: Callable[[str], None]) -> None:
        self._job, self._fetch, self._jar, self._tell = job, fetch, jar, tell
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
            if len(hops) > MOST_HOPS:
                return Visit(url, tuple(hops), Failure("redirects", f"more than {MOST_HOPS} redirects"))
            away = (
                ""
                if urls.same_site(url, outcome.location)
                else ", another site: a run would not go there, unless a rule says same_site: false"
            )
            self._tell(f"redirected ({outcome.status}) to {outcome.location}{away}")
            url = outcome.location

    def _page(self, url: str) -> Response | Moved | Failure:
        robots = self._robots.get(urls.origin(url), Robots())
        asked_for = min(robots.delay or 0.0, self._job.polite.max_crawl_delay)
        self._pause(url, max(self._job.polite.delay, asked_for))
        outcome = self._fetch(Request(0, url, "try", cookies=self._jar.header(urls.host(url), url)))
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
            self._tell(f"waiting {wait:.0f} s between two requests to {host}, as the config or robots.txt says")
        if wait > 0:
            time.sleep(wait)
        self._asked[host] = time.monotonic()
