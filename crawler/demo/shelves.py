"""The shelves of the shop. A book stands on one of them, and some books are in the window too."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from crawler.demo.catalogue import Book, Stock

__all__ = ["WINDOW", "Shelf", "shelves"]

LETTERS = "ABCDEFGH"
WINDOW = "Window"
SHELVED = 200
"""Books that have a place: a shop has only so many shelves."""

SHOWN = 7
"""Every seventh book is in the window."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf with its books."""

    id: int
    name: str
    floor: int
    books: tuple[Book, ...]

    def summary(self) -> dict[str, Any]:
        """What the list of shelves says of it."""
        return {"id": self.id, "name": self.name, "floor": self.floor}

    def places(self) -> list[dict[str, Any]]:
        """What the shelf says of its books."""
        return [{"id": book.number, "title": book.title.text} for book in self.books]


def shelves(stock: Stock) -> list[Shelf]:
    """All shelves that have books, the window last."""
    standing: dict[str, list[Book]] = defaultdict(list)
    books = [stock.book(number) for number in range(1, min(stock.books, SHELVED) + 1)]
    for book in books:
        standing[book.shelf[0]].append(book)
    window = [book for book in books if book.number % SHOWN == 0]
    found = [
        Shelf(number, letter, (number - 1) // 3, tuple(standing[letter]))
        for number, letter in enumerate(LETTERS, 1)
        if letter in standing
    ]
    return [*found, Shelf(len(LETTERS) + 1, WINDOW, 0, tuple(window))] if window else found
