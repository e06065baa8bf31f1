"""Which rows count: the conditions of `where` on the values of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from crawler.extract.patterns import Pattern
from crawler.extract.rules import Condition
from crawler.extract.values import as_text
from crawler.model import Money, Value

__all__ = ["CompiledCondition", "fails", "is_filled"]

_FALSE = frozenset({"false", "no", "0", ""})


class CompiledCondition:
    """A condition ready for work.

    Attributes:
        rule: what it was made from.

    Raises:
        ExtractError: `pattern`.
    """

    def __init__(self, rule: Condition) -> None:
        self.rule = rule
        self._one_of = frozenset(rule.one_of)
        self._numbers = frozenset(number for text in rule.one_of if (number := _number(text)) is not None)
        self._allow = tuple(map(Pattern, rule.allow))
        self._deny = tuple(map(Pattern, rule.deny))

    def holds(self, value: Value) -> bool:
        """Tell whether a value passes.

        Raises:
            ExtractError: `parse-timeout`: a pattern took too long.
        """
        rule = self.rule
        if rule.filled is not None:
            return is_filled(value) == rule.filled
        if value is None or value == ():
            return not (rule.one_of or rule.allow or rule.least is not None or rule.most is not None)
        texts = [as_text(part) for part in value] if type(value) is tuple else [_text(value)]
        if rule.one_of and not any(self._is_one(text) for text in texts):
            return False
        if self._allow and not any(pattern.found(text) for text in texts for pattern in self._allow):
            return False
        if any(pattern.found(text) for text in texts for pattern in self._deny):
            return False
        return self._is_within(value)

    def _is_one(self, text: str) -> bool:
        return text in self._one_of or (bool(self._numbers) and _number(text) in self._numbers)

    def _is_within(self, value: Value) -> bool:
        rule = self.rule
        if rule.least is None and rule.most is None:
            return True
        if isinstance(value, date):
            text = value.isoformat()[: len(rule.least or rule.most or "")]
            return (rule.least is None or text >= rule.least) and (
                rule.most is None or value.isoformat()[: len(rule.most)] <= rule.most
            )
        number = value.amount if isinstance(value, Money) else value
        if isinstance(number, bool) or not isinstance(number, int | Decimal):
            return False  # a text that is no number has no place between two
        return (rule.least is None or number >= Decimal(rule.least)) and (
            rule.most is None or number <= Decimal(rule.most)
        )


def fails(conditions: Sequence[CompiledCondition], values: Mapping[str, Value]) -> CompiledCondition | None:
    """Return the first condition that a row does not meet; None when it meets all."""
    return next((one for one in conditions if not one.holds(values.get(one.rule.name))), None)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime | date) else as_text(value)


def is_filled(value: Value) -> bool:
    """Tell whether a value is there and not false, 0, or a text that says so."""
    if isinstance(value, tuple):
        return bool(value)
    if isinstance(value, Money):
        return True
    return bool(value) and (not isinstance(value, str) or value.strip().casefold() not in _FALSE)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
