"""The whole config file as it is written: how to crawl, and page kinds with their fields and links."""

from __future__ import annotations

from typing import Literal, get_args

from crawler import plugins
from crawler.config import validators
from crawler.config.schema import (
    BOOL,
    FORMAT,
    HOST,
    IDENTIFIER,
    KIND_NAME,
    LATENCY,
    LOCALE,
    NAME,
    ONE_LINE,
    OUTPUT_PATH,
    OWN,
    PARAMETER,
    PATTERN,
    RAW_TEXT,
    REQUIRED,
    SELECTOR,
    TEXT,
    InvalidValue,
    Key,
    Section,
    Type,
    choice,
    duration,
    list_of,
    mapping,
    named,
    of,
    optional,
    or_false,
    pairs,
    secret,
    share,
    size,
    text,
    whole,
)
from crawler.config.secrets import Secret
from crawler.export.formats import FORMATS
from crawler.extract.field_types import FIELD_TYPES
from crawler.fetch.client import CLIENTS

__all__ = [
    "AuthSpec",
    "DemoSpec",
    "Document",
    "FetchSpec",
    "FieldSpec",
    "FollowSpec",
    "KindSpec",
    "LimitsSpec",
    "PoliteSpec",
    "ProtectSpec",
    "SitemapSpec",
    "TableSpec",
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
    proxy = Key(optional(secret(validators.proxy)), None, "URL of a proxy. Proxy environment variables are ignored.")
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


def _replacements(texts: dict[str, str]) -> None:
    for pattern, instead in texts.items():
        fault = validators.replacement(pattern, instead) if "\\" in instead else None
        if fault:
            raise InvalidValue(*fault, key=pattern)


_PATTERNS = list_of("regular expression, or a list", PATTERN)


class FieldSpec(Section):
    """One field. A plain string is its CSS selector."""

    shorthand = "css"
    expected = "a CSS selector, or a mapping"

    css = Key(SELECTOR, "", "CSS selector of the element with the value, inside the row of `each` or the page.")
    label = Key(TEXT, "", "The text of a label; the value is the text next to it. Use it instead of `css`.")
    url = Key(BOOL, False, "Take the value from the URL of the page.")
    attr = Key(TEXT, "", "Take this attribute, such as `href` or `class`, instead of the text.")
    html = Key(BOOL, False, "Take the inner HTML instead of the text.")
    all = Key(BOOL, False, "Take all matches as a list, not only the first.")
    replace = Key(
        pairs(mapping("pattern: text", PATTERN, RAW_TEXT, check=_replacements)),
        (),
        "Patterns and their replacements, applied in order.",
    )
    regex = Key(PATTERN, "", "Keep only the first group of this pattern, or the whole match if it has none.")
    map = Key(
        mapping("text: text", RAW_TEXT, RAW_TEXT, null=False),
        {},
        "Replace whole values, for example `{One: 1, Two: 2}`.",
    )
    type = Key(
        optional(named(FIELD_TYPES, plugins.FIELD_TYPES)),
        None,
        f"Type of the value: {', '.join(FIELD_TYPES)}, or your own as `module:function`. "
        "Default: `text`, or `url` for `url: true` if nothing changes the URL.",
    )
    format = Key(
        list_of("date format, or a list", FORMAT), (), "How a date is written, such as `%d %B %Y`. Default: ISO 8601."
    )
    locale = Key(LOCALE, "en", "Language of numbers and month names, such as `de` or `pt_BR`.")
    negative = Key(
        list_of("brackets, trailing, or a list", choice("brackets", "trailing")),
        (),
        "How negative numbers are written, apart from a leading minus: `brackets` for `(12.50)`, `trailing` for "
        "`12.50-`. Without it, a number in brackets is positive.",
    )
    default = Key(optional(RAW_TEXT), None, "The text to use if nothing was found.")
    required = Key(BOOL, False, "Report each row without this value.")
    keep_space = Key(BOOL, False, "Keep white space as it is on the page.")

    def check(self) -> None:
        sources = [name for name in ("css", "label", "url") if getattr(self, name)]
        if len(sources) > 1:
            raise InvalidValue(f"'{sources[0]}' and '{sources[1]}' are both given", "keep one", key=sources[1])
        if self.html and self.attr:
            raise InvalidValue("'attr' and 'html' are both given", "keep one", key="html")
        if self.url and (self.attr or self.html or self.all):
            key = next(name for name in ("attr", "html", "all") if getattr(self, name))
            raise InvalidValue(f"'{key}' cannot be combined with 'url: true'", "remove one", key=key)
        if self.format and self.type not in ("date", "datetime"):
            raise InvalidValue("only a date has a format", "add type: date or type: datetime", key="format")
        if self.negative and self.type not in ("int", "decimal", "money"):
            raise InvalidValue("only a number can be negative", "add type: int, decimal or money", key="negative")
        if self.all and self.type not in (None, "text", "url", "list"):
            raise InvalidValue(f"'all' gives a list, not type {self.type}", "remove all, or the type", key="all")


_FIELDS = mapping("name: field", NAME, of(FieldSpec))


class FollowSpec(Section):
    """A rule that says which links of a page to follow."""

    css = Key(SELECTOR, REQUIRED, "CSS selector of the links, inside the row of `each` or the page.")
    to = Key(KIND_NAME, REQUIRED, "The page kind of the linked pages.")
    attr = Key(TEXT, "href", "The attribute with the URL.")
    each = Key(SELECTOR, "", "CSS selector of the rows; needed for `carry`.")
    carry = Key(_FIELDS, {}, "Fields of the row, added to the rows of the linked page.")
    allow = Key(_PATTERNS, (), "Follow only URLs that match one of these patterns.")
    deny = Key(_PATTERNS, (), "Never follow URLs that match one of these patterns.")
    same_site = Key(BOOL, True, "Follow only links to the same host as the page.")
    next = Key(
        optional(BOOL),
        None,
        "The link leads to the next page of the same list, so it does not count for `limits.depth`. "
        "Default: true if `to` is the rule's own page kind and `css` contains the word next.",
    )

    def check(self) -> None:
        if self.carry and not self.each:
            raise InvalidValue(
                "'carry' needs rows to take the fields from", "add each: with their selector", key="carry"
            )


class TableSpec(Section):
    """The rows of one table on a page."""

    key = Key(
        list_of("field, or a list", NAME),
        (),
        "The field or fields that identify a row: the table has one row for each key.",
    )
    each = Key(SELECTOR, "", "CSS selector of the elements that are one row each. Without it, the page is one row.")
    fields = Key(_FIELDS, {}, "The columns, in order. A plain string is a CSS selector.")


class KindSpec(TableSpec):
    """A kind of page: what to extract and which links to follow."""

    table = Key(NAME, "", "The table (a sheet of the workbook) for the rows. Default: the name of the page kind.")
    tables = Key(
        mapping("name: table", NAME, of(TableSpec)),
        {},
        "Several tables from one page, each with `key`, `each` and `fields`.",
    )
    follow = Key(
        list_of("list of rules", of(FollowSpec), alone=False),
        (),
        "Which links to follow, and which page kind they lead to.",
    )
    python = Key(
        text("module:function"),
        "",
        "Your own function, as `module:function`, from a module beside the config. It receives the page as a "
        "BeautifulSoup object and returns rows and links; `fields` then only declares the columns.",
    )

    def check(self) -> None:
        if "python" in self.given and not validators.is_path(self.python):
            raise InvalidValue(
                "expected module:function", "for example hooks:book for the function book in hooks.py", key="python"
            )
        for key in ("table", "key", "each"):
            if key in self.given and not self.fields and not self.python:
                raise InvalidValue(
                    f"'{key}' is given but there are no fields", "add fields: to this page kind", key=key
                )
        if self.table in self.tables and self.fields:
            raise InvalidValue(f"the table '{self.table}' is defined twice", "rename or remove one", key="table")


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
        _PATTERNS, (), "Of an index or a robots.txt, read only the sitemaps whose URL matches one of these patterns."
    )
    allow = Key(_PATTERNS, (), "Crawl only addresses that match one of these patterns.")
    deny = Key(_PATTERNS, (), "Never crawl addresses that match one of these patterns.")
    since = Key(
        optional(duration(0, 3_153_600_000, above=True)),
        None,
        "Crawl only addresses that have changed in this time before the crawl began, by their `lastmod`; those without "
        "a `lastmod` are always crawled.",
    )
    kind = Key(KIND_NAME, "", "The page kind of the addresses. Default: the first page kind.")


