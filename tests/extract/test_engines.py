"""One tree, whichever library answers: the same questions, the same answers."""

import time
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Comment, Tag

from crawler.extract import soup as soup_page
from crawler.extract.lexbor import Lexbor
from crawler.extract.page import PageView
from crawler.extract.text import collapse_whitespace, keep_whitespace
from crawler.model import Failure, Page
from tests.support.pages import FieldRule, analyse, value


def lexbor(html: str) -> Lexbor:
    return Lexbor(html.encode())


def soup(html: str) -> Lexbor:
    return Lexbor(html.encode(), soup=True)


BOTH = pytest.mark.parametrize("engine", [soup, lexbor], ids=["bs4", "lexbor"])


@BOTH
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div id=x>a<br>b</div>", "a b"),
        ("<div id=x><p>a</p><p>b</p></div>", "a b"),
        ("<div id=x>a<b>b</b>c</div>", "abc"),
        ("<div id=x>a<div>b</div>c</div>", "a b c"),
        ("<div id=x> a \n\t b&nbsp; c </div>", "a b c"),
        ("<div id=x>a<script>var x</script><style>p{}</style>b</div>", "ab"),
        ("<div id=x>a<template>t</template><noscript>n</noscript>b</div>", "ab"),
        ("<div id=x>a<!-- c -->b</div>", "ab"),
        ("<div id=x><ul><li>a<li>b</ul></div>", "a b"),
        ("<table id=x><tr><td>a<td>b<tr><td>c</table>", "a b c"),
        ("<script id=x>var a = 1;</script>", "var a = 1;"),
        ("<p id=x>&amp;amp; &lt;b&gt; &copy2 &notit;</p>", "&amp; <b> ©2 ¬it;"),
        ("<p id=x></p>", ""),
        ("<ruby id=x>漢<rt>kan</rt></ruby>", "漢kan"),
        ("<p id=x>a<wbr>b</p>", "ab"),
        ("<select id=x><option>a<option>b</select>", "a b"),
        ("<svg id=x><text>a</text><style>s</style></svg>", "a"),
        ("<textarea id=x>\n a</textarea>", "a"),
    ],
)
def test_text(engine, html, expected):
    document = engine(html)
    assert collapse_whitespace(document.text(document.first(None, "#x")))[0] == expected


@BOTH
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<pre id=x>\n a\n  b</pre>", " a\n  b"),
        ("<textarea id=x>\n\na</textarea>", "\na"),
        ("<div id=x>a<br>b<p>c</p>d</div>", "a\nb\nc\nd"),
        ("<div id=x>a  b</div>", "a  b"),
        ("<div id=x><pre>\nq</pre></div>", "q"),
    ],
)
def test_text_with_its_space_kept(engine, html, expected):
    document = engine(html)
    assert keep_whitespace(document.text(document.first(None, "#x")))[0] == expected


@BOTH
def test_attributes(engine):
    document = engine('<p class="a  b\n c" disabled data-x="" title=" t "><a xlink:href=q>')
    node = document.first(None, "p")
    assert document.attr(node, "class") == "a b c"
    assert document.attr(node, "disabled") == ""
    assert document.attr(node, "data-x") == ""
    assert document.attr(node, "title") == " t "
    assert document.attr(node, "href") is None


@BOTH
def test_scope_is_never_among_its_own_matches(engine):
    document = engine("<div class=k><p>a</p><div class=k><b>c</b></div></div>")
    scope = document.first(None, "div")
    assert [document.tag(n) for n in document.select(scope, "div, p")] == ["p", "div"]
    assert collapse_whitespace(document.text(document.first(scope, ".k")))[0] == "c"
    assert document.first(document.first(None, "p"), "p") is None
    assert document.tag(document.first(scope, "body b")) == "b"


@BOTH
def test_after_skips_text_and_comments(engine):
    document = engine("<dl><dt>a</dt> x <!-- c --> <dd>b</dd></dl>")
    following = document.after(document.first(None, "dt"))
    assert document.tag(following) == "dd"
    assert document.after(following) is None


