import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.js_literal import read_literal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("[]", []),
        ("[1, 2,]", [1, 2]),
        ("[,1,,2]", [None, 1, None, 2]),
        (
            "{a: 1, 'b': 2, \"c\": 3, 4: 5, 0x10: 6, 1.5: 7, $d_: 8, größe: 9,}",
            {"a": 1, "b": 2, "c": 3, "4": 5, "16": 6, "1.5": 7, "$d_": 8, "größe": 9},
        ),
        ("{true: 1, null: 2}", {"true": 1, "null": 2}),
        ("{a: 1, a: 2}", {"a": 2}),
        ("[[[]], {a: {b: [{}]}}]", [[[]], {"a": {"b": [{}]}}]),
        ("[true, false, null, undefined, NaN, Infinity, -Infinity]", [True, False, None, None, None, None, None]),
        ("[!0, !1, void 0, void(0)]", [True, False, None, None]),
        (
            "[0, -1, +2, 1.5, .5, -.5, 5., 1e3, 1E-2]",
            [0, -1, 2, Decimal("1.5"), Decimal("0.5"), Decimal("-0.5"), 5, 1000, Decimal("0.01")],
        ),
        (
            "[0x1F, -0x1f, 0o17, 0b101, 017, 089, 1_000, 1_0.5, 12n]",
            [31, -31, 15, 5, 15, 89, 1000, Decimal("10.5"), 12],
        ),
        ("""['a', "b", `c`, '"', "'"]""", ["a", "b", "c", '"', "'"]),
        (r"""['\'', "\"", '\\', '\/', '\q', '\n\t\r\b\f\v\0']""", ["'", '"', "\\", "/", "q", "\n\t\r\b\f\v\0"]),
        (
            r"""['\x41', '\u00e9', '\u{1F600}', '\ud83d\ude00', '\101', 'a\
b']""",
            ["A", "é", "😀", "😀", "A", "ab"],
        ),
        (r"['\u{110000}', '\ud800', '\u{d800}']", ["\ufffd"] * 3),
        ("['a' + \"b\" + `c`, 'a' + b]", ["abc", None]),
        ("[/* one */ 1, // two\n 2 /**/, /* * / */ 3]", [1, 2, 3]),
        ("{/* a */ a /* b */ : /* c */ 1 /* d */ , // e\n}", {"a": 1}),
        ("\ufeff \n /* first */ [1]", [1]),
        ("[new Date('2026-01-02'), Date.parse('x'), f(1, [2], {a: ')'}), a.b.c, a[0]]", [None] * 5),
        ("[function() { return {a: 1}; }, x => x + 1, (a, b) => { return [a, b] }, 7]", [None, None, None, 7]),
        ("[/[,\\]\"']\\/,/g, 1 / 2, (1), a / b / c, -x, `a${b}c`, 1 - 2, 3]", [None] * 7 + [3]),
        ("[a ? 1 : 2, a || [], typeof a, [1, 2].map(f), 'a'.length, 'b' in c, 3]", [None] * 6 + [3]),
        ("{a, b() { return 1 }, ...c, [d]: 2, e: f, g: 3}", {"a": None, "b": None, "e": None, "g": 3}),
        ("JSON.parse('{\"a\": [1.5]}')", {"a": [Decimal("1.5")]}),
        ("[JSON.parse('[1' + ',2]'), JSON.parse(x), JSON . parse ( \"3\" ), JSON.parse('x')]", [[1, 2], None, 3, None]),
        ("'a' + 'b' + c", "ab"),
        ("-5", -5),
        ("null", None),
    ],
)
def test_values(text, value):
    assert read_literal(text)[0] == value


def test_a_value_ends_where_it_ends():
    text = "var a = {b: [1]}, c = 'x' + 'y'; d = 5.5;"
    assert read_literal(text, 7) == ({"b": [1]}, 16)
    assert read_literal(text, text.index("'x")) == ("xy", text.index("; d"))
    assert read_literal(text, text.index("5.5")) == (Decimal("5.5"), len(text) - 1)
    assert read_literal('[1, "a"].concat(b)') == ([1, "a"], 8)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "cut off"),
        ("  // nothing", "cut off"),
        ("[1, 2", "cut off at character 5"),
        ("{a: 'b", "cut off"),
        ("{a: f(1", "cut off"),
        ("[/* never", "cut off"),
        ("load()", "no value at character 1"),
        ("function() {}", "no value"),
        ("}", "no value"),
        ("`a${b}`", "no value"),
        ("[1 2]", "no comma at character 4"),
        ("['a' 'b']", "no comma"),
        ("{a: 1; b: 2}", "no comma"),
        ("{a: 1 b: 2}", "no comma"),
        ("{a b}", "no colon"),
        ("{a: , b: 1}", "no value"),
        ("{a: }", "no value"),
        ("{: 1}", "no name"),
        ("[1}", "no value"),
        ("{a: 1]", "no name"),
    ],
)
def test_what_is_no_literal(text, detail):
    with pytest.raises(ExtractError) as caught:
        read_literal(text)
    assert caught.value.code == "not-json"
    assert detail in caught.value.detail


def test_depth_is_limited():
    assert read_literal("[" * 200 + "1," + "]" * 200)[1] == 402
    for opening in ("[", "{a:", '{"a":[', "[,"):
        with pytest.raises(ExtractError, match="unparsable"):
            read_literal(opening * 201)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_json_is_read_alike_with_a_trailing_comma(value, ascii_only):
    text = f"[{json.dumps(value, ensure_ascii=ascii_only)},]"
    assert read_literal(text) == ([value], len(text))


@given(JSON)
def test_the_end_is_right_whatever_follows(value):
    text = f"[{json.dumps(value)},/**/]"
    assert read_literal(f"x = {text}; y", 4) == ([value], 4 + len(text))


def test_time_grows_as_the_text_does():
    rows = "[" + "{id: 1, name: 'Oak', lat: 51.5, open: !0, tags: ['a', 'b']}, " * 15_000 + "]"
    began = time.process_time()
    assert len(read_literal(rows)[0]) == 15_000
    assert time.process_time() - began < 10  # a second; minutes where it is quadratic
