"""The sections of a page kind: its tables, which links to follow, and how its pages are asked for."""

from __future__ import annotations

from typing import Literal, get_args

from crawler.config.browser import RenderSpec
from crawler.config.field_spec import (
    EACH,
    FIELDS,
    FUNCTION,
    PATTERNS,
    SOURCES,
    TEMPLATE,
    WHERE,
    FieldSpec,
    SourceSpec,
)
from crawler.config.hosts_spec import SAME_SITE
from crawler.config.paging_spec import EXPECT, PAGINATE
from crawler.config.request_spec import RequestSpec
from crawler.config.schema import (
    BOOL,
    KIND_NAME,
    NAME,
    RAW_TEXT,
    REQUIRED,
    SELECTOR,
    InvalidValue,
    Key,
    Location,
    Section,
    Type,
    choice,
    list_of,
    mapping,
    of,
    optional,
    or_false,
)

__all__ = [
    "FollowSpec",
    "KindSpec",
    "TableSpec",
]


Carry = dict[str, FieldSpec] | tuple[str, ...]
_CARRIED_NAMES = list_of("list of names", NAME, alone=False)


def _carry(value: object, place: Location) -> Carry:
    return _CARRIED_NAMES.read(value, place) if isinstance(value, list) else FIELDS.read(value, place)


_CARRY: Type[Carry] = Type(
    "name: field, or a list of names",
    {},
    _carry,
    repr,
    {"anyOf": [FIELDS.json, _CARRIED_NAMES.json]},
    null=FIELDS.null,
)
DUPLICATES = choice("first", "rows", "collect")


class FollowSpec(SourceSpec):
    """A rule that says which links of a page to follow; the address is a value like that of a field.

    Without `attr`, the address is the attribute `href` of an element; in XML without one, its text. A rule that does
    not say where the address stands makes the request of the page kind `to`; with `attr` alone the row is the link.
    """

    to = Key(KIND_NAME, REQUIRED, "The page kind of the linked pages.")
    each = Key(EACH, "", "The rows, as in a table; needed for `carry`. `from: row` takes those of this page kind.")
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
    where = Key(WHERE, {}, "Which rows count, by fields of `carry`.")
    allow = Key(PATTERNS, (), "Follow only URLs that match one of these patterns.")
    deny = Key(PATTERNS, (), "Never follow URLs that match one of these patterns.")
    same_site = Key(
        SAME_SITE,
        True,
        "Follow only links to the same host as the page; a list of hosts: to these as well; `false`: any.",
    )
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
        mapping("name: text with {names}", RAW_TEXT, TEMPLATE),
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
        EACH,
        "",
        "What is one row each: a CSS selector, a path in JSON, a mapping, or a list for rows in rows. Without it, the "
        "page is one row.",
    )
    where = Key(WHERE, {}, "Which rows count: conditions on fields, all of which must hold.")
    fields = Key(FIELDS, {}, "The columns, in order. A plain string is a CSS selector, a path in JSON, or a heading.")


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
FORMAT_OF_PAGE: Type[Format] = Type(_FORMATS.name, "html", _format, json=_FORMATS.json)


class KindSpec(TableSpec):
    """A kind of page: what to extract and which links to follow."""

    format = Key(
        FORMAT_OF_PAGE,
        "html",
        "What the answer must be: `html` is HTML or XML. A .gz, or a .zip with one file in it, is opened. Any other "
        "answer is a failure.",
    )
    request = Key(of(RequestSpec, null=True), RequestSpec(), "How pages of this kind are asked for.")
    expect = Key(
        EXPECT,
        (),
        "What each good answer has. A page without it is asked for again, and fails in the end: `unexpected`.",
    )
    browser = Key(
        or_false(of(RenderSpec, null=True)),
        None,
        "Render pages of this kind in a browser first; needs the extra `browser`. What they show then is read as HTML. "
        "See docs/browser.md.",
    )
    paginate = Key(PAGINATE, None, "How the list on these pages goes on by number, offset or cursor.")
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
        FUNCTION,
        "",
        "Your own function, as `module:function`, from a module beside the config. It receives the page as a "
        "BeautifulSoup object, the parsed JSON, or a list of dicts, and returns rows and links; `fields` then only "
        "declares the columns.",
    )

    def check(self) -> None:
        if self.browser and self.format != "html":
            what = f"what a browser shows is HTML, and the format is {self.format}"
            raise InvalidValue(what, "remove browser, or format", key="browser")
        if self.browser and self.request.verb != "GET":
            what = "a browser asks for its pages by GET"
            raise InvalidValue(what, "remove browser, or method, json and form of request", key="browser")
        if self.browser and self.request.secret_query:
            what = "request.query has a secret, and a browser does not hide the address of its page"
            raise InvalidValue(what, "send the secret in request.headers", key="browser")
        for key in ("table", "key", "each", "where"):
            if key in self.given and not self.fields and not self.python:
                raise InvalidValue(
                    f"'{key}' is given but there are no fields", "add fields: to this page kind", key=key
                )
        if self.table in self.tables and self.fields:
            raise InvalidValue(f"the table '{self.table}' is defined twice", "rename or remove one", key="table")