@BOTH
def test_inner_html(engine):
    document = engine("<div><p>a <b>b</b></p></div>")
    assert document.html(document.first(None, "div")) == "<p>a <b>b</b></p>"


@pytest.mark.parametrize("engine", ["bs4", "auto", "lexbor"])
def test_fault_83_fifty_thousand_elements_inside_each_other(engine):
    html = "<h1>t</h1>" + "<div>" * 50_000 + "deep" + "</div>" * 50_000
    began = time.monotonic()
    outcome = analyse(html, FieldRule("t", "h1"), FieldRule("all", "div"), FieldRule("page"), engine=engine)
    assert time.monotonic() - began < 30
    if isinstance(outcome, Page):
        assert outcome.records[0].values["all"] == "deep"
        assert outcome.records[0].values["page"] == "t deep"
    else:
        assert outcome.code == "unparsable"


@BOTH
@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("table > tbody > tr > td", ["c", "d"]),
        (":is(h1, h2) a", ["x"]),
        ("p:-soup-contains('two')", ["two"]),
        ("p:empty", [""]),
        ("a:not([href])", ["y"]),
        ("a:link", ["x"]),
        ("li, b, li", ["one", "b"]),
        ("input:disabled", [""]),
        ("div:has(> p + p) > p:last-child", ["two"]),
        ("[title='a:link > b']", ["t"]),
        ("svg title", ["s"]),
        ("*|b", ["b"]),
    ],
)
def test_selectors(engine, css, found):
    document = engine(
        "<h1><div><nav><a href=1>x</a></nav></div></h1><table><tr><td>c<td>d</table><p></p><p> </p><a>y</a>"
        "<ul><li>one</ul><b>b</b><input disabled><div><p>1<p>two</div><i title='a:link > b'>t</i>"
        "<svg><title>s</title></svg>"
    )
    assert [collapse_whitespace(document.text(node))[0] for node in document.select(None, css)] == found
    first = document.first(None, css)
    assert collapse_whitespace(document.text(first))[0] == found[0]


@BOTH
@pytest.mark.parametrize(
    ("html", "css", "found"),
    [
        ("<!DOCTYPE html><p>a", ":nth-child(2) p", ["a"]),
        ("<!-- c --><!DOCTYPE html><p>a", ":first-child > body > p", ["a"]),
        ("<!DOCTYPE html><p>a", ":nth-child(2) > body", []),
        ("<p class=Price>a<p id=Price>b", ".price, #price", ["a", "b"]),
        ("<!DOCTYPE html><p class=Price>a<p id=Price>b", ".price, #price", []),
        ("<p class='x Price'>a<p class='Price y'>b", "p:not(.y):is(.price)", ["a"]),
        ("<p class='1st a.b' title='.c'>a", "[title='.c'].\\31 ST.A\\.b", ["a"]),
        ("<svg><a xlink:href=q>a</a></svg><a href=q>b</a>", "[href]", ["b"]),
        ("<svg><a xlink:href=q>a</a></svg><a href=q>b</a>", "a[href=q]", ["b"]),
        ("<svg><a xlink:href=q>a</a></svg><a href=q>b</a>", r"[xlink\:href=q]", ["a"]),
        ("<svg><g xml:lang=en>a</g></svg><p lang=en>b</p>", "[lang]", ["b"]),
        ("<fieldset disabled><input value=a></fieldset>", "input:disabled", [""]),
    ],
)
def test_selectors_as_browsers_have_them(engine, html, css, found):
    document = engine(html)
    assert [document.text(node) for node in document.select(None, css)] == found
    first = document.first(None, css)
    assert ([] if first is None else [document.text(first)]) == found[:1]
    assert [document.text(node) for node in document.select(document.first(None, "body"), css)] == found


@BOTH
def test_scope_is_the_row(engine):
    document = engine("<ul><li><a>1</a><p><a>2</a></p></li></ul><a>3</a>")
    row = document.first(None, "li")
    assert [document.text(node) for node in document.select(row, ":scope > a")] == ["1"]
    assert document.text(document.first(row, ":scope > p a")) == "2"
    assert document.select(row, "ul > :scope") == []
    assert document.attributes(row) == []
    assert [document.tag(node) for node in document.select(None, ":scope > *")] == ["head", "body"]


