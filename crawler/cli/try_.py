"""`crawler try`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import click

from crawler.cli import exit_codes
from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import clean, echo, echo_json, paint, width
from crawler.errors import CodedError, ConfigError

if TYPE_CHECKING:
    from crawler.cli.fetch_one import Guess, Visit
    from crawler.config import Job
    from crawler.fetch.browser import BrowserRule
    from crawler.model import Link, Value


ROWS = 2  # of a group that are shown


@click.command(
    "try",
    cls=Command,
    short_help="Fetch one page and show what each rule finds on it.",
    sections={"What to try": ("kind", "values", "browser", *CONFIG_OPTIONS), "What to print": ("as_json",)},
    codes=(0, 2, 3, 130),
    meanings={
        0: "the page was fetched and parsed",
        3: "the page could not be fetched or parsed",
        130: "stopped by Ctrl-C",
    },
)
@job_options
@click.argument("url", required=False)
@click.option(
    "--kind", metavar="KIND", help="Page kind whose rules are tried. Default: the one whose rules find the most."
)
@click.option(
    "--with",
    "values",
    metavar="NAME=VALUE",
    multiple=True,
    help="A value that a link would hand over: a text or a number.",
)
@click.option(
    "--browser",
    is_flag=True,
    help="Render the page in a browser, and list the JSON that it fetches by itself, with rules that read it. Default "
    "for a page kind with browser:.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON on stdout.")
def command(
    config: str,
    url: str | None,
    overrides: tuple[str, ...],
    starts: tuple[str, ...],
    kind: str | None,
    values: tuple[str, ...],
    browser: bool,
    as_json: bool,
) -> int:
    """Fetch the page URL and show, rule by rule, what CONFIG finds on it. Nothing is saved.

    A path such as /catalogue/page-1.html is resolved against the first start URL. Without URL the first start page is
    fetched, or with --kind the first one of that kind, or its request.url. robots.txt is obeyed, unless --set
    polite.robots=false is given. If CONFIG has a session, its steps run first.

    \b
    Examples:
      crawler try configs/demo.yaml /catalogue/page-1.html
      crawler try books.yaml http://books.toscrape.com/catalogue/sharp-objects_997/index.html --kind book
      crawler try shops.yaml --kind shops --with id=17
    """
    job = load_job(config, overrides, starts)
    _check_kind(job, kind)
    from crawler.runner.assemble import demo_site

    if url is not None:
        _check_url(job, url)
    given = _given(values)
    with demo_site(job) as base:
        pages = list(job.start_pages(base))
        page = _page(job, url, base or (pages[0].url if pages else ""), pages, kind, given)
        if url is not None:
            _tell_replaced(job, url, page)
        from crawler.cli.fetch_one import visit

        render = _render(job, kind or page.kind, named=bool(kind), asked=browser)
        seen = visit(job, page, [start.url for start in pages], _tell, render)
    why = "" if kind else "this is a start URL"
    return _show(job, seen, _found(job, seen, page, why), page, config, as_json)


def _given(values: tuple[str, ...]) -> dict[str, Value]:
    from crawler.cli.given import read_value

    found: dict[str, Value] = {}
    for one in values:
        name, mark, value = one.partition("=")
        if not (name and mark):
            raise ConfigError(f"--with: '{one}' is not NAME=VALUE; write for example --with city=Oakton")
        found[name] = read_value(value)
    return found


def _page(job: Job, url: str | None, base: str, pages: list[Link], kind: str | None, given: dict[str, Value]) -> Link:
    """What is asked for: a start page, or a page of a kind with the values that a link would hand over."""
    from crawler.cli.fetch_one import start_page
    from crawler.config.handed import arriving
    from crawler.model import Link

    address = None if url is None else _address(url, base)
    start = None if address is None else start_page(job, address, pages)
    if start is not None and not given and kind in (None, start.kind):
        return start
    chosen = kind or (start.kind if start else pages[0].kind if address is None and pages else "")
    first = next((page for page in pages if page.kind == chosen), None)
    if address is None and not given and first is not None:
        return first
    request = job.requests.get(chosen)
    if request is None:
        if given:
            what = f"page kind '{chosen}' gets no values" if chosen else "add --kind, the page kind that gets the value"
            raise ConfigError(f"--with: {what}")
        if address is None:
            raise ConfigError("no URL; give one, or --kind with a page kind that has a request.url or a start page")
        return Link(address, chosen)
    known = dict.fromkeys([*arriving(job.document).get(chosen, ()), *request.rule.uses])
    if strange := [name for name in given if name not in known]:
        gets = ", ".join(known) or "none"
        raise ConfigError(f"--with: page kind '{chosen}' gets no value '{strange[0]}'; it gets: {gets}")
    if address is None and request.rule.url is None and first is not None:
        address, start = first.url, first
    if start is not None and start.kind == chosen:
        given = {**(start.ask.given if start.ask else {}), **given}
    try:
        asked, ask = request.address(address, base, given), request.ask(given)
    except CodedError as error:
        raise ConfigError(f"these values cannot be asked with: {error.detail or error.code}") from error
    if asked is None:
        missing = [name for name in request.rule.uses if name not in given]
        if not missing:
            raise ConfigError(f"no URL; page kind '{chosen}' has no request.url")
        raise ConfigError(f"page kind '{chosen}' needs values that a link would hand over; add --with {missing[0]}=...")
    return Link(asked, chosen, ask=ask)


def _tell_replaced(job: Job, url: str, page: Link) -> None:
    """Say which parameters of a URL that was named are not sent, because request.query sets them."""
    from urllib.parse import parse_qsl, urlsplit

    from crawler.extract.request import is_secret, names_in

    request = job.requests.get(page.kind)
    if request is None:
        return
    sent = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
    named = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    for name, tree in request.rule.query:
        names = names_in(tree)
        if name in named and sent.get(name) != named[name] and not any(map(is_secret, names)):
            instead = f"{name}={sent[name]}" if name in sent else f"no {name}"
            fix = f"; to send yours, add --with {names[0]}={shlex.quote(named[name])}" if len(names) == 1 else ""
            _tell(clean(f"request.query sends {instead} in place of {name}={named[name]}{fix}"))


def _render(job: Job, kind: str, *, named: bool, asked: bool) -> BrowserRule | None:
    """What a browser does with the page, where it is rendered.

    Args:
        named: the kind was named by the user.
        asked: so was --browser.
    """
    from crawler.fetch.browser import BrowserRule

    rule = job.rendered.get(kind)
    if rule is None and job.rendered and not (asked or named):
        _tell(f"add --browser for a page of kind {' or '.join(job.rendered)}: a browser renders these")
    return rule or (BrowserRule() if asked else None)


def _tell(text: str) -> None:
    from crawler.cli.terminal import wrapped

    echo(wrapped(text, width(), "  "), sys.stderr)


def _check_kind(job: Job, kind: str | None) -> None:
    known = [*job.pages, *job.sitemaps]
    if kind is not None and kind not in known:
        from crawler.config.validators import did_you_mean

        hint = did_you_mean(kind, known) or f"there are: {', '.join(known)}"
        raise ConfigError(f"--kind: no page kind '{kind}'; {hint}")


def _check_url(job: Job, url: str) -> None:
    from crawler.config.starts import fault

    wrong = fault(url, demo=True)
    if wrong or "{" in url:
        what, fix = wrong or ("a range means several pages", "give one URL")
        raise ConfigError(f"{url}: {what}; {fix}")


def _address(url: str, base: str) -> str:
    from crawler import urls

    return urls.resolve("", urljoin(base, url))


def _found(job: Job, seen: Visit, page: Link, why: str) -> Guess | None:
    from crawler.cli.fetch_one import Guess, guess
    from crawler.extract.explain import explain
    from crawler.model import Failure

    if isinstance(seen.outcome, Failure):
        return None
    if not page.kind:
        return guess(job, seen.outcome, ROWS)
    return Guess(page.kind, why, explain(job.recipe, page.kind, seen.outcome, most_rows=ROWS, ask=page.ask))


def _show(job: Job, seen: Visit, found: Guess | None, page: Link, config: str, as_json: bool) -> int:
    code = exit_codes.INCOMPLETE if found is None or found.failed else exit_codes.OK
    if as_json:
        echo_json(_plain(job, seen, found, page, code))
    elif found is None:
        for line in _failed(job, seen, page):
            echo(line, sys.stderr)
    else:
        for line in _text(job, seen, found, page, config):
            echo(line)
    return code


def _failed(job: Job, seen: Visit, page: Link) -> list[str]:
    """One line, before it the request where it is more than a URL, and after it what the answer says."""
    asked = _request(job, seen, page)
    said = [f"  the answer says: {clean(seen.said)}"] if seen.said else []
    if asked == [paint(clean(seen.url), "bold")]:
        return [f"{clean(seen.url)}: {paint(_failure(seen), 'red')}", *said]
    return [*asked, paint(_failure(seen), "red"), *said]


def _request(job: Job, seen: Visit, page: Link) -> list[str]:
    from crawler.cli.asked_for import request_lines

    return request_lines(job, _as_sent(seen, page), seen.url, width())


def _as_sent(seen: Visit, page: Link) -> Link:
    """A page as it was asked for in the end: most redirects make a GET of a POST."""
    from crawler.model import Ask

    if any(status not in (307, 308) for status, _ in seen.hops):
        return page._replace(ask=(page.ask or Ask())._replace(plain=True))
    return page


def _failure(seen: Visit) -> str:
    from crawler.cli.advice import for_failure
    from crawler.model import Failure

    failure = seen.outcome
    assert isinstance(failure, Failure)
    what = ": ".join(filter(None, (failure.code, failure.detail)))
    return clean("; ".join(filter(None, (what, for_failure(failure)))))


def _text(job: Job, seen: Visit, found: Guess, asked: Link, config: str) -> list[str]:
    from crawler.cli.fetch_one import tally
    from crawler.cli.findings import findings_text
    from crawler.cli.terminal import wrapped
    from crawler.extract.rules import every_field
    from crawler.model import Response

    page = seen.outcome
    assert isinstance(page, Response)
    hits, rules = tally(found.findings)
    why = f": {found.why}; choose another with --kind" if found.why and len(job.pages) > 1 else ""
    facts = [f"status {page.status}", f"{len(page.body):,} bytes", f"{page.elapsed:.2f} s"]
    facts.append(page.headers.get("content-type", "no content type"))
    lines = [*_request(job, seen, asked), clean(", ".join(facts))]
    if rules or not found.failed:
        lines.append(wrapped(f"page kind {found.kind}{why}", width(), "  "))
    lines += findings_text(found.findings, job.recipe.kinds[found.kind], width())
    if any(field.type == "file" for field in every_field(job.recipe.kinds[found.kind])):
        lines += ["", wrapped("a file is shown by its address: try does not save files", width(), "  ")]
    if seen.heard is not None:
        from crawler.cli.heard import apis, apis_text

        lines += apis_text(apis(seen.heard))
    if not rules:  # the page was not read, or its kind has no rules
        return lines if found.failed else [*lines, "", paint("this page kind has no rules", "red")]
    end = paint(f"{hits} of {rules} rules found something", "green" if hits == rules else "red")
    kinds = {finding.what for finding in found.findings}
    if "left-out" in kinds and "field" not in kinds:
        end = paint("no row is left after where", "yellow")
    good = hits == rules and not found.failed
    return [*lines, "", end, *([f"next: crawler run {shlex.quote(config)}"] if good else [])]


def _plain(job: Job, seen: Visit, found: Guess | None, asked: Link, code: int) -> dict[str, Any]:
    from crawler.cli.asked_for import plain_request
    from crawler.cli.findings import plain_findings
    from crawler.model import Failure

    page, failure = seen.outcome, None
    if isinstance(page, Failure):
        failure = {"code": page.code, "detail": page.detail, "status": page.status, "said": seen.said}
    return {
        "schema": 1,
        "exit_code": code,
        "url": asked.url,
        "final_url": seen.url,
        "request": plain_request(job, _as_sent(seen, asked)),
        "redirects": [{"status": status, "to": to} for status, to in seen.hops],
        "status": page.status,
        "bytes": 0 if isinstance(page, Failure) else len(page.body),
        "failure": failure,
        "kind": found.kind if found else None,
        "why_kind": found.why if found else "",
        "findings": plain_findings(found.findings) if found else [],
        **_fetched(seen),
    }


def _fetched(seen: Visit) -> dict[str, Any]:
    if seen.heard is None:
        return {}
    from crawler.cli.heard import apis, plain_apis

    return {"fetched": plain_apis(apis(seen.heard))}
