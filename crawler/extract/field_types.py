"""Every type of a field by its name in a config. The function of a type is imported when a field has it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DIGITS", "FIELD_TYPES", "FieldType", "NoteCode"]

DIGITS = 400
"""Most digits of a number before its point, and behind it. A page may say 1e999999999."""


class NoteCode(str):
    """What a function of a type may return in place of a value: the code of a note that says why there is none."""

    __slots__ = ()


class FieldType(NamedTuple):
    """A line of the registry.

    Attributes:
        path: `module:function`. The function makes a value of a text, or returns None where it cannot, and never
            raises. "" where the text itself is the value. The same text gives the same value in every process and at
            any time. It is one of `crawler.model.Value`; a number is finite, with at most DIGITS digits before the
            point and behind it, without an exponent.
        note: code of the note on a text that is no such value; it is explained in docs/failures.md.
        about: what is read, in a few words.
        example: a text that is such a value.
        by_rule: the function is given the FieldRule first, and returns the function of the text.
    """

    path: str
    note: str
    about: str
    example: str = ""
    by_rule: bool = False


FIELD_TYPES: dict[str, FieldType] = {
    "text": FieldType("", "", "the text itself"),
    "int": FieldType("crawler.extract.values:int_reader", "not-a-number", "a whole number", "1,234", by_rule=True),
    "decimal": FieldType("crawler.extract.values:decimal_reader", "not-a-number", "a number", "1,234.50", by_rule=True),
    "money": FieldType(
        "crawler.extract.values:money_reader", "not-money", "an amount with its currency", "£51.77", by_rule=True
    ),
    "bool": FieldType("crawler.extract.values:read_bool", "not-a-bool", "yes or no", "yes"),
    "date": FieldType("crawler.extract.values:date_reader", "not-a-date", "a day", "2024-05-03", by_rule=True),
    "datetime": FieldType(
        "crawler.extract.values:datetime_reader",
        "not-a-date",
        "a day and a time",
        "2024-05-03T10:00:00+02:00",
        by_rule=True,
    ),
    "url": FieldType("", "bad-url", "an address, made absolute"),
    "file": FieldType("", "bad-url", "a file, saved from this address"),
    "list": FieldType("", "", "the text of every match"),
    "any": FieldType("", "", "what the data say: a text, a number, true or false"),
}