@BOTH
@pytest.mark.parametrize("start", ["", " \n", "<!-- more --> <!-- -->"])
def test_rows_without_their_table_are_read_as_inside_of_one(engine, start):
    document = engine(f"{start}<tr><td>a<td>b<tr><td>c")
    assert [collapse_whitespace(document.text(row))[0] for row in document.select(None, "tr")] == ["a b", "c"]
    assert [document.text(cell) for cell in document.select(None, "tr > td:first-child")] == ["a", "c"]


def test_a_hook_is_given_the_same_tree():
    page = PageView("http://shop.test/", "<!-- c --><table class='a b'><tr><td>1<p>2</table><pre>\n x</pre>")
    soup = page.for_hook()
    assert [str(tag) for tag in soup.select("table > tbody > tr > td")] == ["<td>1<p>2</p></td>"]
    assert soup.table["class"] == ["a", "b"]
    assert soup.find(string=lambda text: isinstance(text, Comment)) == " c "
    assert soup.pre.get_text() == " x"
    names = ["table", "tbody", "tr", "td", "p", "pre"]
    assert [tag.name for tag in soup.find_all(True)] == ["html", "head", "body", *names]
    assert soup.p.find_parent("td").find_next("pre") is soup.pre


@pytest.mark.parametrize("engine", ["bs4", "lexbor", "auto"])
@pytest.mark.parametrize(
    "html",
    [
        "<h1>t</h1><!-- <p>x",
        "<h1>t</h1><script>var a <p>",
        "<h1>t</h1><![CDATA[ x",
        "<h1>t</h1><a href='x>y",
        "<![foo[ > <h1>t</h1>",
    ],
    ids=["comment", "script", "cdata", "quote", "marked section"],
)
def test_fault_81_82_unclosed_and_rejected_markup(engine, html):
    assert value(html, engine=engine, css="h1") == ("t", [])


@pytest.mark.parametrize("engine", ["bs4", "auto"])
def test_fault_80_unclosed_tags(engine):
    html = "<ul><li>a<li>b</ul><table><tr><td>c<td>d<tr><td>e</table><p>f<p>g"
    for css, expected in (("li", ("a", "b")), ("td", ("c", "d", "e")), ("p", ("f", "g"))):
        assert value(html, engine=engine, css=css, all=True) == (expected, [])


def test_the_copy_is_linked_and_typed_as_beautifulsoup_does_it():
    html = (
        '<html lang="en"><head><meta charset="utf-8"/><style>p {}</style><script>let a;</script></head><body><!-- c -->'
        "<p class='a b' id='x'>one<b>two</b> <i></i></p><ruby>r<rt>t<b>u</b></rt></ruby><br/><div><p>end"
        "</p></div></body></html>"
    )
    ours, theirs = PageView("https://example.com/", html).for_hook(), BeautifulSoup(html, "html.parser")
    assert list(_all_of(ours)) == list(_all_of(theirs))
    assert ours.decode() == theirs.decode()


def _all_of(soup: BeautifulSoup) -> Iterator[tuple[str, ...]]:
    for node in [soup, *soup.descendants]:
        links = (node.parent, node.previous_element, node.next_element, node.previous_sibling, node.next_sibling)
        attributes = repr(node.attrs) if isinstance(node, Tag) else ""
        yield type(node).__name__, str(node), attributes, *(f"{type(to).__name__} {to}" for to in links)


def test_fault_84_a_page_of_very_many_elements_is_refused_by_beautifulsoup_and_read_by_lexbor(monkeypatch):
    monkeypatch.setattr(soup_page, "_MAX_TAGS", 8_000)  # a fiftieth of what it is, for the sake of time
    html = "<h1>t</h1>" + "<a href=x>y</a>" * 10_000
    assert value(html, css="h1", engine="lexbor") == ("t", [])
    outcome = analyse(html, FieldRule("t", "h1"), engine="bs4")
    assert isinstance(outcome, Failure)
    assert outcome.code == "unparsable"
