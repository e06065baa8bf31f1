import json
import time
from decimal import Decimal

import pytest

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.lexbor import Lexbor
from crawler.extract.schema_org import SchemaItems
from tests.support.language import rows


def resolve(href):
    return urls.resolve("https://site.test/a/", href)


def items(html):
    return SchemaItems(Lexbor(html.encode()), html, resolve)


def find(html, *types):
    return items(html).find(types or ("*",))


def script(data, kind="application/ld+json"):
    return f'<script type="{kind}">{data if isinstance(data, str) else json.dumps(data)}</script>'


STORE = {"@type": "Store", "name": "Elm"}


# JSON-LD


@pytest.mark.parametrize(
    "html",
    [
        script(STORE),
        script(STORE, "Application/LD+JSON; charset=utf-8"),
        script(STORE, "application/ld&#x2B;json"),
        script(STORE, "application/ld&#43;json"),
        "a+b &amp; c" * 1000 + script(STORE),
        "&amp;" * 1000 + script(STORE),
        "+" * 1000 + script(STORE, "APPLICATION/LD+JSON"),
        script([[STORE], "x", None, 5]),
        script({"@context": "https://schema.org", "@graph": [STORE]}),
        script({"@type": "WebPage", "about": {"x": [STORE]}}),
        script({"@type": ["https://schema.org/Store"], "name": "Elm"}),
        script({"@type": "http://schema.org/Store/", "schema:name": "Elm"}),
        script({"@type": "schema:Store", "https://schema.org/name": {"@value": "Elm", "@language": "en"}}),
        script(f"<!-- {json.dumps(STORE)} -->"),
        script(f"//<![CDATA[\n{json.dumps(STORE)}\n//]]>"),
        script(f"/*<![CDATA[*/{json.dumps(STORE)}/*]]>*/"),
        script(f"{json.dumps(STORE)};"),
        script("{broken") + script("") + script(STORE),
    ],
)
def test_json_ld_is_found_however_it_is_written(html):
    assert find(html, "store") == [STORE]


def test_numbers_are_exact_and_texts_as_they_are_written():
    html = script('{"@type": "Offer", "price": 19.90, "name": "a &amp; b\n c", "no": null, "is": true}')
    assert find(html) == [
        {"@type": "Offer", "price": Decimal("19.90"), "name": "a &amp; b\n c", "no": None, "is": True}
    ]


def test_types_are_compared_without_case_or_prefix_and_others_whole():
    html = script([STORE, {"@type": ["Store", "GasStation"]}, {"@type": "https://other.test/Store"}])
    assert len(find(html, "STORE")) == len(find(html, "https://schema.org/Store", "gasstation")) == 2
    assert find(html, "GasStation") == [{"@type": ["Store", "GasStation"]}]
    assert find(html, "https://other.test/store") == [{"@type": "https://other.test/Store"}]
    assert find(html) != []
    assert find(html, "Sto") == []


def test_items_come_in_the_order_of_the_page_whatever_they_are_written_in():
    html = '<p itemscope itemtype="https://schema.org/A"></p>' + script({"@type": "B", "x": {"@type": "A", "n": 2}})
    html += '<p itemscope itemtype="https://schema.org/A https://schema.org/C"></p>'
    assert find(html, "A") == [{"@type": "A"}, {"@type": "A", "n": 2}, {"@type": ["A", "C"]}]
    assert [item["@type"] for item in find(html)] == ["A", "B", "A", ["A", "C"]]


def test_an_id_alone_stands_for_its_item():
    html = script({"@type": "A", "brand": {"@id": "#b"}, "maker": {"@id": "#b", "@type": "B"}, "no": {"@id": "#x"}})
    html += script({"@graph": [{"@id": "#b", "@type": "B", "name": "Elm"}]})
    brand = {"@type": "B", "@id": "#b", "name": "Elm"}
    assert find(html) == [{"@type": "A", "brand": brand, "maker": brand, "no": {"@id": "#x"}}, brand]


def test_an_item_written_twice_with_its_id_counts_once():
    one = {"@id": "#a", "@type": "A", "n": 1}
    assert find(script(one) + script({"@graph": [one, {**one, "n": 2}]})) == [one, {**one, "n": 2}]


def test_items_that_name_each_other_end():
    html = script([{"@id": "a", "@type": "A", "x": {"@id": "b"}}, {"@id": "b", "@type": "B", "x": [{"@id": "a"}]}])
    assert find(html, "A") == [{"@id": "a", "@type": "A", "x": {"@id": "b", "@type": "B", "x": [{"@id": "a"}]}}]
    assert find(script({"@id": "a", "@type": "A", "x": {"@id": "a"}})) == [
        {"@id": "a", "@type": "A", "x": {"@id": "a"}}
    ]


