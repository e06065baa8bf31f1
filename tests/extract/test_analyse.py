import pickle

import pytest

from crawler.extract import page as page_module
from crawler.extract.parser import Parser
from crawler.model import Failure, Page
from tests.support.pages import FieldRule, FollowRule, TableRule, analyse, recipe, response

TITLE = FieldRule("t", "h1")


def test_it_survives_pickling_also_after_use():
    analyser = Parser(recipe(TITLE, FieldRule("n", "p", regex="x(.)", type="int")))
    page = analyser("book", response("<h1>a</h1><p>x5"))
    again = pickle.loads(pickle.dumps(analyser))
    assert again("book", response("<h1>a</h1><p>x5")) == page
    assert pickle.loads(pickle.dumps(page)) == page


def test_the_page_knows_its_status_size_and_time():
    outcome = analyse("<h1>a</h1>", TITLE)
    assert isinstance(outcome, Page)
    assert (outcome.status, outcome.bytes, outcome.elapsed) == (200, 10, 0.5)


def test_every_field_is_there_in_order_with_none_where_missing():
    outcome = analyse("<h1>a</h1>", FieldRule("z", "h9"), TITLE, FieldRule("a", "p", required=False))
    assert list(outcome.records[0].values.items()) == [("z", None), ("t", "a"), ("a", None)]


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", "text/html", "empty"),
        (b"\n\n ", "text/html", "empty"),
        ("\ufeff  ".encode(), "text/html", "empty"),
        (b"\x89PNG\r\n\x1a\n", "text/html", "not-html"),
        (b"%PDF-1", None, "not-html"),
        (b"<p>x", "text/html", "no-match"),
    ],
)
def test_failures_have_codes(body, kind, code):
    outcome = analyse(body, TITLE, kind=kind)
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.status, outcome.elapsed) == (code, 200, 0.5)


def test_fault_92_no_match_names_the_selectors():
    outcome = analyse(
        "<p>x", TITLE, FieldRule("p", ".price"), FieldRule("l", label="UPC"), FieldRule("u", page_url=True)
    )
    assert isinstance(outcome, Failure)
    assert outcome.detail == "nothing matches 'h1', '.price', label 'UPC'"
    rows = analyse("<p>x", TITLE, each="li.item")
    assert isinstance(rows, Failure)
    assert rows.detail == "nothing matches 'li.item'"


def test_fault_92_a_required_field_that_no_record_has():
    html = "<ul><li><b>a</b><li><b>b</b></ul>"
    fields = FieldRule("n", "b"), FieldRule("p", "i", required=True)
    outcome = analyse(html, *fields, each="li")
    assert isinstance(outcome, Failure)
    assert outcome.code == "no-match"
    assert "required" in outcome.detail
    some = analyse(html + "<ul><li><b>c</b><i>1</i></ul>", *fields, each="li")
    assert isinstance(some, Page)
    assert [[note.code for note in record.notes] for record in some.records] == [["missing"], ["missing"], []]


@pytest.mark.parametrize(
    "html", ["<div id=app></div><script src=app.js></script>", "<frameset><frame src=a></frameset>"]
)
def test_fault_111_pages_built_in_the_browser_get_a_hint(html):
    outcome = analyse(html, TITLE)
    assert isinstance(outcome, Failure)
    assert ("JavaScript" in outcome.detail) == ("script" in html)
    assert ("frames" in outcome.detail) == ("frame" in html)
    assert "JavaScript" not in analyse("<p>" + "text " * 50 + "<script>x</script>", TITLE).detail


def test_several_tables_of_one_page():
    tables = (TableRule("books", (TITLE,)), TableRule("tags", (FieldRule("tag"),), each="li"))
    outcome = analyse("<h1>a</h1><ul><li>x<li>y</ul>", tables=tables)
    assert [(record.table, dict(record.values)) for record in outcome.records] == [
        ("books", {"t": "a"}), ("tags", {"tag": "x"}), ("tags", {"tag": "y"}),
    ]  # fmt: skip


