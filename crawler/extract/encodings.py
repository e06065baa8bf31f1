"""The encodings of the WHATWG Encoding Standard: their labels, and decoders that give what its indexes say.

https://encoding.spec.whatwg.org/. The labels come from webencodings. Python's codecs are used where they agree with
the standard; what they leave out or map otherwise is here and, for East Asian encodings, in `eastern`. No other codec
is ever used, whatever a page names.
"""

from __future__ import annotations

import codecs
import re
from functools import cache, lru_cache

from crawler.extract import eastern

__all__ = ["ONE_BYTE", "lookup", "read"]

_WESTERN = ("ibm866", "koi8-r", "koi8-u", "macintosh", "x-mac-cyrillic", "windows-874")
ONE_BYTE = frozenset(
    [
        *_WESTERN,
        *(f"iso-8859-{n}" for n in (*range(2, 9), 10, 13, 14, 15, 16)),
        "iso-8859-8-i",
        *(f"windows-{n}" for n in range(1250, 1259)),
    ]
)
"""Encodings of one byte a character, x-user-defined apart: any bytes are a text in most of them."""
_PYTHON = {"iso-8859-8-i": "iso8859-8", "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic"}
_PYTHON |= {"windows-874": "cp874", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
_SPELLINGS = {"cp932": "shift_jis", "cp949": "euc-kr", "cp950": "big5", "big5hkscs": "big5", "cp874": "windows-874"}
_SPELLINGS |= {"shift_jis": "shift_jis", "iso2022_jp": "iso-2022-jp", "mac-roman": "macintosh"}
_SPELLING = re.compile("[a-z0-9_.:-]{1,40}")
_CORRECTED = {
    "koi8-u": {0xAE: "ў", 0xBE: "Ў"},
    "windows-1255": {0xCA: "\u05ba"},
}
_UNDEFINED = "\ufffe"
"""What a table for `codecs.charmap_decode` holds where a byte means nothing."""


@lru_cache(maxsize=256)
def lookup(label: str) -> str | None:
    """Name of the encoding that a label stands for, in lower case; None for what is no encoding of the standard.

    Spellings that the standard lacks but Python knows, as `latin-1` and `euc_jp`, are taken for what they mean.
    """
    from webencodings.labels import LABELS

    label = label.strip("\t\n\f\r ").lower()
    if label in LABELS or not _SPELLING.fullmatch(label):
        return LABELS.get(label)
    try:
        known = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _SPELLINGS.get(known) or LABELS.get(known.replace("_", "-"))


def read(body: bytes, name: str) -> str:
    """Decode as the standard does: whatever is not valid becomes U+FFFD.

    Args:
        body: without byte order mark.
        name: as `lookup` gives it, `replacement` excepted.
    """
    if name in ONE_BYTE or name == "x-user-defined":
        return codecs.charmap_decode(body, "replace", _table(name))[0]
    if name in eastern.DECODERS:
        return eastern.DECODERS[name](body)
    return body.decode(_PYTHON.get(name, name), "replace")


@cache
def _table(name: str) -> str:
    """Return the 256 characters of an encoding of one byte."""
    ascii_half = "".join(map(chr, range(0x80)))
    if name == "x-user-defined":
        return ascii_half + "".join(chr(0xF700 + byte) for byte in range(0x80, 0x100))
    upper = list(bytes(range(0x80, 0x100)).decode(_PYTHON.get(name, name), "replace").replace("\ufffd", _UNDEFINED))
    if name.startswith("windows-"):
        # Where Microsoft's tables have nothing, the standard has the control characters C1.
        upper[:0x20] = [chr(0x80 + at) if char == _UNDEFINED else char for at, char in enumerate(upper[:0x20])]
    for byte, char in _CORRECTED.get(name, {}).items():
        upper[byte - 0x80] = char
    return ascii_half + "".join(upper)
