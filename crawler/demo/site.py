"""The demo site without the network: a path in, a response out; and what a perfect crawl of it finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from crawler.demo.catalogue import (
    MOVED_BOOK,
    MOVED_FROM,
    STAFF,
    Book,
    SeededRandom,
    Stock,
    author_path,
    book_path,
    listing_path,
)
from crawler.demo.options import DemoOptions
from crawler.demo.other_forms import OtherForms
from crawler.demo.pages import author_page, book_page, document, fill, home_page, listing_page
from crawler.serving.http import HttpResponse, plain

__all__ = ["HttpResponse", "Site", "truth"]


def truth(stock: Stock) -> Iterator[dict[str, Any]]:
    """All books, then all authors, each in the order in which a crawl of the listings meets them.

    Each is a dict of the columns of configs/demo.yaml with values of `crawler.model`, and `table`.
    `url` is the path.
    """
    for number in range(1, stock.books + 1):
        yield _book(stock, stock.book(number))
    yield from (_author(stock, number) for number in _authors_as_met(stock))


def _authors_as_met(stock: Stock) -> Iterator[int]:
    met: set[int] = set()
    for book in range(1, stock.books + 1):
        for author in stock.authors_of(book):
            if author not in met:
                met.add(author)
                yield author


def _book(stock: Stock, book: Book) -> dict[str, Any]:
    return {
        "table": "books",
        "title": book.title.text,
        "authors": tuple(stock.author_name(number).text for number in book.authors),
        "price": book.money or book.price,  # a text that is no price is kept as it stands, with a note
        "rating": book.rating,
        "stock": book.stock,
        "isbn": book.isbn,
        "published": book.published,
        "pages": book.pages,
        "language": book.language,
        "publisher": book.publisher,
        "genres": book.genres,
        "description": book.description,
        "checked": book.checked,
        "badge": book.badge,
        "shelf": book.shelf,
        "url": book_path(book.number, book.title),
    }


def _author(stock: Stock, number: int) -> dict[str, Any]:
    author = stock.author(number)
    return {
        "table": "authors",
        "name": author.name.text,
        "born": author.born,
        "place": author.place,
        "website": author.website,
        "about": author.about,
        "url": author_path(stock, number),
    }


HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
ROBOTS = b"# Everybody may come in, except to the staff room.\nUser-agent: *\nDisallow: /staff/\n"

LISTING = re.compile(r"/catalogue/page-([0-9]{1,7})\.html")
BOOK = re.compile(r"/catalogue/[^/]+_([0-9]{1,7})/index\.html")
AUTHOR = re.compile(r"/authors/[^/]+-([0-9]{1,7})\.html")


class Site:
    """The shop. Pages are computed, never stored; the same options give the same bytes on every machine.

    Args:
        base: origin of the site. Only a feed and sitemaps have it in them.
    """

    def __init__(self, options: DemoOptions | None = None, base: str = "http://127.0.0.1:8765") -> None:
        self.options = options or DemoOptions()
        self.stock = Stock(self.options)
        self._other_forms = OtherForms(self.stock, base, self.options.page_weight)

    def page(self, path: str) -> HttpResponse:
        """The answer to a path, with or without percent-encoding and query; 404 for what is not there."""
        path, _, query = path.partition("?")
        path = unquote(path)
        if path == "/robots.txt":
            return HttpResponse(200, TEXT, ROBOTS)
        if path == MOVED_FROM and self.stock.books >= MOVED_BOOK:
            target = book_path(MOVED_BOOK, self.stock.title(MOVED_BOOK))
            return HttpResponse(301, HTML | {"Location": target}, document("Moved", "<h1>Moved</h1>"))
        found = self._home(path) or self._listing(path) or self._book(path) or self._author(path)
        found = found or self._other_forms.page(path, query)
        return found or HttpResponse(404, HTML, document("Not found", "<h1>This page is gone</h1>"))

    def posted(self, path: str, body: bytes) -> HttpResponse:
        """The answer to a POST: 405 for a page that is there, 404 for what is not."""
        found = self._other_forms.posted(unquote(path.partition("?")[0]), body)
        if found is not None:
            return found
        page = self.page(path)
        return page if page.status == 404 else plain(405, {"Allow": "GET, HEAD"})

    def fails_first(self, path: str) -> bool:
        """Whether the first request for this path is to fail: a share `errors` of all paths, with their POST bodies."""
        return SeededRandom(self.options.seed, "errors", path).below(1_000_000) < self.options.errors * 1_000_000

    def truth(self) -> Iterator[dict[str, Any]]:
        """What a perfect crawl of the listings finds; see `crawler.demo.site`."""
        return truth(self.stock)

    def _home(self, path: str) -> HttpResponse | None:
        if path in ("/", "/index.html"):
            return self._answer("Home", home_page(self.stock))
        if path == STAFF:
            return self._answer("Staff", book_page(self.stock, self.stock.book(0)))
        return None

    def _listing(self, path: str) -> HttpResponse | None:
        number = _number(LISTING, path)
        if not 1 <= number <= self.stock.listings or path != listing_path(number):
            return None
        return self._answer(f"Page {number}", listing_page(self.stock, number))

    def _book(self, path: str) -> HttpResponse | None:
        number = _number(BOOK, path)
        if not 1 <= number <= self.stock.books:
            return None
        book = self.stock.book(number)
        if path != unquote(book_path(number, book.title)):
            return None
        return self._answer(book.title.text, book_page(self.stock, book))

    def _author(self, path: str) -> HttpResponse | None:
        number = _number(AUTHOR, path)
        if not 0 <= number < self.stock.authors or path != unquote(author_path(self.stock, number)):
            return None
        author = self.stock.author(number)
        return self._answer(author.name.text, author_page(self.stock, author))

    def _answer(self, title: str, main: str) -> HttpResponse:
        return HttpResponse(200, HTML, fill(document(title, main), self.options.page_weight, self.stock.sentences))


def _number(pattern: re.Pattern[str], path: str) -> int:
    match = pattern.fullmatch(path)
    return int(match[1]) if match else -1
