"""The books recipe on the real pages: both engines give the same, and it is what an independent crawl found."""

import csv
from decimal import Decimal

import pytest

from crawler.extract.parser import Parser
from crawler.extract.rules import FieldRule, FollowRule, PageRule, Recipe, TableRule
from crawler.model import Money, Page, Response
from tests.support.sites import need_site

STARS = {"One": "1", "Two": "2", "Three": "3", "Four": "4", "Five": "5"}
FIELDS = (
    FieldRule("title", "h1"),
    FieldRule("price", "p.price_color", type="money"),
    FieldRule("rating", "p.star-rating", attr="class", map=STARS, type="int"),
    FieldRule("stock", "p.availability", regex=r"(\d+) available", type="int", default="0"),
    FieldRule("upc", label="UPC"),
    FieldRule("url", page_url=True),
)
KINDS = {
    "listing": PageRule(
        "listing",
        follow=(FollowRule("li.next a", "listing", next=True), FollowRule("article.product_pod h3 a", "book")),
    ),
    "book": PageRule("book", (TableRule("books", FIELDS, key=("upc",)),)),
}


def pages():
    root = need_site("books_toscrape")
    files = [("listing", root / "catalogue" / f"page-{number}.html") for number in range(1, 51)]
    files += [("book", file) for file in sorted(root.glob("catalogue/*/index.html"))]
    assert len(files) == 1050
    return root, files


def read(root, file):
    url = f"http://books.toscrape.com/{file.relative_to(root).as_posix()}"
    return Response(url, 200, {"content-type": "text/html"}, file.read_bytes())


def same_with_both(step):
    root, files = pages()
    auto, bs4 = Parser(Recipe(KINDS, "auto")), Parser(Recipe(KINDS, "bs4"))
    for kind, file in files[::step]:
        response = read(root, file)
        outcome = auto(kind, response)
        assert isinstance(outcome, Page), (file, outcome)
        assert outcome == bs4(kind, response), file


def test_every_tenth_page_is_the_same_with_both_engines():
    same_with_both(10)


@pytest.mark.long
def test_all_pages_are_the_same_with_both_engines():
    same_with_both(1)


def test_every_book_is_what_an_independent_crawl_found():
    root, files = pages()
    with open(root / "groundtruth" / "book_details.csv", encoding="latin-1", newline="") as opened:
        rows = list(csv.DictReader(opened))
    expected = {row["UPC"]: row for row in rows}
    analyse = Parser(Recipe(KINDS))
    found = [analyse(kind, read(root, file)).records[0] for kind, file in files if kind == "book"]
    assert not [record for record in found if record.notes]
    assert {record.values["upc"] for record in found} == set(expected)
    for record in found:
        row, values = expected[record.values["upc"]], record.values
        assert values["price"] == Money(Decimal(row["price include tax"].removeprefix("£")), "£")
        assert values["rating"] == int(row["rating"])
        assert row["availability"] == f"In stock ({values['stock']} available)"


def test_listings_give_twenty_books_and_the_next_page():
    root, files = pages()
    analyse = Parser(Recipe(KINDS))
    for number, (kind, file) in enumerate(files[:50], 1):
        links = analyse(kind, read(root, file)).links
        assert [link.kind for link in links].count("book") == 20
        assert [link.url for link in links if link.next] == (
            [f"http://books.toscrape.com/catalogue/page-{number + 1}.html"] if number < 50 else []
        )
