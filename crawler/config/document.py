"""The whole config file as it is written."""

from __future__ import annotations

from crawler.config.groups import list_of, mapping, of, optional, or_false
from crawler.config.pages import KindSpec
from crawler.config.schema import REQUIRED, Key, Section, Type, Wrong
from crawler.config.sections import DemoSpec, FetchSpec, LimitsSpec, PoliteSpec, ProtectSpec
from crawler.config.values import IDENTIFIER, KIND_NAME, OUTPUT_PATH, TEXT

__all__ = ["Document"]

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
        raise Wrong("there is no page kind", "add one, as `book: {fields: {title: h1}}`")


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
        "Files to write (.xlsx, .csv, .jsonl), relative to the config file. Without it `NAME.xlsx` beside the config.",
    )
    state = Key(
        optional(TEXT),
        None,
        "The state file of the job. Without it `NAME.state.sqlite` beside the first output.",
    )
