"""Each config for another form of the demo shop finds what the catalogue holds, and writes it to every kind of file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import crawler
from crawler.cli.show import end_summary
from crawler.config import Job
from crawler.demo.api import CURRENCIES, status
from crawler.demo.catalogue import Book, Stock, book_path
from crawler.demo.feed import newest
from crawler.demo.options import DemoOptions
from crawler.demo.price_table import by_genre, sale_price
from crawler.demo.schema_data import WITHOUT
from crawler.demo.script_data import branches, readings, shelves
from crawler.demo.shelves import WINDOW
from crawler.demo.shelves import shelves as real_shelves
from tests.configs.small_crawl import CONFIGS
from tests.support.usable import USABLE

Rows = list[dict[str, Any]]
SIZES = [(60, 1), (23, 5)]
"""Books and seed: three pages of the API, and two."""


def books(stock: Stock) -> Iterator[Book]:
    return map(stock.book, range(1, stock.books + 1))


def authors(stock: Stock, book: Book) -> list[str]:
    return [stock.author_name(number).text for number in book.authors]


def amount(book: Book) -> Decimal | None:
    return book.money and book.money.amount


def currency(book: Book) -> str | None:
    return book.money and CURRENCIES[book.money.currency]


def plain(html_text: str | None) -> str | None:
    return html_text and f"{html_text} Fish & chips not included."


def of_api(stock: Stock) -> dict[str, Rows]:
    return {
        "books": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "authors": authors(stock, book),
                "first_author": authors(stock, book)[0],
                "price": amount(book),
                "price_currency": currency(book),
                "rating": book.rating,
                "stock": book.stock,
                "tags": ", ".join(book.genres),
                "description": plain(book.description),
                "updated": f"{book.checked:%Y-%m-%dT%H:%M:%S}",
                "url": book_path(book.number, book.title),
                "shop": "The Demo Bookshop",
            }
            for book in books(stock)
            if status(book.number) == "for sale"
        ]
    }


def of_schema(stock: Stock) -> dict[str, Rows]:
    return {
        "books": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "authors": authors(stock, book),
                "publisher": book.publisher,
                "pages": book.pages,
                "price": amount(book),
                "currency": currency(book),
                "in_stock": bool(book.stock) if book.money else None,
                "rating": book.rating,
                "link": book_path(book.number, book.title),
                "url": f"/schema/book/{book.number}.html",
            }
            for book in books(stock)
            if book.number != WITHOUT
        ]
    }


def of_scripts(stock: Stock) -> dict[str, Rows]:
    return {
        "books": [
            {"title": book.title.text, "place": int(book.shelf[2:]), "shelf": letter, "floor": (ord(letter) - 65) // 3}
            for letter, several in shelves(stock).items()
            for book in several
        ],
        "readings": [
            {"author": one["author"]["name"], "time": f"{one['day']}, {one['hour']}:00", "free": one["free"]}
            for one in readings(stock)
        ],
        "branches": [
            {"name": one["name"], "latitude": Decimal(str(one["lat"])), "longitude": Decimal(str(one["lng"]))}
            for one in branches(stock)
        ],
    }


def of_table(stock: Stock) -> dict[str, Rows]:
    return {
        "prices": [
            {
                "genre": genre,
                "title": book.title.text,
                "list": amount(book),
                "list_currency": book.money and book.money.currency,
                "now": sale_price(book),
                "now_currency": book.money and book.money.currency,
                "stock": book.stock,
            }
            for genre, several in by_genre(stock).items()
            for book in several
        ]
    }


def of_feed(stock: Stock) -> dict[str, Rows]:
    return {
        "news": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "date": f"{book.checked:%Y-%m-%dT%H:%M:%S}+00:00",
                "author": authors(stock, book)[0],
                "genres": list(book.genres),
                "about": book.description or "No description yet.",
                "price": amount(book) or book.price,
                "price_currency": book.money and book.money.currency,
            }
            for book in map(stock.book, newest(stock))
        ]
    }


def of_sitemap(stock: Stock) -> dict[str, Rows]:
    return {
        "books": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "price": amount(book) or book.price,
                "price_currency": book.money and book.money.currency,
                "url": book_path(book.number, book.title),
            }
            for book in books(stock)
        ]
    }


def of_files(stock: Stock) -> dict[str, Rows]:
    return {
        "stock": [
            {
                "isbn": book.isbn,
                "title": book.title.text,
                "language": book.language,
                "price": amount(book) if currency(book) == "GBP" else None,
                "stock": book.stock,
                "checked": f"{book.checked:%Y-%m-%d}",
            }
            for book in books(stock)
        ],
        "shelves": [
            {"isbn": book.isbn, "shelf": book.shelf, "stock": book.stock, "checked": f"{book.checked:%Y-%m-%d}"}
            for book in books(stock)
            if book.stock
        ],
    }


def of_post(stock: Stock) -> dict[str, Rows]:
    return {
        "books": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "price": amount(book),
                "price_currency": currency(book),
                "tags": ", ".join(book.genres),
                "url": book_path(book.number, book.title),
            }
            for book in books(stock)
        ]
    }


def of_hops(stock: Stock) -> dict[str, Rows]:
    standing = [(shelf, book) for shelf in real_shelves(stock) for book in shelf.books]
    return {
        "places": [{"title": book.title.text, "shelf": shelf.name, "floor": shelf.floor} for shelf, book in standing],
        "books": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "authors": authors(stock, book),
                "rating": book.rating,
                "count": book.stock,
                "url": book_path(book.number, book.title),
                "shelf": [shelf.name, WINDOW] if book.number % 7 == 0 else [shelf.name],
            }
            for shelf, book in standing
            if shelf.name != WINDOW
        ],
    }


def of_offset(stock: Stock) -> dict[str, Rows]:
    return {
        "stock": [{"title": book.title.text, "isbn": book.isbn, "count": book.stock} for book in books(stock)],
    }


def of_cursor(stock: Stock) -> dict[str, Rows]:
    return {
        "books": [
            {
                "title": book.title.text,
                "isbn": book.isbn,
                "authors": authors(stock, book),
                "rating": book.rating,
                "updated": f"{book.checked:%Y-%m-%dT%H:%M:%S}",
            }
            for book in books(stock)
        ]
    }


EXPECTED: dict[str, Callable[[Stock], dict[str, Rows]]] = {
    "api": of_api,
    "schema": of_schema,
    "scripts": of_scripts,
    "table": of_table,
    "feed": of_feed,
    "sitemap": of_sitemap,
    "files": of_files,
    "post": of_post,
    "hops": of_hops,
    "cursor": of_cursor,
    "offset": of_offset,
}
ASKED = ("post", "hops", "cursor", "offset")
STRATEGIES = [name for name in ("threads", "processes", "asyncio", "curl") if name in USABLE]


def job(form: str, folder: Path, number: int, seed: int, *more: str) -> Job:
    outputs = ", ".join(str(folder / f"demo.{suffix}") for suffix in ("xlsx", "csv", "jsonl"))
    changes = [f"demo.books={number}", f"demo.seed={seed}", "demo.port=0", f"output=[{outputs}]", *more]
    if form == "schema":
        changes.append(f"start=/schema/book/{{1..{number}}}.html")
    return crawler.load(CONFIGS / f"demo_{form}.yaml", overrides=changes)


def written(folder: Path, suffix: str, table: str) -> Path:
    """The file of a table: its name is in that of the file where a job has several."""
    return next(path for path in (folder / f"demo.{table}.{suffix}", folder / f"demo.{suffix}") if path.exists())


def in_jsonl(folder: Path, table: str) -> Rows:
    lines = written(folder, "jsonl", table).read_text("utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


@pytest.mark.parametrize(("number", "seed"), SIZES)
@pytest.mark.parametrize("form", EXPECTED)
def test_a_config_finds_what_the_catalogue_holds(form: str, number: int, seed: int, tmp_path: Path) -> None:
    report = crawler.run(job(form, tmp_path, number, seed))
    assert report.exit_code == 0
    assert dict(report.causes) == ({"no-match": 1} if form == "schema" else {})
    expected = EXPECTED[form](Stock(DemoOptions(books=number, seed=seed)))
    assert dict(report.records) == {table: len(rows) for table, rows in expected.items()}
    workbook = load_workbook(tmp_path / "demo.xlsx", read_only=True)
    for table, rows in expected.items():
        found = in_jsonl(tmp_path, table)
        assert [{key: without_origin(value) for key, value in row.items()} for row in found] == rows
        with written(tmp_path, "csv", table).open(encoding="utf-8-sig", newline="") as lines:
            assert len(list(csv.DictReader(lines))) == len(rows)
        in_sheet = list(workbook[table].iter_rows(values_only=True))[1:]
        first = next(iter(rows[0]))
        assert [row[0] for row in in_sheet] == [row[first] for row in rows]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("form", ASKED)
def test_what_is_asked_for_is_the_same_under_each_strategy(form: str, strategy: str, tmp_path: Path) -> None:
    changes = [f"fetch.strategy={strategy}", "fetch.workers=4", "demo.errors=0.3"]
    report = crawler.run(job(form, tmp_path, 60, 1, *changes))
    assert report.exit_code == 0
    assert dict(report.causes) == {}
    assert report.retries > 0, "no page was busy"
    for table, rows in EXPECTED[form](Stock(DemoOptions(books=60))).items():
        found = in_jsonl(tmp_path, table)
        assert [{key: without_origin(value) for key, value in row.items()} for row in found] == rows


def without_origin(value: Any) -> Any:
    """A path in place of a URL of the demo site, whose port is any."""
    if isinstance(value, str) and value.startswith("http://127.0.0.1:"):
        return "/" + value.split("/", 3)[3]
    return value


@pytest.mark.parametrize("form", EXPECTED)
def test_a_config_is_without_warnings(form: str) -> None:
    loaded = crawler.load(CONFIGS / f"demo_{form}.yaml")
    assert loaded.warnings == ()
    assert loaded.demo is not None
    assert {path.parent.name for path in loaded.outputs} == {"output"}


def test_the_end_of_a_run_says_how_many_rows_where_left_out(tmp_path: Path) -> None:
    report = crawler.run(job("files", tmp_path, 60, 1))
    assert report.left_out == {"shelves": 60 - report.records["shelves"]}
    assert f"rows, by where: {report.left_out['shelves']} shelves" in end_summary(report, "job.yaml")
    summary = load_workbook(tmp_path / "demo.xlsx", read_only=True)["Summary"]
    lines = list(summary.iter_rows(values_only=True))
    at = next(n for n, line in enumerate(lines) if line[:1] == ("Rows that where left out, by table",))
    assert lines[at + 1][:2] == ("shelves", report.left_out["shelves"])
