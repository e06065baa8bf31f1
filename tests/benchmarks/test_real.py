"""The race on real pages: pages and charsets are found in folders, and what is not as in the tree is told."""

import argparse
import csv
import sys
from urllib.request import urlopen

import pytest

from benchmarks import race, real
from benchmarks.competitors import SCRIPTS, Competitor, ours, peers
from benchmarks.gather import gather, write_site
from benchmarks.judge import Difference, Judge
from benchmarks.line import Line
from benchmarks.measure import Measured
from benchmarks.serve import serving

pytest.importorskip("pycurl")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness measures with os.wait4")

PARSED = "<title>{0}</title><table><h1>Out of <br>the table {0}</h1><tr><td><p>First<script>no()</script> {0}</table>"
FIELDS = ("title", "heading", "description", "canonical", "paragraph")
LYING = """
import runpy, sys
sys.path.insert(0, {scripts!r})
import fields
honest = fields.clean
fields.clean = lambda text: honest(text and text.replace("é", "?"))
runpy.run_path({scripts!r} + "/pycurl_lexbor.py", run_name="__main__")
"""


@pytest.fixture
def folders(tmp_path):
    """Pages of each of the three kinds of folders; one says nothing of its charset, one holds no field."""
    listed, tests, plain = (tmp_path / name for name in ("listed", "tests", "plain"))
    (listed / "data" / "html").mkdir(parents=True)
    (listed / "data" / "data.csv").write_text("File Name,Page URL,Encoding\n1,x,cp1252\n2,x,UTF-8\n")
    (listed / "data" / "html" / "1.html").write_bytes(PARSED.format("é").encode("cp1252"))
    (listed / "data" / "html" / "2.html").write_text(PARSED.format("é"), "utf-8")
    (tests / "one").mkdir(parents=True)
    (tests / "one" / "source.html").write_text('<meta name=description content="a  b"><link rel=canonical href=/x>')
    (tests / "one" / "expected.html").write_text("no page")
    plain.mkdir()
    (plain / "a.html").write_text("<title>plain</title>")
    (plain / "blank.html").write_text("<div>nothing</div>")
    return [listed, tests, plain]


def test_pages_and_what_is_known_of_their_charset_are_found(folders):
    found = [(page.file.name, page.charset) for page in gather(folders)]
    assert found == [
        ("1.html", "windows-1252"),
        ("2.html", "utf-8"),
        ("source.html", "utf-8"),
        ("a.html", ""),
        ("blank.html", ""),
    ]


def test_a_folder_without_pages_is_named(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"no pages in .*empty$"):
        gather([*folders, tmp_path / "empty"])


@pytest.mark.parametrize("latency", [0.0, 0.01], ids=["nginx, or what there is", "the static server"])
def test_a_charset_is_sent_only_where_it_is_known(folders, tmp_path, latency):
    pages = gather(folders)
    site, paths = write_site(pages, tmp_path / "site", 2)
    sent = {}
    with serving(site.folder, latency, {page.charset for page in pages}) as (base, _):
        [first, _] = site.starts(base)
        index = urlopen(first).read().decode()
        for path in paths:
            assert f'href="{path[1:]}"' in index
            with urlopen(f"{base}/p2{path}") as answer:
                sent[path] = answer.headers["Content-Type"]
    assert sent == {
        "/1.windows-1252": "text/html; charset=windows-1252",
        "/2.utf-8": "text/html; charset=utf-8",
        "/3.utf-8": "text/html; charset=utf-8",
        "/4.html": "text/html",
        "/5.html": "text/html",
    }


def expected():
    """What html5lib says of the pages of `folders`; the tests do not need it installed."""
    texts = {name: [""] for name in FIELDS}
    heading = {"title": ["é"], "heading": ["Outofthetableé"], "paragraph": ["Firstno()é", "Firsté"]}
    return {
        "/1.windows-1252": texts | heading,
        "/2.utf-8": texts | heading,
        "/3.utf-8": texts | {"description": ["ab"], "canonical": ["/x"]},
        "/4.html": texts | {"title": ["plain"]},
        "/5.html": texts,
    }


