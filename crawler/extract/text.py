"""Text as a reader sees it: which elements separate words, which are hidden, which characters are dropped.

Both engines use these rules, so a text is the same from each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = [
    "BLOCKS",
    "BREAK",
    "CLOSE",
    "FIGURES",
    "HIDDEN",
    "LABELS",
    "MARKED",
    "OPEN",
    "RAISED",
    "TEXT",
    "UNSEEN",
    "Signs",
    "collapse_whitespace",
    "hides",
    "keep_whitespace",
    "named",
]

BREAK = "\x1c"
"""Stands where a block begins or ends and for `br`. A control character that counts as white space."""
OPEN = "\x1d"
CLOSE = "\x1e"
"""Stand where an element of MARKED begins and ends, only in the text that labels are looked for in; and where any
element inside a line does, only in that of numbers and dates."""
RAISED = "\x1f"
"""Stands where `sup` begins and ends: `12<sup>99</sup>` is not 1299."""

HIDDEN = frozenset({"script", "style", "template", "noscript"})
"""Elements whose text no reader sees. Selected by themselves, their text is taken."""
MARKED = frozenset({"b", "strong", "label", "span", "em", "i"})
_BLOCKS = """address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav ol
    optgroup option p pre search section select summary table tbody td textarea tfoot th thead title tr ul xmp"""
BLOCKS = frozenset(_BLOCKS.split())
"""Elements that stand on a line or in a cell of their own: their text never joins a neighbour's to one word."""


_HIDING = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.I)
_UNSEEN = dict.fromkeys([0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
_UNSEEN |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
UNSEEN = "".join(map(chr, _UNSEEN))
"""Characters that `tidy` leaves out."""
_ODD = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(f"\n?{BREAK}[{BREAK}]*\n?")


def collapse_whitespace(text: str) -> tuple[str, bool]:
    """Text with each run of white space (also no-break spaces) as one space, and none at the ends.

    Zero-width spaces, soft hyphens, byte order marks and marks of writing direction go; they change no meaning.
    Control characters and lone surrogates become U+FFFD.

    Returns:
        The text, and whether it holds U+FFFD: something of it is lost.
    """
    if text.isprintable() and "  " not in text:  # most texts; no other white space is printable
        return text.strip(" "), "\ufffd" in text
    flat = " ".join(text.replace(RAISED, "").split() if RAISED in text else text.split())
    if not flat.isprintable():
        flat = " ".join(_ODD.sub("\ufffd", flat.translate(_UNSEEN)).split())
    return flat, "\ufffd" in flat


def keep_whitespace(text: str) -> tuple[str, bool]:
    """Text with its white space as it stands; where a block or `br` parts it, a line ends. Else as `tidy`."""
    text = text.replace(RAISED, "")
    lines = _BREAKS.sub("\n", text.strip(BREAK)) if BREAK in text else text
    clean = _ODD.sub("\ufffd", lines)
    return clean, "\ufffd" in clean


def hides(style: str | None) -> bool:
    """Tell whether a `style` keeps its element from being seen."""
    return style is not None and _HIDING.search(style) is not None


def named(attributes: Mapping[str, Any]) -> str:
    """Return the class, the id and the role of an element as one text: see Document.around."""
    names = attributes.get
    return f"{names('class') or ''} {names('id') or ''} role={names('role') or ''}"


class Signs(NamedTuple):
    """What stands before and after the text of each element, by its name.

    Attributes:
        other: for elements that are not named.
        hiding: elements that are hidden by themselves (`hidden`, `style`) are left out.
    """

    named: Mapping[str, tuple[str, str]]
    other: tuple[str, str] = ("", "")
    hiding: bool = False


_COMMON = dict.fromkeys(BLOCKS, (BREAK, BREAK)) | {"sup": (RAISED, RAISED)}
TEXT = Signs(_COMMON)
LABELS = Signs(_COMMON | dict.fromkeys(MARKED, (OPEN, CLOSE)))
FIGURES = Signs(_COMMON, (OPEN, CLOSE), hiding=True)
