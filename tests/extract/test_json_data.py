import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.json_data import read_json

LONG = 250_000


def refusal(text):
    with pytest.raises(ExtractError) as caught:
        read_json(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            '{"a": [1, -2, 0], "b": {"c": null, "d": true, "e": false}}',
            {"a": [1, -2, 0], "b": {"c": None, "d": True, "e": False}},
        ),
        ("\ufeff [1] \r\n", [1]),
        ("51.5", Decimal("51.5")),
        ("0.1234567890123456", Decimal("0.123456789012346")),
        ("1.50", Decimal("1.50")),
        ("2e3", Decimal(2000)),
        ('{"n": 12345678901234567890}', {"n": 12345678901234567890}),
        ('"caf\\u00e9 \\ud83d\\ude00"', "café 😀"),
        ('{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
        ("null", None),
    ],
)
def test_strict_json(text, value):
    assert read_json(text) == (value, ())


def test_numbers_are_never_floats():
    value, _ = read_json("[51.5, 1e2, -0.0, 7]")
    assert [type(number) for number in value] == [Decimal, Decimal, Decimal, int]
    assert str(value[0]) == "51.5"


def test_an_object_keeps_its_order():
    assert list(read_json('{"z": 1, "a": 2, "m": 3, "z": 4}')[0]) == ["z", "a", "m"]


@pytest.mark.parametrize(
    ("text", "value", "what"),
    [
        ('cb({"a": 1});', {"a": 1}, "JSONP"),
        ("/**/ shop.cb_1([1, 2])", [1, 2], "JSONP"),
        ('/**/ typeof show === "function" && show({"a": 1});', {"a": 1}, "JSONP"),
        ('cb && cb({"a": 1})', {"a": 1}, "JSONP"),
        ('window["cb"]({"a": 1});\n// done', {"a": 1}, "JSONP"),
        ("cb({a: 1,})", {"a": 1}, "JSONP, a JavaScript literal"),
        (')]}\',\n{"a": 1}', {"a": 1}, "a prefix against hijacking"),
        (")]}'\n[1]", [1], "a prefix against hijacking"),
        ("while(1);[1]", [1], "a prefix against hijacking"),
        ('for (;;); {"a": 1}', {"a": 1}, "a prefix against hijacking"),
        ('{}&&{"a": 1}', {"a": 1}, "a prefix against hijacking"),
        ('{"a": 1}\n{"a": 2}\r\n\n{"a": 3}\n', [{"a": 1}, {"a": 2}, {"a": 3}], "one value a line"),
        ('{"a": 1}\n{a: 2}', [{"a": 1}, {"a": 2}], "one value a line, a JavaScript literal"),
        ('{"a": [1, 2,],}', {"a": [1, 2]}, "a JavaScript literal"),
        ("{'a': 'it\\'s'}", {"a": "it's"}, "a JavaScript literal"),
        ("{a: 1, b$_2: .5}", {"a": 1, "b$_2": Decimal("0.5")}, "a JavaScript literal"),
        ('// shops\n{"a": /* one */ 1}', {"a": 1}, "a JavaScript literal"),
        ('{"a": NaN, "b": undefined, "c": -Infinity}', {"a": None, "b": None, "c": None}, "a JavaScript literal"),
        ('["two\nlines", "a\ttab"]', ["two\nlines", "a\ttab"], "a JavaScript literal"),
        ('{"a": 1};', {"a": 1}, "a JavaScript literal"),
        ('"a" + "b"', "ab", "a JavaScript literal"),
        ("1_000", 1000, "a JavaScript literal"),
    ],
)
def test_what_is_not_quite_json_is_read_with_a_note(text, value, what):
    found, notes = read_json(text)
    assert found == value
    assert [tuple(note) for note in notes] == [("", "loose-json", what)]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "the answer is empty"),
        ("\ufeff \n", "the answer is empty"),
        ("<!DOCTYPE html><p>Blocked", "the answer is an HTML page"),
        ("\n<HTML><body>", "the answer is an HTML page"),
        ("<?xml version='1.0'?><shops/>", "the answer is XML"),
        ("Not found", "the answer is text that begins with 'Not found'"),
        ("x" * 100, f"the answer is text that begins with '{'x' * 40}'"),
        ("404\nNot found", "the answer is text that begins with '404\\nNot found'"),
        ("name;price\noak;5", "the answer is text that begins with 'name;price\\noak;5'"),
        ("cb()", "the answer is text that begins with 'cb()'"),
        ("(function(){})()", "the answer is text that begins with '(function(){})()'"),
        ('{"a": [1, 2', "cut off at character 11"),
        ('{"a": "never clo', "cut off at character 16"),
        ('cb({"a": 1}', "cut off at character 11"),
        ('{"a": 1}\n{"a":', "cut off at character 14"),
        ("[1] /* and", "cut off"),
        ('{"a": 1} oak', "more behind the data, from character 10: 'oak'"),
        ('{"a": 1 "b": 2}', "no comma at character 9, where '\"b\": 2}' stands"),
        ("{{shop}}", "no name at character 2, where '{shop}}' stands"),
        ("[1}", "no value at character 3, where '}' stands"),
        ("\x1f\x8b\x00binary", "the answer is text that begins with '\\x1f\\x8b\\x00binary'"),
    ],
)
def test_what_is_no_json_is_named(text, detail):
    error = refusal(text)
    assert error.code == "not-json"
    assert detail in error.detail


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_all_of_json_comes_back(value, ascii_only):
    assert read_json(json.dumps(value, ensure_ascii=ascii_only)) == (value, ())


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_all_of_ndjson_comes_back(values):
    assert read_json("\n".join(map(json.dumps, values)))[0] == values


