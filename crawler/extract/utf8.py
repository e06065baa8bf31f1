"""The short way to the text of a page in UTF-8, as nearly all are: without what reads other encodings."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["plain_utf8"]

_HEAD = 4096
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SAYS_UTF_8 = re.compile(r"[^;,]*;\s*charset=utf-8", re.I).fullmatch
_CHARSET = re.compile(rb"charset(?!=[\"']?utf-8)")


def plain_utf8(body: bytes, content_type: str | None) -> str | None:
    """Return the text of a body that is UTF-8 and that nothing declares otherwise; None of any other: see charset.

    Only a shorter way to what `charset.decode` returns: a body that is UTF-8 throughout is read as UTF-8, with nothing
    to doubt, where no other encoding is declared, and the head that names no other cannot declare one.
    """
    declared = _in_header(content_type)
    if declared != "utf-8" and (declared or _names_other(body[:_HEAD].lower())):
        return None
    if body.startswith(_MARKS) or b"\0" in body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if text.isascii() and "\x1b" in text else text


@lru_cache(maxsize=64)
def _in_header(content_type: str | None) -> str | None:
    if content_type is None or "charset" not in content_type.lower():
        return None
    if _SAYS_UTF_8(content_type):
        return "utf-8"
    from crawler.extract.declared import in_header  # late: it knows the labels of all encodings

    return in_header(content_type)


def _names_other(head: bytes) -> bool:
    """Tell whether a head, in lower case, may declare an encoding that is not UTF-8."""
    return b"encoding" in head or _CHARSET.search(head) is not None
