"""The catalogue as a JSON API, twenty books an answer."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape
from typing import Any

from crawler.demo.catalogue import Book, Stock, author_path, book_path
from crawler.model import Money

__all__ = ["CURRENCIES", "api_page", "entry", "status"]

CURRENCIES = {"£": "GBP", "€": "EUR"}
EPOCH = datetime(1970, 1, 1)


def api_page(stock: Stock, page: int) -> bytes | None:
    """The answer of `/api/books?page=N`; None where there is no such page. Pages count from 1."""
    if not 1 <= page <= stock.listings:
        return None
    books = [entry(stock, stock.book(number)) for number in stock.on_listing(page)]
    if page == 1:
        books.append(entry(stock, stock.book(0)))  # the proof that nobody may buy
    answer = {
        "page": page,
        "pages": stock.listings,
        "total": stock.books,
        "next": f"/api/books?page={page + 1}" if page < stock.listings else None,
        "data": {"books": books},
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def status(number: int) -> str:
    """Whether the API says that a book is to be had: `for sale`, `announced` or `withdrawn`."""
    if number % 10 == 4:
        return "announced"
    return "withdrawn" if number % 25 == 12 else "for sale"


def entry(stock: Stock, book: Book) -> dict[str, Any]:
    """A book as the API has it."""
    return {
        "id": book.number,
        "isbn": book.isbn,
        "title": book.title.text,
        "status": status(book.number),
        "authors": [_author(stock, number) for number in book.authors],
        "price": _price(book.money),
        "rating": book.rating,
        "stock": {"count": book.stock, "shelf": book.shelf},
        "tags": list(book.genres),
        "description": _html(book.description),
        "updated": int((book.checked - EPOCH).total_seconds()),
        "link": book_path(book.number, book.title),
    }


def _author(stock: Stock, number: int) -> dict[str, Any]:
    return {"id": number, "name": stock.author_name(number).text, "link": author_path(stock, number)}


def _price(money: Money | None) -> dict[str, Any] | None:
    return money and {"amount": float(money.amount), "currency": CURRENCIES[money.currency]}


def _html(text: str | None) -> str | None:
    """The description as HTML in a text, as many APIs have it."""
    if text is None:
        return None
    first, _, rest = text.partition(" ")
    return f"<p><b>{escape(first)}</b> {escape(rest)}</p>\n<p>Fish &amp; chips not included.</p>"
