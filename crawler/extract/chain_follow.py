"""A follow rule whose address is a value like any other: in data, in a script, cut out of a text, made of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from crawler.errors import ExtractError
from crawler.extract.chain import ChainField, Piece
from crawler.extract.chain_table import RowFields, Rows
from crawler.extract.described import links_found_by
from crawler.extract.follow import Follow
from crawler.extract.rules import FieldRule, FollowRule, Format, Language, TableRule
from crawler.extract.sources import Element, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.extract.chain_table import ChainTable
    from crawler.extract.follow import Links
    from crawler.extract.page import PageView
    from crawler.model import Value

__all__ = ["ChainFollow"]

_NOT_SENT = ("no-form", "form-off-site", "form-method", "form-too-large")
"""Codes of forms that are not sent."""


class _Address(ChainField):
    """The addresses that a rule finds in a row; in XML that has no such attribute, the text of an element is one."""

    def __init__(self, rule: FieldRule, language: Language, page: Language, outer: Sequence[Language]) -> None:
        super().__init__(rule._replace(all=rule.nth is None, keep_space=True), language, page, outer)

    def of_data(self, value: object, folded: bool) -> Piece | None:
        return None if isinstance(value, bool) else super().of_data(value, folded)  # `next: false` is the last page

    def of_element(self, element: Element, page: PageView) -> str | None:
        found = super().of_element(element, page)
        if found is not None or not page.xml or self.rule.attr != "href":
            return found
        node = element.node if element.node is not None else element.document.root()
        return None if node is None else element.document.text(node)


class ChainFollow(Follow):
    """A follow rule ready for work.

    Attributes:
        keys: of all labels that it asks for.
    """

    def __init__(self, rule: FollowRule, format: Format, table: ChainTable | None = None) -> None:
        super().__init__(rule)
        assert rule.source is not None
        self._table = table if rule.of_rows else None
        if self._table is not None:
            self._table.keeps = True
        self.rows = Rows(format, rule.each, rule.levels) if self._table is None else self._table.rows
        self.source = _Address(rule.source, self.rows.language, self.rows.page, self.rows.outer)
        self.row_fields = RowFields(TableRule("", rule.carry, where=rule.where), self.rows)
        self.keys = frozenset(self.source.keys).union(*(one.keys for one in self.row_fields.fields))
        self._carries = bool(self.row_fields.shown)
        self._hands_over = bool(self.row_fields.fields)
        self._reads_first = bool(rule.where or self.source.names)

    def add(self, links: Links) -> None:
        """Take the links of a page.

        Raises:
            ExtractError: `not-json`, `unparsable`, `parse-timeout`, `selector`, `hook`.
        """
        if self.rule.submit is not None:
            self._submit(links, self.rule.submit)
            return
        matched = False
        for place, row in self._places(links):
            links.page.check_time()
            values = {**row, **self.row_fields.read(place)[0]} if self._reads_first else row
            if self.row_fields.left_out(values) is not None:
                matched = True
                continue
            if self.rule.by_request:
                matched = True
                if links.room(1):
                    self._take(links, place, row, [None])
                continue
            reading = self.source.read(place, values)
            found = reading.value if type(reading.value) is tuple else (reading.value,)
            addresses = [str(one) for one in found if one is not None]
            matched = matched or bool(addresses)
            self._add_row(links, place, row, addresses[: links.room(len(addresses))])
        if not matched:
            links.misses.append(repr(links_found_by(self.rule)))

    def _submit(self, links: Links, css: str) -> None:
        """Send the form for each row, filled in with what the row carries.

        Raises:
            ExtractError: as `add`.
        """
        from crawler.extract.forms import FormReader, templates  # late: few rules send a form

        form: FormReader | None = None
        matched = False
        for place, row in self._places(links):
            links.page.check_time()
            values, notes, _ = self.row_fields.read(place) if self._hands_over else ({}, (), [])
            known = {**links.page.given, **row, **values}
            matched = True
            if self.row_fields.left_out({**row, **values}) is not None or not links.room(1):
                continue
            try:
                form = form or FormReader(links.page, css, templates(self.rule.fill))
                sent = form.submit(known.get)
            except ExtractError as error:
                if error.code not in _NOT_SENT:
                    raise
                links.drop(error.code, 1)
                continue
            if self.patterns and not self.allows(sent.url):
                links.drop("denied", 1)
                continue
            carry = {name: values[name] for name in self.row_fields.shown} if self._carries else None
            links.take(self, sent.url, carry, notes, {**row, **values}, sent.form)
        if not matched:
            links.misses.append(repr(links_found_by(self.rule)))

    def read_rows(self, links: Links) -> None:
        """Read the rows of this kind's table, for a page of which only the links are wanted.

        Raises:
            ExtractError: as `add`.
        """
        if self._table is not None:
            links.kept = self._table.read(links.page).kept

    def _places(self, links: Links) -> Iterator[tuple[Place, dict[str, Value]]]:
        """Yield the rows, and of rows of this kind's table the values of their fields."""
        if self._table is None:
            yield from ((place, {}) for place in self.rows.of(links.page))
        else:
            yield from links.kept

    def _add_row(self, links: Links, place: Place, row: Mapping[str, Value], addresses: list[str]) -> None:
        targets: list[str | None] = []
        for address in addresses:
            url, reason = links.judge(self, address.strip())
            if url is None:
                links.drop(reason, 1)
            else:
                targets.append(url)
        if targets:
            self._take(links, place, row, targets)
        elif self._carries and not addresses and self.row_fields.read(place)[2] and links.room(1):
            links.drop("no-link", 1)

    def _take(self, links: Links, place: Place, row: Mapping[str, Value], targets: list[str | None]) -> None:
        values, notes, _ = self.row_fields.read(place) if self._hands_over else ({}, (), [])
        carry = {name: values[name] for name in self.row_fields.shown} if self._carries else None
        for url in targets:
            links.take(self, url, carry, notes, {**row, **values})
