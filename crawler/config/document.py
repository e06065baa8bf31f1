"""The whole config file as it is written: how to crawl, and page kinds with their fields and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self, get_args

from crawler import plugins
from crawler.config import validators
from crawler.config.request_spec import RequestSpec
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
    Location,
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
from crawler.config.session_spec import LostSpec, StepRequest
from crawler.export.formats import FORMATS
from crawler.extract.field_types import FIELD_TYPES
from crawler.extract.numbers import ENGLISH
from crawler.fetch.client import CLIENTS

__all__ = [
    "SOURCES",
    "AuthSpec",
    "ConditionSpec",
    "DemoSpec",
    "Document",
    "EachSpec",
    "FetchSpec",
    "FieldSpec",
    "FollowSpec",
    "KindSpec",
    "LimitsSpec",
    "LostSpec",
    "PoliteSpec",
    "ProtectSpec",
    "RequestSpec",
    "SessionSpec",
    "SitemapSpec",
    "SourceSpec",
    "StepSpec",
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


_APART = ("url", "value", "first_of", "all_of", "response", "index")
"""Sources that stand alone: nothing is found in the row."""
_FIND = ("css", "xpath", "label", "json", "js", "schema", "column")
SOURCES = (*_FIND, *_APART)
_TOGETHER = (
    {"css", "json"},
    {"xpath", "json"},
    {"css", "label"},
    {"json", "js"},
    {"json", "js", "css"},
    {"json", "schema"},
    {"json", "schema", "css"},
    {"column", "css"},
    {"column", "json"},
    {"column", "xpath"},
)
"""Sources that follow one another."""
_CUT = ("strip_html", "lines", "split", "replace", "regex", "map", "nth", "python", "join")
"""Steps from pieces to a value, in their order."""
_CUTTING = ("strip_html", "lines", "split")
_PICKING = ("nth", "python", "join")


def _nested(value: object, place: Location) -> tuple[FieldSpec, ...]:
    return list_of("list of fields", of(FieldSpec), alone=False).read(value, place)


_FIELD_LIST: Type[tuple[FieldSpec, ...]] = Type(
    "list of fields", (), _nested, json={"items": {"$ref": "#/definitions/FieldSpec"}, "type": "array"}
)


def _heading(value: object, place: Location) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise InvalidValue("the first column is 1", "write a number from 1, or the heading")
        return value
    return TEXT.read(value, place)


_HEADING: Type[str | int] = Type("heading, or number from 1", "", _heading, json={"type": ["string", "integer"]})


def _nonzero(value: object, place: Location) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue("expected a whole number", "the first is 1, the last is -1")
    if not value:
        raise InvalidValue("there is no piece 0", "write a number that is not 0: the first is 1, the last is -1")
    return whole(-1_000_000, 1_000_000).read(value, place)


_NTH: Type[int] = Type(
    "number, not 0", 1, _nonzero, json={"maximum": 1_000_000, "minimum": -1_000_000, "type": "integer"}
)


def _template(value: object, place: Location) -> str:
    written = RAW_TEXT.read(value, place)
    fault = validators.template(written)
    if fault:
        raise InvalidValue(*fault)
    return written


_TEMPLATE: Type[str] = Type("text with {names}", "", _template, json={"type": ["string", "number", "boolean"]})
_FUNCTION = text("module:function", validators.function)
From = Literal["row", "outer", "outermost", "page", "before", "after"]


_KNOWN_TYPE: Type[str] = named(FIELD_TYPES, plugins.FIELD_TYPES)
_OTHER_TYPES = {"number": "decimal", "float": "decimal", "price": "money", "string": "text", "boolean": "bool"}


def _field_type(value: object, place: Location) -> str:
    try:
        return _KNOWN_TYPE.read(value, place)
    except InvalidValue as wrong:
        if isinstance(value, str) and value.lower() in _OTHER_TYPES:
            wrong.fix = f"did you mean '{_OTHER_TYPES[value.lower()]}'?"
        raise


_FIELD_TYPE: Type[str] = replace(_KNOWN_TYPE, read=_field_type)


class SourceSpec(Section):
    """Where a value stands, and how it is cut out."""

    css = Key(SELECTOR, "", "CSS selector of the element with the value, inside the row of `each` or the page.")
    xpath = Key(SELECTOR, "", "XPath 1.0, instead of `css`. In a row, a path from the root starts at the row.")
    label = Key(TEXT, "", "The text of a label; the value is the text next to it, or `css` inside of it.")
    url = Key(BOOL, False, "Take the value from the URL of the page.")
    json = Key(TEXT, "", "Path into JSON: names with dots, `[0]`, `[]` for each item, `*`; or JMESPath.")
    js = Key(TEXT, "", "The name to which a script of the page gives the value: `storeData`.")
    schema = Key(
        list_of("schema.org type, or a list", TEXT), (), "Items of these schema.org types, from JSON-LD or microdata."
    )
    column = Key(optional(_HEADING), None, "The cell of this row below this heading, or with this number.")
    value = Key(optional(_TEMPLATE), None, "A constant, or a text made of other fields of the row: `{city}-{sku}`.")
    first_of = Key(_FIELD_LIST, (), "Sources in turn: the first that has a value.")
    all_of = Key(_FIELD_LIST, (), "Sources in turn: all that have a value, as a list; `join` makes one text of it.")
    response = Key(
        optional(text("time, source or header.NAME", validators.response)),
        None,
        "Of the answer: `time`, when it was fetched; `source`, all of its text; `header.NAME`.",
    )
    index = Key(BOOL, False, "The key of the row in its object, or its number.")
    from_ = Key(
        choice(*get_args(From)),
        "row",
        "Where to look: in the `row`, in the row around it (`outer`, `outermost`), in the `page`, at the nearest match "
        "`before` the row, or at the first `after` it and before the next row.",
    )
    attr = Key(TEXT, "", "Take this attribute, such as `href` or `class`, instead of the text.")
    replace = Key(
        pairs(mapping("pattern: text", PATTERN, RAW_TEXT, check=_replacements)),
        (),
        "Patterns and their replacements, applied in order.",
    )
    regex = Key(PATTERN, "", "Keep only the first group of this pattern, or the whole match if it has none.")
    nth = Key(optional(_NTH), None, "Which of several pieces or matches: 1 is the first, -1 the last.")

    @property
    def of(self) -> From:
        """Value of the key `from`."""
        return vars(self)["from"]  # type: ignore[no-any-return]  # the keys of a section have their types

    def has(self, name: str) -> bool:
        """Whether a key is given and says something."""
        return name in self.given and getattr(self, name) not in ("", False, None, ())

    def sources(self) -> list[str]:
        """The keys that say where the value stands, in the order of the reference."""
        return [name for name in SOURCES if self.has(name)]

    def check(self) -> None:
        find = [name for name in _FIND if self.has(name)]
        apart = [name for name in _APART if self.has(name)]
        for name in apart:
            others = [other for other in (*find, *apart) if other != name]
            if others:
                raise InvalidValue(f"'{others[0]}' and '{name}' are both given", "keep one", key=name)
        if len(find) > 1 and set(find) not in _TOGETHER:
            first, second = find[:2]
            raise InvalidValue(f"'{first}' and '{second}' are both given", "keep one", key=second)
        for name in ("first_of", "all_of"):
            for index, source in enumerate(getattr(self, name)):
                inner = [one for one in ("default", "required", "hidden") if source.has(one)]
                if inner:
                    what = f"'{inner[0]}' in {name}[{index}] belongs beside {name}, not to one of its sources"
                    raise InvalidValue(what, "write it behind the list", key=name)


class FieldSpec(SourceSpec):
    """One field. A plain string is what finds it: a CSS selector in HTML, a path in JSON, a heading in a table.

    The steps: find, `exclude`, take the text (or `attr`, `html`, `item`), `strip_html`, `lines`, `split`, `replace`,
    `regex`, `map`, `nth`, `python`, `type`, `join`, `default`. See docs/fields.md.
    """

    shorthand = "css"
    expected = "a selector, or a mapping"

    exclude = Key(SELECTOR, "", "CSS selector of elements whose text is left out; `*` leaves the text's own.")
    html = Key(BOOL, False, "Take the inner HTML instead of the text.")
    item = Key(optional(_TEMPLATE), None, "A text for each object of a list, its names paths in it: `{day} {open}`.")
    all = Key(BOOL, False, "Take all matches as a list, not only the first.")
    count = Key(BOOL, False, "How many matches there are; with `type: bool`, whether there is any.")
    strip_html = Key(BOOL, False, "The text that was found is itself HTML: take the text of it.")
    lines = Key(BOOL, False, "The lines of the text, as a reader sees them; with `type: text` in one text.")
    split = Key(PATTERN, "", "Cut the text at each match of this pattern.")
    map = Key(
        mapping("text: text", RAW_TEXT, RAW_TEXT, null=False),
        {},
        "Replace whole values, for example `{One: 1, Two: 2}`.",
    )
    python = Key(_FUNCTION, "", "Your own function, as `module:function`: it receives the value and returns one.")
    type = Key(
        optional(_FIELD_TYPE),
        None,
        f"Type of the value: {', '.join(FIELD_TYPES)}, or your own as `module:function`. "
        "Default: `text`; `any` for data; `url` for `url: true` if nothing changes the URL.",
    )
    format = Key(
        list_of("date format, or a list", FORMAT),
        (),
        "How a date is written, such as `%d %B %Y`; `epoch`, seconds or milliseconds since 1970; `relative`, "
        "`2 days ago`. Default: ISO 8601.",
    )
    locale = Key(LOCALE, "en", "Language of numbers and month names, such as `de` or `pt_BR`.")
    negative = Key(
        list_of("brackets, trailing, or a list", choice("brackets", "trailing")),
        (),
        "How negative numbers are written, apart from a leading minus: `brackets` for `(12.50)`, `trailing` for "
        "`12.50-`. Without it, a number in brackets is positive.",
    )
    join = Key(optional(RAW_TEXT), None, "One text of several values, with this between them.")
    default = Key(optional(RAW_TEXT), None, "The text to use if nothing was found.")
    required = Key(BOOL, False, "Report each row without this value.")
    keep_space = Key(BOOL, False, "Keep white space as it is on the page.")
    hidden = Key(BOOL, False, "No column: only for `value`, `where` and `carry`.")

    def check(self) -> None:
        super().check()
        self._check_taking()
        self._check_steps()
        if self.format and self.type not in ("date", "datetime"):
            raise InvalidValue("only a date has a format", "add type: date or type: datetime", key="format")
        if "relative" in self.format and self.locale not in ENGLISH:
            raise InvalidValue("relative dates are read in English only", "use python: for this language", key="format")
        if self.negative and self.type not in ("int", "decimal", "money"):
            raise InvalidValue("only a number can be negative", "add type: int, decimal or money", key="negative")

    def _check_taking(self) -> None:
        find, apart = ([name for name in group if self.has(name)] for group in (_FIND, _APART))
        if self.html and self.attr:
            raise InvalidValue("'attr' and 'html' are both given", "keep one", key="html")
        if apart:
            wrong = [name for name in ("attr", "html", "exclude", "item") if self.has(name)]
            wrong += ["all"] if self.all and apart[0] not in ("first_of", "all_of") else []
            if wrong:
                what = "url: true" if apart[0] == "url" else apart[0]
                raise InvalidValue(f"'{wrong[0]}' cannot be combined with '{what}'", "remove one", key=wrong[0])
        if self.item and not {"json", "js", "schema"}.intersection(find):
            raise InvalidValue("'item' makes a text of each object in data", "add json:, js: or schema:", key="item")
        if self.exclude and (self.attr or self.html):
            raise InvalidValue("'exclude' leaves elements out of a text", "remove attr or html", key="exclude")

    def _check_steps(self) -> None:
        if self.count:
            wrong = [name for name in ("all", "nth", "join", "item") if self.has(name)]
            if wrong:
                raise InvalidValue(f"'{wrong[0]}' and 'count' are both given", "keep one", key=wrong[0])
            if self.type not in (None, "int", "bool"):
                raise InvalidValue(f"'count' gives a number, not type {self.type}", "remove the type", key="type")
        if self.all and self.nth is not None:
            raise InvalidValue("'all' and 'nth' are both given", "keep one", key="nth")
        if self.html and (self.lines or self.strip_html):
            raise InvalidValue("'html' takes the HTML, not its text", "remove html", key="html")
        order = [name for name in self.order if name in _CUT and self.has(name)]
        for at, name in enumerate(order):
            for later in order[at + 1 :]:
                if _CUT.index(later) < _CUT.index(name) and _matters(name, later):
                    raise InvalidValue(
                        f"'{later}' comes before '{name}' when a value is made", f"write {later} first", key=later
                    )


def _matters(written_first: str, written_later: str) -> bool:
    """Whether two steps in the wrong order are told.

    `replace` before `split` and `nth` before `regex` act where they stand; the order of the older steps never mattered.
    """
    pair = {written_first, written_later}
    if ("replace" in pair and pair & set(_CUTTING)) or ("nth" in pair and pair & {"replace", "regex", "map"}):
        return False
    return bool(pair & {*_CUTTING, *_PICKING})


_FIELDS = mapping("name: field", NAME, of(FieldSpec))


class EachSpec(Section):
    """How a page, or a row of the level above, is cut into rows. A plain string is what finds them, as in a field."""

    shorthand = "css"
    expected = "a selector, or a mapping"

    css = Key(SELECTOR, "", "CSS selector of the elements that are one row each.")
    xpath = Key(SELECTOR, "", "XPath 1.0, instead of `css`.")
    attr = Key(TEXT, "", "The attribute of the element that holds JSON or HTML.")
    json = Key(TEXT, "", "Path into JSON: a list gives a row for each item, an object is one row.")
    js = Key(TEXT, "", "The name to which a script of the page gives the data.")
    schema = Key(
        list_of("schema.org type, or a list", TEXT), (), "Items of these schema.org types, from JSON-LD or microdata."
    )
    html_table = Key(SELECTOR, "", "CSS selector of a table: each row has its cells by heading.")
    strip_html = Key(BOOL, False, "The text that was found is itself HTML: the row is that.")

    def check(self) -> None:
        find = [name for name in ("css", "xpath", "json", "js", "schema") if name in self.given]
        if "schema" in find and not self.schema:
            raise InvalidValue("is empty", "write a type of schema.org, such as Store", key="schema")
        if len(find) > 1 and set(find) not in _TOGETHER:
            raise InvalidValue(f"'{find[0]}' and '{find[1]}' are both given", "keep one", key=find[1])
        if self.html_table and {"css", "xpath"}.intersection(find):
            raise InvalidValue("'html_table' is itself a selector", "remove the other one", key="html_table")
        if not find and not self.html_table and not (self.attr or self.strip_html):
            raise InvalidValue("does not say what the rows are", "add css:, json:, js:, schema: or html_table:")


def _each(value: object, place: Location) -> str | tuple[EachSpec, ...]:
    if isinstance(value, str):
        return SELECTOR.read(value, place)
    if isinstance(value, list):
        if len(value) < 2:
            raise InvalidValue(
                "a list means rows in rows, two levels at least",
                "write one level alone; quote a text that begins with [",
            )
        return list_of("levels", of(EachSpec)).read(value, place)
    return (EachSpec.read(value, place),)


def _show_each(value: str | tuple[EachSpec, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(map(repr, value))


_EACH_JSON = {"$ref": "#/definitions/EachSpec"}
_EACH: Type[str | tuple[EachSpec, ...]] = Type(
    "selector, mapping, or list of levels",
    "",
    _each,
    _show_each,
    {"anyOf": [{"type": "string"}, _EACH_JSON, {"items": _EACH_JSON, "minItems": 2, "type": "array"}]},
)


class ConditionSpec(Section):
    """A condition on a field.

    A text or a list, instead of the mapping: the value is one of these. `true`: it has a value that is not false;
    `false`: the opposite.
    """

    allow = Key(_PATTERNS, (), "The value must match one of these patterns.")
    deny = Key(_PATTERNS, (), "The value must match none of these patterns; a missing value passes.")
    min = Key(optional(RAW_TEXT), None, "The least number or date.")
    max = Key(optional(RAW_TEXT), None, "The greatest number or date.")

    def check(self) -> None:
        if not self.given:
            raise InvalidValue("says nothing", "add allow:, deny:, min: or max:")


Condition = bool | tuple[str, ...] | ConditionSpec


def _condition(value: object, place: Location) -> Condition:
    if isinstance(value, bool):
        return value
    if isinstance(value, dict):
        plain = {name: str(one) if name in ("min", "max") and _is_plain(one) else one for name, one in value.items()}
        return ConditionSpec.read(plain, place)
    if isinstance(value, list):
        if any(isinstance(one, dict) for one in value):
            raise InvalidValue("a list of conditions is not possible yet", "write a list of values, or allow:")
        if not value:
            raise InvalidValue("the list is empty", "write the values that pass")
        if not all(map(_is_plain, value)):
            raise InvalidValue("expected a list of texts and numbers", "write for example [open, new]")
        return tuple(map(str, value))
    if not _is_plain(value):
        what = "expected a value, a list of values, true, false, or a mapping"
        raise InvalidValue(what, "write true for rows that have a value here")
    return (str(value),)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


_VALUE_JSON = {"type": ["string", "number"]}
_CONDITION: Type[Condition] = Type(
    "value, list of values, true, false, or a mapping",
    True,
    _condition,
    json={
        "anyOf": [
            {"type": ["string", "number", "boolean"]},
            {"items": _VALUE_JSON, "type": "array"},
            {"$ref": "#/definitions/ConditionSpec"},
        ]
    },
)
_CONDITIONS = mapping("field: condition", NAME, _CONDITION, null=False)


def _where(value: object, place: Location) -> dict[str, Condition]:
    if isinstance(value, list):
        what = "a list of conditions, of which any may hold, is not possible yet"
        raise InvalidValue(what, "write one mapping, all of which must hold")
    if not isinstance(value, dict):
        raise InvalidValue("expected conditions by field", "write for example {status: open}")
    return _CONDITIONS.read(value, place)


_WHERE: Type[dict[str, Condition]] = Type(
    _CONDITIONS.name, {}, _where, _CONDITIONS.show, _CONDITIONS.json, null=_CONDITIONS.null
)


Carry = dict[str, FieldSpec] | tuple[str, ...]
_CARRIED_NAMES = list_of("list of names", NAME, alone=False)


def _carry(value: object, place: Location) -> Carry:
    return _CARRIED_NAMES.read(value, place) if isinstance(value, list) else _FIELDS.read(value, place)


_CARRY: Type[Carry] = Type(
    "name: field, or a list of names",
    {},
    _carry,
    repr,
    {"anyOf": [_FIELDS.json, _CARRIED_NAMES.json]},
    null=_FIELDS.null,
)
DUPLICATES = choice("first", "rows", "collect")


class FollowSpec(SourceSpec):
    """A rule that says which links of a page to follow; the address is a value like that of a field.

    Without `attr`, the address is the attribute `href` of an element; in XML without one, its text. A rule that does
    not say where the address stands makes the request of the page kind `to`; with `attr` alone the row is the link.
    """

    to = Key(KIND_NAME, REQUIRED, "The page kind of the linked pages.")
    each = Key(_EACH, "", "The rows, as in a table; needed for `carry`. `from: row` takes those of this page kind.")
    carry = Key(
        _CARRY,
        {},
        "What is handed over: fields of the row, or a list of names of fields of this kind and of what this page was "
        "given. It becomes columns of the linked page, and fills its `request`.",
    )
    duplicates = Key(
        DUPLICATES,
        "first",
        "What further links to the same page do with what they carry: nothing, a row for each (`rows`), or a list of "
        "all values (`collect`).",
    )
    where = Key(_WHERE, {}, "Which rows count, by fields of `carry`.")
    allow = Key(_PATTERNS, (), "Follow only URLs that match one of these patterns.")
    deny = Key(_PATTERNS, (), "Never follow URLs that match one of these patterns.")
    same_site = Key(BOOL, True, "Follow only links to the same host as the page.")
    next = Key(
        optional(BOOL),
        None,
        "The link leads to the next page of the same list, so it does not count for `limits.depth`. "
        "Default: true if `to` is the rule's own page kind and `css` contains the word next.",
    )
    submit = Key(
        SELECTOR,
        "",
        "CSS selector of a form of the page that is sent with its hidden fields, instead of a link; with `each`, once "
        "for each row.",
    )
    fill = Key(
        mapping("name: text with {names}", RAW_TEXT, _TEMPLATE),
        {},
        "Fields of the form to set: `{__EVENTTARGET: grid}`. Texts may hold names of `carry` and of what was handed "
        "over.",
    )

    @property
    def fields(self) -> dict[str, FieldSpec]:
        """What `carry` reads from the row."""
        return self.carry if isinstance(self.carry, dict) else {}

    @property
    def names(self) -> tuple[str, ...]:
        """What `carry` hands on."""
        return self.carry if isinstance(self.carry, tuple) else ()

    @property
    def says_where(self) -> bool:
        """Whether it says where the address stands; else it is that of the target's request."""
        return bool(self.sources() or self.attr or "json" in self.given or self.submit)

    def check(self) -> None:
        super().check()
        if self.submit:
            wrong = [name for name in (*SOURCES, "attr", "regex", "replace", "nth") if self.has(name)]
            if wrong:
                what = f"'{wrong[0]}' and 'submit' are both given"
                raise InvalidValue(what, "a form says itself where it leads: keep one", key=wrong[0])
        elif self.fill:
            raise InvalidValue("'fill' needs a form to fill in", "add submit: with its selector", key="fill")
        needs_rows = bool(self.fields or self.where) and "from" not in self.given
        if needs_rows and not self.each and self.of == "row" and self.says_where:
            key = "carry" if self.fields else "where"
            raise InvalidValue(f"'{key}' needs rows to take the fields from", "add each: with their selector", key=key)
        for name in ("before", "after", "outer", "outermost"):
            if self.of == name and not self.each:
                raise InvalidValue(f"'from: {name}' needs rows", "add each: with their selector", key="from")


