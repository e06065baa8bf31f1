"""The whole config file as it is written: what it is about, and how to crawl."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self, get_args

from crawler.config import validators
from crawler.config.browser import BrowserSpec
from crawler.config.field_spec import FUNCTION, PATTERNS, FieldSpec
from crawler.config.hosts_spec import SAME_SITE, host_name
from crawler.config.page_spec import DUPLICATES, KindSpec
from crawler.config.schema import (
    BOOL,
    HOST,
    HOST_PORT,
    IDENTIFIER,
    KIND_NAME,
    LATENCY,
    NAME,
    ONE_LINE,
    OUTPUT_PATH,
    OWN,
    PARAMETER,
    RAW_TEXT,
    REQUIRED,
    TEXT,
    InvalidValue,
    Key,
    Location,
    Section,
    Type,
    choice,
    duration,
    list_of,
    mapping,
    of,
    optional,
    or_false,
    secret,
    share,
    size,
    whole,
)
from crawler.config.secrets import Secret
from crawler.config.session_spec import SessionSpec
from crawler.config.yaml_tree import KeyPath
from crawler.export.formats import FORMATS
from crawler.fetch.client import CLIENTS
from crawler.urls import of_host

__all__ = [
    "AuthSpec",
    "DemoSpec",
    "Document",
    "FetchSpec",
    "FilesSpec",
    "HostSpec",
    "LimitsSpec",
    "PoliteSpec",
    "ProtectSpec",
    "SitemapSpec",
    "StartSpec",
]


PARAMETERS = list_of("name of a parameter, or a list", PARAMETER)
Parse = Literal["auto", "worker", "callback", "pool", "barrier"]
Engine = Literal["auto", "bs4", "lexbor"]


def _headers(values: dict[str, Secret]) -> None:
    for name, value in values.items():
        wrong_name = validators.header_name(name)
        fault = wrong_name or validators.header_value(value.reveal())
        if fault:
            raise InvalidValue(*fault, key=name, on_key=wrong_name is not None)


def _cookies(values: dict[str, Secret]) -> None:
    for name, value in values.items():
        if not validators.is_cookie(name, value.reveal()):
            fix = "use only ASCII in names and values, without spaces, commas or semicolons"
            raise InvalidValue("is not a cookie", fix, key=name)


class DemoSpec(Section):
    """The demo site: with this section a run starts it, crawls it and stops it."""

    books = Key(whole(1, 1_000_000), 60, "Number of books in the shop.")
    latency = Key(LATENCY, 0.0, "Latency of the responses: one time, or a distribution.")
    errors = Key(share(0, 1), 0.0, "Share of pages that fail on the first request.")
    seed = Key(whole(0, 2**31), 1, "Random seed: the same seed always gives the same shop.")
    page_weight = Key(size(0, 100_000_000), 0, "Pad pages to this size with text that belongs to no record.")
    capacity = Key(whole(0, 1_000_000), 0, "Requests served at once; others wait in line. 0 is no limit.")
    rate = Key(whole(0, 1_000_000), 0, "Requests per second above which it answers 429. 0 is no limit.")
    slows_beyond = Key(
        whole(0, 1_000_000), 0, "Requests in flight beyond which responses get slower and throughput falls. 0 is never."
    )
    port = Key(whole(0, 65535), 8765, "TCP port on this machine; 0 picks a free one.")


class AuthSpec(Section):
    """User and password for HTTP basic authentication."""

    user = Key(secret(), REQUIRED, "User name.")
    password = Key(secret(), REQUIRED, "Password; prefer `${PASSWORD}` to the password itself.")


class FetchSpec(Section):
    """How pages are fetched."""

    strategy = Key(OWN, "threads", "Concurrency model: one of `crawler strategies`, or your own as `module:Class`.")
    workers = Key(whole(1, 1000), 16, "Maximum number of requests in flight. Under `auto` the default is 64.")
    parse = Key(
        choice(*get_args(Parse)),
        "auto",
        "Where pages are parsed. `auto` is `callback` under thread strategies, otherwise `worker`.",
    )
    engine = Key(
        choice(*get_args(Engine)),
        "auto",
        "Selector engine: `auto` and `lexbor` use lexbor where it supports the selector; `bs4` is BeautifulSoup. "
        "The results are the same.",
    )
    client = Key(
        OWN,
        "requests",
        f"HTTP client: {'; '.join(f'`{name}`, {known.about}' for name, known in CLIENTS.items())}; "
        "or your own as `module:Class`.",
    )
    timeout = Key(duration(0, 86400, above=True), 30.0, "Maximum time for one request, including the body.")
    connect_timeout = Key(duration(0, 86400, above=True), 10.0, "Maximum time to connect.")
    retries = Key(whole(0, 20), 3, "How many times a failed request is retried.")
    headers = Key(
        mapping("name: text", RAW_TEXT, secret(), check=_headers),
        {},
        "Extra request headers, sent only to the origins of the start URLs. May contain `${VARIABLE}`.",
    )
    cookies = Key(
        mapping("name: text", RAW_TEXT, secret(), check=_cookies),
        {},
        "Cookies, sent only to the origins of the start URLs. May contain `${VARIABLE}`. Cookies that a site sets are "
        "sent back to it as well, except those with a name given here.",
    )
    auth = Key(optional(of(AuthSpec)), None, "HTTP basic authentication, sent only to the origins of the start URLs.")
    proxy = Key(
        list_of("URL, or a list", secret(validators.proxy)),
        (),
        "URL of a proxy (`http`, `https`, `socks5`, or `socks5h`, which resolves names itself), or a list: they take "
        "turns. Proxy environment variables are ignored.",
    )
    proxy_per_worker = Key(
        BOOL, False, "Each proxy serves one request at a time, as if each worker had a proxy of its own."
    )
    user_agent = Key(ONE_LINE, "", "The complete User-Agent. Default: `crawler/VERSION (+CONTACT)`.")
    insecure_hosts = Key(
        list_of("list of host names", HOST, alone=False), (), "Hosts whose certificates are not verified."
    )
    ignore_parameters = Key(
        PARAMETERS,
        (),
        "URL parameters that never distinguish pages, in addition to those in docs/state.md: `[ref, src]`.",
    )
    keep_parameters = Key(
        PARAMETERS, (), "URL parameters that always distinguish pages, even if they look like a session or a tracker."
    )
    allow_private = Key(
        BOOL, False, "Allow links to private addresses of your own network. Start URLs may always be private."
    )


class HostSpec(Section):
    """How to treat one host; what is not given is that of `polite`."""

    robots = Key(optional(BOOL), None, "Obey its robots.txt.")
    delay = Key(optional(duration(0, 3600)), None, "Minimum time between two requests to it.")
    per_host = Key(optional(whole(1, 1000)), None, "Maximum number of requests in flight to it.")


def _show_host(spec: HostSpec) -> str:
    said = ", ".join(f"{name}: {spec.keys[name].type.show(getattr(spec, name))}" for name in spec.order)
    return f"{{{said}}}"


class PoliteSpec(Section):
    """How to limit the load on the site."""

    robots = Key(BOOL, True, "Obey robots.txt.")
    delay = Key(duration(0, 3600), 0.2, "Minimum time between two requests to a host.")
    per_host = Key(whole(1, 1000), 8, "Maximum number of requests in flight to a host.")
    contact = Key(optional(ONE_LINE), None, "Your web page or e-mail address, sent in the User-Agent.")
    max_crawl_delay = Key(
        duration(0, 86400), 30.0, "Maximum Crawl-delay taken from a robots.txt; a longer one is reduced to this."
    )
    retry_after_cap = Key(duration(0, 86400), 120.0, "Longest Retry-After that this run waits for.")
    hosts = Key(
        mapping("host: section", HOST_PORT, replace(of(HostSpec, null=True), show=_show_host)),
        {},
        "Other values for single hosts: `api.example.com: {delay: 250ms, per_host: 2}`. A name without a port is that "
        "host on every port.",
    )

    def for_host(self, name: str) -> PoliteSpec:
        """These settings, as they are for one host.

        Args:
            name: as of `crawler.urls.host`.
        """
        if not self.hosts:
            return self
        own = of_host({host_name(written): spec for written, spec in self.hosts.items()}, name)
        given = {} if own is None else {key: value for key in own.keys if (value := getattr(own, key)) is not None}
        return self.changed(**given)


def _file_name(value: object, place: Location) -> str:
    name = TEXT.read(value, place)
    fault = validators.file_name(name)
    if fault is not None:
        raise InvalidValue(*fault)
    return name


class FilesSpec(Section):
    """Where the files of fields of the type `file` go."""

    folder = Key(
        optional(TEXT), None, "The folder, relative to the config file. Default: `files` beside the first output."
    )
    name = Key(
        optional(Type("template", "", _file_name)),
        None,
        "Names of the files, made of fields of the row: `{isbn}.{ext}`. A second content of the same name gets `-2`. "
        "Default: `{hash}.{ext}`, 12 hexadecimal digits made of the address.",
    )
    max_size = Key(size(1, 2_000_000_000), 20_000_000, "Maximum size of a file after unpacking; a larger one fails.")
    same_site = Key(
        SAME_SITE,
        True,
        "Save only files on the site of their page; a list of hosts: these as well; `false`: files on any site.",
    )


class LimitsSpec(Section):
    """When to stop."""

    pages = Key(optional(whole(1, 1_000_000_000)), None, "Maximum number of pages of a crawl, over all its runs.")
    depth = Key(
        optional(whole(0, 1_000_000)),
        None,
        "Maximum number of links from a start URL to a page; links to the next page of a list do not count.",
    )
    time = Key(
        optional(duration(0, 31_536_000, above=True)),
        None,
        "Maximum time for one run; it then stops cleanly and still writes its files.",
    )
    page_bytes = Key(size(1, 2_000_000_000), 10_000_000, "Maximum size of a page.")
    traps = Key(BOOL, True, "Stop following a list that repeats itself, and a site that generates pages endlessly.")
    failures = Key(share(0, 1), 0.05, "Share of failed or left pages above which the exit code is 3.")


class ProtectSpec(Section):
    """What makes a crawl suspect, so that its files do not replace those of the last good one.

    `protect: false` switches it off. Shares are compared with the last good crawl of the job; see docs/protect.md.
    """

    rows = Key(share(0, 1), 0.2, "By which share a table may have fewer rows than last time; 100% allows any decrease.")
    fill = Key(
        share(0, 1),
        0.2,
        "By how many percentage points the share of rows in which a column has a value of its type may fall; "
        "100% allows any decrease.",
    )
    repeats = Key(
        share(0, 1),
        0.5,
        "By how many percentage points the share of rows with the same value in a column may rise: for example, "
        "pages that ask for a login all have the same title. 100% allows any increase.",
    )
    redirects = Key(
        share(0, 1), 0.3, "Maximum share of pages that may be redirected to the same address; 100% allows any."
    )
    allow_blank = Key(
        list_of("table, table.column, or a list", NAME),
        (),
        "Tables that may have no rows, and columns (such as `books.isbn`) that may be blank.",
    )


_TEXT = {"type": "string"}
_URLS: Type[None] = Type(
    "URL, or a list",
    None,
    lambda value, place: None,  # `crawler.config.starts` reads them, as other start URLs
    json={"anyOf": [_TEXT, {"items": _TEXT, "type": "array"}]},
)


class SitemapSpec(Section):
    """Start URLs from the site's own list of its pages.

    The addresses that a sitemap lists are crawled like start URLs. [Sitemaps](sitemaps.md) says what can be read, and
    which addresses are taken.
    """

    sitemap = Key(
        _URLS,
        REQUIRED,
        "URL of a robots.txt, an index of sitemaps, a sitemap, a text file with one URL a line, or an RSS or Atom "
        "feed; also compressed with gzip.",
    )
    sitemaps = Key(
        PATTERNS, (), "Of an index or a robots.txt, read only the sitemaps whose URL matches one of these patterns."
    )
    allow = Key(PATTERNS, (), "Crawl only addresses that match one of these patterns.")
    deny = Key(PATTERNS, (), "Never crawl addresses that match one of these patterns.")
    since = Key(
        optional(duration(0, 3_153_600_000, above=True)),
        None,
        "Crawl only addresses that have changed in this time before the crawl began, by their `lastmod`; those without "
        "a `lastmod` are always crawled.",
    )
    kind = Key(KIND_NAME, "", "The page kind of the addresses. Default: the first page kind.")


_WITH = mapping("name: list, or range", NAME, list_of("text, or a list", RAW_TEXT))


class StartSpec(Section):
    """Start URLs, or values of which the requests are made.

    Each line of a file and each combination of the lists under `with` is a start page. [Starts](starts.md) explains it
    with examples.
    """

    url = Key(
        _URLS,
        None,
        "A URL, or a list; with ranges and lists, and with `{names}` of columns of the file or of `with`. Default: the "
        "column `url`, else `request.url` of the page kind.",
    )
    file = Key(
        TEXT,
        "",
        "A file, relative to the config: a text file with one URL a line; or a .csv or .xlsx file with headings, each "
        "line of which gives values.",
    )
    python = Key(
        FUNCTION, "", "Your own function, as `module:function`: it gives URLs, or dicts with `url` and values."
    )
    with_ = Key(
        _WITH,
        {},
        "Lists of values by name, also ranges as `2020..2026` or `0..200..20`: each with each, and each line.",
    )
    carry = Key(list_of("list of names", NAME), (), "Which of the values become columns of the rows.")
    duplicates = Key(
        DUPLICATES,
        "first",
        "What further starts of the same page do with what they carry: nothing, a row for each (`rows`), or a list of "
        "all values (`collect`).",
    )
    same_site = Key(
        SAME_SITE,
        True,
        "Follow a redirect of these pages only on their own site; a list of hosts: to these as well; `false`: to any "
        "site, where the crawl then goes on.",
    )
    kind = Key(KIND_NAME, "", "The page kind of these pages. Default: the first page kind.")


_START = {
    "anyOf": [
        {"description": "A URL; {1..50} means the numbers 1 to 50, {a,b} a and b", **_TEXT},
        {"$ref": f"#/definitions/{StartSpec.__name__}"},
        {"$ref": f"#/definitions/{SitemapSpec.__name__}"},
    ]
}


def _some(kinds: dict[str, KindSpec]) -> None:
    if not kinds:
        raise InvalidValue("there is no page kind", "add one, for example `book: {fields: {title: h1}}`")


_STARTS: Type[None] = Type(
    "URL, mapping, or a list of them",
    None,
    lambda value, place: None,  # `crawler.config.starts` reads them
    json={"anyOf": [*_START["anyOf"], {"items": _START, "type": "array"}]},
)


class Document(Section):
    """A job: where to start, what to follow and extract, how to fetch, what to write."""

    name = Key(IDENTIFIER, REQUIRED, "Name of the job: letters, digits, - and _. Used for file names.")
    start = Key(
        _STARTS,
        REQUIRED,
        "Where to start: a URL, a list, a range such as `page-{1..50}.html`, `{01..12}` or `{0..200..20}`, `{de,at}`, "
        "`{file: urls.txt}`, `{url: ..., kind: book}`, or `{sitemap: ...}`. Without `kind`, start URLs have the first "
        "page kind. See [starts.md](starts.md).",
    )
    pages = Key(
        mapping("name: page kind", KIND_NAME, of(KindSpec), null=False, check=_some),
        REQUIRED,
        "The page kinds: what to extract from each and which links to follow.",
    )
    session = Key(optional(of(SessionSpec)), None, "A login or a token: what is asked for before the crawl.")
    demo = Key(
        optional(of(DemoSpec, null=True)),
        None,
        "Crawl the demo site, which the run starts and stops. Start URLs can then be paths.",
    )
    fetch = Key(of(FetchSpec, null=True), FetchSpec(), "How pages are fetched.")
    polite = Key(of(PoliteSpec, null=True), PoliteSpec(), "How to limit the load on the site.")
    files = Key(of(FilesSpec, null=True), FilesSpec(), "Where the files of fields of the type `file` go.")
    limits = Key(of(LimitsSpec, null=True), LimitsSpec(), "When to stop.")
    browser = Key(
        optional(of(BrowserSpec, null=True)), None, "How the browser runs that renders page kinds with `browser:`."
    )
    protect = Key(
        or_false(of(ProtectSpec, null=True)),
        ProtectSpec(),
        "When a crawl is suspect, so that the published files are kept; `false`: never.",
    )
    output = Key(
        optional(list_of("path, or a list", OUTPUT_PATH)),
        None,
        f"Files to write ({', '.join(FORMATS)}), relative to the config file. Default: `NAME.xlsx` beside the config.",
    )
    state = Key(
        optional(TEXT),
        None,
        "The state file of the job. Default: `NAME.state.sqlite` beside the first output.",
    )

    started: Mapping[str, Mapping[str, tuple[KeyPath, FieldSpec]]] = {}
    """By page kind, the names of what starts hand over: where each is written, and its field, hidden for no column."""

    def with_starts(self, names: Mapping[str, Mapping[str, tuple[KeyPath, FieldSpec]]]) -> Document:
        """Return the same with what its starts hand over."""
        vars(self)["started"] = names
        return self

    def changed(self, **values: object) -> Self:
        """The same config with other values."""
        found = super().changed(**values)
        found.with_starts(self.started)
        return found
