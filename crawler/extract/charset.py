"""Bytes to text, in the order of the WHATWG Encoding and HTML standards: BOM, header, meta, then detection.

https://encoding.spec.whatwg.org/ and https://html.spec.whatwg.org/#determining-the-character-encoding. Where the
bytes contradict what is declared, or nothing is declared and they are not UTF-8, the text is the likeliest reading,
and the note `encoding-doubt` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from crawler.extract.declared import in_head, in_header, in_mark
from crawler.extract.detect import detect, escaped, wide
from crawler.extract.encodings import ONE_BYTE, read
from crawler.model import Note

__all__ = ["decode"]

_HEAD = 4096
_FAR = 65_536
_FEW = 5
_SURE = 10
"""Characters beyond ASCII from which on a text that is valid UTF-8 is UTF-8: by chance less than one in a million."""
_BEYOND = re.compile("[^\0-\x7f]")
_CONTROL = re.compile("[\x80-\x9f]")

_Read = tuple[str, str, str]
"""Text, encoding, and what is doubtful about it, or nothing."""


class Reading(NamedTuple):
    """A body as text.

    Attributes:
        text: without byte order mark, with U+FFFD for what cannot be read and for NUL.
        encoding: the name, in lower case, of the encoding in which it was read; `utf-8` for what is ASCII only.
        notes: `encoding-doubt` when it was read otherwise than declared, when nothing was declared and it is not
            UTF-8, or when it is damaged.
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
        lost = text.count("\0")
        if not doubt and _many(lost, text):
            doubt = f"{lost} NUL characters"
        text = text.replace("\0", "\ufffd")
    return Reading(text, encoding, (Note("", "encoding-doubt", doubt),) if doubt else ())


def _decode(body: bytes, content_type: str | None) -> _Read:
    if mark := in_mark(body):
        name, length = mark
        return _read(body[length:], name)
    header = in_header(content_type)
    head = in_head(body[:_HEAD], xml="xml" in (content_type or "").partition(";")[0].lower())
    declared = header or head
    if declared != "iso-2022-jp" and b"\x1b$" in body and escaped(body):
        return _other(body, "iso-2022-jp", declared)
    if declared is None:
        return _undeclared(body)
    return _declared(body, declared, head if header else None)


def _undeclared(body: bytes) -> _Read:
    text, name = _utf8(body), wide(body) if b"\0" in body else None
    if name is None and text is not None:
        return text, "utf-8", ""
    if name is None and (late := in_head(body[:_FAR], xml=False)):  # where browsers, too, read a page again
        return _declared(body, late, None)
    return _other(body, name or detect(body), None)


def _declared(body: bytes, declared: str, second: str | None) -> _Read:
    """Read a body as declared, unless it is certain that this is wrong.

    Args:
        body: without byte order mark.
        declared: what rules.
        second: what is declared beside it, with less weight.
    """
    if declared == "replacement":
        return _dangerous(body)
    if declared != "utf-8" and (certain := _contradicted(body, declared)):
        return _other(body, certain, declared)
    text, _, doubt = _read(body, declared)
    lost = text.count("\ufffd") if doubt else 0
    if lost and (_many(lost, text) or lost * 2 > len(_BEYOND.findall(text)) or _utf8(body) is not None):
        for name in _others(body, second):
            if name not in {declared, "replacement"} and _fits(reading := read(body, name)):
                return reading, name, f"{_said(declared)}, but {lost} places do not fit; read as {name}"
    if not doubt and declared != "utf-8" and not body.isascii():
        if second and _differs(body, second, text):
            doubt = f"{_said(declared)} by the server, but as {second} in the page; read as {declared}"
        elif not declared.startswith("utf-16") and _utf8(body) is not None:
            doubt = f"{_said(declared)}, but it could be UTF-8 as well; read as {declared}"
    return text, declared, doubt


def _others(body: bytes, second: str | None) -> Iterator[str]:
    if second:
        yield second
    yield "utf-8"
    yield detect(body)


def _contradicted(body: bytes, declared: str) -> str | None:
    """Encoding of a body that is certainly not in the one that is declared."""
    utf8 = _utf8(body)
    if declared in {"utf-16le", "utf-16be"}:
        seen = wide(body)
        if seen is None and utf8 is not None and b"\0" not in body:
            return "utf-8"
        return None if seen == declared else seen
    if utf8 is None or body.isascii():
        return None
    return "utf-8" if declared in ONE_BYTE or len(_BEYOND.findall(utf8)) >= _SURE else None


def _read(body: bytes, name: str) -> _Read:
    """Read a body as it is declared, and say what of it is not valid."""
    if name == "utf-8" and (text := _utf8(body)) is not None:
        return text, name, ""
    text = read(body, name)
    if lost := text.count("\ufffd"):
        return text, name, f"{lost} places are not valid {name}"
    odd = len(_CONTROL.findall(text)) if name in ONE_BYTE else 0
    return text, name, f"{odd} bytes are control characters in {name}" if odd else ""


def _other(body: bytes, name: str, declared: str | None) -> _Read:
    return read(body, name), name, f"{_said(declared)}; read as {name}"


def _dangerous(body: bytes) -> _Read:
    """Read an encoding in which browsers show nothing, because scripts could be hidden in it; none is run here."""
    name = "iso2022_kr" if b"\x1b$)C" in body else "hz" if b"~{" in body else "cp1252"
    text = body.decode(name, "replace")
    return text, "replacement", f"declared in an encoding that browsers refuse; read as {name}"


def _differs(body: bytes, name: str, text: str) -> bool:
    return name not in {"utf-8", "replacement"} and read(body, name) != text


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _fits(text: str) -> bool:
    return "\ufffd" not in text and not _CONTROL.search(text)


def _many(lost: int, text: str) -> bool:
    return lost > max(_FEW, len(text) // 1000)


def _said(declared: str | None) -> str:
    return f"declared as {declared}" if declared else "no encoding is declared"
