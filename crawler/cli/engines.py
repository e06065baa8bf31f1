"""Which engine serves a rule, and why BeautifulSoup where the fast one cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crawler.extract.gate import fast
from crawler.extract.recipe import FieldRule

__all__ = ["Served", "found_by", "served"]

_WORDS = re.compile(r"\[[^]]*\]|\"[^\"]*\"|'[^']*'")  # what brackets and quotes hold are no selectors
_AGREED = r"(?:first|last|only)-(?:child|of-type)|nth-(?:last-)?(?:child|of-type)|required|optional|not|is|where|has"
_ODD = re.compile(rf":{{1,2}}(?!(?:{_AGREED})(?![a-z-]))([a-z-]+)")
_FRAME = re.compile(r"(?<![\w.#-])(tbody|colgroup|head|template|frameset|frame|svg|math|noscript)(?![\w-])", re.I)
_IN_TABLE = re.compile(r"(?<![\w.#-])table\s*>", re.I)


class Served(NamedTuple):
    """An engine, `lexbor` or `bs4`, and for bs4 under `engine: auto` the reason."""

    engine: str
    why: str = ""


def served(engine: str, chosen: str, selectors: Iterable[str | None], fields: Sequence[FieldRule] = ()) -> Served:
    """The engine of rules that go together.

    Args:
        engine: of the config.
        chosen: what the plan says: `auto`, `auto-strict`, `bs4` or `lexbor`.
    """
    if chosen != "bs4":
        return Served("lexbor")
    if engine != "auto":
        return Served("bs4")
    slow = next((css for css in selectors if css is not None and not fast(css)), None)
    if slow is not None:
        return Served("bs4", f"{slow}: {_why(slow)}")
    html = next((field.name for field in fields if field.html), "a field")
    return Served("bs4", f"{html}: inner HTML is written by each engine in its own way")


def _why(css: str) -> str:
    bare = _WORDS.sub("", css)
    if found := _ODD.search(bare):
        return f":{found[1]} does not mean the same to both engines"
    if found := _FRAME.search(bare):
        return f"the engines do not build {found[1].lower()} alike"
    if _IN_TABLE.search(bare):
        return "one engine puts a tbody between a table and its rows"
    if "*" in bare:
        return "* also matches elements that only one engine adds"
    return "the engines are not known to agree on it"


def found_by(rule: FieldRule) -> str:
    """How a field is found, as a person writes it: `p.price @content`, `label ISBN`."""
    if rule.page_url:
        return "the page's URL"
    found = f"label {rule.label}" if rule.label is not None else rule.css or "the row itself"
    parts = [found, rule.attr and f"@{rule.attr}", rule.html and "html", rule.all and "all"]
    return " ".join(part for part in parts if part)
