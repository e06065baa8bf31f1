"""What a start URL may hold in braces: ranges such as `{1..50}` and `{0..200..20}`, and lists such as `{de,at}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from math import prod

__all__ = ["MOST", "expand", "first", "is_range", "numbers", "size", "without"]

MOST = 1_000_000
"""Addresses that one start may mean."""
_RANGE = r"\d{1,18}\.\.\d{1,18}(?:\.\.\d{1,18})?"
_BRACES = re.compile(rf"(?a)\{{({_RANGE}|[^{{}},]*(?:,[^{{}},]*)+)\}}")
_A_RANGE = re.compile(rf"(?a){_RANGE}")


def is_range(text: str) -> bool:
    """Whether a text is `a..b`, or `a..b..step`."""
    return _A_RANGE.fullmatch(text) is not None


def numbers(text: str) -> list[str]:
    """The numbers of a range, as they are written in a URL.

    >>> numbers("08..10"), numbers("3..1"), numbers("0..50..20")
    (['08', '09', '10'], ['3', '2', '1'], ['0', '20', '40'])
    """
    begin, end, step = _parts(text)
    width = _width(text)
    counted = range(begin, end + 1, step) if begin <= end else range(begin, end - 1, -step)
    return [str(number).zfill(width) for number in counted]


def expand(url: str) -> Iterator[str]:
    """The URLs of one with ranges and lists, all combinations.

    `{1..3}` counts up, `{3..1}` down, `{01..12}` keeps the zeros, `{0..60..20}` takes steps, `{a,b}` is a, then b.

    >>> list(expand("/{de,at}/page-{9..10}.html"))
    ['/de/page-9.html', '/de/page-10.html', '/at/page-9.html', '/at/page-10.html']
    """
    if "{" not in url:
        yield url
        return
    parts = _BRACES.split(url)
    for chosen in product(*map(_choices, parts[1::2])):
        yield "".join(text + one for text, one in zip(parts[::2], (*chosen, ""), strict=True))


def size(url: str) -> int:
    """How many URLs one with ranges and lists means; 0 where a range has a step of 0."""
    return prod(_size(text) for text in _BRACES.split(url)[1::2])


def first(url: str) -> str:
    """The first of these URLs, without making the others."""
    return _BRACES.sub(lambda found: _first(found[1]), url)


def without(url: str) -> str:
    """A URL without its ranges and lists."""
    return _BRACES.sub("", url)


def _parts(text: str) -> tuple[int, int, int]:
    begin, end, *step = map(int, text.split(".."))
    return begin, end, step[0] if step else 1


def _width(text: str) -> int:
    """How many digits each number has, 0 for as many as it needs."""
    ends = text.split("..")[:2]
    return max(map(len, ends)) if any(end.startswith("0") and len(end) > 1 for end in ends) else 0


def _first(text: str) -> str:
    return str(_parts(text)[0]).zfill(_width(text)) if is_range(text) else text.split(",", 1)[0]


def _choices(text: str) -> list[str]:
    return numbers(text) if is_range(text) else text.split(",")


def _size(text: str) -> int:
    if not is_range(text):
        return text.count(",") + 1
    begin, end, step = _parts(text)
    return abs(end - begin) // step + 1 if step else 0
