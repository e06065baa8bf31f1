"""From pieces to a value: each step of a field, and their order."""

from datetime import datetime
from decimal import Decimal

import pytest

from tests.support.language import cell, failure, notes, page, row, rows

BOOK = """<article><h1>Riverbank <small>(new)</small></h1><i class="on"></i><i class="on"></i><i></i>
<p class="by">by Ann Oak, Ben Elm and Cy Ash</p><p class="tag">poetry</p><p class="tag">rivers</p>
<address>High Street 12<br>AB1 2CD Ashby<div>England</div></address><b class="sale"></b>
<b class="price">12.50</b></article>"""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("{css: h1, exclude: small}", "Riverbank"),
        ("{css: h1, exclude: '*'}", "Riverbank"),
        ("{css: address, lines: true, nth: 2}", "AB1 2CD Ashby"),
        ("{css: address, lines: true, nth: -1}", "England"),
        ("{css: address, lines: true, nth: 9}", None),
        ("{css: address, lines: true}", ("High Street 12", "AB1 2CD Ashby", "England")),
        ("{css: address, lines: true, type: text}", "High Street 12\nAB1 2CD Ashby\nEngland"),
        ("{css: address, lines: true, join: ' | '}", "High Street 12 | AB1 2CD Ashby | England"),
        ("{css: .by, replace: {'^by ': ''}, split: ',\\s*|\\s+and\\s+'}", ("Ann Oak", "Ben Elm", "Cy Ash")),
        ("{css: .by, split: ',\\s*|\\s+and\\s+', nth: 2}", "Ben Elm"),
        ("{css: .by, split: '(,)\\s*'}", ("by Ann Oak", "Ben Elm and Cy Ash")),
        ("{css: .tag, all: true, join: ', '}", "poetry, rivers"),
        ("{css: .tag, join: ', '}", "poetry, rivers"),
        ("{css: .tag, nth: 2}", "rivers"),
        ("{css: .tag, nth: -2}", "poetry"),
        ("{css: p, regex: '^(r.*)'}", None),  # only the first match counts
        ("{css: p, regex: '^(r.*)', all: true}", ("rivers",)),
        ("{css: p, regex: '^(r.*)', nth: 1}", "rivers"),  # what lacks the pattern is left out before it is picked
        ("{css: p, nth: 1, regex: '^(r.*)'}", None),  # as it is written: picked first
        ("{css: i.on, count: true}", 2),
        ("{css: i.off, count: true}", 0),
        ("{css: i.on, count: true, type: bool}", True),
        ("{css: i.off, count: true, type: bool}", False),
        ("{css: p, regex: r, count: true}", 2),
        ("{first_of: [.sale, .price], type: money}", (Decimal("12.50"), "")),
        ("{first_of: [.none, .sale], default: none}", "none"),
        ("{first_of: [{css: h1, exclude: small}, .price], type: decimal}", Decimal("12.50")),  # the first does not fit
        ("{first_of: [h1], type: decimal}", "Riverbank (new)"),  # the last one stays, with a note
        ("{all_of: [.tag, .none, .price], join: '; '}", "poetry; 12.50"),
        ("{all_of: [.tag, .none, .price]}", ("poetry", "12.50")),
        ("{all_of: [{css: .tag, all: true}, .price]}", ("poetry", "rivers", "12.50")),
        ("{value: Oak Shop}", "Oak Shop"),
        ("{url: true, regex: '[^/]+$'}", "page.html"),
        ("{css: .by, regex: 'by (\\w+)', map: {Ann: Anne}}", "Anne"),
    ],
)
def test_steps(field, value):
    rest = "" if value is not None else ", y: h1"
    assert row(f"{{x: {field}, h: h1{rest}}}", BOOK)["x"] == value


def test_first_of_says_what_does_not_fit_and_only_of_the_source_that_is_taken():
    assert notes("fields: {x: {first_of: [h1], type: decimal}}", BOOK) == [("x", "not-a-number")]
    assert notes("fields: {x: {first_of: [h1, .price], type: decimal}}", BOOK) == []


def test_strip_html_reads_the_text_as_html():
    data = {"a": "<p>Fish &amp; <b>chips</b></p><ul><li>One<li>Two</ul>", "b": "plain", "n": 5}
    kind = "format: json\nfields: {a: {json: a, strip_html: true}, l: {json: a, strip_html: true, lines: true}, n: n}"
    assert rows(kind, data) == [{"a": "Fish & chips One Two", "l": ("Fish & chips", "One", "Two"), "n": 5}]


def test_lines_of_data_end_where_the_text_says_so():
    assert rows("format: json\nfields: {x: {json: a, lines: true}}", {"a": " one \n\n two\r\nthree"}) == [
        {"x": ("one", "two", "three")}
    ]


def test_a_template_waits_for_the_fields_that_it_names():
    fields = """{url: {value: '/s/{id}-{tag}', type: url}, id: {value: '{n:int}'}, n: {value: '7.0', type: decimal},
        tag: .tag}"""
    assert row(fields, BOOK) == {"url": "http://shop.test/s/7-poetry", "id": 7, "n": Decimal("7.0"), "tag": "poetry"}


