"""A page kind's rules, compiled once in each worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crawler.extract.fields import FieldPlan, Row
from crawler.extract.labels import Labels
from crawler.extract.lexbor import served_by
from crawler.extract.merged import counts_cells
from crawler.extract.patterns import Pattern
from crawler.extract.recipe import FieldRule, FollowRule, KindRule, TableRule

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["FollowPlan", "KindPlan", "TablePlan", "describe", "page_row", "rows"]


class TablePlan:
    """A table rule ready for work.

    Attributes:
        counts_cells: a field of a row may be found by the number of its cell.
    """

    def __init__(self, rule: TableRule) -> None:
        self.rule = rule
        self.fields = tuple(FieldPlan(field) for field in rule.fields)
        self.counts_cells = rule.each is not None and any(counts_cells(field.css) for field in rule.fields)


class FollowPlan:
    """A follow rule ready for work."""

    def __init__(self, rule: FollowRule) -> None:
        self.rule = rule
        self.carry = tuple(FieldPlan(field) for field in rule.carry)
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
        soup: BeautifulSoup is needed for pages of this kind.
        labels: keys of all labels that its fields ask for.

    Raises:
        ExtractError: a pattern or a locale cannot be used.
    """

    def __init__(self, rule: KindRule, engine: str) -> None:
        self.rule = rule
        self.tables = tuple(TablePlan(table) for table in rule.tables)
        self.follow = tuple(FollowPlan(follow) for follow in rule.follow)
        fields = [field for table in self.tables for field in table.fields]
        fields += [field for follow in self.follow for field in follow.carry]
        self.labels = frozenset(field.key for field in fields if field.key is not None)
        self.soup = rule.python is not None or any(served_by(css, engine) == "bs4" for css in _selectors(rule))


def page_row(page: PageView) -> Row:
    """Return the whole page as what fields are read from."""
    return Row(page, page.document, None, page.labels)


def rows(page: PageView, each: str | None) -> Iterator[Row]:
    """Return the rows of a group in document order; without `each` the page as the only one."""
    if each is None:
        yield page_row(page)
        return
    document = page.document
    for scope in document.select(None, each):
        page.check_time()
        yield Row(page, document, scope, Labels(document, scope, page.known))


def _selectors(rule: KindRule) -> Iterator[str]:
    for table in rule.tables:
        yield from filter(None, (table.each, *(field.css for field in table.fields)))
    for follow in rule.follow:
        yield from filter(None, (follow.css, follow.each, *(field.css for field in follow.carry)))


def describe(rule: FieldRule) -> str:
    """Return how a field is found, for messages."""
    if rule.label is not None:
        return f"label {rule.label!r}"
    return repr(rule.css) if rule.css is not None else f"field {rule.name!r}"
