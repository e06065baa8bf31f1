"""Numbers as text, for a person."""

from __future__ import annotations

import math

__all__ = ["short_number"]

_SMALL = 1e-4  # below it `g` writes an exponent


def short_number(value: float, digits: int = 3) -> str:
    """So many significant digits, all of the whole part, never an exponent: `0.5`, `12.5`, `1,234`."""
    if abs(value) >= 10**digits - 0.5:
        return f"{value:,.0f}"
    if 0 < abs(value) < _SMALL:
        return f"{value:.{digits - 1 - math.floor(math.log10(abs(value)))}f}"
    return f"{value:.{digits}g}"
