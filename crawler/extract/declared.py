"""Where a page names its encoding: byte order mark, Content-Type, `meta`, XML declaration.

https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding, with its prescan of the first
bytes. Labels become names of the Encoding Standard; one that it does not know names nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from crawler.extract.encodings import lookup

__all__ = ["in_head", "in_header", "in_mark"]

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
