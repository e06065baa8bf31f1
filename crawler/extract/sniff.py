"""Tell a page from a picture or an archive by its first bytes; and the short way to text in UTF-8.

After https://mimesniff.spec.whatwg.org/, cut down to one question: can records be in it?
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache

from crawler.errors import ExtractError

__all__ = ["check_body", "is_xml", "plain_utf8"]


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\0\0\x01\0", "an icon"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 media"),
    (b"fLaC", "FLAC media"),
    (b"\0asm", "WebAssembly"),
    (b"\x7fELF", "a program"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"SQLite format 3\0", "a database"),
)
_STARTS = tuple(magic for magic, _ in _MAGIC)
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!|\?xml|[a-zA-Z])")
_XML = re.compile(r"\s*<\?xml", re.I).match
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_NO_PAGE = "this page kind reads HTML and XML"
_UNSAID = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
_WIDE_BOM = (b"\xff\xfe", b"\xfe\xff")
_BLANK = b" \t\r\n\x0b\x0c\0"
_HEAD = 1024
_SEEN = 64


def check_body(body: bytes, content_type: str | None) -> None:
    """Pass a body that can be read as HTML or XML.

    Raises:
        ExtractError: `empty` for nothing but white space; `data-not-html` for JSON, JavaScript and plain text, which
            stand where a page should be; `not-html` for what a page may well link to: a picture, an archive, a table.
    """
    if not body or (len(body) < _HEAD and not body.strip(_BLANK)):
        raise ExtractError("empty", "the body is empty" if not body else "the body is only white space")
    if _MARKUP.match(body):
        return  # as nearly all do
    kind = _media(content_type)
    if body.startswith(_STARTS):
        name = next(name for magic, name in _MAGIC if body.startswith(magic))
        raise ExtractError("not-html", f"the body is {name}{_said(kind)}")
    if body[:4] == b"RIFF" or body[4:8] == b"ftyp":
        raise ExtractError("not-html", f"the body is a media file{_said(kind)}")
    if kind == "text/html" or "xml" in kind:
        _reject_binary(body, kind)
        if _JSON.match(body):
            _reject_json(body, kind)
    elif not body.startswith(_WIDE_BOM):
        _reject_data(body, kind)
        raise ExtractError("not-html", f"the body does not start like HTML or XML{_said(kind)}")


def is_xml(text: str, content_type: str | None) -> bool:
    """Tell whether a page is XML that is not XHTML: a feed, a sitemap."""
    kind = _media(content_type)
    if "xhtml" in kind or ("xml" not in kind and not _XML(text, 0, _HEAD)):
        return False
    head = text[:_HEAD].lower()
    return "<html" not in head and "<!doctype html" not in head


def _reject_binary(body: bytes, kind: str) -> None:
    head = body[:_HEAD]
    if head.startswith(_WIDE_BOM) or b"<" in head:
        return
    odd = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head[: _SEEN * 4])
    if odd * 10 > len(head[: _SEEN * 4]):
        raise ExtractError("not-html", f"the body is binary data{_said(kind)}")


def _reject_json(body: bytes, kind: str) -> None:
    """Reject JSON under the name of HTML; a page may begin with a bracket too."""
    with suppress(ValueError, RecursionError):
        json.loads(body)
        raise ExtractError("data-not-html", f"the body is JSON{_said(kind)}; {_NO_PAGE}")


def _reject_data(body: bytes, kind: str) -> None:
    name = None
    if "json" in kind or (_JSON.match(body) and kind in _UNSAID):
        name = "JSON"
    elif "javascript" in kind or "ecmascript" in kind:
        name = "JavaScript"
    elif kind == "text/plain" or (not kind and _is_text(body)):
        name = "plain text"
    if name:
        raise ExtractError("data-not-html", f"the body is {name}{_said(kind)}; {_NO_PAGE}")


def _is_text(body: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in body[:_HEAD])


@lru_cache(maxsize=64)
def _media(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _said(kind: str) -> str:
    return f" (Content-Type: {kind[:60]})" if kind else ""


_DECLARED_WITHIN = 4096
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SAYS_UTF_8 = re.compile(r"[^;,]*;\s*charset=utf-8", re.I).fullmatch
_CHARSET = re.compile(rb"charset(?!=[\"']?utf-8)")


def plain_utf8(body: bytes, content_type: str | None) -> str | None:
    """Return the text of a body that is UTF-8 and that nothing declares otherwise; None of any other: see charset.

    Only a shorter way to what `charset.decode` returns: a body that is UTF-8 throughout is read as UTF-8, with nothing
    to doubt, where no other encoding is declared, and the head that names no other cannot declare one.
    """
    declared = _in_header(content_type)
    if declared != "utf-8" and (declared or _names_other(body[:_DECLARED_WITHIN].lower())):
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
    from crawler.extract.charset import in_header  # late: it knows the labels of all encodings

    return in_header(content_type)


def _names_other(head: bytes) -> bool:
    """Tell whether a head, in lower case, may declare an encoding that is not UTF-8."""
    return b"encoding" in head or _CHARSET.search(head) is not None
