"""The demo site without the network: a path goes in, an answer comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from crawler.demo.layout import document, fill
from crawler.demo.options import DemoOptions
from crawler.demo.pages import author_page, book_page, home_page, listing_page
from crawler.demo.paths import MOVED_BOOK, MOVED_FROM, STAFF, author_path, book_path, listing_path
from crawler.demo.stock import Dice, Stock
from crawler.demo.truth import truth
from crawler.serving.http import Answer

__all__ = ["Answer", "Site"]

HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
ROBOTS = b"# Everybody may come in, except to the staff room.\nUser-agent: *\nDisallow: /staff/\n"

LISTING = re.compile(r"/catalogue/page-([0-9]{1,7})\.html")
BOOK = re.compile(r"/catalogue/[^/]+_([0-9]{1,7})/index\.html")
AUTHOR = re.compile(r"/authors/[^/]+-([0-9]{1,7})\.html")


class Site:
    """The shop. Pages are computed, never stored; the same options give the same bytes on every machine."""

    def __init__(self, options: DemoOptions | None = None) -> None:
        self.options = options or DemoOptions()
        self.stock = Stock(self.options)

    def page(self, path: str) -> Answer:
        """The answer to a path, with or without percent-encoding and query; 404 for what is not there."""
        path = unquote(path.partition("?")[0])
        if path == "/robots.txt":
            return Answer(200, TEXT, ROBOTS)
        if path == MOVED_FROM and self.stock.books >= MOVED_BOOK:
            target = book_path(MOVED_BOOK, self.stock.title(MOVED_BOOK))
            return Answer(301, HTML | {"Location": target}, document("Moved", "<h1>Moved</h1>"))
        found = self._home(path) or self._listing(path) or self._book(path) or self._author(path)
        return found or Answer(404, HTML, document("Not found", "<h1>This page is gone</h1>"))

    def fails_first(self, path: str) -> bool:
        """Whether the first request for this path is to be answered 503: a share `errors` of all paths."""
        return Dice(self.options.seed, "errors", path).below(1_000_000) < self.options.errors * 1_000_000

    def truth(self) -> Iterator[dict[str, Any]]:
        """What a perfect crawl of the listings finds; see `crawler.demo.truth`."""
        return truth(self.stock)

    def _home(self, path: str) -> Answer | None:
        if path in ("/", "/index.html"):
            return self._answer("Home", home_page(self.stock))
        if path == STAFF:
            return self._answer("Staff", book_page(self.stock, self.stock.book(0)))
        return None

    def _listing(self, path: str) -> Answer | None:
        number = _number(LISTING, path)
        if not 1 <= number <= self.stock.listings or path != listing_path(number):
            return None
        return self._answer(f"Page {number}", listing_page(self.stock, number))

    def _book(self, path: str) -> Answer | None:
        number = _number(BOOK, path)
        if not 1 <= number <= self.stock.books:
            return None
        book = self.stock.book(number)
        if path != unquote(book_path(number, book.title)):
            return None
        return self._answer(book.title.text, book_page(self.stock, book))

    def _author(self, path: str) -> Answer | None:
        number = _number(AUTHOR, path)
        if not 0 <= number < self.stock.authors or path != unquote(author_path(self.stock, number)):
            return None
        author = self.stock.author(number)
        return self._answer(author.name.text, author_page(self.stock, author))

    def _answer(self, title: str, main: str) -> Answer:
        return Answer(200, HTML, fill(document(title, main), self.options.page_weight, self.stock.sentences))


def _number(pattern: re.Pattern[str], path: str) -> int:
    match = pattern.fullmatch(path)
    return int(match[1]) if match else -1
