"""The sitemaps of the shop (https://www.sitemaps.org/protocol.html): an index, books in gzip, authors."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator

from crawler.demo.catalogue import Stock, author_path, book_path

__all__ = ["AUTHORS", "INDEX", "authors_map", "books_map", "books_maps", "sitemap_index"]

INDEX = "/sitemap.xml"
AUTHORS = "/sitemaps/authors.xml"
PER_MAP = 10_000
"""Most addresses in a sitemap; the protocol allows 50,000."""
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap_index(stock: Stock, base: str) -> bytes:
    """The index. `base` is the origin of the site here and below: the protocol asks for absolute addresses."""
    paths = [*(f"/sitemaps/books-{number}.xml.gz" for number in range(1, books_maps(stock) + 1)), AUTHORS]
    entries = (f"<sitemap><loc>{base}{path}</loc></sitemap>" for path in paths)
    return _document("sitemapindex", entries)


def books_maps(stock: Stock) -> int:
    """How many sitemaps of books there are."""
    return -(-stock.books // PER_MAP)


def books_map(stock: Stock, base: str, number: int) -> bytes | None:
    """The sitemap of books with this number, from 1, in gzip; None where there is none."""
    if not 1 <= number <= books_maps(stock):
        return None
    return gzip.compress(_document("urlset", _books(stock, base, number)), mtime=0)


def authors_map(stock: Stock, base: str) -> bytes:
    """The sitemap of authors."""
    numbers = range(min(stock.authors, PER_MAP))
    return _document("urlset", (f"<url><loc>{base}{author_path(stock, number)}</loc></url>" for number in numbers))


def _books(stock: Stock, base: str, number: int) -> Iterator[str]:
    first = (number - 1) * PER_MAP + 1
    for each in range(first, min(first + PER_MAP, stock.books + 1)):
        book = stock.book(each)
        loc = f"{base}{book_path(each, book.title)}"
        yield f"<url><loc>{loc}</loc><lastmod>{book.checked:%Y-%m-%d}</lastmod></url>"


def _document(root: str, entries: Iterable[str]) -> bytes:
    body = "\n".join(entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n{body}\n</{root}>\n'.encode()