@given(st.text("[]{}(),:;'\"`\\/*+-.!0123eExnaulltruf\n \ufeff$_<", max_size=40))
def test_any_text_has_a_value_or_a_named_refusal(text):
    try:
        _, notes = read_json(text)
        outcome = {note.code for note in notes}
    except ExtractError as error:
        outcome = {error.code if error.detail else "no detail"}
    assert outcome <= {"not-json", "unparsable", "loose-json"}


@given(VALUES, st.data())
def test_no_part_of_an_object_is_taken_for_the_whole(value, data):
    text = json.dumps({"a": value})
    end = data.draw(st.integers(1, len(text) - 1))
    assert refusal(text[:end]).detail.startswith("cut off")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9" * 5000, "9" * 5000),
        ("-" + "9" * 4400, "-" + "9" * 4400),
        ("-" + "9" * 400, int("-" + "9" * 400)),
        ("1e999", "1e999"),
        ("-1e-999", "-1e-999"),
        ("1e" + "9" * 5000, "1e" + "9" * 5000),
        ("0." + "1" * LONG, Decimal("0." + "1" * 15)),
        ("9" * LONG, "9" * LONG),
        ("0x" + "f" * LONG, "0x" + "f" * LONG),
        ("1e308", Decimal("1e308")),
    ],
)
def test_numbers_out_of_reach_stay_text(text, value):
    assert read_json(f"[{text}]")[0] == [value]


def test_depth_is_limited_alike_wherever_it_is_called():
    deepest = "[" * 200 + "]" * 200
    assert read_json(deepest)[1] == ()
    assert refusal(f"[{deepest}]").code == "unparsable"
    assert refusal('{"a":' * 201 + "1" + "}" * 201).code == "unparsable"
    assert refusal("[" * 201 + "1," + "]" * 201).code == "unparsable"


def test_brackets_in_texts_are_no_depth():
    assert read_json('["' + "[" * 1000 + '"]')[1] == ()


def test_half_surrogate_pairs_become_replacement_characters():
    for text in (
        '["\\ud800 \\udc00\\ud800 \\\\ud800 \\ud83d\\ude00"]',
        "['\\ud800 \\udc00\\ud800 \\\\ud800 \\ud83d\\ude00']",
    ):
        assert read_json(text)[0] == ["\ufffd \ufffd\ufffd \\ud800 \U0001f600"]


HOSTILE = {
    "open lists": "[" * LONG,
    "open objects": '{"a":' * (LONG // 5),
    "open loose objects": "{a:" * (LONG // 3),
    "closed deep": "[" * 125_000 + "]" * 125_000,
    "unclosed text": '["' + "x" * 5 * LONG,
    "unclosed escapes": '["' + "\\n" * 2 * LONG,
    "unclosed single quotes": "['" + "\\'" * 2 * LONG,
    "unclosed template": "[`" + "a\n" * LONG,
    "quotes": '"' * LONG,
    "quotes in a list": "[" + '"' * LONG,
    "single quotes in an object": "{" + "'" * LONG,
    "backslashes": "[" + "\\" * LONG,
    "NUL": "\x00" * LONG,
    "NUL behind": "[1]" + "\x00" * LONG,
    "BOMs": "\ufeff" * LONG + "x",
    "spaces": " " * LONG + "x",
    "spaces in a list": "[1" + " " * LONG,
    "unclosed comment": "[1, /*" + "*" * LONG,
    "comment beginnings": "[" + "/*" * 125_000,
    "line comments": "[" + "//\n" * 75_000,
    "comments in a row": "/**/" * 62_500 + "x",
    "slashes": "[a" + "/" * LONG,
    "brackets of patterns": "[/" + "[" * LONG,
    "patterns": "[" + "/[/" * 75_000,
    "lone surrogates": '["' + "\\ud800" * 37_500 + '"] x',
    "surrogates as they are": "\ud800" * LONG,
    "digits": "9" * LONG + "x",
    "digits and underscores": "[" + "1_" * 125_000 + "x",
    "dots": "[" + "." * LONG,
    "signs": "[" + "-" * LONG,
    "exclamation marks": "[" + "!" * LONG,
    "sums": "[" + '"a"+' * 62_500,
    "names": "a" * LONG,
    "dotted names": "a." * 125_000,
    "bracketed names": "a" + "[a]" * 75_000 + "x",
    "open bracketed names": "a[" * 125_000,
    "typeof": "typeof " + "a" * LONG,
    "guards": ")]}'," * 50_000,
    "loops": "while(1);" * 25_000,
    "tags": "<" * LONG,
    "commas": "[" + "," * LONG,
    "too many": "[" + "[]," * 500_000 + "1]",
    "lines without end": "[1]\n" * 25_000 + "[",
    "broken lines": '{"a":1,}\n' * 30_000 + "[",
    "void": "[" + "void " * 50_000,
    "JSON.parse": "[" + "JSON.parse(" * 22_500,
    "brackets that do not match": "[f" + "(" * LONG,
    "members without values": "{" + "a:" * 125_000,
    "members without names": "{" + "a " * 125_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_refused_in_linear_time(name):
    began = time.process_time()
    error = refusal(HOSTILE[name])
    assert time.process_time() - began < 4  # a tenth of it; much more where it is quadratic
    assert error.code in {"not-json", "unparsable"}
    assert len(error.detail) < 400


def test_a_long_unclosed_comment_behind_each_value_is_read_once():
    began = time.process_time()
    read_json("[" + "/* * / */ 1," * 80_000 + "]")
    assert time.process_time() - began < 10  # a second; minutes where it is quadratic
