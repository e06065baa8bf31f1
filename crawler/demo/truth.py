"""What a perfect crawl of the demo site must find: tests compare it with the records of a real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crawler.demo.paths import author_path, book_path
from crawler.demo.stock import Book, Stock

__all__ = ["truth"]


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
