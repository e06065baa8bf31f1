"""Bytes to text, in the order of the WHATWG Encoding and HTML standards: BOM, header, meta, detection.

https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding, with its prescan of the first
bytes. Labels become names of the Encoding Standard; one that it does not know names nothing.

An encoding that is not named is told by structure first, where it is certain: escape sequences, NUL bytes, kana. Then
chardet's statistics, over the encodings of the WHATWG Encoding Standard only.

https://encoding.spec.whatwg.org/ and https://html.spec.whatwg.org/#determining-the-character-encoding. Where the
bytes contradict what is declared, or nothing is declared and they are not UTF-8, the text is the likeliest reading,
and the note `encoding-doubt` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from crawler.extract.encodings import ONE_BYTE, lookup, read
from crawler.model import Note

__all__ = ["decode", "detect", "escaped", "in_head", "in_header", "in_mark", "wide"]


_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16le", b"\xfe\xff": "utf-16be"}
_UTF_16 = {"utf-16le", "utf-16be"}

# Possessive throughout: pages are hostile, and nothing here may take more than one look at a byte.
_PARAMETER = re.compile(r"""[;\s,]charset\s*=\s*(?:"([^"]*+)"?|'([^']*+)'?|([^\s;,"']++))""", re.I)
_COMMENT = re.compile(rb"<!--(?:>|->|.*?-->)", re.S)
_TAG = re.compile(rb"<(/?[a-zA-Z][^\s/>]*+)")
_ATTRIBUTE = re.compile(
    rb"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|(?!["'])[^\s>]*+|(["'])))?""",
)
_IN_CONTENT = re.compile(rb"""charset\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s;"'][^\s;]*+))""", re.I)
_XML = re.compile(rb"""\s*+<\?xml[^>]{0,200}?encoding\s*+=\s*+["']([\w.:-]{1,40})["']""")


def in_mark(body: bytes) -> tuple[str, int] | None:
    """Encoding by the byte order mark at the start of a body, and the length of the mark."""
    for mark, name in _MARKS.items():
        if body.startswith(mark):
            return name, len(mark)
    return None


@lru_cache(maxsize=64)
def in_header(content_type: str | None) -> str | None:
    """Encoding by the first `charset` of a Content-Type, of the last one where it was sent twice (RFC 9110, 5.3)."""
    if not content_type or "charset" not in content_type.lower():
        return None
    for media in reversed(content_type.split(",")):
        if found := _PARAMETER.search(media):
            return lookup((found[1] or found[2] or found[3] or "").strip(" \"'"))
    return None


def in_head(head: bytes, *, xml: bool) -> str | None:
    """Encoding by a `meta` element or an XML declaration.

    Args:
        head: the first bytes of a body.
        xml: it was sent as XML, where a `meta` says nothing.
    """
    if head.startswith((b"<\0?\0x\0", b"\0<\0?\0x")):
        return "utf-16be" if head[0] == 0 else "utf-16le"
    name = None if xml else _prescan(head)
    if name is None and (found := _XML.match(head)):
        name = lookup(found[1].decode("ascii"))
    # What can be read as ASCII is not in UTF-16, whatever it says.
    return "utf-8" if name in _UTF_16 else name


def _prescan(head: bytes) -> str | None:
    at = 0
    while (at := head.find(b"<", at)) >= 0:
        if head.startswith(b"<!--", at):
            comment = _COMMENT.match(head, at)
            if comment is None:
                return None
            at = comment.end()
        elif tag := _TAG.match(head, at):
            attributes, at = _attributes(head, tag.end())
            if attributes is None:
                return None
            if tag[1].lower() == b"meta" and (name := _named(attributes)):
                return name
        elif head.startswith((b"<!", b"</", b"<?"), at):
            at = head.find(b">", at)
            if at < 0:
                return None
        else:
            at += 1
    return None


def _attributes(head: bytes, at: int) -> tuple[dict[bytes, bytes] | None, int]:
    """Return the attributes of a tag, names and values in lower case, and where it ends; None: it is cut off."""
    found: dict[bytes, bytes] = {}
    while attribute := _ATTRIBUTE.match(head, at):
        if attribute[3]:  # a quotation mark without its partner
            return None, at
        name, value = attribute[1].lower(), attribute[2] or b""
        found.setdefault(name, value.strip(value[:1] if value[:1] in b"\"'" else b"").lower() if value else b"")
        at = attribute.end()
    return (found, at) if head.find(b">", at) >= 0 else (None, at)


def _named(meta: dict[bytes, bytes]) -> str | None:
    label: bytes | None
    if b"charset" in meta:
        label = meta[b"charset"]
    elif meta.get(b"http-equiv") == b"content-type":
        label = next(_labels(meta.get(b"content", b"")), None)
    else:
        label = None
    name = lookup(label.decode("latin-1")) if label else None
    return "windows-1252" if name == "x-user-defined" else name


def _labels(content: bytes) -> Iterator[bytes]:
    for found in _IN_CONTENT.finditer(content):
        yield found[1] or found[2] or found[3] or b""


