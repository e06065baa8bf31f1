"""Values that a page is given, as they are written on the command line: `--with id=17`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from decimal import Decimal

from crawler.extract.values import as_text
from crawler.model import Value

__all__ = ["read_value", "values_text"]


def values_text(values: Mapping[str, Value]) -> str:
    """Values as they are written behind `--with`: `id=17 city='New York'`."""
    return " ".join(f"{name}={shlex.quote(_written(value))}" for name, value in values.items() if value is not None)


def _written(value: Value) -> str:
    if isinstance(value, str):
        return value if read_value(value) == value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool) else as_text(value)


def read_value(text: str) -> str | int | Decimal:
    """Return the value that `--with` names: a number or true or false as JSON has it, or a text; "17" is a text too."""
    try:
        value = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return text
    return value if type(value) in (str, int, bool, Decimal) else text
