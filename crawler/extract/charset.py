"""Bytes to text, in the order of the WHATWG Encoding and HTML standards: BOM, header, meta, then detection.

https://encoding.spec.whatwg.org/ and https://html.spec.whatwg.org/#determining-the-character-encoding. Only text
encodings of that list are used, whatever a page names. Two places go beyond the standard, both with the note
`encoding-doubt`: a declared encoding that does not fit the bytes gives way to one that does, and bytes that are UTF-8
throughout are read as UTF-8 although a one-byte encoding is declared.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from crawler.model import Note

__all__ = ["Reading", "codec", "decode", "plain_utf8"]

_HEAD = 4096
_SAMPLE = 65_536
_FEW = 5
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSET = re.compile(rb"charset(?!=[\"']?utf-8)")
_COMMENT = re.compile(rb"<!--.*?-->", re.S)
_XML_CODEC = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")

_ONE_BYTE = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    **{f"iso8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"cp{n}": f"cp{n}" for n in (866, 874, *range(1250, 1259))},
    **{name: name for name in ("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic")},
}
_WIDE = {
    "utf-8": "utf-8",
    "utf-16": "utf-16-le",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "euc_jp": "euc_jp",
    "iso2022_jp": "iso2022_jp",
    "euc_kr": "cp949",
    "cp949": "cp949",
}
_CODECS = _ONE_BYTE | _WIDE
_ALIASES = {
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "unicode": "utf-16-le",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-x-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "x-euc-jp": "euc_jp",
    "ks_c_5601-1989": "cp949",
    "windows-949": "cp949",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "dos-874": "cp874",
    "koi": "koi8-r",
    "koi8": "koi8-r",
}


def plain_utf8(body: bytes, content_type: str | None) -> str | None:
    """Return the text of a body that is UTF-8 and that nothing declares otherwise; None of any other: see decode.

    Only a shorter way to what `decode` returns: a body that is UTF-8 throughout is read as UTF-8, with nothing to
    doubt, where no other encoding is declared, and the head that names no other cannot declare one.
    """
    declared = _header(content_type)
    if declared != "utf-8" and (declared or _names_other(body[:_HEAD].lower())):
        return None
    if body.startswith(_BOMS) or b"\0" in body:
        return None
    return _strict(body, "utf-8")


class Reading(NamedTuple):
    """A body as text.

    Attributes:
        text: without BOM, with U+FFFD for what cannot be read and for NUL.
        encoding: in which it was read, by the name of the Encoding Standard, in lower case.
        notes: `encoding-doubt` when it was read otherwise than declared or is damaged.
    """

    text: str
    encoding: str
    notes: tuple[Note, ...] = ()


def decode(body: bytes, content_type: str | None) -> Reading:
    """Read a body.

    Args:
        body: as it came, no longer compressed.
        content_type: the header's value, or None.
    """
    text, encoding, doubt = _decode(body, content_type)
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return Reading(text, _standard(encoding), (Note("", "encoding-doubt", doubt),) if doubt else ())


def codec(label: str | None) -> str | None:
    """Name of the Python codec for a WHATWG label; None for one that is no text encoding of the web."""
    if not label:
        return None
    name = label.strip(" \t\r\n\f\"'").lower()
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        return _CODECS.get(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return None


def _standard(name: str) -> str:
    """The standard's name of a codec; its GBK is read as gb18030, of which it is a part."""
    return _NAMES.get(name) or name.replace("cp125", "windows-125").replace("iso8859", "iso-8859")


_NAMES = {"gb18030": "gbk", "big5hkscs": "big5", "cp932": "shift_jis", "euc_jp": "euc-jp", "iso2022_jp": "iso-2022-jp"}
_NAMES |= {"cp949": "euc-kr", "cp866": "ibm866", "cp874": "windows-874", "mac-roman": "macintosh"}
_NAMES |= {"mac-cyrillic": "x-mac-cyrillic", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be"}


def _decode(body: bytes, content_type: str | None) -> tuple[str, str, str]:
    from w3lib.encoding import read_bom

    bom, mark = read_bom(body)
    if bom is not None and bom != "utf-32-be" and bom != "utf-32-le":
        return body[len(mark or b"") :].decode(bom, "replace"), bom, ""
    header = _header(content_type)
    if header == "utf-8":
        try:
            return body.decode(), "utf-8", ""
        except UnicodeDecodeError:
            pass
    if header is None and body.isascii() and b"\x1b" not in body and b"\0" not in body:
        return body.decode("ascii"), "utf-8", ""
    meta = _meta(body)
    declared = header or meta
    return _declared(body, declared, meta) if declared else _undeclared(body)


@lru_cache(maxsize=64)
def _header(content_type: str | None) -> str | None:
    if not content_type or "charset" not in content_type.lower():
        return None
    from w3lib.encoding import http_content_type_encoding

    return codec(http_content_type_encoding(content_type))


def _names_other(head: bytes) -> bool:
    """Tell whether a head, in lower case, may declare an encoding that is not UTF-8."""
    return b"encoding" in head or _CHARSET.search(head) is not None


def _meta(body: bytes) -> str | None:
    from w3lib.encoding import html_body_declared_encoding

    head = _COMMENT.sub(b" ", body[:_HEAD])
    named = _XML_CODEC.match(head)
    found = codec(named[1].decode("ascii")) if named else None
    found = found or codec(html_body_declared_encoding(head))
    # A meta element that can be read as ASCII is not in UTF-16, whatever it says (HTML standard, prescan).
    return "utf-8" if found in {"utf-16-le", "utf-16-be"} else found


def _declared(body: bytes, declared: str, meta: str | None) -> tuple[str, str, str]:
    if declared in _ONE_BYTE.values() and not body.isascii() and _strict(body, "utf-8") is not None:
        return body.decode(), "utf-8", f"declared as {declared}, but all of it is UTF-8; read as UTF-8"
    text = _strict(body, declared)
    if text is not None:
        return text, declared, ""
    damaged = body.decode(declared, "replace")
    lost = damaged.count("\ufffd")
    if lost > max(_FEW, len(damaged) // 1000):
        for other in (meta, "utf-8", _detect(body)):
            if other and other != declared and (text := _strict(body, other)) is not None:
                return text, other, f"declared as {declared}, but {lost} places do not fit; read as {other}"
    return damaged, declared, f"{lost} places are not valid {declared}"


def _undeclared(body: bytes) -> tuple[str, str, str]:
    text = _strict(body, "utf-8")
    if text is not None:
        return text, "utf-8", ""
    guess = _detect(body) or "cp1252"
    return body.decode(guess, "replace"), guess, f"no encoding is declared; read as {guess}"


def _strict(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except UnicodeDecodeError:
        return None


def _detect(body: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_SAMPLE]).best()
    return codec(best.encoding) if best else None
