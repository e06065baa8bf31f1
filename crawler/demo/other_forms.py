"""The catalogue in other forms than pages with links: which path has which, and what the Content-Type says of it.

No page of the shop links to them, and robots.txt does not name the sitemap: a crawl of the shop is what it always was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs

from crawler.demo.api import api_page
from crawler.demo.asked import AskedApi
from crawler.demo.browser_pages import delayed_page, js_page, more_page, scroll_page
from crawler.demo.catalogue import Stock
from crawler.demo.feed import feed
from crawler.demo.pages import document, fill
from crawler.demo.price_table import price_table
from crawler.demo.schema_data import schema_page
from crawler.demo.script_data import script_page
from crawler.demo.sitemaps import AUTHORS, INDEX, authors_map, books_map, sitemap_index
from crawler.demo.stock_files import stock_csv, stock_xlsx
from crawler.serving.http import HttpResponse

__all__ = ["PATHS", "OtherForms"]

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
SCHEMA = re.compile(r"/schema/book/([0-9]{1,7})\.html")
BOOKS = re.compile(r"/sitemaps/books-([0-9]{1,7})\.xml\.gz")
PAGE = re.compile(r"[0-9]{1,7}")

PATHS = {
    "/api/books?page=1": "a JSON API",
    "/api/stock?offset=20": "counts of books, by offset",
    "/api/shelves": "the shelves, with their ids",
    "/schema/book/1.html": "schema.org data: JSON-LD on odd pages, microdata on even ones",
    "/shelves.html": "data in scripts and in an attribute",
    "/prices.html": "a table with merged cells",
    "/feed.xml": "an RSS feed",
    "/stock.csv": "a CSV file",
    "/stock.xlsx": "an Excel file",
    INDEX: "an index of sitemaps",
    "/js": "a list that a script makes",
    "/delayed": "a list that a script makes 1.5 seconds later",
    "/scroll": "a list that grows when it is scrolled",
    "/more": "a list that grows at each click",
}
"""Where each form begins, and what it is."""


class OtherForms:
    """Answers what PATHS names, and what these lead to.

    Args:
        base: origin of the site, for addresses that must be absolute.
        weight: bytes up to which pages of HTML are filled.
    """

    def __init__(self, stock: Stock, base: str, weight: int) -> None:
        self._stock, self._base, self._weight = stock, base, weight
        self._asked = AskedApi(stock)
        self._single: dict[str, tuple[str, Callable[[], bytes]]] = {
            "/shelves.html": (HTML, lambda: self._page("Where to find us", script_page(stock))),
            "/prices.html": (HTML, lambda: self._page("Price list", price_table(stock))),
            "/js": (HTML, lambda: self._page("A list by a script", js_page(stock))),
            "/delayed": (HTML, lambda: self._page("A late list", delayed_page(stock))),
            "/scroll": (HTML, lambda: self._page("A list to scroll", scroll_page())),
            "/more": (HTML, lambda: self._page("A list to click", more_page())),
            "/feed.xml": ("application/rss+xml; charset=utf-8", lambda: feed(stock, base)),
            "/stock.csv": ("text/csv; charset=utf-8", lambda: stock_csv(stock)),
            "/stock.xlsx": (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                lambda: stock_xlsx(stock),
            ),
            INDEX: (XML, lambda: sitemap_index(stock, base)),
            AUTHORS: (XML, lambda: authors_map(stock, base)),
        }

    def page(self, path: str, query: str) -> HttpResponse | None:
        """The answer to a path without percent-encoding, and to a query; None where there is none."""
        if path in self._single:
            kind, make = self._single[path]
            return _answer(kind, make())
        if path == "/api/books":
            return _answer("application/json", api_page(self._stock, _page_number(query)))
        if match := SCHEMA.fullmatch(path):
            return _answer(HTML, self._schema(int(match[1])))
        if match := BOOKS.fullmatch(path):
            return _answer("application/gzip", books_map(self._stock, self._base, int(match[1])))
        return self._asked.get(path, query)

    def posted(self, path: str, body: bytes) -> HttpResponse | None:
        """The answer to a POST; None where there is none."""
        return self._asked.post(path, body)

    def _schema(self, number: int) -> bytes | None:
        if not 1 <= number <= self._stock.books:
            return None
        book = self._stock.book(number)
        return self._page(book.title.text, schema_page(self._stock, book))

    def _page(self, title: str, main: str) -> bytes:
        return fill(document(title, main), self._weight, self._stock.sentences)


def _answer(kind: str, body: bytes | None) -> HttpResponse | None:
    return None if body is None else HttpResponse(200, {"Content-Type": kind}, body)


def _page_number(query: str) -> int:
    """The first page without `page`; 0, which is none, for what is no number."""
    text = parse_qs(query).get("page", ["1"])[0]
    return int(text) if PAGE.fullmatch(text) else 0
