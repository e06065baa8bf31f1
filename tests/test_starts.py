"""Crawls that start with values: of files, of lists and of a function; the rows hold what each page was given."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import openpyxl
import pytest

import crawler
from crawler.crawl.inbox import Stopper
from tests.support.usable import USABLE

STRATEGIES = [name for name in ("threads", "curl", "asyncio", "processes") if name in USABLE]


class Echo(BaseHTTPRequestHandler):
    """Says what it was asked: as HTML for a GET, as JSON with one place for a POST."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    stopper = Stopper()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.say(f"GET {self.path}", f"<h1>{unquote(parts.path)}</h1><p>{parse_qs(parts.query).get('q', [''])[0]}</p>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = json.loads(body)
        place = {"id": "-".join(map(str, given.values())), "given": body}
        self.say(f"POST {self.path} {body}", json.dumps({"places": [place]}))

    def say(self, asked: str, text: str) -> None:
        self.asked.append(asked)
        self.stopper.stop("interrupted")
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def site():
    handler = type("Handler", (Echo,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked, handler
        server.shutdown()
        thread.join()


@pytest.fixture
def rows(site, tmp_path):
    """Crawl a job, and return the rows of its table."""

    def run(text, strategy="threads", **options):
        text = text.replace("HOST", site[0])
        (tmp_path / "job.yaml").write_text(
            f"name: job\n{text}\nfetch: {{strategy: {strategy}, workers: {options.pop('workers', 4)}, retries: 0}}\n"
            "polite: {delay: 0, robots: false}\noutput: out.jsonl\n"
        )
        job = crawler.load(tmp_path / "job.yaml")
        report = crawler.run(job, **options)
        assert not report.pages.get("failed")
        return [{name: row[name] for name in row} for row in report.rows("shops")]

    return run


POINTS = "lat;Store Number\n52.1;007\n53.9;008\n"
NEAR = """start: [{kind: near, file: points.csv, with: {type: [branch, atm]}, carry: [type, Store_Number]}]
pages:
  near:
    format: json
    table: shops
    request: {url: "HOST/find/{type}", json: {lat: "{lat}", no: "{Store_Number:int}", size: 2}}
    each: places
    key: [id, type]
    fields: {id: id}
"""


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_line_of_a_csv_file_is_asked_for_with_each_type(site, rows, tmp_path, strategy):
    (tmp_path / "points.csv").write_text(POINTS)
    assert rows(NEAR, strategy) == [
        {"id": "52.1-7-2", "type": "branch", "Store_Number": "007"},
        {"id": "52.1-7-2", "type": "atm", "Store_Number": "007"},
        {"id": "53.9-8-2", "type": "branch", "Store_Number": "008"},
        {"id": "53.9-8-2", "type": "atm", "Store_Number": "008"},
    ]
    assert Counter(site[1]) == {
        'POST /find/branch {"lat":"52.1","no":7,"size":2}': 1,
        'POST /find/atm {"lat":"52.1","no":7,"size":2}': 1,
        'POST /find/branch {"lat":"53.9","no":8,"size":2}': 1,
        'POST /find/atm {"lat":"53.9","no":8,"size":2}': 1,
    }


@pytest.mark.parametrize("strategy", STRATEGIES[:2])
def test_lines_of_an_excel_file_fill_a_url(site, rows, tmp_path, strategy):
    book = openpyxl.Workbook()
    for line in (["isbn", "city"], [9780000000001, "Köln & Bonn"], ["a/b?c", None], [None, "no address"]):
        book.active.append(line)
    book.save(tmp_path / "isbns.xlsx")
    found = rows(
        'start: {file: isbns.xlsx, url: "HOST/{de,at}/search?q={isbn}", carry: [isbn, city]}\n'
        "pages: {book: {table: shops, fields: {path: h1, q: p}}}",
        strategy,
    )
    assert found == [
        {"path": "/de/search", "q": "9780000000001", "isbn": "9780000000001", "city": "Köln & Bonn"},
        {"path": "/de/search", "q": "a/b?c", "isbn": "a/b?c", "city": None},
        {"path": "/at/search", "q": "9780000000001", "isbn": "9780000000001", "city": "Köln & Bonn"},
        {"path": "/at/search", "q": "a/b?c", "isbn": "a/b?c", "city": None},
    ]
    assert "GET /de/search?q=a%2Fb%3Fc" in site[1]


def test_a_column_url_holds_the_addresses(rows, tmp_path, site):
    (tmp_path / "shops.csv").write_text(f"sku,url\nA1,{site[0]}/1\nB2,{site[0]}/2?q=x\n")
    found = rows("start: {file: shops.csv, carry: [sku]}\npages: {book: {table: shops, fields: {path: h1}}}")
    assert found == [{"path": "/1", "sku": "A1"}, {"path": "/2", "sku": "B2"}]


def test_what_is_not_carried_can_fill_fields_and_goes_on_by_name(rows, tmp_path):
    (tmp_path / "points.csv").write_text("city,country\nOak,de\nElm,at\n")
    found = rows(
        'start: {file: points.csv, url: "HOST/{city}", carry: [country]}\n'
        "pages:\n"
        "  list: {table: lists, fields: {city: h1}, follow: [{to: shop, carry: [city, country]}]}\n"
        '  shop: {table: shops, request: {url: "HOST/shop?q={city}"}, fields: {q: p, site: {value: "oak/{country}"}}}\n'
    )
    assert found == [
        {"q": "Oak", "site": "oak/de", "country": "de"},
        {"q": "Elm", "site": "oak/at", "country": "at"},
    ]


def test_a_function_gives_values(rows, tmp_path):
    (tmp_path / "given16.py").write_text(
        "def cities():\n    return ({'city': city, 'no': number} for number, city in enumerate(['Oak', 'Elm']))\n"
    )
    found = rows(
        "start: {python: 'given16:cities', with: {type: [a, b]}, carry: [city, type], kind: near}\n"
        "pages:\n  near: {format: json, table: shops, each: places, fields: {id: id},\n"
        '    request: {url: "HOST/find", json: {c: "{city}", n: "{no:int}", t: "{type}"}}}\n'
    )
    assert found == [
        {"id": "Oak-0-a", "city": "Oak", "type": "a"},
        {"id": "Oak-0-b", "city": "Oak", "type": "b"},
        {"id": "Elm-1-a", "city": "Elm", "type": "a"},
        {"id": "Elm-1-b", "city": "Elm", "type": "b"},
    ]


def test_a_run_goes_on_with_the_same_starts_and_begins_anew_with_others(site, rows, tmp_path):
    handler, asked = site[2], site[1]
    (tmp_path / "points.csv").write_text(POINTS)
    handler.stopper = Stopper()
    rows(NEAR, workers=1, stopper=handler.stopper)
    assert len(asked) == 1
    assert len(rows(NEAR)) == 4
    assert sorted(Counter(asked).values()) == [1, 1, 1, 1]
    handler.stopper = Stopper()
    rows(NEAR, workers=1, stopper=handler.stopper)
    asked.clear()
    (tmp_path / "points.csv").write_text(POINTS.replace("53.9", "54.9"))
    assert [row["id"] for row in rows(NEAR)] == ["52.1-7-2", "52.1-7-2", "54.9-8-2", "54.9-8-2"]
    assert len(asked) == 4


def test_each_line_is_the_begin_of_a_list_of_pages_that_are_given_the_same(site, rows, tmp_path):
    (tmp_path / "cities.csv").write_text("city,land\nOak,de\nElm,at\n")
    found = rows(
        "start: {file: cities.csv, carry: [land]}\n"
        "pages:\n  near: {format: json, table: shops, each: places, fields: {id: id},\n"
        "    paginate: {page: 1, max_pages: 2},\n"
        '    request: {url: "HOST/find", json: {city: "{city}", page: "{page}"}}}\n'
    )
    assert found == [
        {"id": "Oak-1", "land": "de"},
        {"id": "Elm-1", "land": "at"},
        {"id": "Oak-2", "land": "de"},
        {"id": "Elm-2", "land": "at"},
    ]


@pytest.mark.parametrize(("mode", "tags"), [("first", ["a"]), ("rows", ["a", "b"]), ("collect", [("a", "b")])])
def test_values_of_starts_that_lead_to_the_same_page(site, rows, mode, tags):
    found = rows(
        f"start: {{url: 'HOST/x', with: {{tag: [a, b]}}, carry: [tag], duplicates: {mode}}}\n"
        "pages: {p: {table: shops, fields: {path: h1}}}"
    )
    assert found == [{"path": "/x", "tag": tag} for tag in tags]
    assert site[1] == ["GET /x"]