def test_the_bare_script_and_ours_find_what_the_tree_has_and_a_difference_is_told(folders, tmp_path, monkeypatch):
    (tmp_path / "lying.py").write_text(LYING.format(scripts=str(SCRIPTS)))
    liar = Competitor("liar", ".csv", script=str(tmp_path / "lying.py"))
    monkeypatch.setattr(race, "python_of_peers", lambda: sys.executable)  # the peer's packages are installed here
    monkeypatch.setattr(real, "python_of_peers", lambda: sys.executable)
    monkeypatch.setattr(real, "judge", lambda python, paths: Judge(expected()))
    options = argparse.Namespace(pages=folders, copies=2, repeat=1, workers=[4], cores=1)
    field = [*ours("curl.csv,threads.xlsx"), *peers("pycurl-lexbor,pycurl-lexbor.xlsx"), liar]
    found = real.race_real(options, field, tmp_path / "work")
    assert found.header[-1] == "differs"
    assert {row[0]: row[-1] for row in found.rows} == {
        "crawler curl (csv)": "0",
        "crawler threads (xlsx)": "0",
        "script: pycurl, lexbor (csv)": "0",
        "script: pycurl, lexbor (xlsx)": "0",
        "liar": "6",
    }
    [note] = found.notes[1:]
    assert note == (
        "Differs: liar: 6 cells of 2 pages, as the heading of html/1.html: 'Outofthetable?' where the tree has "
        "'Outofthetableé'."
    )
    told = next(each for each in found.data if each["system"] == "liar")["differs"]
    assert {"path": "/2.utf-8", "field": "title", "found": "?", "expected": "é", "file": "html/2.html"} in told


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*FIELDS, "url"])
        writer.writeheader()
        writer.writerows(rows)


def test_white_space_hidden_text_and_copies_are_no_differences_and_a_lost_page_is(tmp_path):
    truth = Judge(expected())
    good = {"title": "é", "heading": "Out of the table é", "paragraph": "First é"}
    rows = [
        {**good, "url": f"http://h{copy}/1.windows-1252", "heading": heading}
        for copy, heading in (("/p1", "Out  of the tableé"), ("/p2", "Out of the table é"))
    ]
    rows += [{**good, "url": f"http://h/{at}/2.utf-8", "paragraph": "First no() é"} for at in ("p1", "p2")]
    rows += [{"url": f"http://h/{at}/3.utf-8", "description": "a b", "canonical": "/x"} for at in ("p1", "p2")]
    rows += [{"url": f"http://h/{at}/4.html", "title": wrong} for at, wrong in (("p1", "plain"), ("p2", "p"))]
    write(tmp_path / "whole.csv", [*rows, {"url": "http://h/p1/5.html"}])
    write(tmp_path / "less.csv", rows[1:])
    count, digest = truth.read(tmp_path / "whole.csv")
    assert (count, truth.records) == (8, 4)
    assert truth.differences[digest] == [Difference("/4.html", "title", "p", "plain")]
    assert truth.read(tmp_path / "less.csv")[0] == 7


def line(site, found):
    return Line(ours("curl")[0], site, runs=[Measured(1.0, 1.0, 1.0)], found=found)


def test_lost_records_and_runs_that_disagree_are_wrong(tmp_path, folders):
    site, _ = write_site(gather(folders), tmp_path / "site", 2)
    lines = [line(site, [(8, "a"), (8, "a")]), line(site, [(8, "a"), (7, "b")]), line(site, [(8, "a"), (8, "b")])]
    Judge(expected()).hold(lines)
    assert [each.wrong for each in lines] == ["", "7 of 8 records", "its runs did not find the same"]


def test_a_script_writes_the_format_asked_for_and_a_framework_its_own():
    [script] = peers("requests-bs4.csv")
    assert (script.name, script.suffix) == ("script: requests, bs4 with lxml, a loop (csv)", ".csv")
    with pytest.raises(SystemExit, match="scrapy writes csv"):
        peers("scrapy.xlsx")
