"""What to take from a page: the extraction rules of a config as plain, picklable values.

A recipe is made once from the config (`crawler.config`) and sent to every worker, which compiles it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

__all__ = [
    "Condition",
    "EachRule",
    "ExpectRule",
    "FieldRule",
    "FilesRule",
    "FollowRule",
    "PageRule",
    "PaginateRule",
    "Recipe",
    "RequestRule",
    "SitemapRule",
    "TableRule",
    "data_first",
    "every_field",
    "language_of",
]

Format = Literal["html", "json", "csv", "xlsx", "text"]
Language = Literal["html", "json", "cells", "table", "text"]
"""What a page or a row is: HTML or XML, data, a line of a sheet, a row of an HTML table (cells and element), text."""
From = Literal["row", "outer", "outermost", "page", "before", "after"]


class FieldRule(NamedTuple):
    """How one field is found and made into a value.

    The steps, in this order: find the pieces (`css`, `label`, `json`..., or the row itself), `exclude`, take their text
    (or `attr`, or `html`, or `item`), `strip_html`, `lines`, `split`, `replace`, `regex`, `map`, `nth` or all of them,
    `python`, convert to `type`, `join`, and `default` where nothing was found.

    Attributes:
        name: column name.
        css: selector, relative to the row; None takes the row (the whole page without `each`) itself.
        label: text of a label; the value is what stands beside it. Excludes css.
        page_url: the value is taken from the page's own URL.
        attr: take this attribute instead of the text.
        html: take the inner HTML instead of the text.
        all: take every match (a list), not the first.
        replace: (pattern, replacement) pairs, applied in order.
        regex: the value is the first group, or the whole match; no match is a missing value.
        map: the text becomes what stands here; for a list of words (`class`), the first word that is a key.
            A text that is no key stays as it is, with a note.
        type: a name of `crawler.extract.field_types`, of an entry point, or `module:function`.
        formats: strptime formats for date and datetime; empty means ISO 8601, or as feeds have it.
        locale: of numbers and month names, as `de` or `pt_BR`.
        negative: how negative numbers are written beside a sign in front (see numbers.Numbers).
        default: raw text used where nothing was found, converted like found text; None for none.
        required: a missing value is a note `missing`; a page whose records all lack one counts as `no-match`.
        keep_space: leave white space as it stands.
        root: folder of the config file, from which the module of such a type, or of `python`, is imported; else "".
        xpath: XPath 1.0 in place of css.
        json: path into data, see `crawler.extract.paths`.
        js: name to which a script of the page gives the value.
        schema: types of schema.org items of the page.
        column: heading or number of a cell of this row.
        value: a template, filled in with other fields of the row.
        item: a template for each object found; its names are paths in the object.
        first_of, all_of: sources in turn: the first that has a value, or all that have one.
        response: `time`, `source` or `header.NAME` of the answer.
        row_key: the value is the key or the number of the row (`index` in a config).
        of: where to look (`from` in a config): in the row, around it, in the page, before or behind it.
        exclude: selector of elements whose text is left out.
        strip_html: the text found is itself HTML.
        lines: cut the text into its lines.
        one_text: the lines stay in one text, `type: text`.
        split: cut the text at this pattern.
        replace_first: `replace` comes before lines and split, as it stands in the config.
        nth_first: `nth` picks before replace, regex and map, as it stands in the config.
        nth: which of several pieces; negative from the end, None for the first.
        join: makes one text of several values.
        counted: the value is the number of matches (`count` in a config).
        python: `module:function`, given the value, returns the value.
        hidden: no column of the table; for value, where and carry.
    """

    name: str
    css: str | None = None
    label: str | None = None
    page_url: bool = False
    attr: str | None = None
    html: bool = False
    all: bool = False
    replace: tuple[tuple[str, str], ...] = ()
    regex: str | None = None
    map: Mapping[str, str] = {}
    type: str = "text"
    formats: tuple[str, ...] = ()
    locale: str = "en"
    negative: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    keep_space: bool = False
    root: str = ""
    xpath: str | None = None
    json: str | None = None
    js: str | None = None
    schema: tuple[str, ...] = ()
    column: str | int | None = None
    value: str | None = None
    item: str | None = None
    first_of: tuple[FieldRule, ...] = ()
    all_of: tuple[FieldRule, ...] = ()
    response: str | None = None
    row_key: bool = False
    of: From = "row"
    exclude: str | None = None
    strip_html: bool = False
    lines: bool = False
    one_text: bool = False
    split: str | None = None
    replace_first: bool = False
    nth_first: bool = False
    nth: int | None = None
    join: str | None = None
    counted: bool = False
    python: str | None = None
    hidden: bool = False

    @property
    def plain(self) -> bool:
        """Whether it needs nothing but elements found by CSS or a label, so that `extract.fields` serves it."""
        return self[_FIRST_NEW:] == _NONE_NEW and (self.label is None or self.css is None)


_FIRST_NEW = FieldRule._fields.index("xpath")
_NONE_NEW = tuple(FieldRule._field_defaults[name] for name in FieldRule._fields[_FIRST_NEW:])


class EachRule(NamedTuple):
    """How a page, or a row of the level above, is cut into rows; each key as in FieldRule.

    Attributes:
        html_table: selector of a table whose rows have cells by heading.
        strip_html: the text found is HTML: the row is that document.
        numbered: fields ask for columns by number only, so a first row that only might be headings is a row.
    """

    css: str | None = None
    xpath: str | None = None
    json: str | None = None
    js: str | None = None
    schema: tuple[str, ...] = ()
    html_table: str | None = None
    attr: str | None = None
    strip_html: bool = False
    numbered: bool = False

    def language(self, around: Language) -> Language:
        """Return what its rows are, in a page or row that is `around`."""
        if self.html_table is not None:
            return "table"
        if self.strip_html:
            return "html"
        by_element = self.css is not None or self.xpath is not None
        if self.json is not None or self.js is not None or self.schema:
            return "html" if by_element and data_first(self, around) else "json"
        if self.attr is not None:
            return "text"
        return "html" if by_element else around


def data_first(rule: FieldRule | EachRule, around: Language) -> bool:
    """Tell whether `json` comes before `css`: HTML in data; else it is data in an element of a page."""
    return around == "json" or rule.js is not None or bool(rule.schema)


class Condition(NamedTuple):
    """What a field must be for its row to count; all that is given must hold.

    Attributes:
        name: of the field.
        one_of: values as text; a number equals a number whatever its writing.
        allow, deny: patterns of which one, or none, is found in the value. deny alone lets a missing value through.
        least, most: bounds of a number or a date, as text.
        filled: True: it has a value that is not false; False: the opposite; None: not asked.
    """

    name: str
    one_of: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    least: str | None = None
    most: str | None = None
    filled: bool | None = None


class TableRule(NamedTuple):
    """The records of one table on a page of this kind: one a page, or one for each match of `each`.

    Attributes:
        each: a CSS selector where that is all; else None.
        levels: of any other `each`: rows in rows.
        where: which rows count.
    """

    table: str
    fields: tuple[FieldRule, ...]
    each: str | None = None
    key: tuple[str, ...] = ()
    levels: tuple[EachRule, ...] = ()
    where: tuple[Condition, ...] = ()


class FollowRule(NamedTuple):
    """Which links of a page are followed.

    Attributes:
        css: selector of the elements that carry the link; relative to the row when `each` is given. None where
            `source` says where the address stands.
        to: page kind of the targets.
        attr: attribute that holds the URL; in XML that has none, the text of the element is the address.
        each: selector of rows; needed for `carry`.
        carry: fields of the row that are joined to the records of the target page.
        allow: patterns of which one must be found in the URL; empty allows all.
        deny: patterns of which none may be found in the URL.
        same_site: only links to the host of the page they stand on (`www.` ignored), or to one of `hosts`.
        next: leads to the next page of the same list (see Link.next).
        source: where the address stands, for what css and attr do not say.
        levels: of any `each` that is more than a CSS selector.
        where: which rows count, by what is carried.
        of_rows: for each row of this kind's table that its `where` lets through (`from: row`).
        by_request: the address is that of the target's request.
        names: handed on: fields of the row, or what this page was given.
        shown: those of them that become columns.
        hosts: names as of `crawler.urls.host`, to which links may lead as well.
        duplicates: what further links to the same page do with what they carry: `first`, `rows` or `collect`.
        submit: selector of a form that is sent, in place of an address.
        fill: fields of the form and their templates.
    """

    css: str | None
    to: str
    attr: str = "href"
    each: str | None = None
    carry: tuple[FieldRule, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    same_site: bool = True
    next: bool = False
    source: FieldRule | None = None
    levels: tuple[EachRule, ...] = ()
    where: tuple[Condition, ...] = ()
    of_rows: bool = False
    by_request: bool = False
    names: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    duplicates: str = "first"
    submit: str | None = None
    fill: tuple[tuple[str, str], ...] = ()


class SitemapRule(NamedTuple):
    """Which addresses of a sitemap are crawled.

    Attributes:
        to: page kind of the addresses.
        hosts: URLs of hosts of which addresses are taken, whatever the host of the sitemap.
        sitemaps: patterns of which one must be found in the URL of a sitemap that an index lists; empty takes all.
        allow: patterns of which one must be found in an address; empty allows all.
        deny: patterns of which none may be found in an address.
        since: seconds; an address that has not changed for so long, when the crawl begins, is left out. None for all.
    """

    to: str
    hosts: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    since: float | None = None


class RequestRule(NamedTuple):
    """How pages of a kind are asked for. Texts are templates: of handed-over names, `${SECRET}` and `{session.name}`.

    Attributes:
        url: where pages of this kind are, if no link or start says it; relative to the page that leads here.
        method: GET or POST.
        query: parameters that are set in the URL; a mapping or a list is sent as JSON text.
        headers: in place of those of the same name.
        json: the body, as the one item of a tuple; () for none.
        form: fields of the body, which may have several values each.
        statuses: HTTP statuses that are read as pages, beside 200 and 203.
        uses: names of handed-over values that the kind uses; they tell pages of one URL apart.
        begins: name and first value of what counts the pages of a list; None where nothing does, or a cursor.
    """

    url: str | None = None
    method: str = "GET"
    query: tuple[tuple[str, object], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    json: tuple[object, ...] = ()
    form: tuple[tuple[str, object], ...] = ()
    statuses: tuple[int, ...] = ()
    uses: tuple[str, ...] = ()
    begins: tuple[str, int] | None = None


class PaginateRule(NamedTuple):
    """How a list goes on.

    Attributes:
        name: `page`, `offset` or `cursor`: what it is called in the request.
        first: what it begins with; None for a cursor.
        step: added to the offset; rows on a page where `total` counts rows.
        cursor, page_count, total, more: where these stand in an answer.
        most: pages of one list.
    """

    name: str
    first: int | None = None
    step: int = 1
    cursor: FieldRule | None = None
    page_count: FieldRule | None = None
    total: FieldRule | None = None
    more: FieldRule | None = None
    most: int | None = None


class ExpectRule(NamedTuple):
    """What each good answer has: the source is there, and its value fits the patterns."""

    source: FieldRule
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class PageRule(NamedTuple):
    """The rules of one page kind.

    Attributes:
        python: `module:function`, given the page as its format has it.
        format: what the answer must be.
        sitemap: the pages are sitemaps, and nothing else is looked for in them.
        request: how they are asked for; None for a plain GET of their URLs.
        paginate: how their lists go on.
        expect: what each good answer has.
    """

    name: str
    tables: tuple[TableRule, ...] = ()
    follow: tuple[FollowRule, ...] = ()
    python: str | None = None
    format: Format = "html"
    sitemap: SitemapRule | None = None
    request: RequestRule | None = None
    paginate: PaginateRule | None = None
    expect: tuple[ExpectRule, ...] = ()


class FilesRule(NamedTuple):
    """Which files are fetched.

    Attributes:
        anywhere: also those on other sites than their page.
        hosts: other hosts on which they may be, by name, with a port or without.
    """

    anywhere: bool = False
    hosts: tuple[str, ...] = ()


class LostRule(NamedTuple):
    """How a page shows that the session is lost: HTTP statuses, a CSS selector."""

    statuses: frozenset[int] = frozenset()
    css: str | None = None


class StepRule(NamedTuple):
    """A step of a session.

    Attributes:
        url: as it is written: absolute, or a path on the demo site.
        format: what the answer must be.
        fields: of the answer.
        submit: selector of a form on the page of `url` that is sent.
        fill: fields of the form and their templates, with `${SECRET}` and `{session.name}`.
        expect: name of the field that counts what shows that it worked; "" for none.
    """

    url: str
    request: RequestRule
    format: Format = "html"
    fields: tuple[FieldRule, ...] = ()
    submit: str | None = None
    fill: tuple[tuple[str, str], ...] = ()
    expect: str = ""


class Recipe(NamedTuple):
    """The rules of every page kind.

    Attributes:
        engine: `auto`, `bs4` or `lexbor`.
        most: bytes of a page that was packed, when it is unpacked.
        root: folder of the config file, from which `python` hooks are imported; "" when no kind has one.
        began: seconds since 1970 at which the crawl began; None for now.
        lost: how a page shows that the session is lost.
        files: of fields of the type `file`.
    """

    kinds: Mapping[str, PageRule]
    engine: Literal["auto", "bs4", "lexbor"] = "auto"
    root: str = ""
    most: int = 10_000_000
    began: float | None = None
    lost: LostRule | None = None
    files: FilesRule = FilesRule()


def every_field(kind: PageRule) -> Iterator[FieldRule]:
    """Yield the fields of a page kind, those that links carry and where their addresses stand, and all sources."""
    fields = [field for table in kind.tables for field in table.fields]
    fields += [one.source for one in kind.expect]
    if kind.paginate is not None:
        rule = kind.paginate
        fields += filter(None, (rule.cursor, rule.page_count, rule.total, rule.more))
    fields += [field for follow in kind.follow for field in (*follow.carry, *filter(None, (follow.source,)))]
    while fields:
        field = fields.pop()
        yield field
        fields += (*field.first_of, *field.all_of)


def language_of(format: Format) -> Language:
    """Return what a page of a format is to the rules."""
    if format in ("csv", "xlsx"):
        return "cells"
    if format == "json":
        return "json"
    return "text" if format == "text" else "html"
