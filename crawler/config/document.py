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
            fix = "names and values are ASCII, and have no space, comma or ; in them"
            raise InvalidValue("is not a cookie", fix, key=name)


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
        OWN, "threads", "How requests are executed: one of `crawler strategies`, or `module:Class` of your own."
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
    client = Key(
        OWN,
        "requests",
        f"The HTTP client: {'; '.join(f'`{name}`, {known.about}' for name, known in CLIENTS.items())}; "
        "or `module:Class` of your own.",
    )
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
    proxy = Key(optional(secret(validators.proxy)), None, "URL of a proxy. Proxies of the environment are never used.")
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


def _replacements(texts: dict[str, str]) -> None:
    for pattern, instead in texts.items():
        fault = validators.replacement(pattern, instead) if "\\" in instead else None
        if fault:
            raise InvalidValue(*fault, key=pattern)


_PATTERNS = list_of("regular expression, or a list", PATTERN)


class FieldSpec(Section):
    """One field. A text alone is its CSS selector."""

    shorthand = "css"
    expected = "a CSS selector, or a mapping"

    css = Key(SELECTOR, "", "Where the value stands, relative to the row of `each` or to the page.")
    label = Key(TEXT, "", "The text of a label; the value is what stands beside it. Instead of `css`.")
    url = Key(BOOL, False, "The value is, or is cut out of, the address of the page itself.")
    attr = Key(TEXT, "", "Take this attribute, as `href` or `class`, instead of the text.")
    html = Key(BOOL, False, "Take the inner HTML instead of the text.")
    all = Key(BOOL, False, "Take every match as a list, not only the first.")
    replace = Key(
        pairs(mapping("pattern: text", PATTERN, RAW_TEXT, check=_replacements)),
        (),
        "Patterns and the texts that replace them, in order.",
    )
    regex = Key(PATTERN, "", "Keep the first group of this pattern, or the whole match.")
    map = Key(
        mapping("text: text", RAW_TEXT, RAW_TEXT, null=False), {}, "Texts and what they become, as `{One: 1, Two: 2}`."
    )
    type = Key(
        optional(named(FIELD_TYPES, plugins.FIELD_TYPES)),
        None,
        f"What the value is: {', '.join(FIELD_TYPES)}, or `module:function` of your own. "
        "Without it `text`, or `url` with `url: true` and nothing that changes the address.",
    )
    format = Key(
        list_of("date format, or a list", FORMAT), (), "How a date is written, as `%d %B %Y`; ISO 8601 when not given."
    )
    locale = Key(LOCALE, "en", "Language of numbers and month names, as `de` or `pt_BR`.")
    negative = Key(
        list_of("brackets, trailing, or a list", choice("brackets", "trailing")),
        (),
        "How negative numbers are written beside a minus in front: `brackets` for `(12.50)`, `trailing` for `12.50-`. "
        "Without it a number in brackets is that number.",
    )
    default = Key(optional(RAW_TEXT), None, "The text to use where nothing was found.")
    required = Key(BOOL, False, "A record without this value is reported.")
    keep_space = Key(BOOL, False, "Leave white space as it stands on the page.")

    def check(self) -> None:
        sources = [name for name in ("css", "label", "url") if getattr(self, name)]
        if len(sources) > 1:
            raise InvalidValue(f"'{sources[0]}' and '{sources[1]}' are both given", "keep one", key=sources[1])
        if self.html and self.attr:
            raise InvalidValue("'attr' and 'html' are both given", "keep one", key="html")
        if self.url and (self.attr or self.html or self.all):
            key = next(name for name in ("attr", "html", "all") if getattr(self, name))
            raise InvalidValue(f"'{key}' does not go with 'url: true', the address of the page", "remove one", key=key)
        if self.format and self.type not in ("date", "datetime"):
            raise InvalidValue("only a date has a format", "add type: date or type: datetime", key="format")
        if self.negative and self.type not in ("int", "decimal", "money"):
            raise InvalidValue("only a number can be negative", "add type: int, decimal or money", key="negative")
        if self.all and self.type not in (None, "text", "url", "list"):
            raise InvalidValue(f"'all' gives a list, not type {self.type}", "remove all, or the type", key="all")


_FIELDS = mapping("name: field", NAME, of(FieldSpec))


class FollowSpec(Section):
    """A rule that says which links of a page to follow."""

    css = Key(SELECTOR, REQUIRED, "The elements that carry the link, relative to the row of `each`.")
    to = Key(KIND_NAME, REQUIRED, "The page kind of the pages the links lead to.")
    attr = Key(TEXT, "href", "The attribute that holds the address.")
    each = Key(SELECTOR, "", "Selector of rows; needed for `carry`.")
    carry = Key(_FIELDS, {}, "Fields of the row, added to the records of the page the link leads to.")
    allow = Key(_PATTERNS, (), "Follow only addresses in which one of these patterns is found.")
    deny = Key(_PATTERNS, (), "Never follow addresses in which one of these patterns is found.")
    same_site = Key(BOOL, True, "Follow only links to the host of the page they stand on.")
    next = Key(
        optional(BOOL),
        None,
        "The link leads to the next page of the same list and adds no depth. "
        "Without it: true when `to` is the rule's own page kind and `css` has the word next.",
    )

    def check(self) -> None:
        if self.carry and not self.each:
            raise InvalidValue(
                "'carry' needs the rows it takes the fields from", "add each: with their selector", key="carry"
            )