class TableSpec(Section):
    """The rows of one table on a page."""

    key = Key(
        list_of("field, or a list", NAME),
        (),
        "The field or fields that identify a row: the table has one row for each key.",
    )
    each = Key(
        _EACH,
        "",
        "What is one row each: a CSS selector, a path in JSON, a mapping, or a list for rows in rows. Without it, the "
        "page is one row.",
    )
    where = Key(_WHERE, {}, "Which rows count: conditions on fields, all of which must hold.")
    fields = Key(_FIELDS, {}, "The columns, in order. A plain string is a CSS selector, a path in JSON, or a heading.")


def _tables(value: object, place: Location) -> TableSpec | tuple[TableSpec, ...]:
    if isinstance(value, list):
        if not value:
            raise InvalidValue("the list is empty", "write a table, or remove the key")
        return list_of("tables", of(TableSpec)).read(value, place)
    return TableSpec.read(value, place)


_TABLE_JSON = {"$ref": "#/definitions/TableSpec"}
_TABLES: Type[TableSpec | tuple[TableSpec, ...]] = Type(
    "table, or a list of rules that fill it",
    TableSpec(),
    _tables,
    repr,
    {"anyOf": [_TABLE_JSON, {"items": _TABLE_JSON, "type": "array"}]},
)
Format = Literal["html", "json", "csv", "xlsx", "text"]