def test_unknown_kinds_are_failures():
    outcome = Parser(recipe(TITLE))("nope", response("<h1>a"))
    assert isinstance(outcome, Failure)
    assert "'nope'" in outcome.detail


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), ValueError("odd")])
def test_any_fault_of_a_library_becomes_a_failure_with_its_place(monkeypatch, error):
    def broken(*args, **options):
        raise error

    monkeypatch.setattr(page_module, "Lexbor", broken)
    outcome = analyse("<h1>a</h1>", TITLE)
    assert isinstance(outcome, Failure)
    assert outcome.code == "parse-error"
    assert type(error).__name__ in outcome.detail
    assert "test_analyse.py:" in outcome.detail


def test_fault_85_the_rules_have_a_time_limit(monkeypatch):
    monkeypatch.setattr(page_module, "TIME_LIMIT", -1.0)
    outcome = analyse("<ul><li>a</ul>", FieldRule("x", "b"), each="li")
    assert isinstance(outcome, Failure)
    assert outcome.code == "parse-timeout"


def test_fault_86_xml_and_xhtml():
    rss = (
        "<?xml version='1.0'?><rss xmlns:dc='http://dc/'><item><title>T</title><link>http://shop.test/a</link>"
        "<dc:creator>me</dc:creator><d><![CDATA[<b>x</b>]]></d></item></rss>"
    )
    fields = (
        FieldRule("t", "title"),
        FieldRule("c", "dc|creator"),
        FieldRule("l", "link", type="url"),
        FieldRule("d", "d"),
    )
    outcome = analyse(rss, *fields, each="item", kind="application/rss+xml")
    assert dict(outcome.records[0].values) == {"t": "T", "c": "me", "l": "http://shop.test/a", "d": "<b>x</b>"}
    xhtml = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><div/><h1>a</h1></body></html>"
    outcome = analyse(xhtml, TITLE, FieldRule("d", "div h1"), kind="application/xhtml+xml")
    assert dict(outcome.records[0].values) == {"t": "a", "d": "a"}  # read as HTML: there `<div/>` opens an element


def test_fault_87_entities_of_xml_are_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    bomb = f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file://{secret}'>]><a><h1>&x;</h1></a>"
    for kind in ("text/xml", "text/html", "application/xhtml+xml"):
        outcome = analyse(bomb, TITLE, kind=kind)
        assert "canary" not in repr(outcome)
    assert analyse(bomb, TITLE, kind="text/xml").code == "unparsable"


def test_encoding_doubts_are_notes_of_the_page():
    damaged = "<h1>Café é è ".encode() + b"\xe9 </h1>"
    outcome = analyse(damaged, TITLE, kind="text/html; charset=utf-8")
    assert isinstance(outcome, Page)
    assert [note.code for note in outcome.notes] == ["encoding-doubt"]
    assert [note.code for note in outcome.records[0].notes] == ["control-characters"]


@pytest.mark.parametrize("engine", ["auto", "bs4", "lexbor"])
def test_a_selector_that_the_engine_refuses_is_a_failure(engine):
    outcome = analyse("<p>x", FieldRule("a", "p::text"), engine=engine)
    assert isinstance(outcome, Failure)
    assert outcome.code == "selector"


def test_hostile_pages_never_raise():
    rules = recipe(
        TITLE,
        FieldRule("l", label="x"),
        FieldRule("a", "a", attr="href", type="url", all=True),
        follow=(FollowRule("a", "book"),),
    )
    analyser = Parser(rules)
    for body in (
        b"<",
        b"<!",
        b"<a href=\xff>",
        b"\xff\xfe<",
        b"<h1>\xed\xa0\x80</h1>",
        bytes(range(256)),
        b"<a href='//\\'>",
        b"<base href=//[>",
    ):
        for kind in ("text/html", "text/xml", "text/html; charset=utf-16", None):
            assert isinstance(analyser("book", response(body, kind)), Page | Failure)