_START = {
    "anyOf": [
        {"description": "A URL; {1..50} means the numbers 1 to 50", **_TEXT},
        {
            "additionalProperties": False,
            "properties": {
                "url": {"anyOf": [_TEXT, {"items": _TEXT, "type": "array"}], "description": "A URL, or a list"},
                "file": {"description": "A file with one URL per line, relative to the config", **_TEXT},
                "kind": {"description": "The page kind of these URLs; default: the first page kind", **_TEXT},
            },
            "type": "object",
        },
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
        "Where to start: a URL, a list, a range such as `page-{1..50}.html` or `{01..12}`, "
        "`{file: urls.txt}`, `{url: ..., kind: book}`, or `{sitemap: ...}`. Without `kind`, start URLs have the first "
        "page kind.",
    )
    pages = Key(
        mapping("name: page kind", KIND_NAME, of(KindSpec), null=False, check=_some),
        REQUIRED,
        "The page kinds: what to extract from each and which links to follow.",
    )
    demo = Key(
        optional(of(DemoSpec, null=True)),
        None,
        "Crawl the demo site, which the run starts and stops. Start URLs can then be paths.",
    )
    fetch = Key(of(FetchSpec, null=True), FetchSpec(), "How pages are fetched.")
    polite = Key(of(PoliteSpec, null=True), PoliteSpec(), "How to limit the load on the site.")
    limits = Key(of(LimitsSpec, null=True), LimitsSpec(), "When to stop.")
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