def test_a_template_without_a_value_is_none_and_braces_stand():
    fields = "{a: {value: 'x{gone}'}, gone: .gone, h: h1, b: {value: '{{gone}} {h} { } }}}'}}"
    assert row(fields, BOOK) == {"a": None, "gone": None, "h": "Riverbank (new)", "b": "{gone} Riverbank (new) { } }}}"}


def test_constants_alone_are_no_row():
    code, detail = failure("each: p\nfields: {shop: {value: Oak}, x: .none}", "<p>1</p>")
    assert (code, detail) == ("no-match", "nothing matches '.none'")


def test_hidden_fields_are_no_columns():
    assert row("{a: {css: h1, hidden: true}, b: {value: '{a}!'}}", BOOK) == {"b": "Riverbank (new)!"}


def test_the_answer_itself():
    html = "<h1>x</h1>\n<!-- build 77 -->"
    fields = """{seen: {response: time}, build: {response: source, regex: 'build (\\d+)', type: int}, h: h1,
        l: {response: header.Last-Modified}}"""
    found = row(fields, html, headers={"last-modified": "Tue"})
    assert (found["build"], found["l"]) == (77, "Tue")
    assert isinstance(found["seen"], datetime)
    assert found["seen"].tzinfo is not None


def test_a_python_function_gets_the_value(tmp_path):
    (tmp_path / "hooks.py").write_text(
        "def upper(value):\n    return value.upper()\n"
        "def count(value):\n    assert isinstance(value, list)\n    return len(value)\n"
        "def bad(value):\n    raise KeyError('x')\n"
    )
    assert cell("{css: .tag, python: 'hooks:upper'}", BOOK, folder=tmp_path) == "POETRY"
    assert cell("{css: .tag, all: true, python: 'hooks:count', type: int}", BOOK, folder=tmp_path) == 2
    assert cell("{css: .price, python: 'hooks:upper', type: decimal}", BOOK, folder=tmp_path) == Decimal("12.50")
    code, detail = failure("fields: {x: {css: .tag, python: 'hooks:bad'}}", BOOK, folder=tmp_path)
    assert code == "hook"
    assert "hooks:bad raised KeyError" in detail


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{kind: sales}", [1, 4]),
        ("{kind: [sales, rent]}", [1, 2, 4]),
        ("{kind: {allow: '^s'}}", [1, 4]),
        ("{kind: {deny: sales}}", [2, 3]),  # a missing value passes
        ("{price: {min: 8}}", [2, 4]),
        ("{price: {min: 7.5, max: 8}}", [1, 2]),
        ("{price: 8}", [2]),  # a number equals a number whatever its writing
        ("{kind: true}", [1, 2, 4]),
        ("{kind: false}", [3]),
        ("{open: true}", [1, 2]),
        ("{open: false}", [3, 4]),
        ("{kind: sales, open: true}", [1]),
        ("{day: {min: '2026-03-01'}}", [2, 3]),
    ],
)
def test_where(where, expected):
    data = [
        {"id": 1, "kind": "sales", "price": 7.5, "open": True, "day": "2026-02-28"},
        {"id": 2, "kind": "rent", "price": 8.0, "open": "yes", "day": "2026-03-01"},
        {"id": 3, "price": "free", "open": "no", "day": "2026-03-02"},
        {"id": 4, "kind": "sales", "price": 900, "open": 0},
    ]
    kind = (
        f"format: json\neach: '[]'\nwhere: {where}\n"
        "fields: {id: id, kind: kind, price: price, open: open, day: {json: day, type: date}}"
    )
    assert [one["id"] for one in rows(kind, data)] == expected


def test_rows_that_are_all_left_out_are_no_failure():
    found = page("each: li\nwhere: {x: never}\nfields: {x: b}", "<li><b>1</b></li>")
    assert (found.records, found.notes) == ((), ())


def test_a_text_in_a_template_may_be_a_whole_list():
    assert row("{tags: {css: .tag, all: true}, x: {value: 'tags: {tags}'}}", BOOK)["x"] == "tags: poetry, rivers"


def test_a_field_of_today_is_read_the_short_way():
    from crawler.extract.chain import PlainField
    from crawler.extract.chain_table import ChainTable
    from crawler.extract.fields import CompiledField
    from crawler.extract.follow import CompiledFollow
    from crawler.extract.parser import Parser
    from crawler.extract.table import CompiledTable
    from tests.support.language import job

    fields = "each: li\nfields: {a: b, c: {label: C, type: money}, d: {url: true}}"
    old = job(f"{fields}\nfollow: [{{css: a, to: p, each: li, carry: {{e: i}}}}]")
    plan = Parser(old.recipe).plan("p")
    assert [type(one) for one in (*plan.tables, *plan.follow)] == [CompiledTable, CompiledFollow]
    assert {type(one) for one in plan.tables[0].fields} == {CompiledField}
    new = job("each: li\nfields: {a: b, c: {css: i, lines: true}}")
    table = Parser(new.recipe).plan("p").tables[0]
    assert isinstance(table, ChainTable)
    assert isinstance(table.fields[0], PlainField)
