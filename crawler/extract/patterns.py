"""A config's own patterns, with a time limit: `(a+)+$` on the wrong text would run for years in `re`."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

from crawler.errors import ExtractError

__all__ = ["LIMIT", "MAX_PARTS", "Pattern", "check_pattern", "check_replacement", "compiled"]

LIMIT = 1.0
"""Seconds one search may take."""
MAX_PARTS = 100_000
"""Lines of a text, or parts into which a pattern cuts it: each needs about 100 bytes."""
_SHORT = 200
_SIMPLE = re.compile(r"[^*+?{}|]*[*+]?[^*+?{}|]*")
"""A pattern with one repeat and no alternatives cannot take long on a short text, and to watch the time costs several
times as much as such a search."""


_POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)[*+?]\+")


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern of our own with possessive groups, `(...)*+`, as this Python can have them.

    Before 3.11.5 they are matched wrongly (python/cpython#106052). There the library `regex` has them: plain groups
    would find something else, and take quadratic time on hostile texts.
    """
    if sys.version_info < (3, 11, 5) and ")" in pattern and _POSSESSIVE_GROUP.search(pattern):
        found: re.Pattern[str] = _regex().compile(pattern, int(flags))
        return found
    return re.compile(pattern, flags)


@cache
def _regex() -> Any:
    """The library, loaded by the first pattern: that takes as long as ten pages, and most configs have none."""
    import regex  # type: ignore[import-untyped]  # it ships no types

    return regex


def check_pattern(pattern: str) -> str | None:
    """One line that says what is wrong with a regular expression; None when it is right."""
    try:
        _regex().compile(pattern)
    except _regex().error as error:
        place = f"position {error.pos + 1}: " if error.pos is not None else ""
        return f"{place}{error.msg}"
    except (RecursionError, OverflowError, ValueError) as error:
        return f"cannot be used as a pattern: {type(error).__name__}"
    return None


def check_replacement(pattern: str, replacement: str) -> str | None:
    """As `check_pattern`, for a replacement with `\\1` or `\\g<name>` in it; None too when the pattern is wrong."""
    if check_pattern(pattern) is not None:
        return None
    try:
        # The empty alternative beside the pattern makes a match, and so a use of each group, certain.
        _regex().compile(f"(?:{pattern})|").sub(replacement, "", count=1)
    except (_regex().error, IndexError) as error:
        return f"the replacement is wrong: {error}"
    return None


class Pattern:
    """A compiled pattern; each method raises ExtractError `parse-timeout` after LIMIT seconds."""

    __slots__ = ("_compiled", "_simple", "_source")

    def __init__(self, source: str) -> None:
        self._source = source
        self._simple = _SIMPLE.fullmatch(source) is not None
        try:
            self._compiled = _regex().compile(source)
        except _regex().error as error:
            raise ExtractError("pattern", f"{source!r}: {error}") from error

    def found(self, text: str) -> bool:
        """Tell whether the pattern is anywhere in the text."""
        return self._run("search", text) is not None

    def take(self, text: str) -> str | None:
        """Return the first group of the first match, the whole match where there is no group, None without a match."""
        match = self._run("search", text)
        if match is None:
            return None
        taken: str | None = match[1] if self._compiled.groups else match[0]
        return taken

    def replace(self, replacement: str, text: str) -> str:
        """Return the text with every match replaced."""
        return str(self._run("sub", replacement, text))

    def split(self, text: str) -> list[str]:
        """Return the parts of the text between the matches.

        Raises:
            ExtractError: `unparsable`: more than MAX_PARTS; and as the others.
        """
        parts, at = [], 0
        try:
            for match in self._compiled.finditer(text, timeout=LIMIT):
                parts.append(text[at : match.start()])
                at = match.end()
                if len(parts) >= MAX_PARTS:
                    raise ExtractError("unparsable", f"{self._source!r} cuts a text into more than {MAX_PARTS:,} parts")
        except TimeoutError:
            raise self._late() from None
        return [*parts, text[at:]]

    def _run(self, method: str, *args: str) -> Any:
        limit = None if self._simple and len(args[-1]) <= _SHORT else LIMIT
        try:
            return getattr(self._compiled, method)(*args, timeout=limit)
        except TimeoutError:
            raise self._late() from None
        except (_regex().error, IndexError) as error:
            raise ExtractError("pattern", f"{self._source!r}: {error}") from error

    def _late(self) -> ExtractError:
        return ExtractError("parse-timeout", f"the pattern {self._source!r} took more than {LIMIT:g} s")
