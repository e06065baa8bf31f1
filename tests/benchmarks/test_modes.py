"""The other modes: the arithmetic of the ideal, the span a server saw, copies of a site, known URLs."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest

from benchmarks import exported, growth, known, latency
from benchmarks.competitors import ours
from benchmarks.line import Line
from benchmarks.measure import Measured
from benchmarks.serve import serving
from benchmarks.sites import prepare
from benchmarks.static import SPAN
from crawler.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness measures with os.wait4")


@pytest.mark.parametrize(
    ("listings", "books", "width", "expected"),
    [
        (50, 1000, 1, 1050),  # no place to be saved
        (50, 1000, 16, 67),  # 1 listing, 49 with 15 books each, 265 books in 17
        (50, 1000, 64, 51),  # the chain, and the books of the last listing
        (1, 20, 4, 6),
        (1, 0, 4, 1),
    ],
)
def test_the_ideal_asks_for_the_next_listing_first(listings, books, width, expected):
    assert latency.rounds(listings, books, width) == expected


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return prepare(None, tmp_path_factory.mktemp("site") / "site", prefixes=2, books=20)


def test_a_slow_server_tells_the_span_of_what_it_was_asked(site):
    with serving(site.folder, 0.05) as (base, _):
        for url in site.starts(base):
            urlopen(url).close()
        with urlopen(base + SPAN) as answer:
            assert json.load(answer) >= 0.09


def test_copies_of_a_site_lie_under_prefixes(site):
    assert (site.pages, site.records) == (42, 40)
    with serving(site.folder) as (base, _):
        first, second = (urlopen(url).read() for url in site.starts(base))
    assert first == second
    assert b"<h3" in first


def test_a_link_of_the_mirror_that_leads_to_another_name_is_mended(tmp_path):
    catalogue = tmp_path / "mirror" / "catalogue"
    (catalogue / "short_7").mkdir(parents=True)
    (catalogue / "short_7" / "index.html").write_text("a book")
    (catalogue / "page-1.html").write_text('<a href="short-and-the-rest_7/index.html">')
    site = prepare(tmp_path / "mirror", tmp_path / "copy")
    assert (site.listings, site.books) == (1, 1)
    assert (site.folder / "catalogue" / "short-and-the-rest_7" / "index.html").read_text() == "a book"


def line(site, cpu, peak, span=1.0):
    return Line(*ours("curl"), site, runs=[Measured(cpu, 1.0, peak, span=span)])


def test_growth_is_shown_for_each_page(site):
    one = replace(site, prefixes=("",))
    found = growth.table("Setting.", [(line(one, 0.021, 50), line(site, 0.063, 55))])
    assert [row[1:] for row in found.rows] == [
        ["21", "1.00", "1.00", "50", "1.00"],
        ["42", "1.50", "1.50", "55", "1.10"],
    ]


def test_latency_is_shown_as_a_share_of_the_ideal(site):
    one = replace(site, prefixes=("",))
    found = latency.table("Setting.", [(4, line(one, 0.021, 50, span=1.2))], 0.1)
    assert found.rows == [["crawler curl (xlsx)", "4", "1.20", "0.60", "50", "1.00"]]


def test_known_urls_are_filled_in_and_asked_for(tmp_path, capsys):
    known._fill(tmp_path / "state", 300)
    known._ask(tmp_path / "state", 300)
    found = json.loads(capsys.readouterr().out)
    assert found["peak_mb"] > 1
    assert 0 < found["next_ms"] < found["page_ms"]


def in_this_process(module, *arguments):
    """What a command of the harness does, without its measuring; see test_race.py for that."""
    if module == "crawler":
        assert main([*arguments]) == 0
    else:
        exported._fill(Path(arguments[0]), int(arguments[1]))
    return 0.1, 50.0


def test_rows_are_counted_and_written_in_every_format(tmp_path, monkeypatch):
    monkeypatch.setattr(exported, "_run", in_this_process)
    found = exported.write_rows(50, tmp_path)
    assert [row[0].split(",")[0] for row in found.rows] == ["end of the crawl: counted", "csv", "jsonl", "xlsx"]
    assert len((tmp_path / "books.jsonl").read_text("utf-8").splitlines()) == 50
    assert (tmp_path / "books.csv").read_bytes() == (tmp_path / "ended.csv").read_bytes()
