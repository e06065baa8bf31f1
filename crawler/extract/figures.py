"""The text of a number or a date, where raised digits and digits of several elements are told apart.

`12<sup>99</sup>` and `<b>12</b><b>99</b>` are not 1299. What is clear is read: two raised digits behind a whole amount
of money are its cents, so are two digits in an element of their own where a currency is written, and a raised mark in
brackets, or a star, leads to a footnote. Digits that each have an element of their own are one number.
"""

from __future__ import annotations

import re
import unicodedata

from crawler.extract.text import CLOSE, OPEN, RAISED

__all__ = ["figure", "raised"]

_UP = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MARKS = str.maketrans("", "", OPEN + CLOSE)
_FOOTNOTE = re.compile(r"\[[^][]{1,9}\]|\([^()]{1,9}\)|[*†‡§¶]{1,3}")
_SEAM = f"[{OPEN}{CLOSE}]+"
_RUN = re.compile(rf"\d+(?:{_SEAM}\d+)+")
_NUMBER = re.compile(r"\d(?:[\d.,'’٫٬\u00a0\u2009\u202f ]*\d)?$")
_CURRENCY = re.compile(r"\b(?:[A-Z]{3}|kr|zł|Kč|руб|lei|Fr|Rs)\b")


def raised(text: str) -> str:
    """Return a text with raised digits behind a digit as what they are: `10⁶`. Other raised text joins as it stands."""
    parts = text.split(RAISED)
    for at in range(1, len(parts), 2):
        if parts[at - 1][-1:].isdigit():
            parts[at] = parts[at].translate(_UP)
    return "".join(parts)


def figure(text: str, kind: str, point: str) -> tuple[str, bool]:
    """Return a text of Document.figures as a number or a date is read from it, and whether that is in doubt.

    Args:
        kind: field type: `money` and `decimal` may have cents.
        point: the sign between whole and decimal places.
    """
    if RAISED not in text and not _RUN.search(text):  # most, with an icon or a name beside the number
        return text.translate(_MARKS), False
    priced = kind in {"money", "decimal"} and _priced(text.translate(_MARKS))
    done, doubt = _lowered(text, point, cents=kind == "money" or priced) if RAISED in text else (text, False)
    found = _RUN.search(done)
    if found is not None:
        joined, more = _joined(done, found, point if priced else "")
        done, doubt = joined, doubt or more
    return done.translate(_MARKS), doubt


def _lowered(text: str, point: str, *, cents: bool) -> tuple[str, bool]:
    parts = text.split(RAISED)
    done, doubt = parts[0], False
    for at, part in enumerate(parts[1:], 1):
        inner = part.translate(_MARKS).strip()
        before = done.translate(_MARKS)
        if at % 2 == 0 or not before[-1:].isdigit():
            done += part
        elif _FOOTNOTE.fullmatch(inner):
            continue
        elif cents and len(inner) == 2 and inner.isdigit() and _whole(before, point):
            done += point + inner
        else:
            done += inner.translate(_UP)
            doubt = doubt or inner[:1].isdigit()
    return done, doubt


def _joined(text: str, found: re.Match[str], point: str) -> tuple[str, bool]:
    """Put together the digits of several elements; `point` is "" where the last two cannot be cents."""
    runs = [re.split(_SEAM, run) for run in _RUN.findall(text)]
    if all(len(digits) == 1 for run in runs for digits in run):
        return text, False
    behind = text[found.end() :].translate(_MARKS)
    if point and len(runs) == 1 and len(runs[0]) == 2 and len(runs[0][1]) == 2 and behind[:1] not in (",", ".", "'"):
        before = text[: found.end()].translate(_MARKS)[:-2]
        if _whole(before, point):
            return before + point + runs[0][1] + behind, False
    return _RUN.sub(lambda run: re.sub(_SEAM, " ", run[0]), text), True


def _whole(before: str, point: str) -> bool:
    """Tell whether a text ends with a number that has no decimal places."""
    number = _NUMBER.search(before)
    return number is not None and point not in number[0]


def _priced(text: str) -> bool:
    return any(unicodedata.category(char) == "Sc" for char in text) or _CURRENCY.search(text) is not None
