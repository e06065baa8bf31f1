import json
import time
from decimal import Decimal

import pytest

from crawler.extract.scripts import Scripts

SHOPS = [{"name": "Oak", "lat": Decimal("51.5")}]
TEXT = '[{"name": "Oak", "lat": 51.5}]'


@pytest.mark.parametrize(
    "script",
    [
        f"var shops = {TEXT};",
        f"let a=1,shops={TEXT}",
        f"const\tshops\n=\n{TEXT}",
        f"window.shops = {TEXT};",
        f"window['shops'] = {TEXT};",
        f'a["shops"]={TEXT}',
        f"window.shops = window.shops || {TEXT};",
        f"shops = shops ?? {TEXT};",
        f"a.b.shops = {TEXT};",
        f"var shops = Object.freeze({TEXT});",
        f'{{"a": [{{"shops": {TEXT}}}]}}',
        f"init({{a: 1, shops: {TEXT}}});",
        f"init({{'shops' : {TEXT}}});",
        "var shops = [{name: 'Oak', lat: 51.50,},];",
        f"var shops = JSON.parse({json.dumps(TEXT)});",
        f"var shops = JSON.parse('{TEXT}');",
        f"var shops = {TEXT}.map(f);",
        f"if (shops == 1) {{}} shops => 2; shops = load(); myshops = [1]; shops2 = [2]; $shops = [3]; shops = {TEXT}",
        f"shops = [1, 2; shops = {TEXT}",
        "self.__next_f.push([1," + json.dumps('5:{"shops":' + TEXT + "}") + "])",
    ],
)
def test_what_a_script_gives_to_a_name(script):
    assert Scripts([script]).find("shops") == [SHOPS]


@pytest.mark.parametrize(
    "script",
    [
        "var shops = load();",
        "shops.push([1])",
        "shops([1])",
        "shops == [1]",
        "shops === [1]",
        "shops => [1]",
        "shops::[1]",
        "shops = function() { return [1] }",
        "shops = `${a}`",
        "shops = [1, 2",
        "shops = 'never closed",
        "shops = JSON.parse(read())",
        "shops = JSON.parse('broken')",
        "workshops = [1]",
        "shops_ = [1]",
        "$shops = [1]",
        "",
    ],
)
def test_what_is_no_literal_is_left_out(script):
    assert Scripts([script]).find("shops") == []


def test_all_values_in_document_order():
    scripts = ["var a = 1; a = 'two'", '{"a": {"a": null}}', "x.a = 4.5", "self.__next_f.push([1, '7:{\"a\":5}'])"]
    assert Scripts(scripts).find("a") == [1, "two", {"a": None}, None, Decimal("4.5"), 5]
    assert Scripts([]).find("a") == []
    assert Scripts(scripts).find("") == []


def test_a_dotted_name_is_found_where_it_is_written_so():
    page = Scripts(["App.data = [1]; window.App.data = [2]; Other.data = [3]; data = [4]"])
    assert page.find("App.data") == [[1], [2]]
    assert page.find("window.App.data") == [[2]]
    assert page.find("data") == [[1], [2], [3], [4]]


def test_chunks_of_next_js_are_joined_over_all_scripts():
    rows = '1:["$","div",null,{"shops":' + TEXT + ',"n":2}]\n2:I[5,"x"]\n3:T5,hello4:{"n":3}\n5:"text"\n'
    chunks = [rows[:30], rows[30:60], rows[60:]]
    scripts = ["(self.__next_f=self.__next_f||[]).push([0])", "self.__next_f.push([0])"]
    page = Scripts(scripts + [f"self.__next_f.push([1,{json.dumps(chunk)}])" for chunk in chunks])
    assert page.find("shops") == [SHOPS]
    assert page.find("n") == [2, 3]
    assert page.find("self.__next_f") == [["$", "div", None, {"shops": SHOPS, "n": 2}], "text"]


def test_one_broken_chunk_leaves_those_of_other_scripts():
    page = Scripts(["self.__next_f.push([1, ", "self.__next_f.push([1, '{\"a\": 1}'])"])
    assert page.find("a") == [1]


def test_a_name_is_looked_for_once():
    page = Scripts(["a = [1]"])
    assert page.find("a") is page.find("a")


LONG = 250_000
HOSTILE = {
    "open lists": "a:[" * (LONG // 3),
    "open objects": "a={" * (LONG // 3),
    "open members": "{a:" * (LONG // 3),
    "nested": '{"a":' * 150 + "1" + "}" * 150,
    "nested and long": ('{"a":' * 190 + "1" + "}" * 190) * 800,
    "nested literals": ("{a:" * 190 + "1" + "}" * 190) * 1200,
    "names only": "a " * 125_000,
    "one long name": "a" * LONG,
    "signs only": "a=" * 125_000,
    "spaces": "a" + " " * LONG,
    "many spaces": ("a" + " " * 100) * 2_500,
    "unclosed texts": "a='" * (LONG // 3) + "\\",
    "unclosed templates": "a=`" * (LONG // 3) + "\\",
    "escaped quotes": 'a="\\' * (LONG // 4),
    "sums": "a=" + '"a=" + ' * 35_000,
    "JSON.parse": "a=JSON.parse('" * 17_500,
    "JSON.parse of sums": "a=JSON.parse(''+" * 15_000,
    "comments": "a=/*" * 62_500 + "*/",
    "lists with comments": "a=[/*" * 50_000,
    "calls": "a=[f(" * 50_000,
    "patterns": "a=[/" * 62_500,
    "or": "a=b||" * 50_000,
    "dotted or": "a=" + "b." * 125_000,
    "chunks": "self.__next_f.push([" * 12_500,
    "chunks without texts": "self.__next_f" * 18_750,
    "loose chunks": "self.__next_f.push([1,'a'])\n" * 10_000,
    "rows": "self.__next_f.push([1,'" + "1:[\\n" * 50_000 + "'])",
    "closed rows": "self.__next_f.push([1,'" + '1:["\\n' * 37_500 + "'])",
    "NUL": "a=\x00" * 75_000,
    "surrogates": "a='\\ud800'" * 25_000,
    "digits": "a=" + "9" * LONG,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_scripts_are_read_within_bounds(name):
    page = Scripts([HOSTILE[name]])
    began = time.process_time()
    page.find("a")
    page.find("self.__next_f")
    assert time.process_time() - began < 10  # a second; minutes where it is quadratic


def test_a_page_without_the_name_costs_next_to_nothing():
    page = Scripts(["var a = {b: [1, 2, 3], 'c': \"x\"};" * 30_000])
    page.find("nowhere")
    began = time.process_time()
    for number in range(20):
        page.find(f"nowhere{number}")
    assert time.process_time() - began < 2
