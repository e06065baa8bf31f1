"""The sections under `pages`: fields, tables, follow rules and page kinds, as they are written."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from crawler.config import checked
from crawler.config.values import (
    Format,
    KindName,
    Locale,
    Model,
    Name,
    Pattern,
    Selector,
    Shown,
    Text,
    complain,
    empty_if_null,
)
from crawler.extract.recipe import FIELD_TYPES, FieldType

__all__ = ["FieldSpec", "FollowSpec", "KindSpec", "TableSpec"]

_HOOK = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def as_tuple(value: object) -> object:
    """A single value as a list of one; nothing as an empty one."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def _pairs(value: object) -> object:
    """`{a: b, c: d}` and `[{a: b}, {c: d}]` as pairs."""
    parts: list[Any] = value if isinstance(value, list) else [value]
    for index, part in enumerate(parts):
        if not isinstance(part, dict) or (isinstance(value, list) and len(part) != 1):
            complain("expected `pattern: text`, or a list of them", key=index if parts is value else None)
    return tuple(pair for part in parts for pair in part.items())


def _replacements(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for pattern, text in pairs:
        fault = checked.replacement(pattern, text) if "\\" in text else None
        if fault:
            complain(fault.what, fault.fix, key=pattern)
    return pairs


def _one_or_many(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


_STRING = {"type": "string"}
Patterns = Annotated[
    tuple[Pattern, ...], BeforeValidator(as_tuple), _one_or_many(_STRING), Shown("regular expression, or a list")
]
Names = Annotated[tuple[Name, ...], BeforeValidator(as_tuple), _one_or_many(_STRING), Shown("field, or a list")]
Formats = Annotated[
    tuple[Format, ...], BeforeValidator(as_tuple), _one_or_many(_STRING), Shown("date format, or a list")
]
_TEXT_MAP = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
Replacements = Annotated[
    tuple[tuple[Pattern, str], ...],
    BeforeValidator(_pairs),
    AfterValidator(_replacements),
    _one_or_many(_TEXT_MAP),
    Shown("pattern: text, or a list of them"),
]
TextMap = Annotated[dict[str, str], WithJsonSchema(_TEXT_MAP), Shown("text: text")]
RawText = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]}), Shown("text")]


