"""A whole run with answers from memory: loop, frontier, store and csv, to the same rows put into SQLite by hand."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from benchmarks.competitors import write_config
from benchmarks.parts.suite import Part, Setup, spent
from benchmarks.sites import START, Site
from crawler import load
from crawler.api import run
from crawler.model import Link, Outcome, Page, Record, Request, Value
from crawler.strategies.port import Plan

BASE = "http://example.org"
LISTINGS, BOOKS = 50, 20
PAGES = LISTINGS * (1 + BOOKS)
TURN = 32  # pages in a transaction
TABLES = """
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE pages (id INTEGER PRIMARY KEY, url TEXT UNIQUE, state TEXT);
    CREATE TABLE records (page INTEGER, data TEXT);
"""


class Canned:
    """A strategy that knows every answer: it completes a request at once."""

    def __init__(self, plan: Plan[Outcome]) -> None:
        self._pages = dict(_pages())

    def submit(self, request: Request) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_result(self._pages[request.url])
        return future

    def close(self, *, cancel: bool = False) -> None: ...


def loop(setup: Setup) -> Part:
    """1,050 pages."""
    pages = list(_pages())
    return Part("loop", lambda: _ours(setup.work), lambda: _bare(setup.work, pages), "SQLite by hand", PAGES)


def _pages() -> Iterator[tuple[str, Page]]:
    for number in range(1, LISTINGS + 1):
        names = [_book(number, place) for place in range(BOOKS)]
        links = [Link(name, "book") for name in names]
        if number < LISTINGS:
            links.append(Link(_listing(number + 1), "listing", next=True))
        yield _listing(number), Page(200, 50_000, 0.01, links=tuple(links))
        for name in names:
            yield name, Page(200, 20_000, 0.01, records=(Record("books", _values(name)),))


def _listing(number: int) -> str:
    return BASE + START.replace("-1", f"-{number}")


def _book(number: int, place: int) -> str:
    return f"{BASE}/catalogue/book_{BOOKS * number + place}/index.html"


def _values(url: str) -> dict[str, Value]:
    text = "A sentence of the description. " * 30
    values: dict[str, Value] = {"title": url[-20:], "price": Decimal("51.77"), "rating": 3, "stock": 22, "upc": url}
    return values | {"category": "Poetry", "description": text, "url": url}


def _ours(work: Path) -> float:
    with tempfile.TemporaryDirectory(dir=work) as folder:
        config = write_config(Site("demo", work, LISTINGS, PAGES - LISTINGS), BASE, Path(folder, "loop.yaml"))
        text = config.read_text("utf-8").replace("books.xlsx", "books.csv")
        config.write_text(text + f"fetch: {{strategy: '{__name__}:Canned', parse: worker}}\n", "utf-8")
        job, reports = load(config), []
        took = spent(lambda: reports.append(run(job)))
        if reports[0].records != {"books": PAGES - LISTINGS}:
            raise SystemExit(f"loop: {reports[0].records} records")
        return took


def _bare(work: Path, pages: list[tuple[str, Page]]) -> float:
    with tempfile.TemporaryDirectory(dir=work) as folder, closing(sqlite3.connect(Path(folder, "state"))) as db:
        db.executescript(TABLES)
        return spent(lambda: _by_hand(db, pages))


def _by_hand(db: sqlite3.Connection, pages: list[tuple[str, Page]]) -> None:
    for start in range(0, len(pages), TURN):
        with db:
            for url, page in pages[start : start + TURN]:
                number = db.execute("INSERT INTO pages (url, state) VALUES (?, 'queued')", (url,)).lastrowid
                db.execute("UPDATE pages SET state = 'done' WHERE id = ?", (number,))
                for record in page.records:
                    data = json.dumps(record.values, default=str)
                    db.execute("INSERT INTO records VALUES (?, ?)", (number, data))
