"""Fields of data that need nothing but a path, read a column at a time.

Rows of an answer are alike: what must be done with a value is decided once for a column, as long as all its values are
of plain types, and texts that need no tidying are found by one look at all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from crawler.extract.field_types import FIELD_TYPES, NoteCode
from crawler.extract.paths import compile_path
from crawler.extract.rules import FieldRule
from crawler.extract.text import collapse_whitespace
from crawler.extract.values import converter
from crawler.model import Value

__all__ = ["Column", "column"]

_NONE = type(None)
_ALLOWED = {"any": frozenset({str, int, bool, Decimal, _NONE}), "decimal": frozenset({str, int, Decimal, _NONE})}
_ALLOWED["int"] = frozenset({str, int, _NONE})
_TEXTS = frozenset({str, _NONE})
_BETWEEN = "|"
_GAP = re.compile(r" \||\| |\|\||\ufffd").search
"""White space at the end of a text, an empty text, or one of which something is lost."""


def column(rule: FieldRule) -> Column | None:
    """Return the short way to the values of a field; None where it needs more than a path of names.

    Raises:
        ExtractError: `locale`.
    """
    simple = FieldRule(
        rule.name, type=rule.type, formats=rule.formats, locale=rule.locale, negative=rule.negative, json=rule.json,
        hidden=rule.hidden,
    )  # fmt: skip
    if rule.json is None or simple != rule or rule.type not in FIELD_TYPES or rule.type in ("url", "file", "list"):
        return None
    names = compile_path(rule.json).names
    return Column(names, rule) if names else None


class Column:
    """The values of a field whose path is names only.

    Args:
        names: of the members, from the row on.
    """

    def __init__(self, names: tuple[str, ...], rule: FieldRule) -> None:
        self._names = names
        self._allowed = _ALLOWED.get(rule.type, _TEXTS)
        self._convert = converter(rule)

    def read(self, rows: Sequence[object]) -> list[Value] | None:
        """Return the value in each row; None where one needs the long way: a list, an object, a note."""
        found: list[Any] = list(rows)
        for name in self._names:
            found = [one.get(name) if type(one) is dict else None for one in found]
        kinds = set(map(type, found))
        if not kinds <= self._allowed:
            return None
        if str not in kinds:
            return found
        tidied = _tidied(found)
        if tidied is None or self._convert is None:
            return tidied
        convert = self._convert[0]
        made = [convert(value) if type(value) is str else value for value in tidied]
        whole = not any(
            (new is None and old is not None) or type(new) is NoteCode for new, old in zip(made, tidied, strict=True)
        )
        return made if whole else None


def _tidied(values: list[Any]) -> list[Any] | None:
    """Return a column with the white space of its texts collapsed; None where one needs a note."""
    joined = _BETWEEN.join([value for value in values if type(value) is str])
    if "\\" in joined or "[email" in joined:
        return None
    if joined.isprintable() and "  " not in joined and joined.strip(" |") == joined and not _GAP(joined):
        return values
    found = [(value, False) if type(value) is not str else collapse_whitespace(value) for value in values]
    return None if any(odd for _, odd in found) else [None if value == "" else value for value, _ in found]
