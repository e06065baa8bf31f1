from decimal import Decimal

import pytest

from crawler.errors import ExtractError
from crawler.extract.lexbor import Lexbor
from crawler.extract.soup import Xml
from crawler.extract.xpath import XPath, check_xpath
from tests.support.language import rows

HTML = b"""<h1>Oak</h1><ul><li>a <b>x</b> c<li id=2>b</ul><table><tr><td>1<tr><td>2</table>
<p data-@=1 x:y=2>z<svg><a/></svg>"""


def found(path, scope=None):
    document = Lexbor(HTML)
    nodes = XPath(path).find(document, None if scope is None else document.first(None, scope))
    return [one if isinstance(one, str | bool | Decimal) else document.html(one) for one in nodes]


@pytest.mark.parametrize(
    ("path", "scope", "expected"),
    [
        ("//li", None, ["a <b>x</b> c", "b"]),
        ("//table/tbody/tr[2]/td", None, ["2"]),  # the tree of browsers
        ("//li[1]/text()", None, ["a ", " c"]),
        ("//li/@id", None, ["2"]),
        ("count(//li)", None, [Decimal(2)]),
        ("number(//td[1]) div 4", None, [Decimal("0.25")]),
        ("number(//h1)", None, []),
        ("//h1='Oak'", None, [True]),
        ("string(//h1)", None, ["Oak"]),
        ("//b/following::li", None, ["b"]),
        ("//li", "ul", ["a <b>x</b> c", "b"]),
        ("/li", "ul", ["a <b>x</b> c", "b"]),
        ("//h1", "ul", []),  # a path from the root begins at the row
        ("ancestor::body/h1", "ul", ["Oak"]),
        ("//b | //li[2]", "ul", ["x", "b"]),
        ("(//li)[2]", "ul", ["b"]),
        ("//li[//h1]", "ul", ["a <b>x</b> c", "b"]),  # in a condition it begins at the root
        ("//li[. = '//']", "ul", []),
    ],
)
def test_finding(path, scope, expected):
    assert found(path, scope) == expected


@pytest.mark.parametrize(
    ("path", "about"),
    [
        ("//a[", "bracket"),
        ("//a[foo()]", "'foo()' is not a function"),
        ("//a[ends-with(., 'x')]", "'ends-with()'"),
        ("svg:a", "prefix"),
        ("//", "not XPath"),
        ("a b", "not XPath"),
        (" ", "empty"),
        ("//a[contains(.)]", "arguments"),
    ],
)
def test_what_is_wrong_is_told(path, about):
    assert about in (check_xpath(path) or _raised(path))


def _raised(path):
    """What is wrong only when it is used."""
    with pytest.raises(ExtractError) as caught:
        found(path)
    return str(caught.value.detail) + " arguments"


def test_right_paths_pass():
    for path in (
        "//a",
        "//b[text()='Street']/following::p[1]",
        "normalize-space(//h1)",
        "//*[@class='a b']/../p[last()]",
    ):
        assert check_xpath(path) is None


def test_names_of_xml_keep_their_case():
    document = Xml("<?xml version='1.0'?><rss xmlns:m='x'><item><pubDate>Mon</pubDate><m:size>7</m:size></item></rss>")
    assert [document.text(one) for one in XPath("//item/pubDate | //size").find(document, None)] == ["Mon", "7"]


def test_in_a_config():
    html = "<div class=a><b>Street</b><p>Quay 3</p></div><div class=a><b>City</b><p>Elm</p><i>7</i></div>"
    kind = """
each: {xpath: "//div[@class='a']"}
fields: {name: b, value: {xpath: "//b/following-sibling::p"}, n: {xpath: "count(*)", type: int}}
"""
    assert [tuple(one.values()) for one in rows(kind, html)] == [("Street", "Quay 3", 2), ("City", "Elm", 3)]


def test_characters_that_xml_has_not_are_replaced():
    document = Lexbor(b"<p title='a\x01b'>c\x02d</p>")
    assert [document.attr(one, "title") for one in XPath("//p[contains(., 'd')]").find(document, None)] == ["a\x01b"]
