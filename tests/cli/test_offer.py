# ruff: noqa: E501 - pages, one a line
"""`crawler init URL`: for each kind of page a config that passes `check` and gives the rows of that page."""

import csv
import io
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crawler.cli.offer import best_offer
from crawler.errors import ExtractError
from crawler.model import Response

HTML = "text/html; charset=utf-8"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["Name", "Price (EUR)"], ["Elm", 1.5], ["Oak", 2]):
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


SHOPS = '{"data":{"shops":[{"id":1,"name":"Elm","address":{"city":"Ulm"},"tags":["a","b"],"hours":[{"day":"Mo","open":8}]},{"id":2,"name":"Oak","my key":true}]},"next":"/more.json"}'
LD = '<script type="application/ld+json">{"@type":"Product","name":"Elm","offers":{"@type":"Offer","price":"1.50"}}</script>'
TABLE = (
    "<table class=x><tr><td>1</table><table><tr><th>Maker<th>Price, now<tr><td>Elm<td>1.50<tr><td>Oak<td>2.00</table>"
)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>c</title><item><title>Elm</title><link>http://h.test/1</link>
<pubDate>Mon, 06 Sep 2021 00:01:00 +0000</pubDate><description>&lt;p&gt;Fish &amp;amp; chips&lt;/p&gt;</description></item>
<item><title>Oak</title><link>http://h.test/2</link></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Elm</title><link href="http://h.test/1"/>
<updated>2021-09-06T00:01:00Z</updated></entry><entry><title>Oak</title><link href="/2"/></entry></feed>"""
NEXT = '<h1>x</h1><script id="__NEXT_DATA__" type="application/json">{"props":{"pageProps":{"shops":[{"name":"Elm","lat":1.5},{"name":"Oak"}]}}}</script>'
PAGES = {
    "/shops.json": ("application/json", SHOPS),
    "/more.json": ("application/json", '{"data":{"shops":[{"id":3,"name":"Ash"}]},"next":null}'),
    "/lines": ("application/x-ndjson", '{"name":"Elm","a.b":1}\n{"name":"Oak"}\n'),
    "/keyed": ("application/json", '{"stores":{"a":{"name":"Elm","n":1},"b":{"name":"Oak","n":2},"c":{"name":"Ash","n":3}}}'),
    "/one": ("application/json", '{"name":"Elm","geo":{"lat":1.5}}'),
    "/words": ("application/json", '["Elm","Oak"]'),
    "/shops.csv": ("text/csv", "Name;Price (EUR);Zip;Name\nElm;1.50;01234;x\nOak;2.00;99999;y\n"),
    "/shops.xlsx": ("application/octet-stream", workbook()),
    "/rss": ("application/rss+xml", RSS),
    "/atom": ("application/atom+xml", ATOM),
    "/schema": (HTML, f"<h1>x</h1>{LD}"),
    "/next": (HTML, NEXT),
    "/script": (HTML, '<h1>x</h1><script>var shops = [{name: "Elm", id: 1}, {name: "Oak", id: 2}];</script>'),
    "/table": (HTML, f"<h1>x</h1>{TABLE}"),
    "/other": (HTML, "<title>t</title><h1>A page: with # signs</h1><p>text<li class=next><a href=/other2>next</a>"),
    "/other2": (HTML, "<h1>second</h1>"),
    "/plain": ("text/plain", "Elm\nOak\n"),
    "/sitemap.xml": ("application/xml", "<urlset><url><loc>{base}/other2</loc></url></urlset>"),
    "/secret": (HTML, "<h1>x</h1>"),
}  # fmt: skip


@pytest.fixture(scope="module")
def site():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            base = f"http://127.0.0.1:{self.server.server_address[1]}"
            kind, body = PAGES.get(self.path, ("text/plain", None))
            if self.path == "/robots.txt":
                body = "User-agent: *\nDisallow: /secret\nSitemap: {base}/sitemap.xml\n"
            self.send_response(200 if body is not None else 404)
            data = body if isinstance(body, bytes) else (body or "").replace("{base}", base).encode()
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


EXPECTED = {
    "/shops.json": [
        {"id": "1", "name": "Elm", "address_city": "Ulm", "tags": "a, b", "hours": "Mo 8", "my_key": ""},
        {"id": "2", "name": "Oak", "my_key": "TRUE"},
        {"id": "3", "name": "Ash"},
    ],
    "/lines": [{"name": "Elm", "a_b": "1"}, {"name": "Oak"}],
    "/keyed": [{"name": "Elm", "n": "1"}, {"name": "Oak"}, {"name": "Ash"}],
    "/one": [{"name": "Elm", "geo_lat": "1.5"}],
    "/words": [{"value": "Elm"}, {"value": "Oak"}],
    "/shops.csv": [{"name": "Elm", "price_eur": "1.50", "zip": "01234"}, {"name": "Oak", "zip": "99999"}],
    "/shops.xlsx": [{"name": "Elm", "price_eur": "1.5"}, {"name": "Oak", "price_eur": "2"}],
    "/rss": [{"title": "Elm", "link": "http://h.test/1", "description": "Fish & chips"}, {"title": "Oak"}],
    "/atom": [{"title": "Elm", "link": "http://h.test/1"}, {"title": "Oak"}],
    "/schema": [{"name": "Elm", "offers_price": "1.50"}],
    "/next": [{"name": "Elm", "lat": "1.5"}, {"name": "Oak", "lat": ""}],
    "/script": [{"name": "Elm", "id": "1"}, {"name": "Oak", "id": "2"}],
    "/table": [{"maker": "Elm", "price_now": "1.50"}, {"maker": "Oak", "price_now": "2.00"}],
    "/other": [{"title": "A page: with # signs"}, {"title": "second"}],
    "/plain": [{"lines": "Elm; Oak"}],
    "/sitemap.xml": [{"title": "second"}],
    "/robots.txt": [{"title": "second"}],
}


@pytest.mark.parametrize("path", EXPECTED)
def test_the_config_passes_check_and_gives_the_rows_of_the_page(cli, site, tmp_path, path):
    file, out = tmp_path / "made.yaml", tmp_path / "rows.csv"
    done = cli("init", site + path, file)
    assert done.code == 0, done
    assert f"crawler run {file}" in done.out
    assert cli("check", file).code == 0
    done = cli("run", file, "--quiet", "--set", "polite.delay=0", "--set", f"output={out}")
    assert done.code == 0, (done, file.read_text())
    with out.open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(EXPECTED[path]), file.read_text()
    for row, expected in zip(rows, EXPECTED[path], strict=True):
        assert {name: row[name] for name in expected} == expected, file.read_text()


def test_each_field_has_its_first_value_beside_it(cli, site, tmp_path):
    file = tmp_path / "made.yaml"
    cli("init", f"{site}/shops.json", file)
    text = file.read_text()
    assert 'each: "data.shops[]"' in text
    assert "address_city: address.city" in text
    assert "# Ulm\n" in text
    assert "{json: next, to: items, next: true}" in text


def test_what_robots_txt_forbids_is_not_fetched(cli, site, tmp_path):
    file = tmp_path / "made.yaml"
    done = cli("init", f"{site}/secret", file)
    assert done.code == 3
    assert "forbids this page" in done.err
    assert not file.exists()


def test_a_page_that_is_not_there_is_told_and_nothing_is_written(cli, site, tmp_path):
    file = tmp_path / "made.yaml"
    done = cli("init", f"{site}/nowhere", file)
    assert done.code == 3
    assert "404" in done.err
    assert "nothing was written" in done.err
    assert not file.exists()


def test_a_file_that_exists_is_seen_before_anything_is_fetched(cli, tmp_path):
    file = tmp_path / "made.yaml"
    file.write_text("name: mine\n")
    done = cli("init", "http://127.0.0.1:9/", file)
    assert done.code == 2
    assert "this file already exists" in done.err
    assert file.read_text() == "name: mine\n"


@pytest.mark.parametrize(
    "arguments", [("a.yaml", "b.yaml"), ("http://h.test/", "a.yaml", "b.yaml"), ("a.yaml", "http://h.test/")]
)
def test_more_than_a_url_and_a_path_is_a_mistake(cli, arguments):
    done = cli("init", *arguments)
    assert done.code == 2
    assert "one PATH" in done.err


def test_a_wrong_url_is_told(cli, tmp_path):
    done = cli("init", "http://h.test/{1..3}", tmp_path / "a.yaml")
    assert done.code == 2
    assert "one page" in done.err


def offered(body: bytes, kind: str, url: str = "http://h.test/x") -> str:
    """The text of the config; "" where none is offered."""
    with suppress(ExtractError):
        return best_offer(Response(url, 200, {"content-type": kind}, body))[1]
    return ""


names = st.text(max_size=30)
plain = st.none() | st.booleans() | st.integers(-5, 5) | names
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(names, values, max_size=4), max_size=4))
def test_whatever_names_and_values_json_has_the_config_is_right(rows):
    text = offered(json.dumps({"rows": [*rows, {"id": 1}]}).encode(), "application/json")
    assert YAML(typ="safe").load(text)["start"] == "http://h.test/x"


@given(st.lists(st.lists(names, min_size=2, max_size=4), min_size=2, max_size=4))
def test_whatever_headings_csv_has_the_config_is_right(rows):
    made = io.StringIO()
    csv.writer(made).writerows([["Name", *rows[0]], ["a", "b", "c"]])
    text = offered(made.getvalue().encode("utf-8", "replace"), "text/csv")
    assert text == "" or YAML(typ="safe").load(text)["pages"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"a": []}'])
def test_json_without_anything_is_no_page_of_html(body):
    with pytest.raises(ExtractError, match="nothing on it can be offered"):
        best_offer(Response("http://h.test/x", 200, {"content-type": "application/json"}, body))


def test_the_answer_as_json(cli, site, tmp_path):
    file = tmp_path / "made.yaml"
    done = cli("init", f"{site}/shops.json", file, "--json")
    told = json.loads(done.out)
    assert (done.code, told["exit_code"], told["path"]) == (0, 0, str(file))
    assert told["found"] == "JSON: 2 rows at data.shops[]"
    assert told["fields"] == ["id", "name", "address_city", "tags", "hours", "my_key"]
    done = cli("init", f"{site}/secret", tmp_path / "other.yaml", "--json")
    told = json.loads(done.out)
    assert (done.code, told["failure"]["code"], told["fields"]) == (3, "robots", [])
