"""The sections that say how to crawl: `demo`, `fetch`, `polite`, `limits` and `protect`. Every default stands here."""

from __future__ import annotations

from typing import Literal, get_args

from crawler.config import checked
from crawler.config.groups import list_of, mapping, of, optional
from crawler.config.schema import REQUIRED, Key, Section, Wrong
from crawler.config.secrets import Secret
from crawler.config.values import (
    BOOL,
    HOST,
    LATENCY,
    NAME,
    ONE_LINE,
    PARAMETER,
    RAW_TEXT,
    TEXT,
    choice,
    duration,
    secret,
    share,
    size,
    whole,
)

__all__ = ["AuthSpec", "DemoSpec", "FetchSpec", "LimitsSpec", "PoliteSpec", "ProtectSpec"]

PARAMETERS = list_of("name of a parameter, or a list", PARAMETER)
Parse = Literal["auto", "worker", "callback", "pool", "barrier"]
Engine = Literal["auto", "bs4", "lexbor"]


def _headers(values: dict[str, Secret]) -> None:
    for name, value in values.items():
        wrong_name = checked.header_name(name)
        fault = wrong_name or checked.header_value(value.reveal())
        if fault:
            raise Wrong(*fault, key=name, on_key=wrong_name is not None)


def _cookies(values: dict[str, Secret]) -> None:
    for name, value in values.items():
        if not checked.is_cookie(name, value.reveal()):
            fix = "names and values are ASCII, and have no space, comma or ; in them"
            raise Wrong("is not a cookie", fix, key=name)


class DemoSpec(Section):
    """The demo site: with this section a run starts it, crawls it and stops it."""

    books = Key(whole(1, 1_000_000), 60, "How many books the shop has.")
    latency = Key(LATENCY, 0.0, "How long the answers wait: one time, or a spread of times.")
    errors = Key(share(0, 1), 0.0, "Share of pages that fail when first asked for.")
    seed = Key(whole(0, 2**31), 1, "Another seed gives another shop, the same seed the same.")
    page_weight = Key(size(0, 100_000_000), 0, "Pages are filled up to this size with text of no record.")
    port = Key(whole(0, 65535), 8765, "TCP port on this machine; 0 takes any free one.")


class AuthSpec(Section):
    """User and password of HTTP basic authentication."""

    user = Key(secret(), REQUIRED, "User name.")
    password = Key(secret(), REQUIRED, "Password; better `${PASSWORD}` than the password itself.")


class FetchSpec(Section):
    """How pages are fetched."""

    strategy = Key(
        TEXT, "threads", "How requests are executed: one of `crawler strategies`, or `module:Class` of your own."
    )
    workers = Key(whole(1, 1000), 16, "How many requests at once; under `auto` the most, 64 if it is not said.")
    parse = Key(
        choice(*get_args(Parse)),
        "auto",
        "Where pages are analysed. `auto` is `callback` under strategies of threads, else `worker`.",
    )
    engine = Key(
        choice(*get_args(Engine)),
        "auto",
        "What answers selectors: `auto` and `lexbor` lexbor, where it can; `bs4` BeautifulSoup. They find the same.",
    )
    client = Key(TEXT, "requests", "The HTTP client: `requests`, or `curl` of the extra, which needs less CPU.")
    timeout = Key(duration(0, 86400, above=True), 30.0, "Most time for one request, to its last byte.")
    connect_timeout = Key(duration(0, 86400, above=True), 10.0, "Most time to connect.")
    retries = Key(whole(0, 20), 3, "How often a failed request is tried again.")
    headers = Key(
        mapping("name: text", RAW_TEXT, secret(), check=_headers),
        {},
        "More request headers, sent only to the hosts of the start URLs. May hold `${VARIABLE}`.",
    )
    cookies = Key(
        mapping("name: text", RAW_TEXT, secret(), check=_cookies),
        {},
        "Cookies, sent only to the hosts of the start URLs. May hold `${VARIABLE}`. Cookies that a site sets go back "
        "to it by themselves, behind these; one of the same name is not taken.",
    )
    auth = Key(optional(of(AuthSpec)), None, "User and password for the hosts of the start URLs.")
    proxy = Key(optional(secret(checked.proxy)), None, "URL of a proxy. Proxies of the environment are never used.")
    user_agent = Key(ONE_LINE, "", "The whole User-Agent. Without it `crawler/VERSION (+CONTACT)`.")
    insecure_hosts = Key(
        list_of("list of host names", HOST, alone=False), (), "Hosts whose certificate is not checked."
    )
    ignore_parameters = Key(
        PARAMETERS, (), "Parameters of URLs that never tell pages apart, besides those in docs/state.md: `[ref, src]`."
    )
    keep_parameters = Key(
        PARAMETERS, (), "Parameters that always tell pages apart, also if they look like a session or a tracker."
    )
    allow_private = Key(BOOL, False, "Links may lead to private addresses of your own network. Start URLs always may.")


class PoliteSpec(Section):
    """How gently the site is treated."""

    robots = Key(BOOL, True, "Obey robots.txt.")
    delay = Key(duration(0, 3600), 0.2, "Least time between two requests to a host.")
    per_host = Key(whole(1, 1000), 8, "Most requests to a host at once.")
    contact = Key(optional(ONE_LINE), None, "Your web or mail address, sent in the User-Agent.")
    max_crawl_delay = Key(
        duration(0, 86400), 30.0, "Longest Crawl-delay of a robots.txt that is obeyed; a longer one is cut."
    )
    retry_after_cap = Key(duration(0, 86400), 120.0, "Longest Retry-After of a server that is waited for in this run.")


class LimitsSpec(Section):
    """Where to stop."""

    pages = Key(optional(whole(1, 1_000_000_000)), None, "Most pages of a crawl, over all its runs.")
    depth = Key(
        optional(whole(0, 1_000_000)),
        None,
        "Most links from a start URL to a page; links to a next page do not count.",
    )
    time = Key(
        optional(duration(0, 31_536_000, above=True)),
        None,
        "Most time for one run; then it stops cleanly and still writes its files.",
    )
    page_bytes = Key(size(1, 2_000_000_000), 10_000_000, "Largest page.")
    traps = Key(BOOL, True, "Stop where a list shows the same again, and where a site makes up pages without end.")
    failures = Key(share(0, 1), 0.05, "Share of failed pages above which the exit code is 3.")


class ProtectSpec(Section):
    """What makes a crawl suspect, so that its files do not replace those of the last good one.

    `protect: false` switches it off. Shares are compared with the last good crawl of the job; see docs/protect.md.
    """

    rows = Key(share(0, 1), 0.2, "A table may have fewer rows than last time by this share; 100% allows any fall.")
    fill = Key(
        share(0, 1),
        0.2,
        "The share of rows in which a column has a value, and one that fits its type, may fall by so many "
        "percentage points; 100% allows any fall.",
    )
    repeats = Key(
        share(0, 1),
        0.5,
        "The share of rows with one and the same value in a column may rise by so many percentage points: pages that "
        "ask for a login or for consent all have one title. 100% allows any rise.",
    )
    redirects = Key(
        share(0, 1), 0.3, "The share of pages that are redirected to one address may rise to this; 100% allows any."
    )
    allow_blank = Key(
        list_of("table, table.column, or a list", NAME),
        (),
        "Tables that may have no rows, and columns, as `books.isbn`, that may be blank.",
    )
