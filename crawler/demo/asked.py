"""The catalogue as an API that is asked: by POST, page by page, by cursor, and over several hops.

Pages that are asked by POST and fail at first say so with status 200, as many APIs do: `BUSY` is their answer.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from crawler.demo.api import entry
from crawler.demo.catalogue import BOOKS_PER_PAGE, Stock
from crawler.demo.shelves import Shelf, shelves
from crawler.serving.http import HttpResponse

__all__ = ["BUSY", "POSTED", "AskedApi"]

JSON = {"Content-Type": "application/json"}
POSTED = {
    "/api/search": "books by page and genre, asked by POST",
    "/api/shelf": "the books of a shelf, asked by POST with its id",
    "/graphql": "GraphQL, asked by POST with a cursor",
}
"""What answers to POST alone, and what it is."""

BUSY = HttpResponse(200, JSON, b'{"status": "busy"}')
BOOK = re.compile(r"/api/book/([0-9]{1,7})")
NUMBER = re.compile(r"[0-9]{1,7}")
CURSOR = re.compile(rb"book:([0-9]{1,7})")
MOST = 100
"""Items of an answer."""

BY_GENRE = 5_000
"""Books that a search by genre looks through: it must not read a million of them."""


class BadQuestionError(Exception):
    """A question that cannot be answered; the text says why."""


class AskedApi:
    """Answers questions about the books of a shop."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._posted: dict[str, Callable[[dict[str, Any]], HttpResponse]] = {
            "/api/search": self._search,
            "/api/shelf": self._shelf,
            "/graphql": self._graphql,
        }

    def get(self, path: str, query: str) -> HttpResponse | None:
        """The answer to a GET; None where there is none."""
        if path in self._posted:
            return HttpResponse(405, JSON | {"Allow": "POST"}, _json({"status": "error", "message": "ask by POST"}))
        if path == "/api/stock":
            return self._in_stock(query)
        if path == "/api/shelves":
            return _answer({"shelves": [shelf.summary() for shelf in self._shelves.values()]})
        if match := BOOK.fullmatch(path):
            return self._book(int(match[1]))
        return None

    def post(self, path: str, body: bytes) -> HttpResponse | None:
        """The answer to a POST; None where there is none. A body that makes no sense is answered 400."""
        answer = self._posted.get(path)
        if answer is None:
            return None
        try:
            return answer(_question(body))
        except BadQuestionError as bad:
            return HttpResponse(400, JSON, _json({"status": "error", "message": str(bad)}))

    @cached_property
    def _shelves(self) -> dict[int, Shelf]:
        return {shelf.id: shelf for shelf in shelves(self._stock)}

    def _search(self, asked: dict[str, Any]) -> HttpResponse:
        page, size = _whole(asked, "page", 1), _whole(asked, "size", BOOKS_PER_PAGE, MOST)
        found = self._of_genre(asked.get("genre"))
        items = [self._found(number) for number in found[(page - 1) * size : page * size]]
        if page > 1 and not items:
            return HttpResponse(404, JSON, _json({"status": "error", "message": f"there is no page {page}"}))
        return _answer({"status": "ok", "page": page, "total": len(found), "items": items})

    def _of_genre(self, genre: object) -> Sequence[int]:
        if genre is None:
            return range(1, self._stock.books + 1)
        numbers = range(1, min(self._stock.books, BY_GENRE) + 1)
        return [number for number in numbers if genre in self._stock.book(number).genres]

    def _found(self, number: int) -> dict[str, Any]:
        book = entry(self._stock, self._stock.book(number))
        return {name: book[name] for name in ("id", "isbn", "title", "price", "tags", "link")}

    def _shelf(self, asked: dict[str, Any]) -> HttpResponse:
        shelf = self._shelves.get(_whole(asked, "id", 0))
        if shelf is None:
            raise BadQuestionError("there is no such shelf")
        return _answer({"status": "ok", "shelf": shelf.name, "books": shelf.places()})

    def _graphql(self, asked: dict[str, Any]) -> HttpResponse:
        """One query is known, that for `books`; which fields it names does not matter."""
        if "books" not in str(asked.get("query")):
            raise BadQuestionError("the query asks for no books")
        variables = asked.get("variables")
        if not isinstance(variables, dict):
            raise BadQuestionError("variables must be an object")
        first = _whole(variables, "first", BOOKS_PER_PAGE, MOST)
        begin = _after(variables.get("after"))
        numbers = range(1, self._stock.books + 1)[begin : begin + first]
        end = numbers[-1] if numbers else begin
        info = {"endCursor": _cursor(end), "hasNextPage": end < self._stock.books}
        return _answer({"data": {"books": {"nodes": [self._node(number) for number in numbers], "pageInfo": info}}})

    def _node(self, number: int) -> dict[str, Any]:
        book = entry(self._stock, self._stock.book(number))
        return {name: book[name] for name in ("isbn", "title", "authors", "rating", "updated")}

    def _in_stock(self, query: str) -> HttpResponse:
        """A part of all counts; behind the last one an answer has no items."""
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        offset, limit = _part(asked.get("offset", "0")), min(_part(asked.get("limit", "20")), MOST)
        books = map(self._stock.book, range(1, self._stock.books + 1)[offset : offset + limit])
        items = [{"isbn": book.isbn, "title": book.title.text, "count": book.stock} for book in books]
        return _answer({"total": self._stock.books, "items": items})

    def _book(self, number: int) -> HttpResponse | None:
        if not 1 <= number <= self._stock.books:
            return None
        return _answer(entry(self._stock, self._stock.book(number)))


def _question(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise BadQuestionError("the body is not JSON") from None
    if not isinstance(asked, dict):
        raise BadQuestionError("the body is not an object")
    return asked


def _whole(asked: dict[str, Any], name: str, default: int, most: int = 10_000_000) -> int:
    number = asked.get(name, default)
    if type(number) is not int or not 1 <= number <= most:
        raise BadQuestionError(f"{name} must be a number from 1 to {most}")
    return number


def _part(text: str) -> int:
    return int(text) if NUMBER.fullmatch(text) else 0


def _cursor(number: int) -> str:
    return b64encode(b"book:%d" % number).decode()


def _after(cursor: object) -> int:
    """The number of the book behind which an answer begins."""
    if cursor is None:
        return 0
    try:
        match = CURSOR.fullmatch(b64decode(str(cursor), validate=True))
    except ValueError:
        match = None
    if match is None:
        raise BadQuestionError("after is no cursor of an answer")
    return int(match[1])


def _answer(data: dict[str, Any]) -> HttpResponse:
    return HttpResponse(200, JSON, _json(data))


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()
