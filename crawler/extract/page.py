"""One page while the rules are applied: its text, its URL, and its tree, which is parsed when first needed.

So is all else that rules may ask of a page, once each however many fields ask: what its scripts give to a name, its
schema.org data, the JSON in its attributes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import ref

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.labels import Labels
from crawler.extract.lexbor import Lexbor, served_by
from crawler.extract.sniff import check_body, is_xml, plain_utf8
from crawler.model import Note, Response, Value

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

    from crawler.extract.engine import Document
    from crawler.extract.headings import Cell
    from crawler.extract.order import Order
    from crawler.extract.rules import Format
    from crawler.extract.schema_org import SchemaItems
    from crawler.extract.scripts import Scripts
    from crawler.extract.sheets import Sheet

__all__ = ["TIME_LIMIT", "PageView", "open_page"]

TIME_LIMIT = 30.0
"""Seconds that the rules may take on one page."""
_BYTES_A_ROW = 50
"""A page may have one row for each; a row takes about ten times as much memory."""
_MAX_MADE = 50_000_000
_BASES = 20
_KEPT = 64  # texts of a page of which the parsed form is kept
_SOLID = re.compile(r"[^\ufffd \t\r\n\x0c]")


class PageView:
    """A decoded page.

    Attributes:
        url: its address.
        text: the whole of it.
        xml: it is XML and not XHTML.
        notes: on its encoding.
        known: keys of all labels that its rules ask for.
        format: what it is.
        data: what its JSON holds; None where it is no JSON.
        sheet: its lines; None where it is no CSV and no Excel file.
        headers, status: of the answer; names of headers in lower case.
        fetched: when it was, in seconds since 1970; 0 where that is not known.
        most_rows: that a table may take from it.
        given: what was handed over to it.

    Args:
        utf8: the text as bytes, where the caller has them.
        encoding: in which it was read, by the name of the Encoding Standard; None for UTF-8.
        engine: `bs4` lets BeautifulSoup answer the selectors.
    """

    headers: Mapping[str, str] = {}
    given: Mapping[str, Value] = {}
    status = 0
    fetched = 0.0
    most_rows = 200_000
    _made = 0

    def __init__(
        self,
        url: str,
        text: str,
        *,
        utf8: bytes | None = None,
        encoding: str | None = None,
        xml: bool = False,
        notes: tuple[Note, ...] = (),
        known: frozenset[str] = frozenset(),
        engine: str = "auto",
        format: Format = "html",
        data: object = None,
        sheet: Sheet | None = None,
    ) -> None:
        self.format = format
        self.data = data
        self.sheet = sheet
        self.url = url
        self.text = text
        self.xml = xml
        self.notes = notes
        self.known = known
        self._utf8 = utf8
        self._encoding = encoding
        self._engine = engine
        self._base: str | None = None
        self._document: Document | None = None
        self._labels: Labels | None = None
        self._end = time.monotonic() + TIME_LIMIT

    @property
    def document(self) -> Document:
        """The tree of the page.

        Raises:
            ExtractError: `unparsable`.
        """
        if self._document is None:
            self._document = self._parsed()
        return self._document

    def _parsed(self) -> Document:
        if not self.xml:
            return Lexbor(self.text.encode() if self._utf8 is None else self._utf8, soup=self._engine == "bs4")
        from crawler.extract.soup import Xml

        return Xml(self.text)

    @property
    def labels(self) -> Labels:
        """The index of labels of the whole page."""
        if self._labels is None:
            self._labels = Labels(self.document, None, self.known)
        return self._labels

    @cached_property
    def _fragments(self) -> dict[str, Document]:
        return {}

    @cached_property
    def _json(self) -> dict[str, object]:
        return {}

    @cached_property
    def _orders(self) -> dict[int, Order]:
        return {}

    def fragment(self, text: str) -> Document:
        """The tree of a text that is HTML.

        Raises:
            ExtractError: `unparsable`.
        """
        found = self._fragments.get(text)
        if found is None:
            if len(self._fragments) >= _KEPT:
                self._fragments.clear()
            found = self._fragments[text] = Lexbor(text.encode("utf-8", "replace"), soup=self._engine == "bs4")
        return found

    def json_in(self, text: str) -> object:
        """What a text holds that is JSON, or nearly.

        Raises:
            ExtractError: `not-json`.
        """
        if text not in self._json:
            from crawler.extract.json_data import read_json  # late: most pages have none

            if len(self._json) >= _KEPT:
                self._json.clear()
            self._json[text] = read_json(text)[0]
        return self._json[text]

    @cached_property
    def scripts(self) -> Scripts:
        """What the scripts of the page give to names."""
        from crawler.extract.scripts import Scripts

        document = self.document
        return Scripts([document.html(node) for node in document.select(None, "script")])

    @cached_property
    def schema_items(self) -> SchemaItems:
        """The schema.org data of the page."""
        from crawler.extract.schema_org import SchemaItems

        page = ref(self)  # what the page holds must not hold the page

        def resolve(href: str) -> str:
            here = page()
            assert here is not None
            return here.resolve(href)

        return SchemaItems(self.document, self.text, resolve)

    @property
    def encoding(self) -> str | None:
        """In which it was read, by the name of the Encoding Standard; None for UTF-8."""
        return self._encoding

    @property
    def late_notes(self) -> tuple[Note, ...]:
        """Notes on what was read for the rules: data that are broken."""
        broken = self.schema_items.broken if "schema_items" in vars(self) else []
        return (Note("", "broken-data", "; ".join(broken)),) if broken else ()

    @cached_property
    def lines(self) -> list[tuple[Cell, ...]]:
        """The lines of the sheet.

        Raises:
            ExtractError: `not-csv`, `not-xlsx`, `unparsable`.
        """
        return [] if self.sheet is None else list(self.sheet.rows)

    def order(self, document: Document) -> Order:
        """Where the elements of a document of this page begin and end."""
        if id(document) not in self._orders:
            from crawler.extract.order import Order

            self._orders[id(document)] = Order(document)
        return self._orders[id(document)]

    def answer(self, name: str) -> str | datetime | None:
        """What the answer is, beside its content: `time`, when it was fetched; `source`; `header.NAME`."""
        if name == "time":
            moment = self.fetched or time.time()
            return datetime.fromtimestamp(moment, UTC).replace(microsecond=0)
        return self.text if name == "source" else self.headers.get(name.removeprefix("header.").lower())

    def served_by(self, css: str) -> str:
        """The library that answers a selector here: `lexbor` or `bs4`."""
        return "bs4" if self.xml else served_by(css, self._engine)

    def for_hook(self) -> Any:
        """The page as a `python:` hook is given it: a BeautifulSoup, the JSON, dicts of a sheet's lines, or the text.

        Raises:
            ExtractError: `unparsable`.
        """
        if self.format == "html":
            return self._soup()
        if self.format == "json":
            return _with_floats(self.data)
        if self.sheet is None:
            return self.text
        return [dict(zip(self.sheet.headings, cells, strict=False)) for cells in self.lines]

    def _soup(self) -> BeautifulSoup:
        """The tree for BeautifulSoup.

        Raises:
            ExtractError: `unparsable`.
        """
        from crawler.extract.soup import hook_soup, xml_soup

        return xml_soup(self.text) if self.xml else hook_soup(self.document.root())

    def count_made(self, value: object) -> None:
        """Count a text that a template made of others: each row may repeat what is long.

        Raises:
            ExtractError: `unparsable`.
        """
        self._made += len(value) if isinstance(value, str) else 0
        if self._made > _MAX_MADE:
            raise ExtractError("unparsable", f"the templates make more than {_MAX_MADE:,} characters of this page")

    def check_time(self) -> None:
        """Asked between two steps of work, so that no page holds a worker for ever.

        Raises:
            ExtractError: `parse-timeout`.
        """
        if time.monotonic() > self._end:
            raise ExtractError("parse-timeout", f"the rules took more than {TIME_LIMIT:g} s on this page")

    def resolve(self, href: str) -> str:
        """Return the absolute URL of a link on this page, its query in the encoding of the page, as browsers do.

        Raises:
            BadUrl: see urls.resolve.
        """
        if self._base is None:
            self._base = self._find_base()
        if self._encoding is not None and not href.isascii():
            from crawler.extract.queries import with_query_in  # late: most pages are in UTF-8

            href = with_query_in(self._encoding, href)
        return urls.resolve(self._base, href)

    def _find_base(self) -> str:
        """First `base` that leads to an http(s) address (HTML standard, 2.4.3, but past bad ones to the next)."""
        for element in self.document.select(None, "base[href]")[:_BASES]:
            try:
                return urls.resolve(self.url, self.document.attr(element, "href") or "")
            except urls.BadUrl:
                continue
        return self.url


def open_page(
    response: Response,
    known: frozenset[str] = frozenset(),
    engine: str = "auto",
    format: Format = "html",
    most: int = 10_000_000,
) -> PageView:
    """Check and decode a response; `known`, `engine` and `format` as PageView has them.

    Args:
        most: bytes of what was packed; of rows there is one for each 50 bytes.

    Raises:
        ExtractError: `empty`, `not-html`, `unparsable`; `not-json`, `not-csv`, `not-xlsx`, `not-text` for an answer of
            another format.
    """
    body = response.body
    if body.startswith(_PACKED) and format != "xlsx":
        body = _unpacked(body, most, format)
    if format == "html":
        page = _open_html(response.url, body, response.headers.get("content-type"), known, engine)
    else:
        from crawler.extract.formats import read_content  # late: most pages are HTML

        read = read_content(body, response.headers.get("content-type"), format)
        page = PageView(
            response.url, read.text, notes=read.notes, known=known, engine=engine, format=format, data=read.data,
            sheet=read.sheet,
        )  # fmt: skip
    page.most_rows = most // _BYTES_A_ROW
    page.headers, page.status, page.fetched = response.headers, response.status, response.fetched
    return page


def _with_floats(value: object) -> object:
    """JSON as the standard library reads it, with float in place of Decimal."""
    if isinstance(value, dict):
        return {name: _with_floats(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_floats(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


_PACKED = (b"\x1f\x8b", b"PK\x03\x04")


def _unpacked(body: bytes, most: int, format: Format) -> bytes:
    """What a .gz holds, or a .zip with one file. Where a page is wanted, any other archive is none: see sniff."""
    from crawler.extract.unpack import unpack

    try:
        return unpack(body, most)
    except ExtractError:
        if format == "html" and body.startswith(b"PK"):
            return body
        raise


def _open_html(url: str, body: bytes, kind: str | None, known: frozenset[str], engine: str) -> PageView:
    check_body(body, kind)
    notes: tuple[Note, ...] = ()
    encoding: str | None = None
    utf8: bytes | None = body
    text = plain_utf8(body, kind)
    if text is None:
        from crawler.extract.charset import decode  # late, as above

        utf8 = None
        text, encoding, notes = decode(body, kind)
    if not _SOLID.search(text):
        raise ExtractError("empty", "the body is only white space")
    xml = is_xml(text, kind)
    if xml and "<!ENTITY" in text:
        # What an entity holds may be a file of this machine, or one line that grows to gigabytes.
        raise ExtractError("unparsable", "the XML declares entities, which are never loaded")
    return PageView(url, text, utf8=utf8, encoding=encoding, xml=xml, notes=notes, known=known, engine=engine)
