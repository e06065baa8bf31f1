"""One page while the rules are applied: its text, its URL, and its tree, which is parsed when first needed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.labels import Labels
from crawler.extract.lexbor import Lexbor, served_by
from crawler.extract.sniff import check_body, is_xml, plain_utf8
from crawler.model import Note, Response

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

    from crawler.extract.engine import Document

__all__ = ["TIME_LIMIT", "PageView", "open_page"]

TIME_LIMIT = 30.0
"""Seconds that the rules may take on one page."""
_BASES = 20
_SOLID = re.compile(r"[^\ufffd \t\r\n\x0c]")


class PageView:
    """A decoded page.

    Attributes:
        url: its address.
        text: the whole of it.
        xml: it is XML and not XHTML.
        notes: on its encoding.
        known: keys of all labels that its rules ask for.

    Args:
        utf8: the text as bytes, where the caller has them.
        encoding: in which it was read, by the name of the Encoding Standard; None for UTF-8.
        engine: `bs4` lets BeautifulSoup answer the selectors.
    """

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
    ) -> None:
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

    def served_by(self, css: str) -> str:
        """The library that answers a selector here: `lexbor` or `bs4`."""
        return "bs4" if self.xml else served_by(css, self._engine)

    def hook_soup(self) -> BeautifulSoup:
        """The page as a `python:` hook is given it.

        Raises:
            ExtractError: `unparsable`.
        """
        from crawler.extract.soup import hook_soup, xml_soup

        return xml_soup(self.text) if self.xml else hook_soup(self.document.root())

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


def open_page(response: Response, known: frozenset[str] = frozenset(), engine: str = "auto") -> PageView:
    """Check and decode a response; `known` and `engine` as PageView has them.

    Raises:
        ExtractError: `empty`, `not-html`, `unparsable`.
    """
    kind = response.headers.get("content-type")
    check_body(response.body, kind)
    notes: tuple[Note, ...] = ()
    encoding: str | None = None
    utf8: bytes | None = response.body
    text = plain_utf8(response.body, kind)
    if text is None:
        from crawler.extract.charset import decode  # late, as above

        utf8 = None
        text, encoding, notes = decode(response.body, kind)
    if not _SOLID.search(text):
        raise ExtractError("empty", "the body is only white space")
    xml = is_xml(text, kind)
    if xml and "<!ENTITY" in text:
        # What an entity holds may be a file of this machine, or one line that grows to gigabytes.
        raise ExtractError("unparsable", "the XML declares entities, which are never loaded")
    return PageView(response.url, text, utf8=utf8, encoding=encoding, xml=xml, notes=notes, known=known, engine=engine)