def test_context_and_reverse_are_passed_over_and_lists_are_lists():
    html = script(
        {
            "@type": "A",
            "@context": {"x": {"@type": "@id", "@id": "y"}},
            "@reverse": {"z": {"@type": "B"}},
            "list": {"@list": [1, {"@value": 2}]},
            "set": {"@set": ["x"]},
        }
    )
    assert find(html) == [{"@type": "A", "list": [1, 2], "set": ["x"]}, {"@type": "B"}]


def test_a_script_that_cannot_be_read_is_told():
    found = items(script("{a") + script("[" * 100_000) + script(STORE))
    assert found.find(["*"]) == [STORE]
    assert len(found.broken) == 2
    assert all(reason.startswith("JSON-LD: ") for reason in found.broken)
    many = items(script("{a") * 50)
    assert many.find(["*"]) == []
    assert len(many.broken) == 5


def test_odd_values_do_no_harm():
    html = script([{"@type": 5}, {"@type": [None, "A", {}], "@id": {"x": 1}, "b": {"@id": ["c"]}}, {"@id": "x"}, "A"])
    assert find(html) == [{"@type": "A", "@id": {"x": 1}, "b": {"@id": ["c"]}}]


class Untouched:
    def __getattr__(self, name):
        raise AssertionError(name)


@pytest.mark.parametrize("text", ["<p>no data + &#43; &amp;", "<script type=application/json>{}</script>"])
def test_a_page_without_data_is_not_even_parsed(text):
    assert SchemaItems(Untouched(), text, resolve).find(["A"]) == []


def test_a_page_is_read_once_however_often_it_is_asked():
    class Counting(Lexbor):
        asked = 0

        def select(self, scope, css):
            Counting.asked += 1
            return super().select(scope, css)

    html = script(STORE)
    found = SchemaItems(Counting(html.encode()), html, resolve)
    assert found.find(["Store"])[0] is found.find(["*"])[0]
    assert Counting.asked == 1


# Microdata


def micro(inner, more=""):
    return f'<div itemscope itemtype="https://schema.org/Thing" {more}>{inner}</div>'


def test_names_of_attributes_may_be_written_as_in_javascript():
    assert find('<p itemScope itemType="https://schema.org/A"><b itemProp=x>1</b>') == [{"@type": "A", "x": "1"}]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("<p itemprop=x>a\n <b>b</b><br>c</p>", "a b c"),
        ("<meta itemprop=x content=' a '>", " a "),
        ("<meta itemprop=x>", ""),
        ("<img itemprop=x src=b.png alt=no>", "https://site.test/a/b.png"),
        ("<img itemprop=x>", ""),
        ("<a itemprop=x href='/b c'>no</a>", "https://site.test/b%20c"),
        ("<a itemprop=x href='mailto:a@b.test'>no</a>", "mailto:a@b.test"),
        ("<link itemprop=x href=https://schema.org/InStock>", "https://schema.org/InStock"),
        ("<object itemprop=x data=b></object>", "https://site.test/a/b"),
        ("<data itemprop=x value=5>five</data>", "5"),
        ("<meter itemprop=x value=0.5>half</meter>", "0.5"),
        ("<time itemprop=x datetime=2026-03-01>today</time>", "2026-03-01"),
        ("<time itemprop=x> 1 March</time>", "1 March"),
        ("<span itemprop=x content=9.99>only 9</span>", "9.99"),
        ("<p itemprop='https://schema.org/x'>a</p>", "a"),
        ("<p itemprop=x>a</p><p itemprop=x>b</p><p itemprop=x>b</p>", ["a", "b", "b"]),
        ("<p itemprop=x itemscope itemtype=https://schema.org/B><i itemprop=y>c</i></p>", {"@type": "B", "y": "c"}),
        ("<p itemprop=x itemscope><i itemprop=y>c</i></p>", {"y": "c"}),
    ],
)
def test_the_value_of_a_property(element, value):
    assert find(micro(element), "thing") == [{"@type": "Thing", "x": value}]


def test_several_names_and_types_and_an_id():
    html = '<p itemscope itemtype="https://schema.org/A http://schema.org/B" itemid=c><b itemprop="x y x">1</b></p>'
    assert find(html) == [{"@type": ["A", "B"], "@id": "https://site.test/a/c", "x": "1", "y": "1"}]


def test_a_property_belongs_to_the_nearest_item():
    html = micro("<p itemprop=x>1<div itemscope><i itemprop=y>2</i></div><p itemprop=z>3") + "<i itemprop=no>4</i>"
    assert find(html) == [{"@type": "Thing", "x": "1", "z": "3"}, {"y": "2"}]


def test_itemref_takes_properties_from_elsewhere_in_document_order():
    html = "<div id=a><p itemprop=x>1<div itemscope itemtype=https://schema.org/B><i itemprop=no>n</i></div></div>"
    html += micro("<p itemprop=x>2", "itemref='c a none a'") + "<p id=c itemprop=x>3</p>"
    assert find(html, "Thing") == [{"@type": "Thing", "x": ["1", "2", "3"]}]


