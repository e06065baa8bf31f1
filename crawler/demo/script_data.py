"""A page whose data are in its scripts: `var shelves = [...]`, JSON in an element, JSON in an attribute."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from crawler.demo.catalogue import Book, SeededRandom, Stock
from crawler.demo.pages import esc

__all__ = ["branches", "readings", "script_page", "shelves"]

BRANCHES = ("Harbour Street", "Old Station", "Castle Hill")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def script_page(stock: Stock) -> str:
    """The page as HTML: a reader without JavaScript sees three empty boxes."""
    page = json.dumps({"props": {"pageProps": {"readings": readings(stock)}}}, ensure_ascii=False)
    script = page.replace("<", "\\u003c")
    return f"""<h1>Where to find us</h1>
<div id="shelves"></div>
<div class="map" data-markers="{esc(json.dumps(branches(stock)))}"></div>
<script id="__NEXT_DATA__" type="application/json">{script}</script>
<script>
// What JavaScript calls an object, and JSON does not: names without quotes, ' for ", a comma at the end.
var shelves = {_literal(stock)};
shelves.forEach(draw);
</script>"""


def shelves(stock: Stock) -> dict[str, list[Book]]:
    """The books of each shelf, by its letter."""
    found = defaultdict(list)
    for number in stock.on_listing(1):
        book = stock.book(number)
        found[book.shelf[0]].append(book)
    return dict(sorted(found.items()))


def branches(stock: Stock) -> list[dict[str, Any]]:
    """The shops of the company, as the attribute has them."""
    dice = SeededRandom(stock.seed, "branches")
    return [
        {"name": name, "lat": (510_000 + dice.below(40_000)) / 10_000, "lng": -dice.below(30_000) / 10_000}
        for name in BRANCHES
    ]


def readings(stock: Stock) -> list[dict[str, Any]]:
    """Authors who read from their books, as the element has them."""
    dice = SeededRandom(stock.seed, "readings")
    return [
        {
            "author": {"name": stock.author_name(number).text},
            "day": DAYS[number % len(DAYS)],
            "hour": 17 + dice.below(4),
            "free": number % 3 == 0,
        }
        for number in range(min(stock.authors, 6))
    ]


def _literal(stock: Stock) -> str:
    lines = (
        f"  {{shelf: '{letter}', floor: {'ABCDEFGH'.index(letter) // 3}, books: [{_books(books)}]}},"
        for letter, books in shelves(stock).items()
    )
    return "[\n" + "\n".join(lines) + "\n]"


def _books(books: list[Book]) -> str:
    return ", ".join(f"{{place: {int(book.shelf[2:])}, title: {_quoted(book.title.text)}}}" for book in books)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("<", "\\x3c") + "'"
