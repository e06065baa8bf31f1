import pytest

from crawler.cli.plan import found_by, served
from crawler.extract.rules import FieldRule


@pytest.mark.parametrize("css", ["p:-soup-contains('x')", "a:checked", "svg|a", "a:link"])
def test_beautifulsoup_answers_what_lexbor_does_not_know(css):
    assert served("auto", ["h1", None, css]) == ("bs4", f"{css}: lexbor does not support it")


@pytest.mark.parametrize("css", ["table > tbody > tr", ":scope > a", ":is(h1, h2) a", "p:empty", "a[title=':link']"])
def test_lexbor_answers_the_others(css):
    assert served("auto", [css]) == served("lexbor", [css]) == ("lexbor", "")


def test_no_reason_where_the_config_says_which():
    assert served("bs4", ["p", "a:link"]) == ("bs4", "")


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
