"""A page kind's rules, compiled once in each worker, with the engine chosen for each.

A field or a follow rule stands for itself; a group with `each` is one unit, for its rows and their fields must come
from one tree. With `engine: auto` lexbor serves a unit when both engines are known to agree on all its selectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crawler.extract.fields import FieldPlan, Row
from crawler.extract.gate import delicate, fast
from crawler.extract.labels import Labels
from crawler.extract.patterns import Pattern
from crawler.extract.recipe import FieldRule, FollowRule, KindRule, TableRule

if TYPE_CHECKING:
    from crawler.extract.engine import Document
    from crawler.extract.page import PageView

__all__ = ["FollowPlan", "KindPlan", "TablePlan", "page_row", "rows"]


class TablePlan:
    """A table rule ready for work.

    Attributes:
        engine, engines: of the rows, and of each field; as PageView.document takes them.
    """

    def __init__(self, rule: TableRule, engine: str) -> None:
        self.rule = rule
        self.fields = tuple(FieldPlan(field) for field in rule.fields)
        if rule.each is None:
            self.engine = engine
            self.engines = tuple(_choose(engine, [field.rule.css], [field]) for field in self.fields)
        else:
            self.engine = _choose(engine, [rule.each, *(field.rule.css for field in self.fields)], self.fields)
            self.engines = (self.engine,) * len(self.fields)


class FollowPlan:
    """A follow rule ready for work; `engine` as PageView.document takes it."""

    def __init__(self, rule: FollowRule, engine: str) -> None:
        self.rule = rule
        self.carry = tuple(FieldPlan(field) for field in rule.carry)
        self.engine = _choose(engine, [rule.css, rule.each, *(field.rule.css for field in self.carry)], self.carry)
        self.allow = tuple(Pattern(pattern) for pattern in rule.allow)
        self.deny = tuple(Pattern(pattern) for pattern in rule.deny)

    def allows(self, url: str) -> bool:
        """Tell whether the patterns let a URL through."""
        if self.allow and not any(pattern.found(url) for pattern in self.allow):
            return False
        return not any(pattern.found(url) for pattern in self.deny)


class KindPlan:
    """All rules of a page kind.

    Attributes:
        soup: every page of this kind needs BeautifulSoup; without it, only one whose source is odd.
        labels: keys of all labels that its fields ask for.

    Raises:
        ExtractError: a pattern or a locale cannot be used.
    """

    def __init__(self, rule: KindRule, engine: str) -> None:
        self.rule = rule
        self.tables = tuple(TablePlan(table, engine) for table in rule.tables)
        self.follow = tuple(FollowPlan(follow, engine) for follow in rule.follow)
        engines = [engine for table in self.tables for engine in table.engines] + [each.engine for each in self.follow]
        fields = [field for table in self.tables for field in table.fields]
        fields += [field for follow in self.follow for field in follow.carry]
        self.labels = frozenset(field.key for field in fields if field.key is not None)
        self.soup = rule.python is not None or "bs4" in engines


def page_row(page: PageView, document: Document) -> Row:
    """Return the whole page as what fields are read from."""
    return Row(page, document, None, page.labels(document))


def rows(page: PageView, engine: str, each: str | None) -> Iterator[Row]:
    """Return the rows of a group in document order; without `each` the page as the only one."""
    document = page.document(engine)
    if each is None:
        yield page_row(page, document)
        return
    for scope in document.select(None, each):
        page.check_time()
        yield Row(page, document, scope, Labels(document, scope, page.known))


def _choose(engine: str, selectors: Sequence[str | None], fields: Sequence[FieldPlan]) -> str:
    """Return the engine of a unit, as PageView.document takes it."""
    named = [css for css in selectors if css is not None]
    if engine != "auto":
        return engine
    if not all(map(fast, named)) or any(field.rule.html for field in fields):
        return "bs4"
    return "auto-strict" if any(map(delicate, named)) else "auto"


def describe(rule: FieldRule) -> str:
    """Return how a field is found, for messages."""
    if rule.label is not None:
        return f"label {rule.label!r}"
    return repr(rule.css) if rule.css is not None else f"field {rule.name!r}"
