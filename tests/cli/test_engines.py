import pytest

from crawler.cli.engines import found_by, served
from crawler.extract.gate import fast
from crawler.extract.recipe import FieldRule


@pytest.mark.parametrize(
    ("css", "why"),
    [
        ("p:empty", ":empty does not mean the same to both engines"),
        ("p:-soup-contains('x')", ":-soup-contains does not mean the same to both engines"),
        ("p::text", ":text does not mean the same to both engines"),
        ("tbody tr", "the engines do not build tbody alike"),
        ("#head tbody > tr", "the engines do not build tbody alike"),
        ("table > tr", "one engine puts a tbody between a table and its rows"),
        ("*", "* also matches elements that only one engine adds"),
        ("ul > .x + .y", "the engines are not known to agree on it"),
    ],
)
def test_why_beautifulsoup_serves_a_selector(css, why):
    assert not fast(css)
    assert served("auto", "bs4", ["h1", None, css]) == ("bs4", f"{css}: {why}")


def test_words_in_quotes_and_names_are_no_reason():
    assert served("auto", "bs4", ["a[title='tbody :empty'] > *"]).why.endswith(
        "* also matches elements that only one engine adds"
    )
    assert "head" not in served("auto", "bs4", [".head, #head, p:empty"]).why.split(": ")[1]


def test_inner_html_is_a_reason():
    assert served("auto", "bs4", ["p"], [FieldRule("text", "p", html=True)]).why.startswith("text: inner HTML")


def test_no_reason_where_the_config_says_which():
    assert served("bs4", "bs4", ["p:empty"]) == ("bs4", "")
    assert served("auto", "auto-strict", ["a > b"]) == ("lexbor", "")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (FieldRule("x", "p.price"), "p.price"),
        (FieldRule("x", "a", attr="href", all=True), "a @href all"),
        (FieldRule("x", label="ISBN"), "label ISBN"),
        (FieldRule("x", "p", html=True), "p html"),
        (FieldRule("x", page_url=True), "the page's URL"),
        (FieldRule("x"), "the row itself"),
    ],
)
def test_how_a_field_is_found(rule, text):
    assert found_by(rule) == text
