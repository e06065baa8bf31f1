import re

import pytest

from crawler.extract.parser import Parser
from crawler.extract.selectors import check_selector
from tests.support.pages import FieldRule, recipe, response

RIGHT = [
    "h1",
    "li.next a",
    "article.product_pod h3 a",
    ":scope > td",
    "p:-soup-contains('x')",
    "dc|creator",
    "a[href*='/b']",
    "dt + dd",
    "a:has(> b, + i)",
    "[title='a, + b']",
    "[href='x@y']",
]


@pytest.mark.parametrize("css", RIGHT)
def test_right_selectors_have_no_complaint(css):
    assert check_selector(css) is None


@pytest.mark.parametrize(
    ("css", "place", "hint"),
    [
        ("h1::text", "position 3", "takes the text by default"),
        ("a.x::attr(href)", "position 4", "attr: href"),
        ("a::attr(data-id)", "position 2", "attr: data-id"),
        ("> td", "position 1", ":scope > ..."),
        ("  + td", "position 3", "next to the row"),
        (":scope + td", "position 8", "make each: select an element that contains both"),
        ("a, :scope ~ td", "position 11", "next to the row"),
        ("a >", "position 3", "cannot end with '>'"),
        ("a, b,", "position 5", "cannot end with ','"),
        ("a/@href", "position 2", "attr: href"),
        ("a::attr", "position 2", "attr: href"),
        ("td:eq(0)", "position 3", ":nth-child()"),
        ("li:first", "position 3", "the first match by default"),
        ("#1a", "position 1", '[id="1a"]'),
        (".a .2b", "position", '[class~="2b"]'),
        ("h1 text()", "position 8", "invalid character '('"),
        ("a[href=/b.pdf]", "position 2", '[href="/b.pdf"]'),
        ("div a[href^=http://x]", "position 6", '[href^="http://x"]'),
        ("p:bogus", "position 2", "':bogus' is not a pseudo-class"),
        ("p::before", "position 2", "pseudo-elements"),
        ("p,,a", "position 3", ""),
        ("div\n  p:bogus", "position 8", "':bogus'"),
        ("a[", "position 2", ""),
        ("", "", "empty"),
        ("   ", "", "empty"),
        ("a" * 3000, "", "at most"),
    ],
)
def test_wrong_selectors_are_told_with_place_and_help(css, place, hint):
    complaint = check_selector(css)
    assert complaint is not None
    assert "\n" not in complaint
    assert place in complaint
    assert hint in complaint


ROW = "<ul><li><b>x</b><i class=2b id=1a>y</i><i>z</i><u></u></li><li>n</li></ul>"


@pytest.mark.parametrize(
    ("wrong", "advised", "found"),
    [
        ("> b", ":scope > b", ["x"]),
        ("b::text", "b", ["x"]),
        ("#1a", '[id="1a"]', ["y"]),
        (".2b", '[class~="2b"]', ["y"]),
        ("i:odd", "i:nth-child(even)", ["y"]),
        ("i:even", "i:nth-child(odd)", ["z"]),
        ("i:eq(1)", "i:nth-of-type(2)", ["z"]),
        ("i:last", "i:last-of-type", ["z"]),
        ("b:parent", "b:not(:empty)", ["x"]),
        ("[id=1a]", '[id="1a"]', ["y"]),
    ],
)
def test_what_is_advised_finds_something_in_a_row(wrong, advised, found):
    part = re.search(r":?[\w-]*(?:scope|nth|last|not|id|class|odd|even)[\w~=>\"():]*|$", advised)[0]
    assert wrong == "b::text" or part.partition("(")[0] in check_selector(wrong)
    assert check_selector(advised) is None
    fields = (FieldRule("v", advised, all=True),)
    page = Parser(recipe(*fields, each="li"))("book", response(ROW))
    assert page.records[0].values["v"] == tuple(found)
