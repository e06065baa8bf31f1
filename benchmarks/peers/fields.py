"""What every peer takes from the pages: the selectors of both sites, and texts turned into values.

A peer only has to select: `texts` are what its library found for each selector of `Site.fields`.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

RATINGS = {"One": 1, "Two": 2, "Three": 3, "Four": 4, "Five": 5}
COLUMNS = ("upc", "title", "price", "rating", "stock", "category", "description", "url")


@dataclass(frozen=True)
class Site:
    """Selectors of a site; a field is a selector and an attribute, "" for the text."""

    next: str
    book: str
    fields: dict[str, tuple[str, str]]


SITES = {
    "books": Site(
        next="li.next a",
        book="article.product_pod h3 a",
        fields={
            "upc": ("table tr:nth-child(1) td", ""),
            "title": ("h1", ""),
            "price": (".product_main p.price_color", ""),
            "rating": (".product_main p.star-rating", "class"),
            "stock": (".product_main p.availability", ""),
            "category": ("ul.breadcrumb li:nth-child(3) a", ""),
            "description": ("#product_description + p", ""),
        },
    ),
    "demo": Site(
        next="li.next a",
        book="article.book h3 a",
        fields={
            "upc": ("table.facts tr:nth-child(1) td", ""),
            "title": ("h1", ""),
            "price": ("p.price", ""),
            "rating": ("p.rating", "class"),
            "stock": ("p.stock", ""),
            "category": (".genres li:nth-child(1)", ""),
            "description": (".description p", ""),
        },
    ),
}


def record(texts: dict[str, str | None], url: str) -> dict[str, object]:
    """The row of a book page."""
    price = re.search(r"\d[\d,]*\.\d\d", texts["price"] or "")
    stock = re.search(r"(\d+) available", texts["stock"] or "")
    return {
        "upc": clean(texts["upc"]),
        "title": clean(texts["title"]),
        "price": float(price[0].replace(",", "")) if price else None,
        "rating": next((RATINGS[word] for word in (texts["rating"] or "").split() if word in RATINGS), None),
        "stock": int(stock[1]) if stock else 0,
        "category": clean(texts["category"]),
        "description": clean(texts["description"]),
        "url": url,
    }


def clean(text: str | None) -> str | None:
    """Text with single spaces."""
    return " ".join(text.split()) if text else None


def arguments() -> argparse.Namespace:
    """What every peer is called with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--site", choices=SITES, required=True)
    parser.add_argument("--out", required=True, help="file to be written, .csv or .xlsx")
    parser.add_argument("--at-once", type=int, default=16, help="most requests at once")
    parser.add_argument("start", nargs="+", help="URLs of the first listings")
    return parser.parse_args()
