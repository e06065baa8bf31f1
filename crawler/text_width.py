"""How many columns a text takes on a terminal, and how many characters wide it is in a spreadsheet.

Letters of East Asia and emoji take two (Unicode Annex 11), marks that stand on another letter none. A sequence that is
shown as one emoji (Unicode Technical Standard 51) takes two in all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["beginning", "columns"]

_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_SKIN_TONES = "\U0001f3fb", "\U0001f3ff"
_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")  # Korean vowels and finals, drawn into the syllable before them


def columns(text: str) -> int:
    """How many columns `text` takes; it has no control characters."""
    return len(text) if text.isascii() else sum(_sizes(text))


def beginning(text: str, width: int) -> str:
    """As much of the beginning of `text` as `width` columns can hold."""
    if text.isascii():
        return text[:width]
    room = width
    for place, size in enumerate(_sizes(text)):
        room -= size
        if room < 0:
            return text[:place]
    return text


def _sizes(text: str) -> Iterator[int]:
    """The columns that each character adds to those before it."""
    before, last = "", 0
    for char in text:
        if char == _EMOJI_STYLE:  # makes an emoji, two columns wide, of a character that has also a narrow form
            last = int(last == 1)
        elif _joins(before, last, char):
            last = 0
        else:
            last = _alone(char)
        before = char
        yield last


def _joins(before: str, last: int, char: str) -> bool:
    """Whether a character is drawn into the emoji before it."""
    if before == _JOINER:
        return unicodedata.category(char) == "So"
    return last == 2 and _SKIN_TONES[0] <= char <= _SKIN_TONES[1]


def _alone(char: str) -> int:
    if char < "\u0300":
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or _JAMO.match(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
