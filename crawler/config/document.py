"""The whole config file as it is written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from crawler.config.pages import KindSpec, as_tuple
from crawler.config.sections import DemoSpec, FetchSpec, LimitsSpec, PoliteSpec
from crawler.config.values import Identifier, KindName, Model, OutputPath, Shown, Text, complain, empty_if_null

__all__ = ["Document"]

_TEXT = {"type": "string"}
_START = {
    "anyOf": [
        {**_TEXT, "description": "A URL; {1..50} stands for the numbers 1 to 50"},
        {
            "type": "object",
            "properties": {
                "url": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}], "description": "A URL, or a list"},
                "file": {**_TEXT, "description": "A file of URLs, one a line, beside the config"},
                "kind": {**_TEXT, "description": "The page kind of these URLs; the first one when not given"},
            },
            "additionalProperties": False,
        },
    ]
}


def _kinds(pages: dict[str, KindSpec]) -> dict[str, KindSpec]:
    if not pages:
        complain("there is no page kind", "add one, as `book: {fields: {title: h1}}`")
    return pages


class Document(Model):
    """A job: where to start, what to follow, what to take, how to behave, where to write."""

    name: Identifier = Field(description="Name of the job: letters, digits, - and _. Used for file names.")
    start: Annotated[
        Any,
        WithJsonSchema({"anyOf": [*_START["anyOf"], {"type": "array", "items": _START}]}),
        Shown("URL, mapping, or a list of them"),
    ] = Field(
        description="Where to start: a URL, a list, a range as `page-{1..50}.html` or `{01..12}`, "
        "`{file: urls.txt}`, or `{url: ..., kind: book}`. Start URLs are of the first page kind unless `kind` says."
    )
    pages: Annotated[dict[KindName, KindSpec], AfterValidator(_kinds), Shown("name: page kind")] = Field(
        description="The page kinds: what to take from each and which links to follow."
    )
    demo: Annotated[DemoSpec | None, empty_if_null(dict)] = Field(
        default=None, description="Crawl the demo site, which the run starts and stops. Start URLs may then be paths."
    )
    fetch: Annotated[FetchSpec, empty_if_null(dict)] = Field(default=FetchSpec(), description="How pages are fetched.")
    polite: Annotated[PoliteSpec, empty_if_null(dict)] = Field(
        PoliteSpec(), description="How gently the site is treated."
    )
    limits: Annotated[LimitsSpec, empty_if_null(dict)] = Field(default=LimitsSpec(), description="Where to stop.")
    output: Annotated[
        tuple[OutputPath, ...] | None,
        BeforeValidator(as_tuple),
        WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}),
        Shown("path, or a list"),
    ] = Field(
        default=None,
        description="Files to write (.xlsx, .csv, .jsonl), relative to the config file. "
        "Without it `NAME.xlsx` beside the config.",
    )
    state: Text | None = Field(
        default=None, description="The state file of the job. Without it `NAME.state.sqlite` beside the first output."
    )
