"""A page kind's rules, compiled once in each worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crawler.extract.described import selectors
from crawler.extract.follow import CompiledFollow
from crawler.extract.lexbor import served_by
from crawler.extract.rules import FollowRule, Format, PageRule, TableRule
from crawler.extract.table import CompiledTable

if TYPE_CHECKING:
    from crawler.extract.chain_follow import ChainFollow
    from crawler.extract.chain_table import ChainTable
    from crawler.extract.expect import Expectation
    from crawler.extract.paging import Paging

__all__ = ["CompiledPage"]


class CompiledPage:
    """All rules of a page kind.

    Attributes:
        soup: BeautifulSoup is needed for pages of this kind.
        labels: keys of all labels that its fields ask for.
        paging: how its lists go on.
        expected: what each good answer has.

    Raises:
        ExtractError: a pattern or a locale cannot be used.
    """

    def __init__(self, rule: PageRule, engine: str) -> None:
        self.rule = rule
        self.tables = tuple(_table(table, rule) for table in rule.tables)
        self.follow = tuple(_follow(follow, rule.format, self.tables) for follow in rule.follow)
        self.labels = frozenset[str]().union(*(one.keys for one in (*self.tables, *self.follow)))
        self.paging = None if rule.paginate is None else _paging(rule)
        self.expected = tuple(_expected(rule)) if rule.expect else ()
        self.soup = rule.python is not None or any(served_by(css, engine) == "bs4" for css in _selectors(rule))


def _paging(rule: PageRule) -> Paging:
    from crawler.extract.paging import Paging  # late: most jobs have none

    assert rule.paginate is not None
    return Paging(rule.paginate, rule.name, rule.format)


def _expected(rule: PageRule) -> Iterator[Expectation]:
    from crawler.extract.expect import Expectation  # late: most jobs have none

    yield from (Expectation(one, rule.format) for one in rule.expect)


def _table(table: TableRule, kind: PageRule) -> CompiledTable | ChainTable:
    """The short way where CSS and labels are all that a table needs: then nothing of the other one is loaded."""
    kept = any(follow.of_rows for follow in kind.follow)
    if kind.format == "html" and not (table.levels or table.where or kept) and all(rule.plain for rule in table.fields):
        return CompiledTable(table)
    from crawler.extract.chain_table import ChainTable

    return ChainTable(table, kind.format, keeps=kept)


def _follow(
    follow: FollowRule, format: Format, tables: Sequence[CompiledTable | ChainTable]
) -> CompiledFollow | ChainFollow:
    if follow.source is None:
        return CompiledFollow(follow)
    from crawler.extract.chain_follow import ChainFollow

    return ChainFollow(follow, format, tables[0] if tables and not isinstance(tables[0], CompiledTable) else None)


def _selectors(rule: PageRule) -> Iterator[str]:
    for table in rule.tables:
        yield from filter(None, (table.each,))
        yield from selectors(table.levels)
        yield from selectors(table.fields)
    for follow in rule.follow:
        yield from filter(None, (follow.each, follow.css))
        yield from selectors(follow.levels)
        yield from selectors((*follow.carry, *filter(None, (follow.source,))))
