"""Rows of (html, rule, value, notes): each is run with both engines and with `auto`."""

from datetime import date
from decimal import Decimal

import pytest

from crawler.extras import install
from crawler.model import Failure, Money, Page
from tests.support.pages import FieldRule, analyse, value, values

D = Decimal
RATING = {"One": "1", "Two": "2"}
CASES = [
    ("<h1> A  <b>b</b></h1>", {"css": "h1"}, "A b", []),
    ("<h1>a</h1><h1>b</h1>", {"css": "h1"}, "a", []),
    ("<h1>a</h1>", {"css": "h2"}, None, []),
    ("<h1> </h1>", {"css": "h1"}, None, []),
    ("<h1>a</h1>", {"css": "h2", "default": "5", "type": "int"}, 5, []),
    ("<h1></h1>", {"css": "h1", "default": "none"}, "none", []),
    ("<h1>a</h1>", {"css": "h2", "default": "x", "type": "int"}, "x", ["not-a-number"]),
    ("<pre>a\n b</pre>", {"css": "pre", "keep_space": True}, "a\n b", []),
    ("<p class='star Two'>x</p>", {"css": "p", "attr": "class", "map": RATING, "type": "int"}, 2, []),
    ("<p class='star Six'>x</p>", {"css": "p", "attr": "class", "map": RATING}, "star Six", ["not-in-map"]),
    ("<p>Not Two</p>", {"css": "p", "map": RATING}, "Not Two", ["not-in-map"]),
    ("<p>In stock (22 available)</p>", {"css": "p", "regex": r"(\d+) available", "type": "int"}, 22, []),
    ("<p>sold out</p>", {"css": "p", "regex": r"(\d+) available", "type": "int", "default": "0"}, 0, []),
    ("<p>a-b-c</p>", {"css": "p", "replace": (("-", "+"), (r"(\w)\+", r"\1 "))}, "a b c", []),
    ("<p>Price: 5 </p>", {"css": "p", "replace": (("Price:", ""),), "type": "int"}, 5, []),
    ("<p>£51.77</p>", {"css": "p", "type": "money"}, Money(D("51.77"), "£"), []),
    ("<p>call us</p>", {"css": "p", "type": "money"}, "call us", ["not-money"]),
    ("<p>1,234.5</p>", {"css": "p", "type": "decimal"}, D("1234.5"), []),
    ("<p>1.234,5</p>", {"css": "p", "type": "decimal"}, "1.234,5", ["not-a-number"]),
    ("<p>Yes</p>", {"css": "p", "type": "bool"}, True, []),
    ("<p>maybe</p>", {"css": "p", "type": "bool"}, "maybe", ["not-a-bool"]),
    ("<input disabled>", {"css": "input", "attr": "disabled", "type": "bool", "default": "no"}, True, []),
    ("<input>", {"css": "input", "attr": "disabled", "type": "bool", "default": "no"}, False, []),
    ("<p>17.05.2024</p>", {"css": "p", "type": "date", "formats": ("%d.%m.%Y",)}, date(2024, 5, 17), []),
    ("<p>yesterday</p>", {"css": "p", "type": "date"}, "yesterday", ["not-a-date"]),
    ("<a href=' ../x y '>a</a>", {"css": "a", "attr": "href", "type": "url"}, "http://shop.test/x%20y", []),
    ("<a href='mailto:a@b'>a</a>", {"css": "a", "attr": "href", "type": "url"}, "mailto:a@b", ["scheme"]),
    ("<a href='http://['>a</a>", {"css": "a", "attr": "href", "type": "url"}, "http://[", ["bad-url"]),
    ("<ul><li>a<li> <li>b</ul>", {"css": "li", "all": True}, ("a", "b"), []),
    ("<ul><li>a<li>b</ul>", {"css": "li", "type": "list"}, ("a", "b"), []),
    ("<ul><li>1<li>x</ul>", {"css": "li", "type": "int", "all": True}, ("1", "x"), ["not-a-number"]),
    ("<p>a</p>", {"css": "li", "all": True, "default": "z"}, ("z",), []),
    ("<p>a</p>", {"css": "li", "all": True}, None, []),
    ("<p>a</p>", {"page_url": True, "type": "url"}, "http://shop.test/books/page.html", []),
    ("<p>a</p>", {"page_url": True, "regex": r"//(\w+)"}, "shop", []),
    ("<p>a</p>", {"page_url": True, "regex": r"\d+", "type": "int"}, None, []),
    ("<p>a</p>", {"page_url": True, "regex": r"\d+", "default": "7", "type": "int"}, 7, []),
    ("<p>a", {"page_url": True, "replace": ((".*s/", "../"),), "type": "url"}, "http://shop.test/page.html", []),
    ("<p>a</p>", {"page_url": True, "regex": r"page|\d+", "map": {"page": "2"}, "type": "int"}, 2, []),
    ("<p>a</p>", {"page_url": True, "regex": "page", "type": "int"}, "page", ["not-a-number"]),
    ("<p>a</p>", {"page_url": True, "regex": "page", "type": "list", "all": True}, ("page",), []),
    ("<p>a &amp;amp; b</p>", {"css": "p"}, "a &amp; b", []),
    ("<p>a&#xD800;b\x01</p>", {"css": "p"}, "a\ufffdb\ufffd", ["control-characters"]),
    ("<p title='a\u200bb'>x</p>", {"css": "p", "attr": "title"}, "ab", []),
    ("<p>5\ufeff\u00a0</p>", {"css": "p", "type": "int"}, 5, []),
    ("<div>a<p>b</p></div>", {}, "a b", []),
    ("<p id=a>1</p><p id=a>2</p>", {"css": "#a"}, "1", []),
    ('<p>x</p><script id=d>{"a": 1}</script>', {"css": "#d", "regex": r'"a": (\d)'}, "1", []),
]


