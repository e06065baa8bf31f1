"""A table with merged cells: a heading over two columns in two rows, one genre beside many books, headings again."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from crawler.demo.catalogue import Book, Stock
from crawler.demo.pages import esc

__all__ = ["by_genre", "price_table", "sale_price"]

TABLE_BOOKS = 200
HEADINGS = """<tr><th rowspan="2">Genre</th><th rowspan="2">Title</th><th colspan="2">Price</th>\
<th rowspan="2">In stock</th></tr>
<tr><th>List</th><th>Now</th></tr>"""
EVERY = 10


def price_table(stock: Stock) -> str:
    """The page as HTML."""
    rows = []
    for genre, books in by_genre(stock).items():
        group = f'<th rowspan="{len(books)}">{esc(genre)}</th>'
        for book in books:
            rows.append(f"<tr>{group}{_cells(book)}</tr>")
            group = ""
    return f"""<h1>Price list</h1>
<table id="prices">
<caption>The first {TABLE_BOOKS} books, by genre</caption>
<thead>
{HEADINGS}
</thead>
<tbody>
{_with_headings(rows)}
</tbody>
</table>"""


def by_genre(stock: Stock) -> dict[str, list[Book]]:
    """The first books under the first of their genres, by its name."""
    found = defaultdict(list)
    for number in range(1, min(stock.books, TABLE_BOOKS) + 1):
        book = stock.book(number)
        found[book.genres[0]].append(book)
    return dict(sorted(found.items()))


def sale_price(book: Book) -> Decimal | None:
    """What a book costs now: a tenth off."""
    return book.money and (book.money.amount * 9 / 10).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _cells(book: Book) -> str:
    now = sale_price(book)
    listed = "–" if book.money is None else esc(book.price or "")
    reduced = "–" if book.money is None else f"{book.money.currency}{now:,}"
    return f"<td>{esc(book.title.text)}</td><td>{listed}</td><td>{reduced}</td><td>{book.stock or 'sold out'}</td>"


def _with_headings(rows: list[str]) -> str:
    """The rows, with the headings again where a new genre begins after many: a merged cell must not cross them."""
    parts, since = [], 0
    for row in rows:
        if since >= EVERY and row.startswith("<tr><th "):
            parts.append(HEADINGS)
            since = 0
        parts.append(row)
        since += 1
    return "\n".join(parts)
