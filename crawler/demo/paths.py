"""Where each page of the shop stands."""

from __future__ import annotations

from urllib.parse import quote

from crawler.demo.stock import Stock
from crawler.demo.words import Name

__all__ = ["DEAD", "MOVED_BOOK", "MOVED_FROM", "STAFF", "author_path", "book_path", "listing_path"]

DEAD = "/catalogue/the-lost-atlas_0/index.html"
"""Linked from the last listing page, and gone."""

STAFF = "/staff/uncorrected-proof_0/index.html"
"""Linked from the first listing page, and forbidden by robots.txt."""

MOVED_BOOK = 7
MOVED_FROM = "/catalogue/old-shop/7.html"
"""The listing still links to the old place of this book, which redirects to the new one."""


def listing_path(page: int) -> str:
    """Path of a listing page; pages count from 1."""
    return f"/catalogue/page-{page}.html"


def book_path(number: int, title: Name) -> str:
    """Path of a book."""
    return f"/catalogue/{quote(title.slug)}_{number}/index.html"


def author_path(stock: Stock, number: int) -> str:
    """Path of an author; one of them is not ASCII and so percent-encoded."""
    return f"/authors/{quote(stock.author_name(number).slug)}-{number}.html"