@pytest.mark.parametrize("engine", ["auto", "bs4", "lexbor"])
@pytest.mark.parametrize(("html", "rule", "expected", "notes"), CASES)
def test_cases(engine, html, rule, expected, notes):
    found = value(html, engine=engine, **rule)
    assert found == (expected, notes)
    assert type(found[0]) is type(expected)


@pytest.mark.parametrize("engine", ["auto", "bs4"])
def test_inner_html_is_as_browsers_write_it(engine):
    html = "<div><p>a<br>b &copy;</p></div>"
    assert value(html, engine=engine, css="div", html=True) == ("<p>a<br>b ©</p>", [])


def test_fault_94_rows_keep_their_own_fields():
    html = "<ul><li><b>a</b><i>1</i><li><b>b</b><li><b>c</b><i>3</i></ul>"
    for engine in ("auto", "bs4", "lexbor"):
        rows = values(html, FieldRule("n", "b"), FieldRule("p", "i", type="int"), each="li", engine=engine)
        assert rows == [{"n": "a", "p": 1}, {"n": "b", "p": None}, {"n": "c", "p": 3}]


def test_rows_in_which_nothing_is_found_are_no_records():
    html = "<table><tr><th>Name<th>Price<tr><td>a<td>1<tr><td><td></table>"
    fields = (
        FieldRule("n", "td"),
        FieldRule("p", "td:nth-child(2)"),
        FieldRule("u", page_url=True),
        FieldRule("d", "x", default="0"),
    )
    for engine in ("auto", "bs4", "lexbor"):
        assert [row["n"] for row in values(html, *fields, each="tr", engine=engine)] == ["a"]


def test_fields_of_a_row_may_be_the_row_itself():
    html = "<ul><li data-id=1>a<li data-id=2>b</ul>"
    rows = values(html, FieldRule("id", attr="data-id", type="int"), FieldRule("text"), each="li")
    assert rows == [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}]


def test_fault_79_control_characters_are_noted_once_a_field():
    outcome = analyse("<ul><li>a\x01<li>b\x02</ul>", FieldRule("x", "li", all=True))
    assert isinstance(outcome, Page)
    assert [note.code for note in outcome.records[0].notes] == ["control-characters"]


def test_fault_85_a_pattern_of_a_field_ends_the_page():
    outcome = analyse(f"<p>{'a' * 60}b</p>", FieldRule("x", "p", regex="(a|aa)+$"))
    assert isinstance(outcome, Failure)
    assert outcome.code == "parse-timeout"


def test_a_missing_locale_library_is_a_failure_with_its_name(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "babel", None)
    outcome = analyse("<p>1</p>", FieldRule("x", "p", type="int", locale="nb"))
    assert isinstance(outcome, Failure)
    assert outcome.code == "locale"
    assert install("locale") in outcome.detail


def test_long_texts_are_shortened_in_notes_only():
    found, _ = value(f"<p>{'x' * 5000}</p>", css="p", type="int")
    assert len(found) == 5000
    outcome = analyse(f"<p>{'x' * 5000}</p>", FieldRule("x", "p", type="int"))
    assert len(outcome.records[0].notes[0].detail) <= 120


@pytest.mark.parametrize(
    ("html", "rule", "code"),
    [
        (r"<script>{'name': 'Caf\u00e9'}</script>", {"css": "script", "regex": "'name': '([^']*)'"}, "json-escapes"),
        (r"<script>{'url': 'https:\/\/x'}</script>", {"css": "script", "regex": "'url': '([^']*)'"}, "json-escapes"),
        (r"""<p id='{"n": "\"Blue\""}'>""", {"css": "p", "attr": "id", "regex": 'n": "(.*)"'}, "json-escapes"),
        ("<a data-cfemail=1f>[email&#160;protected]</a>", {"css": "a"}, "hidden-email"),
        ("<a href='/cdn-cgi/l/email-protection#1f7e'>Write</a>", {"css": "a", "attr": "href"}, "hidden-email"),
        (r"<p>C:\users\ann</p>", {"css": "p"}, None),
        ("<p>[email me]</p>", {"css": "p"}, None),
        ("<del><b class=p>$20</b></del> <ins><b class=p>$15</b></ins>", {"css": ".p", "type": "money"}, "struck-out"),
        ("<s class=p>20.00</s>", {"css": ".p", "type": "decimal"}, "struck-out"),
        ("<del><b class=p>$20</b></del> <ins><b class=p>$15</b></ins>", {"css": "ins .p", "type": "money"}, None),
        ("<del class=was-price>$20</del>", {"css": ".was-price", "type": "money"}, None),
        ("<del>$20</del>", {"css": "del", "type": "money"}, None),
        ("<p>Paris<sup class=reference>[1]</sup></p>", {"css": "p"}, "footnote"),
        ("<p>Paris<sup>[1]</sup></p>", {"css": "p", "replace": ((r"\[1\]", ""),)}, None),
        ("<p>a[1]</p>", {"css": "p"}, None),
        ("<p>E=mc<sup>2</sup></p>", {"css": "p"}, None),
        ("<p>Ann<br>Ben</p>", {"css": "p", "type": "list"}, "several-lines"),
        ("<p>Ann<br></p>", {"css": "p", "type": "list"}, None),
        ("<p>Ann<br>Oak</p><p>Ben</p>", {"css": "p", "type": "list"}, None),
        ("<p>Ann<br>Ben</p>", {"css": "p"}, None),
    ],
)
def test_what_stands_for_something_else_is_noted(html, rule, code):
    _, notes = value(html, **rule)
    assert notes == ([code] if code else [])
