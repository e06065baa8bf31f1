"""Which library answers the selectors of a rule, and how a field is found, for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from crawler.extract.lexbor import served_by
from crawler.extract.recipe import FieldRule

__all__ = ["Served", "found_by", "served"]


class Served(NamedTuple):
    """A library, `lexbor` or `bs4`, and for bs4 under `engine: auto` the reason."""

    engine: str
    why: str = ""


def served(engine: str, selectors: Iterable[str | None]) -> Served:
    """What answers the selectors of a rule: BeautifulSoup where one of them needs it.

    Args:
        engine: of the config.
    """
    slow = next((css for css in selectors if css is not None and served_by(css, engine) == "bs4"), None)
    if slow is None:
        return Served("lexbor" if engine != "bs4" else "bs4")
    return Served("bs4", "" if engine == "bs4" else f"{slow}: lexbor does not know it")


def found_by(rule: FieldRule) -> str:
    """How a field is found, as a person writes it: `p.price @content`, `label ISBN`."""
    if rule.page_url:
        return "the page's URL"
    found = f"label {rule.label}" if rule.label is not None else rule.css or "the row itself"
    parts = [found, rule.attr and f"@{rule.attr}", rule.html and "html", rule.all and "all"]
    return " ".join(part for part in parts if part)
