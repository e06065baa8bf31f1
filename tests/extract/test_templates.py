from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.templates import Template, misspelt


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("plain", {}, "plain"),
        ("{a}-{b}", {"a": "x", "b": 7}, "x-7"),
        ("{a}", {"a": Decimal("1.50")}, Decimal("1.50")),  # alone it stays what it is
        ("{a:text}", {"a": 7}, "7"),
        ("{a:int}", {"a": "7"}, 7),
        ("{a:int}", {"a": "7.5"}, None),
        ("{a:decimal}", {"a": "7.5"}, Decimal("7.5")),
        ("{a:int}-", {"a": "8.0"}, "8-"),
        ("{a} {b}", {"a": "x"}, None),
        ("{a}!", {"a": ""}, None),
        ("{{a}} {a}", {"a": "x"}, "{a} x"),
        ("query { shop { id } } }}} {a}", {"a": 1}, "query { shop { id } } }}} 1"),
        ("{größe} {a.b}", {"größe": "L", "a.b": True}, "L true"),
        ("{a}", {"a": ("x", "y")}, ("x", "y")),
        ("<{a}>", {"a": ("x", "y")}, "<x, y>"),
    ],
)
def test_filling(text, values, expected):
    found = Template(text).fill(values.get)
    assert (found, type(found)) == (expected, type(expected))


def test_names_come_once_in_order():
    assert Template("{b}{a}{{c}}{b:text}").names == ("b", "a")


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("{ a }", "write {a}"),
        ("{a }", "write {a}"),
        ("{a:str}", "only text, int and decimal"),
        ("{a:Int}", "only text"),
    ],
)
def test_what_looks_like_a_placeholder_is_told(text, about):
    assert about in misspelt(text)


@pytest.mark.parametrize(
    "text", ["{a}", "{a:int}", "{{a}}", "{}", "{1}", "{ query { id } }", '{"a": 1}', "}}}", "{x: 1}"]
)
def test_other_braces_are_text(text):
    assert misspelt(text) is None


@given(st.text())
def test_any_text_is_a_template(text):
    template = Template(text)
    if not template.names and "{{" not in text:
        assert template.fill(dict.get) == text
