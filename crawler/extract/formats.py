"""Pages that are not HTML: JSON, CSV, Excel, plain text. An answer of another format is a failure, not no rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from crawler.errors import ExtractError
from crawler.extract.sniff import plain_utf8
from crawler.model import Note

if TYPE_CHECKING:
    from crawler.extract.rules import Format
    from crawler.extract.sheets import Sheet

__all__ = ["Content", "read_content"]

_BLANK = b" \t\r\n\x0b\x0c"
_TEXT_HEAD = 1024
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]").search


class Content(NamedTuple):
    """What is in a body.

    Attributes:
        text: all of it; "" of an Excel file.
        notes: on its encoding, and on JSON that is not quite.
        data: of JSON.
        sheet: of CSV and Excel.
    """

    text: str
    notes: tuple[Note, ...] = ()
    data: object = None
    sheet: Sheet | None = None


def read_content(body: bytes, content_type: str | None, format: Format) -> Content:
    """Read a body of any format but HTML.

    Args:
        body: unpacked.

    Raises:
        ExtractError: `empty`; `not-json`, `not-csv`, `not-xlsx`, `not-text`: it is something else; `unparsable`.
    """
    if not body.strip(_BLANK):
        raise ExtractError("empty", "the body is only white space" if body else "the body is empty")
    if format == "xlsx":
        from crawler.extract.sheets import read_xlsx

        return Content("", sheet=read_xlsx(body))
    text, notes = _text(body, content_type, format)
    if format == "csv":
        from crawler.extract.sheets import read_csv

        return Content(text, notes, sheet=read_csv(text))
    if format == "json":
        from crawler.extract.json_data import read_json

        data, more = read_json(text)
        return Content(text, notes + more, data)
    return Content(text, notes)


def _text(body: bytes, content_type: str | None, format: Format) -> tuple[str, tuple[Note, ...]]:
    if _is_binary(body):
        code = "not-json" if format == "json" else "not-csv" if format == "csv" else "not-text"
        raise ExtractError(code, "the body is binary data")
    text = plain_utf8(body, content_type)
    if text is not None:
        return text, ()
    from crawler.extract.charset import decode

    text, _, notes = decode(body, content_type)
    return text, notes


def _is_binary(body: bytes) -> bool:
    """Tell whether a body is no text: it has the binary data bytes of the WHATWG MIME Sniffing Standard, section 3."""
    head = body[:_TEXT_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    return _BINARY(head) is not None