def _format(value: object, place: Location) -> Format:
    if value == "xml":
        raise InvalidValue("'xml' is no format", "remove it: the format html is HTML or XML")
    if value in ("excel", "xls"):
        raise InvalidValue(f"'{value}' is no format", "write xlsx; older .xls files cannot be read")
    return _FORMATS.read(value, place)


_FORMATS: Type[Format] = choice(*get_args(Format))
_FORMAT: Type[Format] = Type(_FORMATS.name, "html", _format, json=_FORMATS.json)


class KindSpec(TableSpec):
    """A kind of page: what to extract and which links to follow."""

    format = Key(
        _FORMAT,
        "html",
        "What the answer must be: `html` is HTML or XML. A .gz, or a .zip with one file in it, is opened. Any other "
        "answer is a failure.",
    )
    request = Key(of(RequestSpec, null=True), RequestSpec(), "How pages of this kind are asked for.")
    table = Key(NAME, "", "The table (a sheet of the workbook) for the rows. Default: the name of the page kind.")
    tables = Key(
        mapping("name: table, or a list of rules that fill it", NAME, _TABLES),
        {},
        "Several tables from one page, each with `key`, `each`, `where` and `fields`. A list of them fills one table.",
    )
    follow = Key(
        list_of("list of rules", of(FollowSpec), alone=False),
        (),
        "Which links to follow, and which page kind they lead to.",
    )
    python = Key(
        _FUNCTION,
        "",
        "Your own function, as `module:function`, from a module beside the config. It receives the page as a "
        "BeautifulSoup object, the parsed JSON, or a list of dicts, and returns rows and links; `fields` then only "
        "declares the columns.",
    )

    def check(self) -> None:
        for key in ("table", "key", "each", "where"):
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
                "python": {"description": "Your own function, as module:function, that gives URLs", **_TEXT},
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