_SAMPLE = 65_536
_BEFORE = 1000
_FEW_KANA = 3
_TOO_FEW = 20
"""High bytes below which encodings that hardly any page uses are not thought of."""
_PARTS = re.compile(rb"[<>\r\n]")
_RUNS = re.compile(rb"[\x80-\xff]+")
_HIGH = bytes(range(0x80, 0x100))
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_BEYOND = re.compile("[^\0-\x7f]")
_ESCAPES = re.compile(rb"\x1b\$[@B](?:[!-~]{2})+\x1b\([BJ]")

# What is more than signs of windows-1252 that stand alone in English (quotation marks, dashes, currencies, fractions):
# a letter of another alphabet seldom stands without a second one beside it or in a text without any other.
_LETTERS = re.compile(
    rb"""[\x80-\xff]{2}
        | [\x81-\x84\x86-\x88\x8a-\x90\x98\x9a-\x9f\xa1\xa4\xa6\xa8\xaa\xac\xad\xaf\xb2-\xb6\xb8-\xba\xbf-\xff]
        | [\x80\x85\x89\xa2\xa3\xa5\xa7\xa9\xab\xb1\xb7\xbb-\xbe] [A-Za-z]""",
    re.X,
)

_EASTERN = {
    "big5hkscs": "big5",
    "cp932": "shift_jis",
    "shift_jis_2004": "shift_jis",
    "cp949": "euc-kr",
    "euc_kr": "euc-kr",
    "euc_jis_2004": "euc-jp",
    "gb18030": "gb18030",
}
_OTHER = {
    "cp874": "windows-874",
    "tis-620": "windows-874",
    "cp866": "ibm866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "mac-cyrillic": "x-mac-cyrillic",
    **{f"cp{n}": f"windows-{n}" for n in (1251, 1253, 1255, 1256)},
    **{f"iso8859-{n}": f"iso-8859-{n}" for n in (5, 6, 7, 8)},
}
_LATIN = {
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    **{f"cp{n}": f"windows-{n}" for n in (1250, 1252, 1254, 1257, 1258)},
    **{f"iso8859-{n}": f"iso-8859-{n}" for n in (2, 3, 4, 10, 13, 14, 15, 16)},
    "mac-roman": "macintosh",
}
"""chardet's names, and the standard's for them."""
_RARE = {"mac-roman", "mac-cyrillic", *(f"iso8859-{n}" for n in (3, 4, 10, 14, 16))}


def escaped(body: bytes) -> bool:
    """Tell whether a body is in ISO-2022-JP: pairs of bytes between two of its escape sequences."""
    return _ESCAPES.search(body) is not None


def wide(body: bytes) -> str | None:
    """`utf-16le` or `utf-16be` for a body whose every second byte tends to be NUL, as in markup; else None."""
    head = body[:1024]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < max(len(head), 20) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16be" if even > odd else "utf-16le"


def detect(body: bytes) -> str:
    """Return the most likely encoding of a body that is not UTF-8; `windows-1252` where nothing speaks for any."""
    text = _worded(body)
    if not _LETTERS.search(text):
        return "windows-1252"
    for japanese, strict in (("euc-jp", "euc_jis_2004"), ("shift_jis", "cp932")):
        if _is_kana(text, strict):
            return japanese
    runs = _RUNS.findall(text)
    found = _by_statistics(text, _EASTERN | _OTHER | _LATIN)
    if found in _LATIN.values() and len(runs) * 3 <= sum(map(len, runs)):
        return _by_statistics(text, _EASTERN | _OTHER)
    if found in _OTHER.values() and sum(len(run) == 1 for run in runs) * 2 > len(runs):
        return _by_statistics(text, _LATIN)
    return found


def _by_statistics(text: bytes, names: dict[str, str]) -> str:
    from chardet import detect as guess

    few = len(text) - len(text.translate(None, _HIGH)) < _TOO_FEW
    names = {python: name for python, name in names.items() if not (few and python in _RARE)}
    first = next(iter(names))
    found = guess(
        text,
        compat_names=False,
        include_encodings=list(names),
        no_match_encoding=first,
        empty_input_encoding=first,
        max_bytes=_SAMPLE,
    )
    return names.get(found["encoding"] or "", "windows-1252")


def _worded(body: bytes) -> bytes:
    """Lines between tags, or in one, that are not ASCII: the rest of a page only hides what it is written in."""
    parts, size = [], 0
    for part in _PARTS.split(body):
        if high := _RUNS.search(part):
            parts.append(part[max(0, high.start() - _BEFORE) : high.start() + _SAMPLE])
            size += len(parts[-1])
            if size > _SAMPLE:
                break
    return b"\n".join(parts)


def _is_kana(text: bytes, python: str) -> bool:
    """Tell whether a text is valid in an encoding of Japan, and has as much kana there as only Japanese has."""
    try:
        read = text.decode(python)
    except UnicodeDecodeError:
        return False
    kana = len(_KANA.findall(read))
    return kana >= _FEW_KANA and kana * 4 >= len(_BEYOND.findall(read))


_HEAD = 4096
_FAR = 65_536
_FEW = 5
_SURE = 10
"""Characters beyond ASCII from which on a text that is valid UTF-8 is UTF-8: by chance less than one in a million."""
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
                return reading, name, f"{_said(declared)}, but {lost} places are invalid; read as {name}"
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
    return text, "replacement", f"declared in an encoding that browsers reject; read as {name}"


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
