"""Convert the text of a field to its type. Text that does not match stays text, with a note; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable

from crawler.extract.dates import read_date, read_datetime
from crawler.extract.numbers import numbers
from crawler.extract.rules import FieldRule
from crawler.model import Value

__all__ = ["Converter", "converter", "read_bool"]

Converter = tuple[Callable[[str], Value], str]
"""A function that gives the value, and the code of the note where it gives None: the text has no such value. A text
that it gives is the code of a note that says why."""

_BOOLS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n"), False),
}


def converter(rule: FieldRule) -> Converter | None:
    """Return how texts of this field become values; None where they stay text. A url needs its page: see fields.

    Raises:
        ExtractError: `locale`: unknown, or its library is not installed.
    """
    formats, locale = rule.formats, rule.locale
    if rule.type in {"int", "decimal", "money"}:
        found = numbers(locale, rule.negative)
        reads: dict[str, Callable[[str], Value]] = {
            "int": found.integer,
            "decimal": found.decimal,
            "money": found.money,
        }
        return reads[rule.type], "not-money" if rule.type == "money" else "not-a-number"
    if rule.type == "bool":
        return read_bool, "not-a-bool"
    if rule.type == "date":
        return lambda text: read_date(text, formats, locale), "not-a-date"
    if rule.type == "datetime":
        return lambda text: read_datetime(text, formats, locale), "not-a-date"
    return None


def read_bool(text: str) -> bool | None:
    """Return what `true`, `yes`, `on`, `1` or their opposites say, in any case; None for any other word."""
    return _BOOLS.get(text.casefold())


def as_text(value: Value) -> str:
    """A value as text, for lists, which hold texts only."""
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value if part != "")
    return "" if value is None else str(value)