class StepSpec(StepRequest):
    """A step of the session: a request, and what is read from its answer, or from that to a form of it."""

    fields = Key(_FIELDS, {}, "Values of the answer, for `{session.NAME}` in requests of later steps and of pages.")
    format = Key(_FORMAT, "html", "What the answer must be.")

    def check(self) -> None:
        super().check()
        if self.submit and self.format not in ("html", "json", "text"):
            raise InvalidValue("an answer to a form is html, json or text", "correct format", key="format")


def _steps(value: object, place: Location) -> tuple[StepSpec, ...]:
    return (StepSpec.read(value, place),) if isinstance(value, dict) else _STEP_LIST.read(value, place)


_STEP_LIST = list_of("step, or a list", of(StepSpec))
_STEPS: Type[tuple[StepSpec, ...]] = replace(
    _STEP_LIST, read=_steps, show=lambda steps: ", ".join(step.url for step in steps) or "none"
)
"""Shown without what the steps send."""


class SessionSpec(Section):
    """A login, or a token: steps that run in order before the crawl, and again when the session is lost.

    Their cookies go to every worker. Neither these nor the values are ever stored. See [Sessions](session.md).
    """

    steps = Key(_STEPS, REQUIRED, "The requests, in order.")
    expect = Key(
        optional(of(FieldSpec)),
        None,
        "What the answer to the last step has if it worked: a CSS selector, or a path in JSON. If it is not there, the "
        "run ends.",
    )
    lost = Key(optional(of(LostSpec)), None, "How a page shows that the session is lost.")

    def check(self) -> None:
        if not self.steps:
            raise InvalidValue(
                "there is no step", "add one, for example {url: ..., submit: form, fill: {...}}", key="steps"
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
    session = Key(optional(of(SessionSpec)), None, "A login or a token: what is asked for before the crawl.")
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

    started: Mapping[str, tuple[str, ...]] = {}
    """Names that starts hand over, by page kind; of those that they carry into rows."""

    def with_starts(self, names: Mapping[str, tuple[str, ...]]) -> Document:
        """Return the same with what its starts hand over."""
        vars(self)["started"] = names
        return self

    def changed(self, **values: object) -> Self:
        """The same config with other values."""
        found = super().changed(**values)
        found.with_starts(self.started)
        return found
