"""`crawler try`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin

import click

from crawler import urls
from crawler.cli import exit_codes
from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import clean, echo, echo_json, paint, width
from crawler.config import Job
from crawler.crawl.robots import Robots, read_robots
from crawler.errors import ConfigError
from crawler.extract.explain import PAGE_URL, RULES, Finding, explain
from crawler.extract.no_match import login_address
from crawler.fetch.client import Fetch, make_fetch
from crawler.fetch.cookies import Jar, empty_jar
from crawler.model import Failure, Moved, Request, Response
from crawler.run.assemble import client_settings

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["MOST_HOPS", "Guess", "Visit", "guess", "start_kind", "tally", "visit"]


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


MOST_STARTS = 2000  # that are compared in their clean form


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
    if exact is not None or len(starts) > MOST_STARTS:
        return exact
    return next((kind for start, kind in starts if urls.resolve("", start) == url), None)


def guess(job: Job, response: Response, most_rows: int) -> Guess:
    """The kind whose rules find the most; a kind of few rules must not win by its `h1` alone, nor one of many."""
    tried = {name: explain(job.recipe, name, response, most_rows=most_rows) for name in job.recipe.kinds}
    counts = {name: tally(findings) for name, findings in tried.items()}
    best = max(counts, key=lambda name: counts[name][0] ** 2 / max(counts[name][1], 1))
    if not any(found for found, _ in counts.values()):
        return Guess(best, "the rules of none find anything" if len(tried) > 1 else "", tried[best])
    shown = ", ".join(f"{name} {found} of {rules}" for name, (found, rules) in counts.items())
    return Guess(best, f"its rules find the most ({shown})" if len(tried) > 1 else "", tried[best])


def tally(findings: list[Finding]) -> tuple[int, int]:
    """How many rules found something, and how many there are; the rows of a group count once."""
    rules: dict[tuple[str, str, str], bool] = {}
    for finding in findings:
        if finding.what in RULES and finding.rule != PAGE_URL:
            key = (finding.what, finding.where, finding.rule)
            rules[key] = rules.get(key, False) or not finding.missed
    return sum(rules.values()), len(rules)


ROWS = 2  # of a group that are shown


@click.command(
    "try",
    cls=Command,
    short_help="Fetch one page and show what each rule finds on it.",
    sections={"What to try": ("kind", *CONFIG_OPTIONS), "What to print": ("as_json",)},
    codes=(0, 2, 3, 130),
    meanings={
        0: "the page was read",
        3: "there is no page, or its rules cannot be used on it",
        130: "stopped by Ctrl-C",
    },
)
@job_options
@click.argument("url")
@click.option(
    "--kind", metavar="KIND", help="Page kind whose rules are tried. Without it: the one that finds the most."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON on stdout.")
def command(
    config: str, url: str, overrides: tuple[str, ...], starts: tuple[str, ...], kind: str | None, as_json: bool
) -> int:
    """Fetch the page URL and show, rule by rule, what CONFIG finds on it. Nothing is saved.

    A path as /catalogue/page-1.html is taken from the site of the first start URL. robots.txt is obeyed, unless you
    say --set polite.robots=false.

    \b
    Examples:
      crawler try configs/demo.yaml /catalogue/page-1.html
      crawler try books.yaml http://books.toscrape.com/catalogue/sharp-objects_997/index.html --kind book
    """
    job = load_job(config, overrides, starts)
    _check_kind(job, kind)
    from crawler.run.assemble import demo_site

    _check_url(job, url)
    with demo_site(job) as base:
        pages = list(job.start_pages(base))
        address = _address(url, base or pages[0][0])

        seen = visit(job, address, [start for start, _ in pages], _tell)
    return _show(job, seen, _found(job, seen, address, pages, kind), address, config, as_json)


def _tell(text: str) -> None:
    from crawler.cli.terminal import wrapped

    echo(wrapped(text, width(), "  "), sys.stderr)


def _check_kind(job: Job, kind: str | None) -> None:
    if kind is not None and kind not in job.pages:
        from crawler.config.validators import did_you_mean

        hint = did_you_mean(kind, job.pages) or f"there are: {', '.join(job.pages)}"
        raise ConfigError(f"--kind: no page kind '{kind}'; {hint}")


def _check_url(job: Job, url: str) -> None:
    from crawler.config.starts import fault

    wrong = fault(url, demo=True)
    if wrong or "{" in url:
        what, fix = wrong or ("a range stands for several pages", "give the URL of one")
        raise ConfigError(f"{url}: {what}; {fix}")


def _address(url: str, base: str) -> str:
    from crawler import urls

    return urls.resolve("", urljoin(base, url))


def _found(job: Job, seen: Visit, address: str, pages: list[tuple[str, str]], kind: str | None) -> Guess | None:
    from crawler.extract.explain import explain
    from crawler.model import Failure

    if isinstance(seen.outcome, Failure):
        return None
    chosen, why = (kind, "") if kind else (start_kind(address, pages), "this is a start URL")
    if chosen is None:
        return guess(job, seen.outcome, ROWS)
    return Guess(chosen, why, explain(job.recipe, chosen, seen.outcome, most_rows=ROWS))


def _show(job: Job, seen: Visit, found: Guess | None, address: str, config: str, as_json: bool) -> int:
    code = exit_codes.INCOMPLETE if found is None or found.failed else exit_codes.OK
    if as_json:
        echo_json(_plain(job, seen, found, address, code))
    elif found is None:
        echo(f"{clean(seen.url)}: {paint(_failure(seen), 'red')}", sys.stderr)
    else:
        for line in _text(job, seen, found, config):
            echo(line)
    return code


def _failure(seen: Visit) -> str:
    from crawler.cli.advice import for_failure
    from crawler.model import Failure

    failure = seen.outcome
    assert isinstance(failure, Failure)
    what = ": ".join(filter(None, (failure.code, failure.detail)))
    return clean("; ".join(filter(None, (what, for_failure(failure)))))


def _text(job: Job, seen: Visit, found: Guess, config: str) -> list[str]:
    from crawler.cli.findings import findings_text
    from crawler.cli.terminal import wrapped
    from crawler.model import Response

    page = seen.outcome
    assert isinstance(page, Response)
    hits, rules = tally(found.findings)
    why = f": {found.why}; choose another with --kind" if found.why and len(job.pages) > 1 else ""
    facts = [f"status {page.status}", f"{len(page.body):,} bytes", f"{page.elapsed:.2f} s"]
    facts.append(page.headers.get("content-type", "no content type"))
    lines = [paint(clean(seen.url), "bold"), clean(", ".join(facts))]
    if rules or not found.failed:
        lines.append(wrapped(f"page kind {found.kind}{why}", width(), "  "))
    lines += findings_text(found.findings, job.recipe.kinds[found.kind], width())
    if not rules:  # the page was not read, or its kind has no rules
        return lines if found.failed else [*lines, "", paint("this page kind has no rules", "red")]
    end = paint(f"{hits} of {rules} rules found something", "green" if hits == rules else "red")
    return [*lines, "", end, *([f"next: crawler run {config}"] if hits == rules and not found.failed else [])]


def _plain(job: Job, seen: Visit, found: Guess | None, address: str, code: int) -> dict[str, Any]:
    from crawler.cli.findings import plain_findings
    from crawler.model import Failure

    page, failure = seen.outcome, None
    if isinstance(page, Failure):
        failure = {"code": page.code, "detail": page.detail, "status": page.status}
    return {
        "schema": 1,
        "exit_code": code,
        "url": address,
        "final_url": seen.url,
        "redirects": [{"status": status, "to": to} for status, to in seen.hops],
        "status": page.status,
        "bytes": 0 if isinstance(page, Failure) else len(page.body),
        "failure": failure,
        "kind": found.kind if found else None,
        "why_kind": found.why if found else "",
        "findings": plain_findings(found.findings, job.recipe.kinds[found.kind]) if found else [],
    }
