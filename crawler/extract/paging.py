"""How a list goes on that is asked for by number, offset or cursor: which pages follow one that was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.chain import ChainField
from crawler.extract.chain_table import root
from crawler.extract.conditions import is_filled
from crawler.extract.rules import Format, PaginateRule, language_of
from crawler.model import Ask, Link, Note, Value

if TYPE_CHECKING:
    from crawler.extract.page import PageView
    from crawler.extract.request import CompiledRequest
    from crawler.extract.rules import FieldRule

__all__ = ["Paging"]

MOST_AT_ONCE = 20_000
"""Pages that one answer can lead to."""


class Paging:
    """The `paginate` of a page kind, ready for work."""

    def __init__(self, rule: PaginateRule, kind: str, format: Format) -> None:
        self.rule, self._kind, self._format = rule, kind, format
        self._cursor = self._compiled(rule.cursor)
        self._page_count = self._compiled(rule.page_count)
        self._total = self._compiled(rule.total)
        self._more = self._compiled(rule.more)

    def _compiled(self, rule: FieldRule | None) -> ChainField | None:
        if rule is None:
            return None
        language = language_of(self._format)
        return ChainField(rule, language, language)

    def follow(
        self, page: PageView, request: CompiledRequest, asked: Ask, rows: int
    ) -> tuple[list[Link], tuple[Note, ...]]:
        """Return the links to further pages of the list, and notes.

        Args:
            asked: what this page was asked for with.
            rows: that the page has, before `where`.

        Raises:
            ExtractError: `parse-timeout`, `selector`, `unparsable`.
        """
        if not rows:
            return [], ()
        notes: list[Note] = []
        links: list[Link] = []
        for value in self._next(page, asked.given, notes):
            if len(links) == MOST_AT_ONCE:
                notes.append(Note("", "too-many-links", f"more than {MOST_AT_ONCE:,} further pages"))
                break
            handed = {**asked.given, self.rule.name: value}
            try:
                url = request.next_address(page.url, asked, handed, self.rule.name)
                ask = request.ask(handed)
            except (urls.BadUrl, ExtractError) as error:
                notes.append(Note("", error.code, f"the next page cannot be asked for: {error.detail}"))
                break
            if url is not None:
                links.append(Link(url, self._kind, next=True, ask=ask))
        return links, tuple(notes)

    def _next(self, page: PageView, given: Mapping[str, Value], notes: list[Note]) -> Iterator[Value]:
        now = given.get(self.rule.name, self.rule.first)
        if self._cursor is not None:
            yield from self._next_cursor(page, now, notes)
            return
        assert self.rule.first is not None
        number = now if isinstance(now, int) else self.rule.first
        counted = self._page_count or self._total
        if counted is not None:
            found = _number(self._read(counted, page))
            if found is not None:
                if number == self.rule.first:  # all pages are links of the first
                    yield from self._numbers(found)
                return
            if number == self.rule.first:
                what = "page_count" if counted is self._page_count else "total"
                notes.append(Note("", "no-count", f"{what} finds no number; asked page by page"))
        if self._more is not None and not is_filled(self._read(self._more, page)):
            return
        following = number + self._stride
        if self._allowed(following):
            yield following

    def _next_cursor(self, page: PageView, now: Value, notes: list[Note]) -> Iterator[Value]:
        assert self._cursor is not None
        reading = self._cursor.read(root(page), page.given)
        cursor = reading.value
        if now is None and not reading.found:
            notes.append(Note("", "no-cursor", "cursor finds nothing on the first page, so the list ends with it"))
        if not is_filled(cursor) or cursor == now:
            return
        if self._more is not None and not is_filled(self._read(self._more, page)):
            return
        yield cursor

    def _numbers(self, count: int) -> Iterator[int]:
        """The numbers of all pages but the first."""
        rule = self.rule
        assert rule.first is not None
        pages = count if self._page_count is not None else -(-count // rule.step)
        for index in range(1, pages):
            if not self._allowed(rule.first + index * self._stride):
                return
            yield rule.first + index * self._stride

    @property
    def _stride(self) -> int:
        return self.rule.step if self.rule.name == "offset" else 1

    def _allowed(self, number: int) -> bool:
        """Whether `max_pages` lets a page through."""
        assert self.rule.first is not None
        return self.rule.most is None or (number - self.rule.first) // self._stride < self.rule.most

    @staticmethod
    def _read(field: ChainField, page: PageView) -> Value:
        return field.read(root(page), page.given).value


def _number(value: Value) -> int | None:
    text = str(value).replace(",", "").replace("\N{NO-BREAK SPACE}", "").strip() if value is not None else ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and abs(number) < 10**12 else None
