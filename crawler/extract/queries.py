"""The query of a link in the encoding of its page, as browsers send it; the rest of a URL is always UTF-8.

https://url.spec.whatwg.org/#query-state and #string-percent-encode-after-encoding. Encodings have the names of the
Encoding Standard (https://encoding.spec.whatwg.org/), in lower case. Python's codecs write most of them as it says; the
others are here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import cache

from crawler.urls import MAX_LENGTH

__all__ = ["encoded_in", "with_query_in"]

_TRIM = "".join(map(chr, range(0x21)))
_DROP = {ord(c): None for c in "\t\n\r"}
_UNSAFE = re.compile(rb"[^!$%&()*+,\-./0-9:;=?@A-Z\[\]_a-z|~\\^`{}]").sub
_AS_UTF_8 = frozenset({"utf-8", "utf-16le", "utf-16be", "replacement"})
_PYTHON = {
    "euc-kr": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "macintosh": "mac-roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
}


def with_query_in(encoding: str, href: str) -> str:
    """Return a link with its query percent-encoded where that is not ASCII; all else is left as it stands.

    A character that the encoding lacks becomes `%26%23NNNN%3B`, its number in HTML.

    Args:
        encoding: in which the page was read.
    """
    if href.isascii() or encoding in _AS_UTF_8 or len(href := href.strip(_TRIM)) > MAX_LENGTH:
        return href
    address, mark, fragment = href.translate(_DROP).partition("#")
    front, question, query = address.partition("?")
    if query.isascii():
        return href
    return f"{front}{question}{_UNSAFE(_escape, _encoded(encoding, query)).decode('ascii')}{mark}{fragment}"


def encoded_in(encoding: str, text: str) -> bytes:
    """Return a text of a form in an encoding; a character that this lacks becomes `&#NNNN;`."""
    if encoding in _AS_UTF_8:
        return text.encode("utf-8", "replace")
    if encoding == "iso-2022-jp":
        return text.encode(encoding, "xmlcharrefreplace")
    write = _WRITERS.get(encoding) or _plain(encoding)
    return b"".join((char.encode() if char.isascii() else write(char)) or b"&#%d;" % ord(char) for char in text)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in match[0])


def _encoded(encoding: str, query: str) -> bytes:
    write = _WRITERS.get(encoding) or _plain(encoding)
    pieces = [(char.encode() if char.isascii() else write(char)) or _number(char) for char in query]
    if encoding == "iso-2022-jp":  # its characters are not written one by one: where it changes to ASCII is said once
        kept = (char if piece[:1] != b"%" else piece.decode() for char, piece in zip(query, pieces, strict=True))
        return "".join(kept).encode(encoding)
    return b"".join(pieces)


def _number(char: str) -> bytes:
    number = ord(char)
    return b"%%26%%23%d%%3B" % (0xFFFD if 0xD800 <= number < 0xE000 else number)


@cache
def _plain(encoding: str) -> Callable[[str], bytes]:
    try:
        codec = codecs.lookup(_PYTHON.get(encoding, encoding))
    except LookupError:  # x-user-defined: no character beyond ASCII can be written
        return lambda char: b""
    return lambda char: codec.encode(char, "ignore")[0]


def _gbk(char: str) -> bytes:
    return b"\x80" if char == "€" else char.encode("gbk", "ignore")


def _big5(char: str) -> bytes:
    raw = char.encode("big5hkscs", "ignore") or char.encode("cp950", "ignore")
    return raw if raw >= b"\xa1" else b""  # characters of Hong Kong are read, never written


def _shift_jis(char: str) -> bytes:
    raw = _YEN.get(char) or char.encode("cp932", "ignore")
    return _ibm()[char] if raw[:1] in (b"\xed", b"\xee") else raw


def _euc_jp(char: str) -> bytes:
    """The same characters as in Shift_JIS (JIS X 0208), in other places."""
    raw = _YEN.get(char) or char.encode("cp932", "ignore")
    if len(raw) == 1:
        return raw if raw < b"\x80" else b"\x8e" + raw
    if not raw or raw[0] > 0xEF:
        return b""
    lead, trail = raw[0] - (0x81 if raw[0] < 0xA0 else 0xC1), raw[1] - (0x40 if raw[1] < 0x7F else 0x41)
    return bytes([0xA1 + 2 * lead + trail // 94, 0xA1 + trail % 94])


_YEN = {"¥": b"\\", "‾": b"~"}


@cache
def _ibm() -> dict[str, bytes]:
    """Characters of IBM, which stand twice in Shift_JIS; the standard writes the place that Python does not."""
    places = [bytes([lead, trail]) for lead in (0xFA, 0xFB, 0xFC) for trail in range(0x40, 0xFD)]
    return {char: raw for raw in places if len(char := raw.decode("cp932", "ignore")) == 1}


_WRITERS: dict[str, Callable[[str], bytes]] = {
    "gbk": _gbk,
    "big5": _big5,
    "shift_jis": _shift_jis,
    "euc-jp": _euc_jp,
}
