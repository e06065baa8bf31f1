"""On pages built to the markup of books.toscrape.com, and on a copy of the site where there is one."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.parser import Parser
from crawler.model import Money, Page, Response
from tests.configs.small_crawl import Pages, crawl, load, serve
from tests.support.sites import need_site

WORDS = ("Zero", "One", "Two", "Three", "Four", "Five")


def listing(number: int, books: list[int]) -> str:
    pods = "".join(
        f'<li><article class="product_pod"><div class="image_container"><a href="b_{book}/index.html"><img></a></div>'
        f'<p class="star-rating Five"></p><h3><a href="b_{book}/index.html" title="Book">Book ...</a></h3>'
        f'<div class="product_price"><p class="price_color">£1.00</p></div></article></li>'
        for book in books
    )
    following = f'<li class="next"><a href="page-{number + 1}.html">next</a></li>' if number < 2 else ""
    return f'<html><body><ol class="row">{pods}</ol><ul class="pager">{following}</ul></body></html>'


def book(number: int) -> str:
    described = number != 2
    about = '<div id="product_description" class="sub-header"><h2>Product Description</h2></div><p>Good.</p>'
    return f"""<html><head><meta charset="utf-8"></head><body><ul class="breadcrumb"><li><a href="/">Home</a></li>
    <li><a href="/b">Books</a></li><li><a href="/p">Poetry</a></li><li class="active">Book {number}</li></ul>
    <article class="product_page"><div class="row"><div class="col-sm-6 product_main"><h1>The Book</h1>
    <p class="price_color">£{number}.77</p>
    <p class="instock availability"><i class="icon-ok"></i> In stock ({number} available) </p>
    <p class="star-rating {WORDS[number]}"><i class="icon-star"></i></p></div></div>
    {about if described else ""}
    <div class="sub-header"><h2>Product Information</h2></div>
    <table class="table table-striped"><tr><th>UPC</th><td>00{number}e5</td></tr>
    <tr><th>Product Type</th><td>Books</td></tr><tr><th>Tax</th><td>£0.00</td></tr></table>
    <section><p class="price_color">£99.00</p><p class="star-rating One"></p></section></article></body></html>"""


def pages() -> Pages:
    books = {f"/catalogue/b_{number}/index.html": book(number) for number in (1, 2, 3)}
    return {"/catalogue/page-1.html": listing(1, [1, 2]), "/catalogue/page-2.html": listing(2, [3, 4])} | books


def test_books_of_all_listings_are_found() -> None:
    with serve(pages()) as base:
        found = crawl(load("books_toscrape.yaml"), base)
    assert found.tables["books"] == [
        {
            "title": "The Book",
            "price": Money(Decimal(f"{number}.77"), "£"),
            "rating": number,
            "stock": number,
            "upc": f"00{number}e5",
            "category": "Poetry",
            "description": None if number == 2 else "Good.",
            "url": f"{base}/catalogue/b_{number}/index.html",
        }
        for number in (1, 2, 3)
    ]
    assert found.failures == {"/catalogue/b_4/index.html": "http-404"}
    assert found.notes == []


def analysed(kind: str, path: Path) -> Page:
    url = "http://books.toscrape.com/" + path.relative_to(path.parents[1]).as_posix()
    page = Parser(load("books_toscrape.yaml").recipe)(kind, Response(url, 200, {}, path.read_bytes()))
    assert isinstance(page, Page)
    return page


@pytest.fixture
def copy() -> Path:
    return need_site("books_toscrape")


def groundtruth(copy: Path) -> dict[str, dict[str, str]]:
    with (copy / "groundtruth" / "book_details.csv").open(encoding="latin-1", newline="") as lines:
        return {row["UPC"]: row for row in csv.DictReader(lines)}


def test_every_book_of_the_copy_has_the_known_values(copy: Path) -> None:
    analyse = Parser(load("books_toscrape.yaml").recipe)
    truth = groundtruth(copy)
    found: dict[str, dict[str, Any]] = {}
    paths = [path for path in copy.glob("catalogue/*/index.html") if path.parent.name != "category"]
    for path in paths:
        outcome = analyse("book", Response("http://books.toscrape.com/x", 200, {}, path.read_bytes()))
        assert isinstance(outcome, Page)
        (record,) = outcome.records
        assert record.notes == ()
        found[str(record.values["upc"])] = dict(record.values)
    assert set(found) == set(truth)
    for upc, row in truth.items():
        price = Money(Decimal(row["price exclude tax"].lstrip("\x80Â£")), "£")
        assert found[upc]["price"] == price
        assert str(found[upc]["rating"]) == row["rating"]
        assert f"In stock ({found[upc]['stock']} available)" == row["availability"]
        assert found[upc]["category"]
    assert sum(row["description"] is None for row in found.values()) == 2


def test_the_listings_of_the_copy_lead_to_a_thousand_books(copy: Path) -> None:
    links = [link for path in copy.glob("catalogue/page-*.html") for link in analysed("listing", path).links]
    assert len({link.url for link in links if link.kind == "book"}) == 1000
    assert len({link.url for link in links if link.next}) == 49
