"""A crawl state in a temporary file, with the few names that store and crawl tests need."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from crawler.crawl.admission import Admission
from crawler.model import Column, Failure, Link, Page, Record, Table
from crawler.store.pages import Pages
from crawler.store.queued import Queued
from crawler.store.result import StoredResult
from crawler.store.runs import begin
from crawler.store.schema import open_database

SITE = "http://shop.example"
LANES = {"listing": 0, "book": 1}
BOOKS = (Table("books", (Column("title"), Column("price"))),)


def open_state(path: Path) -> sqlite3.Connection:
    return open_database(path / "state.sqlite")


def open_pages(db: sqlite3.Connection, *, max_depth: int | None = None, what: str = "what") -> Pages:
    start = begin(db, what, fresh=False, pid=1, now=1.0)
    return Pages(db, start.crawl, lanes=LANES, admission=Admission(max_depth=max_depth, traps=False), now=lambda: 2.0)


def url(path: str) -> str:
    return f"{SITE}/{path}"


def listing(*links: Link) -> Page:
    return Page(200, 10, 0.1, links=links)


def to_listing(path: str, *, next: bool = False) -> Link:
    return Link(url(path), "listing", next=next)


def to_book(path: str, **carry: str) -> Link:
    return Link(url(path), "book", carry=carry)


def book(title: str, price: str | None = None) -> Page:
    return Page(200, 10, 0.1, records=(Record("books", {"title": title, "price": price}),))


def failure(code: str = "http-404", status: int = 404) -> Failure:
    return Failure(code, "", status)


def take(pages: Pages, path: str) -> Queued:
    """The queued page of that path, as the frontier would hand it out."""
    for lane in (0, 1, 2):
        for page in pages.queued("shop.example", lane, 1000):
            if page.url == url(path):
                return page
    raise AssertionError(f"{path} is not queued")


def queued(pages: Pages) -> set[str]:
    rows = (page.url for lane in (0, 1, 2) for page in pages.queued("shop.example", lane, 1000))
    return {each.removeprefix(SITE + "/") for each in rows}


def titles(db: sqlite3.Connection, crawl: int = 1, keys: Iterable[str] = ()) -> list[object]:
    result = StoredResult(db, crawl, BOOKS, {"books": tuple(keys)})
    return [row.values.get("title") for row in result.rows("books")]
