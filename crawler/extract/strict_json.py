"""JSON by RFC 8259, read by the standard library's C reader: https://www.rfc-editor.org/rfc/rfc8259

Numbers stay as they are written: an int, else a Decimal of 15 significant digits, which is what every reader of JSON
keeps. A float would turn 51.5 into what binary fractions make of it.
"""

from __future__ import annotations

import json
import re
import threading
from decimal import Context, Decimal, Overflow, Subnormal
from json import JSONDecodeError

from crawler.errors import ExtractError
from crawler.extract.patterns import compiled

__all__ = ["MAX_DEPTH", "check_size", "number", "read_strict", "too_deep", "whole"]

MAX_DEPTH = 200
"""Objects and lists within each other; data of real sites has below 20."""
_MAX_VALUES = 1_000_000  # about 100 MB of Python objects
_MAX_DIGITS = 4_300  # of a whole number; Python refuses to read 4301 digits, and takes quadratic time for fewer
_SMALLEST = -307
_DIGITS = Context(prec=15, Emin=_SMALLEST, Emax=308, traps=[])  # the range of a double
_MAYBE = compiled(r"(?:\[\s*+)*+(?:\{\s*+[\"}]|[\]\"0-9tfn-])")  # a refusal by the decoder counts all lines before it
_LONE = compiled(
    r"""(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"""
)


def number(text: str) -> int | Decimal | str:
    """Return the number that a text of JSON's shape is; outside a double's range or of over 300 digits, the text."""
    if text.lstrip("+-").isdecimal():
        return int(text) if len(text) <= _MAX_DIGITS else text
    value = _DIGITS.create_decimal(text)
    return value if value.is_finite() and value.adjusted() >= _SMALLEST else text


def _whole_number(text: str) -> int | str:
    return int(text) if len(text) <= _MAX_DIGITS else text


def _constant(name: str) -> object:
    raise JSONDecodeError(f"{name} is not JSON", name, 0)


_CAREFUL = json.JSONDecoder(parse_float=number, parse_int=_whole_number, parse_constant=_constant)
"""Also of numbers that no double can hold, and of those with thousands of digits."""


class _Fast(threading.local):
    """Reads numbers without a call of Python for each; each thread has one, for the flags of its context."""

    def __init__(self) -> None:
        self._context = Context(prec=15, Emin=_SMALLEST, Emax=308, traps=[])
        self._decoder = json.JSONDecoder(parse_float=self._context.create_decimal, parse_constant=_constant)

    def decode(self, text: str, at: int) -> tuple[object, int]:
        """Return the JSON value that begins at `at`, and the index behind it.

        Raises:
            ValueError: there is none; or a number needs the careful reader.
        """
        self._context.clear_flags()
        found = self._decoder.raw_decode(text, at)
        if self._context.flags[Overflow] or self._context.flags[Subnormal]:
            raise ValueError("a number that no double can hold")
        return found


_FAST = _Fast()


def check_size(text: str) -> None:
    """Refuse a text of too many values before memory is spent on them.

    Raises:
        ExtractError: `unparsable`: more than 1,000,000 values.
    """
    # An object needs twice as much as any other value.
    if text.count(",") + text.count("[") + 2 * text.count("{") > _MAX_VALUES:
        raise ExtractError("unparsable", f"more than {_MAX_VALUES:,} values")


def too_deep() -> ExtractError:
    """Return the refusal of data nested deeper than MAX_DEPTH."""
    return ExtractError("unparsable", f"objects and lists nested deeper than {MAX_DEPTH}")


def read_strict(text: str, at: int = 0) -> tuple[object, int] | None:
    """Return the JSON value that begins at `at` and the index behind it; None when none does.

    Also None when it is nested so deep that the C reader gives up; where exactly that is depends on the version of
    Python and on the caller, so the limit is checked by who reads on.

    Raises:
        ExtractError: `unparsable`: nested deeper than MAX_DEPTH.
    """
    if not _MAYBE.match(text, at):
        return None
    try:
        value, end = _decoded(text, at)
        if text.find("\\ud", at, end) >= 0 or text.find("\\uD", at, end) >= 0:
            value = _CAREFUL.decode(_LONE.sub(_mended, text[at:end]))
    except (JSONDecodeError, RecursionError):
        return None
    if text.count("[", at, end) + text.count("{", at, end) > MAX_DEPTH:
        _check_depth(value)
    return value, end


def _decoded(text: str, at: int) -> tuple[object, int]:
    try:
        return _FAST.decode(text, at)
    except JSONDecodeError:
        raise
    except ValueError:
        return _CAREFUL.raw_decode(text, at)


def whole(text: str) -> str:
    """Return a text with half surrogate pairs, which no file can hold, as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _mended(escape: re.Match[str]) -> str:
    return escape[1] or "\\ufffd"


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            part
            for outer in level
            for part in (outer.values() if type(outer) is dict else outer if type(outer) is list else ())
            if type(part) in (dict, list)
        ]
        if not level:
            return
    raise too_deep()
