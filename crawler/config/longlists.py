"""Long lists of simple texts, as 100,000 start URLs, read without the YAML parser: it would take seconds.

The first line of such a list stays, the other lines are blanked, so that all else keeps its place. The builder
puts the items back where it meets the first one. If it does not meet it as a list item (the lines stood in a
block of text), nothing is lost: the text is parsed again as it was.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["LongList", "item", "take_out"]

_LEAST = 1000
_LINE = r"""( *)- +(?:([A-Za-z/][!-~]*)(?<!:)|'([^'\x00-\x1f\x7f-\uffff]*)'|"([ !#-\[\]-~]*)") *"""


class LongList(NamedTuple):
    """Lines `first` to `last` (from 0, both included), each one list item."""

    first: int
    last: int


def take_out(lines: list[str]) -> tuple[list[str], list[LongList]]:
    """The lines with the long lists blanked but for their first lines, and where those lists stand."""
    found = _find(lines)
    kept = list(lines)
    for one in found:
        kept[one.first + 1 : one.last + 1] = [""] * (one.last - one.first)
    return kept, found


def item(line: str) -> tuple[int, str, bool, int] | None:
    """Column, text, whether it has no quotes, and end column of a line that is one list item; else None."""
    found = re.fullmatch(_LINE, line)
    if found is None:
        return None
    number = found.lastindex or 2
    quotes = number > 2
    return found.start(number) - quotes, found[number], not quotes, found.end(number) + quotes


def _find(lines: list[str]) -> list[LongList]:
    found: list[LongList] = []
    if len(lines) < _LEAST:
        return found
    fullmatch = re.compile(_LINE).fullmatch
    first, indent = 0, None
    for number, line in enumerate([*lines, ""]):
        match = fullmatch(line)
        here = match[1] if match else None
        if here != indent:
            if indent is not None and number - first >= _LEAST:
                found.append(LongList(first, number - 1))
            first, indent = number, here
    return found