class TableSpec(Section):
    """The records of one table on a page."""

    key = Key(
        list_of("field, or a list", NAME), (), "The field, or fields, that tell records apart: the same key is one row."
    )
    each = Key(SELECTOR, "", "Selector of rows, one record each; without it the page is one record.")
    fields = Key(_FIELDS, {}, "The columns, in order. A text alone is a CSS selector.")


class KindSpec(TableSpec):
    """A kind of page: what to take from it and which links to follow."""

    table = Key(NAME, "", "The table, a sheet, of the records. Without it the page kind's name.")
    tables = Key(
        mapping("name: table", NAME, of(TableSpec)), {}, "Several tables from one page, each with key, each and fields."
    )
    follow = Key(
        list_of("list of rules", of(FollowSpec), alone=False),
        (),
        "Which links to follow, and what kind of page they lead to.",
    )
    python = Key(
        text("module:function"),
        "",
        "A function of your own, `module:function`, beside the config. It is given the page as a "
        "BeautifulSoup and returns records and links. Fields then only declare columns.",
    )

    def check(self) -> None:
        if "python" in self.given and not validators.is_path(self.python):
            raise InvalidValue(
                "expected module:function", "as hooks:book for the function book in hooks.py", key="python"
            )
        for key in ("table", "key", "each"):
            if key in self.given and not self.fields and not self.python:
                raise InvalidValue(
                    f"'{key}' is given but there are no fields", "add fields: to this page kind", key=key
                )
        if self.table in self.tables and self.fields:
            raise InvalidValue(f"the table '{self.table}' is given twice", "use one name, or one place", key="table")


_TEXT = {"type": "string"}
_START = {
    "anyOf": [
        {"description": "A URL; {1..50} stands for the numbers 1 to 50", **_TEXT},
        {
            "additionalProperties": False,
            "properties": {
                "url": {"anyOf": [_TEXT, {"items": _TEXT, "type": "array"}], "description": "A URL, or a list"},
                "file": {"description": "A file of URLs, one a line, beside the config", **_TEXT},
                "kind": {"description": "The page kind of these URLs; the first one when not given", **_TEXT},
            },
            "type": "object",
        },
    ]
}


def _some(kinds: dict[str, KindSpec]) -> None:
    if not kinds:
        raise InvalidValue("there is no page kind", "add one, as `book: {fields: {title: h1}}`")


_STARTS: Type[None] = Type(
    "URL, mapping, or a list of them",
    None,
    lambda value, place: None,  # `crawler.config.starts` reads them
    json={"anyOf": [*_START["anyOf"], {"items": _START, "type": "array"}]},
)


class Document(Section):
    """A job: where to start, what to follow, what to take, how to behave, where to write."""

    name = Key(IDENTIFIER, REQUIRED, "Name of the job: letters, digits, - and _. Used for file names.")
    start = Key(
        _STARTS,
        REQUIRED,
        "Where to start: a URL, a list, a range as `page-{1..50}.html` or `{01..12}`, "
        "`{file: urls.txt}`, or `{url: ..., kind: book}`. Start URLs are of the first page kind unless `kind` says.",
    )
    pages = Key(
        mapping("name: page kind", KIND_NAME, of(KindSpec), null=False, check=_some),
        REQUIRED,
        "The page kinds: what to take from each and which links to follow.",
    )
    demo = Key(
        optional(of(DemoSpec, null=True)),
        None,
        "Crawl the demo site, which the run starts and stops. Start URLs may then be paths.",
    )
    fetch = Key(of(FetchSpec, null=True), FetchSpec(), "How pages are fetched.")
    polite = Key(of(PoliteSpec, null=True), PoliteSpec(), "How gently the site is treated.")
    limits = Key(of(LimitsSpec, null=True), LimitsSpec(), "Where to stop.")
    protect = Key(
        or_false(of(ProtectSpec, null=True)),
        ProtectSpec(),
        "When a crawl is suspect, so that the published files stay as they are; `false`: never.",
    )
    output = Key(
        optional(list_of("path, or a list", OUTPUT_PATH)),
        None,
        f"Files to write ({', '.join(FORMATS)}), relative to the config file. "
        "Without it `NAME.xlsx` beside the config.",
    )
    state = Key(
        optional(TEXT),
        None,
        "The state file of the job. Without it `NAME.state.sqlite` beside the first output.",
    )
