"""Answers of JSON, and of what is nearly JSON: the value that they hold.

Strict JSON is tried first. JSONP, a prefix against hijacking, one value a line and literals of JavaScript are read
too, with the note `loose-json`. Everything else is a refusal that says what the answer looks like.
"""

from __future__ import annotations

import re

from crawler.errors import ExtractError, one_line
from crawler.extract.js_literal import cut_off, read_literal
from crawler.extract.patterns import compiled
from crawler.extract.strict_json import check_size, read_strict
from crawler.model import Note

__all__ = ["read_json"]

_GAP = r"(?:[\s\ufeff]++|//[^\n\r]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)*+"
_BLANK = compiled(r"[ \t\r\n\ufeff]*+")
_GUARD = compiled(
    r"""\)\]\}'?,? | while\s*+\(\s*+1\s*+\)\s*+; | for\s*+\(\s*+;\s*+;\s*+\)\s*+; | \{\}\s*+&&(?=\s*+[\[{])""", re.X
)
_DOTTED = r"[A-Za-z_$][\w$]*+(?:\.[\w$]++|\[[^\]\[\n]{0,100}\])*+"
_TEST = rf"typeof\s++{_DOTTED}\s*+={{2,3}}\s*+['\"]function['\"]\s*+&&\s*+|{_DOTTED}\s*+&&\s*+"
_CALL = compiled(rf"{_GAP}(?:{_TEST})?(?:{_DOTTED}\s*+)?\(")
_CALLED = compiled(rf"{_GAP}\)\s*+;?{_GAP}")
_LAST = compiled(rf"{_GAP};?{_GAP}")
_COMMENTS = compiled(_GAP)
_HTML = compiled(r"<!doctype\s++html|<(?:html|head|body|title|meta|script|div|p|h1|center)\b", re.I)


def read_json(text: str) -> tuple[object, tuple[Note, ...]]:
    """Return the value of an answer, and the note `loose-json` when it is not quite JSON.

    A value is str, int, Decimal (15 significant digits), bool, None, list or dict in the order of the answer; of a
    name that comes twice the last value counts, as with JSON.parse. A number that no double can hold, or a whole one
    of more than 4,300 digits, stays text.

    Raises:
        ExtractError: `not-json`: the answer is something else, or cut off; `unparsable`: nested deeper than 200, or
            more than 1,000,000 values.
    """
    start = _behind_blank(text, 0)
    check_size(text)
    if start == len(text):
        raise ExtractError("not-json", "the answer is empty")
    found = read_strict(text, start)
    if found is not None and _behind_blank(text, found[1]) == len(text):
        return found[0], ()
    if text[start] == "<":
        what = "an HTML page" if _HTML.search(text, start, start + 2000) else "XML"
        raise ExtractError("not-json", f"the answer is {what}")
    value, what = _loose(text, start)
    return value, (Note("", "loose-json", what),)


def _loose(text: str, at: int) -> tuple[object, str]:
    """Return the value of what is nearly JSON, and what it is."""
    kinds = []
    start = at
    if guard := _GUARD.match(text, at):
        kinds.append("a prefix against hijacking")
        at = _behind_blank(text, guard.end())
    call = _CALL.match(text, at)
    if call is not None:
        kinds.append("JSONP")
        at = _behind_blank(text, call.end())
    try:
        values, strict = _values(text, at, called=call is not None)
    except ExtractError as error:
        if error.code == "not-json" and text[at : at + 1] not in ("[", "{") and not error.detail.startswith("cut off"):
            raise _begins(text, start) from None
        raise
    if len(values) > 1:
        kinds.append("one value a line")
    if not strict or not kinds:
        kinds.append("a JavaScript literal")
    return (values if len(values) > 1 else values[0]), ", ".join(kinds)


def _values(text: str, at: int, *, called: bool) -> tuple[list[object], bool]:
    """Return the values up to the end of a text, and whether each is strict JSON."""
    values: list[object] = []
    every = True
    while True:
        found = read_strict(text, at) if every else None  # once: where it fails it counts all lines before
        if found is not None and text[at] in "[{":
            value, at = found
        else:  # a number, say: a strict reader takes the 1 of `1_000` for a value
            value, at = read_literal(text, at, strict=False)
            every = every and found is not None and found[1] == at
        values.append(value)
        end = (_CALLED if called else _LAST).match(text, at)
        if end is None:
            raise _unfinished(text, at)
        if end.end() == len(text):
            return values, every
        if called or "\n" not in end[0] or ";" in end[0]:
            raise _unfinished(text, end.end())
        at = end.end()


def _behind_blank(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # the pattern matches nothing, too


def _begins(text: str, start: int) -> ExtractError:
    return ExtractError("not-json", f"the answer is text that begins with '{one_line(text[start : start + 40])}'")


def _unfinished(text: str, at: int) -> ExtractError:
    gap = _COMMENTS.match(text, at)
    at = at if gap is None else gap.end()
    if at == len(text) or text.startswith("/*", at):
        return cut_off(text)
    what = one_line(text[at : at + 40])
    return ExtractError("not-json", f"more behind the data, from character {at + 1}: '{what}'")
