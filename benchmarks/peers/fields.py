"""What every peer takes from the pages: the selectors of each site, texts turned into values, and the file at the end.

A peer only has to select: `texts` are what its library found for each selector of `Site.fields`.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

RATINGS = {"One": 1, "Two": 2, "Three": 3, "Four": 4, "Five": 5}
COLUMNS = ("upc", "title", "price", "rating", "stock", "category", "description", "url")

Texts = dict[str, str | None]
Row = dict[str, object]


def book(texts: Texts, url: str) -> Row:
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


def plain(texts: Texts, url: str) -> Row:
    """The row of a page whose fields are all texts."""
    return {**{name: clean(text) for name, text in texts.items()}, "url": url}


def clean(text: str | None) -> str | None:
    """Text with single spaces."""
    return " ".join(text.split()) if text else None


@dataclass(frozen=True)
class Site:
    """Selectors of a site.

    Attributes:
        next: of the link from a listing to the next one.
        book: of the links from a listing to the pages with a record, whatever they are about.
        fields: a selector and an attribute, "" for the text.
    """

    next: str
    book: str
    fields: dict[str, tuple[str, str]]
    columns: tuple[str, ...] = COLUMNS
    record: Callable[[Texts, str], Row] = book


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
    "pages": Site(
        next="a[rel=next]",
        book="li a",
        fields={
            "title": ("title", ""),
            "heading": ("h1", ""),
            "description": ("meta[name=description]", "content"),
            "canonical": ("link[rel=canonical]", "href"),
            "paragraph": ("p", ""),
        },
        columns=("title", "heading", "description", "canonical", "paragraph", "url"),
        record=plain,
    ),
}


def write(path: str, columns: tuple[str, ...], rows: Iterable[Row], *, row_by_row: bool = True) -> None:
    """Write a csv file, or a workbook: row by row, or as most people do, whole in memory first."""
    if path.endswith(".csv"):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return
    from openpyxl import Workbook

    workbook = Workbook(write_only=row_by_row)
    sheet = workbook.create_sheet() if row_by_row else workbook.active
    sheet.append(columns)
    for row in rows:
        sheet.append([row[name] for name in columns])
    workbook.save(path)


def arguments() -> argparse.Namespace:
    """What every peer is called with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--site", choices=SITES, required=True)
    parser.add_argument("--out", required=True, help="file to be written, .csv or .xlsx")
    parser.add_argument("--at-once", type=int, default=16, help="most requests at once")
    parser.add_argument("start", nargs="+", help="URLs of the first listings")
    return parser.parse_args()
