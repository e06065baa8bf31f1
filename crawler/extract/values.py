"""Convert the text of a field to its type. Text that does not match stays text, with a note; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import cast

from crawler import plugins
from crawler.errors import ConfigError, ExtractError
from crawler.extract.dates import read_date, read_datetime
from crawler.extract.field_types import DIGITS, FIELD_TYPES, NoteCode
from crawler.extract.numbers import numbers
from crawler.extract.rules import FieldRule, Recipe, every_field
from crawler.model import Money, Value

__all__ = ["Converter", "as_text", "check_types", "converter", "fits", "read_bool"]

Read = Callable[[str], Value]
Converter = tuple[Read, str]
"""A function that gives the value, and the code of the note where it gives None: the text has no such value. A
NoteCode that it gives says why."""

_BOOLS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n"), False),
}


def converter(rule: FieldRule) -> Converter | None:
    """Return how texts of this field become values; None where they stay text. A url needs its page: see fields.

    Raises:
        ExtractError: `locale`: unknown, or its library is not installed.
    """
    known = FIELD_TYPES.get(rule.type)
    if known is None:
        return _of_others(rule), "not-of-type"
    if not known.path:
        return None
    function = plugins.load(known.path, f"the type {rule.type}")
    return function(rule) if known.by_rule else function, known.note


def check_types(recipe: Recipe) -> None:
    """Load the types and functions of a recipe that are not ours: what is wrong is better said before the crawl.

    Raises:
        ConfigError: one cannot be loaded.
    """
    for kind in recipe.kinds.values():
        for rule in every_field(kind):
            try:
                if rule.type not in FIELD_TYPES:
                    _load(rule)
                if rule.python is not None:
                    _hook(rule.python, rule.root)
            except ExtractError as error:
                what = "type" if rule.type not in FIELD_TYPES else "function"
                raise ConfigError(f"pages.{kind.name}: the {what} of {rule.name}: {error.detail}") from error


def _load(rule: FieldRule) -> Read:
    """Import the function of a type that another package brings, or of the user's own, beside the config."""
    if ":" in rule.type:
        return cast(Read, _hook(rule.type, rule.root))
    path = plugins.entry_points(plugins.FIELD_TYPES).get(rule.type, "")
    try:
        return cast(Read, plugins.load(path, f"the type {rule.type}"))
    except ConfigError as error:
        raise ExtractError("hook", str(error)) from error


def _hook(name: str, root: str) -> Callable[..., object]:
    from crawler.extract.python_hook import load_hook  # late: most configs have no code of their own

    return load_hook(name, root)


def _of_others(rule: FieldRule) -> Read:
    """The function of somebody else, fenced in: what it raises or returns must not harm the store and the exports.

    It is imported for the first text: `crawler check` compiles rules too, and runs no code that a config names.
    """
    name, load = rule.type, cache(partial(_load, rule))

    def convert(text: str) -> Value:
        read = load()
        try:
            value = read(text)
        except Exception as error:
            raise ExtractError("hook", f"the type {name} raised {type(error).__name__}: {error}") from error
        if fits(value):
            return value
        raise ExtractError("hook", f"the type {name} gave {type(value).__name__}, which a field cannot hold")

    return convert


_PLAIN = {str, bool, date, datetime, type(None), NoteCode}


_MOST: int = 10**DIGITS


def fits(value: object) -> bool:
    """Whether the store and the exports can hold a value, see `field_types.FieldType`."""
    if isinstance(value, Money):
        return type(value.amount) is Decimal and fits(value.amount) and type(value.currency) is str
    if isinstance(value, Decimal):
        return type(value) is Decimal and value.is_finite() and _is_short(value)
    if type(value) is int:
        return -_MOST < value < _MOST
    if type(value) is tuple:
        return all(type(part) is str for part in value)
    return type(value) in _PLAIN


def _is_short(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return value.adjusted() < DIGITS and isinstance(exponent, int) and exponent >= -DIGITS


def int_reader(rule: FieldRule) -> Read:
    """Whole numbers, as the rule says they are written."""
    return numbers(rule.locale, rule.negative).integer


def decimal_reader(rule: FieldRule) -> Read:
    """Numbers, as the rule says they are written."""
    return numbers(rule.locale, rule.negative).decimal


def money_reader(rule: FieldRule) -> Read:
    """Amounts with their currency, as the rule says they are written."""
    return numbers(rule.locale, rule.negative).money


def date_reader(rule: FieldRule) -> Read:
    """Days in the formats of the rule."""

    def read(text: str) -> Value:
        found = read_date(text, rule.formats, rule.locale)
        return NoteCode(found) if isinstance(found, str) else found

    return read


def datetime_reader(rule: FieldRule) -> Read:
    """Moments in the formats of the rule."""

    def read(text: str) -> Value:
        found = read_datetime(text, rule.formats, rule.locale)
        return NoteCode(found) if isinstance(found, str) else found

    return read


def read_bool(text: str) -> bool | None:
    """Return what `true`, `yes`, `on`, `1` or their opposites say, in any case; None for any other word."""
    return _BOOLS.get(text.casefold())


def as_text(value: Value) -> str:
    """A value as text, for lists, which hold texts only."""
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value if part != "")
    return "" if value is None else str(value)
