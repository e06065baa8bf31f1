"""Text as a reader sees it: which elements part words, which are hidden, which characters go.

Both engines use these rules, so a text is the same from each.
"""

from __future__ import annotations

import re

__all__ = ["BLOCKS", "BREAK", "CLOSE", "HIDDEN", "MARKED", "OPEN", "VERBATIM", "keep", "signs", "tidy"]

BREAK = "\x1c"
"""Stands where a block begins or ends and for `br`. A control character that counts as white space."""
OPEN = "\x1d"
CLOSE = "\x1e"
"""Stand where an element of MARKED begins and ends; only in the text that labels are looked for in."""

HIDDEN = frozenset({"script", "style", "template", "noscript"})
"""Elements whose text no reader sees. Selected by themselves, their text is taken."""
MARKED = frozenset({"b", "strong", "label", "span", "em", "i"})
VERBATIM = frozenset({"pre", "textarea", "listing"})
"""Elements of which HTML drops a newline right after the start tag; lxml does not."""
_BLOCKS = """address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav ol
    optgroup option p pre search section select summary table tbody td textarea tfoot th thead title tr ul xmp"""
BLOCKS = frozenset(_BLOCKS.split())
"""Elements that stand on a line or in a cell of their own: their text never joins a neighbour's to one word."""

_UNSEEN = dict.fromkeys([0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])
_UNSEEN |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ODD = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(f"\n?{BREAK}[{BREAK}]*\n?")


def tidy(text: str) -> tuple[str, bool]:
    """Text with each run of white space (also no-break spaces) as one space, and none at the ends.

    Zero-width spaces, soft hyphens, byte order marks and marks of writing direction go; they change no meaning.
    Control characters and lone surrogates become U+FFFD.

    Returns:
        The text, and whether it holds U+FFFD: something of it is lost.
    """
    if text.isprintable() and "  " not in text:  # most texts; no other white space is printable
        return text.strip(" "), "\ufffd" in text
    flat = " ".join(text.split())
    if not flat.isprintable():
        flat = " ".join(_ODD.sub("\ufffd", flat.translate(_UNSEEN)).split())
    return flat, "\ufffd" in flat


def keep(text: str) -> tuple[str, bool]:
    """Text with its white space as it stands; where a block or `br` parts it, a line ends. Else as `tidy`."""
    lines = _BREAKS.sub("\n", text.strip(BREAK)) if BREAK in text else text
    clean = _ODD.sub("\ufffd", lines)
    return clean, "\ufffd" in clean


def signs(tag: str, mark: bool) -> tuple[str, str]:
    """Return what stands before and after the text of an element of this name."""
    if tag in BLOCKS:
        return BREAK, BREAK
    return (OPEN, CLOSE) if mark and tag in MARKED else ("", "")
