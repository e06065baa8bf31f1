"""The other forms of the catalogue, read by readers that are not ours."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from lxml import etree
from openpyxl import load_workbook

from crawler.demo.options import DemoOptions
from crawler.demo.other_forms import PATHS
from crawler.demo.process import DemoServer
from crawler.demo.site import Site
from tests.demo.raw import get

SM = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def body(path: str, site: Site | None = None) -> bytes:
    answer = (site or Site()).page(path)
    assert answer.status == 200
    return answer.body


def xml(path: str, site: Site | None = None) -> etree._Element:
    return etree.fromstring(body(path, site))


@pytest.mark.parametrize("path", PATHS)
def test_every_form_is_served_and_no_page_of_the_shop_links_to_it(path: str) -> None:
    site = Site()
    assert site.page(path).status == 200
    front = [site.page(each).body for each in ("/", "/robots.txt", "/catalogue/page-1.html")]
    assert not any(path.encode() in page for page in front)


def test_the_api_leads_from_page_to_page_and_has_each_book_once() -> None:
    site = Site()
    path, numbers = "/api/books", []
    while path:
        answer = json.loads(body(path, site))
        numbers += [book["id"] for book in answer["data"]["books"]]
        path = answer["next"]
    assert sorted(numbers) == list(range(61)), "0 is the proof that nobody may buy"


@pytest.mark.parametrize(
    "path",
    [
        *("/api/books?page=0", "/api/books?page=4", "/api/books?page=x", "/api/books?page=-1"),
        *("/api/books?page=\u0661", "/api/books?page=99999999", "/api/books/", "/schema/book/0.html"),
        *("/schema/book/61.html", "/sitemaps/books-0.xml.gz", "/sitemaps/books-2.xml.gz", "/stock.csv/"),
    ],
)
def test_what_is_not_there_is_404(path: str) -> None:
    assert Site().page(path).status == 404


def test_schema_pages_turn_from_json_ld_to_microdata_and_one_has_none() -> None:
    site = Site()
    pages = [BeautifulSoup(body(f"/schema/book/{number}.html", site), "lxml") for number in range(1, 61)]
    assert [number for number, page in enumerate(pages, 1) if page.select("[itemscope]")] == list(range(2, 61, 2))
    scripts = {number: page.select_one("script") for number, page in enumerate(pages, 1) if number % 2}
    assert [number for number, script in scripts.items() if script is None] == [9]
    for number, script in scripts.items():
        if script is not None:
            names = [item.get("name") for item in json.loads(script.string or "")["@graph"]]
            assert site.stock.title(number).text in names


def test_no_text_ends_a_script_or_leaves_an_attribute() -> None:
    site = Site(DemoOptions(books=60))
    for path in ("/shelves.html", "/schema/book/5.html", "/schema/book/6.html", "/prices.html"):
        page = BeautifulSoup(body(path, site), "lxml")
        assert page.find("footer") is not None
        assert page.find("and") is None, "the title <and> Other is text"


def test_scripts_and_attribute_hold_data() -> None:
    page = BeautifulSoup(body("/shelves.html"), "lxml")
    assert len(json.loads(page.select_one(".map")["data-markers"])) == 3
    assert len(json.loads(page.select_one("#__NEXT_DATA__").string)["props"]["pageProps"]["readings"]) == 6
    assert "var shelves = [" in page.select("script")[-1].string


def test_merged_cells_of_the_table_cover_it_exactly() -> None:
    rows = BeautifulSoup(body("/prices.html"), "lxml").select("tbody tr")
    widths, open_rows, genre = [], 0, 0
    for row in rows:
        for cell in row.find_all(["th", "td"]):
            if cell.name == "th" and cell.get("rowspan") and cell.get_text() not in ("Genre", "Title", "In stock"):
                open_rows, genre = int(cell["rowspan"]), genre + 1
        if row.find("td"):
            widths.append(len(row.find_all("td")) + (open_rows > 0))
            open_rows -= 1
    assert set(widths) == {5}
    assert len(widths) == 60
    assert 1 < genre < 60
    assert sum("Genre" in row.get_text() for row in rows) > 1, "the headings come again"


def test_the_feed_has_the_last_twenty_books_with_absolute_addresses() -> None:
    site = Site(base="http://shop.example")
    items = xml("/feed.xml", site).findall("channel/item")
    links = [item.findtext("link") or "" for item in items]
    assert len(links) == 20
    assert links[0] == "http://shop.example" + [row["url"] for row in site.truth()][59]
    assert all(site.page(urlsplit(link).path).status == 200 for link in links)
    assert all(parsedate_to_datetime(item.findtext("pubDate") or "").year == 2025 for item in items)
    assert all((item.findtext("description") or "").startswith("<p>") for item in items)


def test_csv_and_excel_hold_the_same_stock() -> None:
    site = Site()
    text = body("/stock.csv", site).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    sheet = load_workbook(io.BytesIO(body("/stock.xlsx", site)))["Stock"]
    rows = list(sheet.iter_rows(values_only=True))
    assert lines[0] == list(rows[0])
    assert len(lines) == len(rows) == 61
    for line, row in zip(lines[1:], rows[1:], strict=True):
        assert line[0] == row[0]
        assert line[1].startswith(f"{row[1]}; ")
        assert line[2].replace(",", "") == ("" if row[2] is None else f"{row[2]:.2f}")
        assert int(line[3]) == row[3]
        assert datetime.strptime(line[5], "%d.%m.%Y") == row[5]


def addresses(site: Site, path: str = "/sitemap.xml") -> Iterator[str]:
    data = body(path, site)
    root = etree.fromstring(gzip.decompress(data) if path.endswith(".gz") else data)
    for loc in root.iter(f"{SM}loc"):
        target = urlsplit(loc.text or "").path
        if root.tag == f"{SM}sitemapindex":
            yield from addresses(site, target)
        else:
            yield target


def test_the_sitemaps_list_every_page_of_the_truth() -> None:
    site = Site()
    assert sorted(addresses(site)) == sorted(row["url"] for row in site.truth())


def test_a_huge_shop_has_files_and_pages_of_bounded_size() -> None:
    site = Site(DemoOptions(books=1_000_000))
    sizes = {path: len(body(path, site)) for path in [*PATHS, "/sitemaps/books-100.xml.gz", "/sitemaps/authors.xml"]}
    assert max(sizes.values()) < 2_000_000, sizes
    assert site.page("/sitemaps/books-101.xml.gz").status == 404


@pytest.mark.parametrize("books", [1, 2, 9])
def test_a_tiny_shop_has_every_form(books: int) -> None:
    site = Site(DemoOptions(books=books))
    assert all(site.page(path).status == 200 for path in PATHS)


def test_pages_of_html_are_filled_up_to_their_weight_and_data_are_not() -> None:
    heavy, light = Site(DemoOptions(page_weight=50_000)), Site()
    for path in PATHS:
        is_page = "html" in light.page(path).headers["Content-Type"]
        assert (len(body(path, heavy)) == 50_000) == is_page


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib; from crawler.demo.site import Site; from crawler.demo.other_forms import PATHS; s = Site();"
        "print(hashlib.sha256(b''.join(s.page(p).body for p in PATHS)).hexdigest())"
    )
    env = os.environ | {"PYTHONHASHSEED": "99", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", code]
    other = subprocess.run(command, cwd=Path(__file__).parents[2], env=env, capture_output=True, text=True, check=True)
    site = Site()
    assert other.stdout.strip() == hashlib.sha256(b"".join(site.page(path).body for path in PATHS)).hexdigest()


def test_the_server_writes_its_own_address_into_feed_and_sitemap() -> None:
    with DemoServer(DemoOptions(port=0)) as server:
        for path in ("/feed.xml", "/sitemap.xml"):
            assert f"{server.url}/".encode() in get(server, path).body