class FieldSpec(Model):
    """One field. A text alone is its CSS selector."""

    css: Selector = Field(
        default="", description="Where the value stands, relative to the row of `each` or to the page."
    )
    label: Text = Field(
        default="", description="The text of a label; the value is what stands beside it. Instead of `css`."
    )
    url: bool = Field(default=False, description="The value is the address of the page itself.")
    attr: Text = Field(default="", description="Take this attribute, as `href` or `class`, instead of the text.")
    html: bool = Field(default=False, description="Take the inner HTML instead of the text.")
    all: bool = Field(default=False, description="Take every match as a list, not only the first.")
    replace: Replacements = Field(default=(), description="Patterns and the texts that replace them, in order.")
    regex: Pattern = Field(default="", description="Keep the first group of this pattern, or the whole match.")
    map: TextMap = Field(default={}, description="Texts and what they become, as `{One: 1, Two: 2}`.")
    type: FieldType | None = Field(
        default=None,
        description=f"What the value is: {', '.join(FIELD_TYPES)}. Without it `text`, or `url` with `url: true`.",
    )
    format: Formats = Field(default=(), description="How a date is written, as `%d %B %Y`; ISO 8601 when not given.")
    locale: Locale = Field(default="en", description="Language of numbers and month names, as `de` or `pt_BR`.")
    default: RawText | None = Field(default=None, description="The text to use where nothing was found.")
    required: bool = Field(default=False, description="A record without this value is reported.")
    keep_space: bool = Field(default=False, description="Leave white space as it stands on the page.")

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: object) -> object:
        if not isinstance(value, str | dict):
            raise PydanticCustomError("field_type", "a CSS selector, or a mapping")
        return {"css": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits_together(self) -> FieldSpec:
        sources = [name for name in ("css", "label", "url") if getattr(self, name)]
        if len(sources) > 1:
            complain(f"'{sources[0]}' and '{sources[1]}' are both given", "keep one", key=sources[1])
        if self.html and self.attr:
            complain("'attr' and 'html' are both given", "keep one", key="html")
        if self.url and (self.attr or self.html or self.all):
            key = next(name for name in ("attr", "html", "all") if getattr(self, name))
            complain(f"'{key}' does not go with 'url: true', the address of the page", "remove one", key=key)
        if self.format and self.type not in ("date", "datetime"):
            complain("only a date has a format", "add type: date or type: datetime", key="format")
        if self.all and self.type not in (None, "text", "url", "list"):
            complain(f"'all' gives a list, not type {self.type}", "remove all, or the type", key="all")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _or_selector(handler.resolve_ref_schema(handler(core)))


def _or_selector(schema: dict[str, Any]) -> dict[str, Any]:
    full = dict(schema)
    schema.clear()
    schema["description"] = full.pop("description", "")
    schema["anyOf"] = [{"type": "string", "description": "CSS selector of the text"}, full]
    return schema


Fields = Annotated[dict[Name, FieldSpec], empty_if_null(dict), Shown("name: field")]


class FollowSpec(Model):
    """A rule that says which links of a page to follow."""

    css: Selector = Field(description="The elements that carry the link, relative to the row of `each`.")
    to: KindName = Field(description="The page kind of the pages the links lead to.")
    attr: Text = Field(default="href", description="The attribute that holds the address.")
    each: Selector = Field(default="", description="Selector of rows; needed for `carry`.")
    carry: Fields = Field(
        default={}, description="Fields of the row, added to the records of the page the link leads to."
    )
    allow: Patterns = Field(default=(), description="Follow only addresses in which one of these patterns is found.")
    deny: Patterns = Field(default=(), description="Never follow addresses in which one of these patterns is found.")
    same_site: bool = Field(default=True, description="Follow only links to the host of the page they stand on.")
    next: bool | None = Field(
        default=None,
        description="The link leads to the next page of the same list and adds no depth. "
        "Without it: true when `to` is the rule's own page kind and `css` has the word next.",
    )

    @model_validator(mode="after")
    def _rows(self) -> FollowSpec:
        if self.carry and not self.each:
            complain("'carry' needs the rows it takes the fields from", "add each: with their selector", key="carry")
        return self


class TableSpec(Model):
    """The records of one table on a page."""

    key: Names = Field(
        default=(), description="The field, or fields, that tell records apart: the same key is one row."
    )
    each: Selector = Field(
        default="", description="Selector of rows, one record each; without it the page is one record."
    )
    fields: Fields = Field(default={}, description="The columns, in order. A text alone is a CSS selector.")


class KindSpec(TableSpec):
    """A kind of page: what to take from it and which links to follow."""

    table: Name = Field(default="", description="The table, a sheet, of the records. Without it the page kind's name.")
    tables: Annotated[dict[Name, TableSpec], empty_if_null(dict), Shown("name: table")] = Field(
        default={}, description="Several tables from one page, each with key, each and fields."
    )
    follow: Annotated[tuple[FollowSpec, ...], BeforeValidator(as_tuple), Shown("list of rules")] = Field(
        default=(), description="Which links to follow, and what kind of page they lead to."
    )
    python: Annotated[str, Shown("module:function")] = Field(
        default="",
        description="A function of your own, `module:function`, beside the config. It is given the page as a "
        "BeautifulSoup and returns records and links. Fields then only declare columns.",
    )

    @model_validator(mode="after")
    def _whole(self) -> KindSpec:
        if "python" in self.model_fields_set and not _HOOK.fullmatch(self.python):
            complain("expected module:function", "as hooks:book for the function book in hooks.py", key="python")
        for key in ("table", "key", "each"):
            if key in self.model_fields_set and not self.fields and not self.python:
                complain(f"'{key}' is given but there are no fields", "add fields: to this page kind", key=key)
        if self.table in self.tables and self.fields:
            complain(f"the table '{self.table}' is given twice", "use one name, or one place", key="table")
        return self
