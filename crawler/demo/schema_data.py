"""Pages of books whose facts are in schema.org data: JSON-LD on one page, microdata on the next."""

from __future__ import annotations

import json
from typing import Any

from crawler.demo.api import CURRENCIES
from crawler.demo.catalogue import Book, Stock, book_path
from crawler.demo.pages import esc

__all__ = ["has_schema", "schema_page"]

WITHOUT = 9


def schema_page(stock: Stock, book: Book) -> str:
    """The page as HTML."""
    more = f'<p><a href="{book_path(book.number, book.title)}">All about this book</a></p>'
    if not has_schema(book.number):
        return f"<h1>{esc(book.title.text)}</h1>\n{more}"
    return (_json_ld if book.number % 2 else _microdata)(stock, book) + "\n" + more


def has_schema(number: int) -> bool:
    """Whether the page of a book has data: one has only what a reader sees."""
    return number != WITHOUT


def _json_ld(stock: Stock, book: Book) -> str:
    """`@graph` with the way to the page and the book, whose publisher is named by `@id`."""
    item: dict[str, Any] = {
        "@type": ["Book", "Product"],
        "name": book.title.text,
        "isbn": book.isbn,
        "numberOfPages": book.pages,
        "author": [{"@type": "Person", "name": stock.author_name(number).text} for number in book.authors],
        "publisher": {"@id": "#publisher"},
    }
    if book.money:
        item["offers"] = {
            "@type": "Offer",
            "price": str(book.money.amount),
            "priceCurrency": CURRENCIES[book.money.currency],
            "availability": f"https://schema.org/{_availability(book)}",
        }
    if book.rating:
        item["aggregateRating"] = {"@type": "AggregateRating", "ratingValue": book.rating, "bestRating": 5}
    graph = [
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Books"}]},
        item,
        {"@type": "Organization", "@id": "#publisher", "name": book.publisher},
    ]
    # "<" would end the script in "</script>"
    data = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False).replace("<", "\\u003c")
    return f'<h1>{esc(book.title.text)}</h1>\n<script type="application/ld+json">{data}</script>'


def _microdata(stock: Stock, book: Book) -> str:
    authors = ", ".join(
        f'<span itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'<span itemprop="name">{esc(stock.author_name(number).text)}</span></span>'
        for number in book.authors
    )
    return f"""<article itemscope itemtype="https://schema.org/Book https://schema.org/Product">
<h1 itemprop="name">{esc(book.title.text)}</h1>
<p>by {authors}, <span itemprop="numberOfPages">{book.pages}</span> pages</p>
<meta itemprop="isbn" content="{book.isbn}">
<p itemprop="publisher" itemscope itemtype="https://schema.org/Organization">\
<span itemprop="name">{esc(book.publisher)}</span></p>
{_offer(book)}{_rating(book)}</article>"""


def _offer(book: Book) -> str:
    if not book.money:
        return ""
    return f"""<p itemprop="offers" itemscope itemtype="https://schema.org/Offer">
<span itemprop="price" content="{book.money.amount}">{esc(book.price or "")}</span>
<meta itemprop="priceCurrency" content="{CURRENCIES[book.money.currency]}">
<link itemprop="availability" href="https://schema.org/{_availability(book)}">
</p>
"""


def _rating(book: Book) -> str:
    if not book.rating:
        return ""
    return f"""<p itemprop="aggregateRating" itemscope itemtype="https://schema.org/AggregateRating">
<span itemprop="ratingValue">{book.rating}</span> of <span itemprop="bestRating">5</span></p>
"""


def _availability(book: Book) -> str:
    return "InStock" if book.stock else "OutOfStock"
