"""What each good answer of a page kind has, and what an answer lacks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.errors import ExtractError
from crawler.extract.chain import ChainField
from crawler.extract.chain_table import root
from crawler.extract.conditions import CompiledCondition
from crawler.extract.described import source
from crawler.extract.finding import short
from crawler.extract.rules import Condition, ExpectRule, Format, language_of

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["Expectation"]


class Expectation:
    """One `expect` of a page kind, ready for work."""

    def __init__(self, rule: ExpectRule, format: Format) -> None:
        self._rule = rule
        language = language_of(format)
        self._field = ChainField(rule.source, language, language)
        self._condition = CompiledCondition(Condition("", allow=rule.allow, deny=rule.deny))

    def check(self, page: PageView) -> None:
        """See that a page has it; that what is found is empty does not matter, unless `allow` says so.

        Raises:
            ExtractError: `unexpected`.
        """
        reading = self._field.read(root(page), page.given)
        where = source(self._rule.source)
        if not reading.found:
            raise ExtractError("unexpected", f"expect: {where} finds nothing")
        if not self._condition.holds(reading.value):
            raise ExtractError("unexpected", f"expect: {where} is {short(str(reading.value))!r}")
