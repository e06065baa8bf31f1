"""Numbers and dates whose digits stand in several elements, are raised, or are hidden."""

from datetime import date
from decimal import Decimal

import pytest

from crawler.model import Money
from tests.support.pages import value

BOTH = pytest.mark.parametrize("engine", ["bs4", "lexbor"])


@BOTH
@pytest.mark.parametrize(
    ("html", "amount"),
    [
        ("$12<sup>99</sup>", "12.99"),
        ("<sup>$</sup>12<sup>99</sup>", "12.99"),
        ("$1,249<sup>00</sup>", "1249.00"),
        ("<b>$</b><span>12</span><sup><span>99</span></sup>", "12.99"),
        ("<span>$</span><span>349</span><span>50</span>", "349.50"),
        ("$12<small>99</small>", "12.99"),
        ("$12<span class=dot>.</span><span>99</span>", "12.99"),
        ("$12.50<sup>[1]</sup>", "12.50"),
        ("$12.50<sup><a>*</a></sup>", "12.50"),
        ("$<b>1</b><b>2</b><b>5</b>", "125"),
        ("<span style='display: none'>0001250</span>$12.50", "12.50"),
        ("<span hidden>0001250</span>$12.50", "12.50"),
        ("<i style='visibility:hidden'>1</i>$12.50", "12.50"),
        ("<span aria-hidden=true>$</span>12.50", "12.50"),
    ],
)
def test_amounts_that_are_clear(engine, html, amount):
    found, notes = value(f"<p>{html}</p>", engine=engine, css="p", type="money")
    assert (found.amount, notes) == (Decimal(amount), [])


@BOTH
@pytest.mark.parametrize(
    ("html", "kind", "text"),
    [
        ("10<sup>6</sup>", "int", "10⁶"),
        ("$12<sup>99</sup>", "int", "$12⁹⁹"),
        ("12<sup>99</sup>", "decimal", "12⁹⁹"),
        ("12.50<sup>1</sup>", "decimal", "12.50¹"),
        ("$3.45<sup>9</sup>", "money", "$3.45⁹"),
        ("12<b>99</b>", "money", "12 99"),
        ("<b>12</b><b>345</b>", "int", "12 345"),
        ("$1<b>23</b>,456", "money", "$1 23,456"),
        ("$12⁹⁹", "money", "$12⁹⁹"),
    ],
)
def test_what_is_not_clear_stays_text_with_a_note(engine, html, kind, text):
    found, notes = value(f"<p>{html}</p>", engine=engine, css="p", type=kind)
    assert (found, notes) == (text, ["not-money" if kind == "money" else "not-a-number"])


@BOTH
def test_what_a_pattern_cuts_out_of_it_is_noted(engine):
    html = "<p>10<sup>6</sup> km</p><i>1<sup>2</sup></i>"
    assert value(html, engine=engine, css="p", regex=r"\d+", type="int") == (10, ["split-number"])
    assert value(html, engine=engine, css="p", replace=(("⁶.*", "00000"),), type="int") == (1000000, [])


@BOTH
def test_other_texts_keep_their_digits_apart_too(engine):
    assert value("<p>10<sup>6</sup> m<sup>2</sup></p>", engine=engine, css="p") == ("10⁶ m2", [])
    assert value("<p>1<sup>st</sup></p>", engine=engine, css="p", keep_space=True) == ("1st", [])
    assert value("<p>Paris<sup>[1]</sup></p>", engine=engine, css="p") == ("Paris[1]", ["footnote"])


@BOTH
def test_a_raised_mark_in_a_date(engine):
    rule = {"css": "p", "type": "date", "formats": ("%d %B %Y",)}
    assert value("<p>1<sup>1</sup> May 2024</p>", engine=engine, **rule)[1] == ["not-a-date"]
    assert value("<p>11 May 2024<sup>[1]</sup></p>", engine=engine, **rule) == (date(2024, 5, 11), [])


@BOTH
def test_what_is_only_there_hidden_is_taken(engine):
    html = "<p><span hidden>12</span></p><p hidden>13</p>"
    assert value(html, engine=engine, css="p", type="int") == (12, [])
    assert value(html, engine=engine, css="p[hidden]", type="int") == (13, [])


@BOTH
def test_the_comma_of_the_locale(engine):
    pytest.importorskip("babel")
    html = "<p>1.249<sup>90</sup> €</p>"
    assert value(html, engine=engine, css="p", type="money", locale="de") == (Money(Decimal("1249.90"), "€"), [])
