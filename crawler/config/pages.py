"""The sections under `pages`: fields, tables, follow rules and page kinds, as they are written."""

from __future__ import annotations

import re

from crawler.config import checked
from crawler.config.groups import list_of, mapping, of, optional, pairs
from crawler.config.schema import REQUIRED, Key, Section, Wrong
from crawler.config.values import (
    BOOL,
    FORMAT,
    KIND_NAME,
    LOCALE,
    NAME,
    PATTERN,
    RAW_TEXT,
    SELECTOR,
    TEXT,
    choice,
    text,
)
from crawler.extract.recipe import FIELD_TYPES

__all__ = ["FieldSpec", "FollowSpec", "KindSpec", "TableSpec"]

_HOOK = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"


def _replacements(texts: dict[str, str]) -> None:
    for pattern, instead in texts.items():
        fault = checked.replacement(pattern, instead) if "\\" in instead else None
        if fault:
            raise Wrong(*fault, key=pattern)


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
        optional(choice(*FIELD_TYPES)),
        None,
        f"What the value is: {', '.join(FIELD_TYPES)}. "
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
            raise Wrong(f"'{sources[0]}' and '{sources[1]}' are both given", "keep one", key=sources[1])
        if self.html and self.attr:
            raise Wrong("'attr' and 'html' are both given", "keep one", key="html")
        if self.url and (self.attr or self.html or self.all):
            key = next(name for name in ("attr", "html", "all") if getattr(self, name))
            raise Wrong(f"'{key}' does not go with 'url: true', the address of the page", "remove one", key=key)
        if self.format and self.type not in ("date", "datetime"):
            raise Wrong("only a date has a format", "add type: date or type: datetime", key="format")
        if self.negative and self.type not in ("int", "decimal", "money"):
            raise Wrong("only a number can be negative", "add type: int, decimal or money", key="negative")
        if self.all and self.type not in (None, "text", "url", "list"):
            raise Wrong(f"'all' gives a list, not type {self.type}", "remove all, or the type", key="all")


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
            raise Wrong("'carry' needs the rows it takes the fields from", "add each: with their selector", key="carry")


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
        if "python" in self.given and not re.fullmatch(_HOOK, self.python):
            raise Wrong("expected module:function", "as hooks:book for the function book in hooks.py", key="python")
        for key in ("table", "key", "each"):
            if key in self.given and not self.fields and not self.python:
                raise Wrong(f"'{key}' is given but there are no fields", "add fields: to this page kind", key=key)
        if self.table in self.tables and self.fields:
            raise Wrong(f"the table '{self.table}' is given twice", "use one name, or one place", key="table")
