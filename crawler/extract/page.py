"""One page on its way through the rules: its text, its address, and its trees, each parsed only when asked for."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.labels import Labels
from crawler.extract.lexbor import Lexbor, costly
from crawler.extract.marks import ALWAYS, marks
from crawler.extract.sniff import check_body, is_xml
from crawler.extract.utf8 import plain_utf8
from crawler.model import Note, Response

if TYPE_CHECKING:
    from crawler.extract.engine import Document
    from crawler.extract.soup import Soup

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
    ) -> None:
        self.url = url
        self.text = text
        self.xml = xml
        self.notes = notes
        self.known = known
        self._utf8 = utf8
        self._encoding = encoding
        self._marks: frozenset[bytes] = frozenset()
        self._soup: Soup | None = None
        self._lexbor: Lexbor | None = None
        self._soup_only: bool | None = None
        self._base: str | None = None
        self._labels: dict[str, Labels] = {}
        self._end = time.monotonic() + TIME_LIMIT

    def document(self, engine: str) -> Document:
        """Return the tree of an engine.

        Args:
            engine: `bs4`, `lexbor`, `auto` for lexbor where it suits the page, `auto-strict` for selectors
                that are `gate.delicate`: lexbor only on pages without any of `marks` either.

        Raises:
            ExtractError: `unparsable`.
        """
        if engine in {"auto", "auto-strict"}:
            soup = self.soup_only or (engine == "auto-strict" and self._marks)
            engine = "bs4" if soup else "lexbor"
        return self._parsed_lexbor() if engine == "lexbor" else self._parsed_soup()

    def any_document(self) -> Document:
        """Return a tree that is there, where there is one."""
        return self._lexbor or self._soup or self.document("auto")

    @property
    def soup_only(self) -> bool:
        """Whether `auto` leaves this page to BeautifulSoup alone: lexbor's tree would differ, or take it too long."""
        if self._soup_only is None:
            self._soup_only = self.xml or costly(self.text) or self._differs()
        return self._soup_only

    def check_time(self) -> None:
        """Asked between two steps of work, so that no page holds a worker for ever.

        Raises:
            ExtractError: `parse-timeout`.
        """
        if time.monotonic() > self._end:
            raise ExtractError("parse-timeout", f"the rules took over {TIME_LIMIT:g} s on this page")

    def labels(self, document: Document) -> Labels:
        """Return the index of labels of the whole page, made once for each engine."""
        found = self._labels.get(document.name)
        if found is None:
            found = self._labels[document.name] = Labels(document, None, self.known)
        return found

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

    def _differs(self) -> bool:
        self._marks = marks(self._source())
        return not ALWAYS.isdisjoint(self._marks) or self._parsed_lexbor().mended()

    def _source(self) -> bytes:
        if self._utf8 is None:
            self._utf8 = self.text.encode()
        return self._utf8

    def _find_base(self) -> str:
        """First `base` that leads to an http(s) address (HTML standard, 2.4.3, but past bad ones to the next)."""
        document = self.any_document()
        for element in document.select(None, "base[href]")[:_BASES]:
            try:
                return urls.resolve(self.url, document.attr(element, "href") or "")
            except urls.BadUrl:
                continue
        return self.url

    def _parsed_lexbor(self) -> Lexbor:
        if self._lexbor is None:
            if costly(self.text):
                raise ExtractError("unparsable", "the page would take the fast engine too long; use engine: auto")
            self._lexbor = Lexbor(self._source())
        return self._lexbor

    def _parsed_soup(self) -> Soup:
        if self._soup is None:
            from crawler.extract.soup import Soup

            self._soup = Soup(self.text, xml=self.xml)
        return self._soup


def open_page(response: Response, known: frozenset[str] = frozenset()) -> PageView:
    """Check and decode a response; `known` as PageView has it.

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
        raise ExtractError("unparsable", "the XML declares entities, which are never read")
    return PageView(response.url, text, utf8=utf8, encoding=encoding, xml=xml, notes=notes, known=known)
