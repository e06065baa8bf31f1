"""How wide a column should be, from what is seen in its first rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from crawler.export.cells import Cell

__all__ = ["widths"]

_LEAST, _MOST = 8, 60
_MONEY = 10  # further down may be larger amounts, and Excel shows "####" for one that does not fit
_BUTTON = 3  # the filter's button covers the end of the header


def widths(rows: Iterable[Sequence[Cell | None]]) -> list[float]:
    """The widths of all columns in characters, 8 to 60; the first row is the header."""
    columns = list(zip(*rows, strict=True))
    return [_clamp(max(_seen(header) + _BUTTON, *map(_seen, cells), 0)) for header, *cells in columns]


def _clamp(width: float) -> float:
    return float(min(max(width + 2, _LEAST), _MOST))


def _seen(cell: Cell | None) -> int:
    if cell is None:
        return 0
    if cell.style.width:
        return cell.style.width
    if cell.style.money:
        return max(_MONEY, len(cell.style.prefix) + len(f"{float(cell.text):,.2f}"))
    text = cell.text[:_MOST]
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    """2 for the wide characters of East Asia, 0 for marks that stand on another one (Unicode Annex 11)."""
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