def test_an_item_can_be_taken_by_itemref():
    html = micro("", "itemref=b") + "<p id=b itemprop=x itemscope><i itemprop=y>1</i></p>"
    assert find(html, "Thing") == [{"@type": "Thing", "x": {"y": "1"}}]


LOOPS = {
    "itself": ("<div itemscope id=a itemref=a itemprop=x><i itemprop=y>1</i></div>", [{"y": "1"}]),
    "around": ("<div id=a><div itemscope itemref=a itemprop=x><i itemprop=y>1</i></div></div>", [{"y": "1"}]),
    "with an id": (
        "<div itemscope itemid=b id=a itemref=a itemprop=x></div>",
        [{"@id": "https://site.test/a/b", "x": {"@id": "https://site.test/a/b"}}],
    ),
    "each other": (
        "<p id=a itemscope itemprop=x itemref=b></p><p id=b itemscope itemprop=y itemref=a></p>",
        [{"y": {}}, {"x": {}}],
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_an_item_inside_itself_is_left_out_or_named_by_its_id(name):
    html, expected = LOOPS[name]
    assert find(html) == expected


# Hostile


def bomb(kind):
    if kind == "ids":  # each item names the next twice
        return script(
            [{"@id": str(n), "@type": "A", "x": {"@id": str(n + 1)}, "y": {"@id": str(n + 1)}} for n in range(500)]
        )
    if kind == "all to all":
        return script([{"@id": str(n), "@type": "A", "x": [{"@id": str(m)} for m in range(200)]} for n in range(200)])
    if kind == "names":
        return "<div itemscope itemprop='a b c'>" * 60
    if kind == "deep":
        return "<div itemscope itemprop=a>" * 9_000
    if kind == "texts":
        return "<div itemscope>" + "<div itemprop=a>x" * 9_000
    if kind == "long texts":
        return "<div itemscope>" + ("<div itemprop=a>" * 10 + "x" * 200_000 + "</div>" * 10) * 5
    if kind == "refs":
        body = "".join(f"<i id=i{n} itemprop=x>1</i>" for n in range(2_000))
        names = " ".join(f"i{n}" for n in range(2_000))
        return f"<div id=all>{body}</div>" + f"<p itemscope itemref='all {names}'></p>" * 300
    if kind == "deep refs":
        deep = "".join(f"<div id=i{n}>" for n in range(9_000))
        names = " ".join(f"i{n}" for n in range(9_000))
        return f"<p itemscope itemref='{names}'></p>" + deep + "<i itemprop=x>1</i>" * 10_000
    if kind == "same id":
        return script([{"@id": "a", "@type": "A", "n": n} for n in range(20_000)])
    return script('{"@type":"A","x":' * 150 + "1" + "}" * 150)


OUTCOMES = {
    "ids": "references are left",
    "all to all": "references are left",
    "names": "unparsable",
    "deep": "unparsable",
    "texts": "inside each other",
    "long texts": "characters",
    "refs": "20,000 properties",
    "deep refs": "itemref on a page as deep",
    "same id": "",
    "nested": "",
}


@pytest.mark.parametrize("kind", OUTCOMES)
def test_a_bomb_has_an_outcome_and_ends_soon(kind):
    found = items(bomb(kind))
    began = time.process_time()
    outcome = ""
    for _ in range(3):
        try:
            found.find(["*"])
        except ExtractError as error:
            outcome = error.code
    assert time.process_time() - began < 10
    if OUTCOMES[kind]:
        assert OUTCOMES[kind] in outcome or OUTCOMES[kind] in " ".join(found.broken)
    else:
        assert (outcome, found.broken) == ("", [])


def test_items_that_share_much_keep_references_rather_than_fail():
    html = script([{"@id": str(n), "@type": "A", "x": [{"@id": str(n + 1)}] * 2} for n in range(30)])
    assert find(html + script({"@type": "B", "n": 1}), "B") == [{"@type": "B", "n": 1}]
    found = items(html + script({"@id": "x", "@type": "B", "y": {"@id": "0"}}))
    [first] = found.find(["B"])
    assert len(json.dumps(first)) < 2_000_000
    assert found.broken == ["some items name so many others that references are left as they are"]


@pytest.mark.parametrize("name", ["itemscope", "itemScope", "ITEMSCOPE", "ItemScope"])
def test_microdata_is_seen_however_it_is_written(name):
    html = f"<HTML><p>a microscope</p><div {name} itemtype=https://schema.org/Store><b itemprop=name>Oak</b></div>"
    assert rows("fields: {n: {schema: Store, json: name}}", html) == [{"n": "Oak"}]


def test_a_page_without_signs_is_not_searched():
    from crawler.extract.schema_org import _may_have_json, _may_have_microdata

    text = "<p>The scope of a microscope, c++ and C+</p>" * 100
    assert not _may_have_microdata(text)
    assert not _may_have_json(text)
