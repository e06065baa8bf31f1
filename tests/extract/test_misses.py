"""Why a rule finds nothing, and that what is advised helps."""

import pytest

from crawler.extract.explain import explain
from tests.support.pages import FieldRule, FollowRule, TableRule, recipe, response

PAGE = """<html><head><meta name=description content="A book"><link rel=canonical href=/x><title>T</title></head>
<body><h1>Books</h1><table><tr><th>Maker<td>Oak</table>
<ul><li class=b id=first data-price=5><b>Blue</b><i class="star three"></i>
<a class=cover href=/b1><img src=1.png alt=pic></a>
<input name=q value=7><span></span><em title="">x</em><u>call us</u></li>
<li class=b><b>Red</b><p class=extra>e</p></li></ul></body></html>"""


def why(*fields, each=None, **options):
    findings = explain(recipe(*fields, each=each), "book", response(PAGE), **options)
    return [finding.why for finding in findings if finding.what == "field"]


@pytest.mark.parametrize(
    ("css", "attr", "text"),
    [
        ("meta[name=description]", "content", "<meta> never has text; add attr: content"),
        ("link", "href", "<link> never has text; add attr: href"),
        ("input", "value", "<input> never has text; add attr: value"),
        ("img", "src", "<img> never has text; add attr: src"),
        ("i.star", "class", "the <i> has no text; attr: can be class"),
        ("meta", "name", "add attr: content"),
    ],
)
@pytest.mark.parametrize("engine", ["lexbor", "bs4"])
def test_an_element_without_text_and_its_attributes(css, attr, text, engine):
    first, second = (
        finding
        for finding in explain(
            recipe(FieldRule("v", css), FieldRule("w", css, attr=attr), engine=engine), "book", response(PAGE)
        )
        if finding.what == "field"
    )
    assert text in first.why
    assert first.missed
    assert (second.why, second.missed) == ("", False)


def test_a_picture_in_a_link():
    assert why(FieldRule("v", "a.cover")) == [
        "the <a> has no text, but an <img>; add ' img' to the selector, and attr: src or attr: alt"
    ]
    assert why(FieldRule("v", "a.cover img", attr="alt")) == [""]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (FieldRule("v", "span"), "the <span> has no text; it has no attributes either"),
        (FieldRule("v", "em", attr="title"), "the attribute title is empty"),
        (FieldRule("v", "li", attr="data-cost"), "the <li> has no data-cost; attr: can be class, id, data-price"),
        (FieldRule("v", "ul", attr="href"), "the <ul> has no href, the <a> inside it has; select that one"),
        (FieldRule("v", "u", regex=r"\d+"), "the regex does not match this text"),
        (FieldRule("v", "u", replace=((".*", ""),)), "nothing is left of this text"),
        (FieldRule("v", "span", all=True), "the <span> has no text; it has no attributes either"),
        (FieldRule("v", "h2"), ""),
        (FieldRule("v", label="None"), ""),
        (FieldRule("v", "h1"), ""),
        (FieldRule("v", "u", type="int"), ""),
    ],
)
def test_what_keeps_a_field_blank(field, text):
    assert why(field, FieldRule("t", "h1"))[0] == text


@pytest.mark.parametrize("engine", ["lexbor", "bs4"])
def test_a_field_of_a_row_reaches_only_into_its_row(engine):
    fields = (FieldRule("v", "h1"), FieldRule("r", "li.b"), FieldRule("m", label="Maker"), FieldRule("e", ".extra"))
    rules = recipe(*fields, each="li", engine=engine)
    first = [finding.why for finding in explain(rules, "book", response(PAGE)) if finding.row == 1]
    assert first == [
        "it is outside the row (1 on the page); a field of a row searches only inside the row",
        "this selector matches the row itself; remove css: to take the field from the row",
        "the label is outside the row; a field of a row searches only inside the row",
        "",  # another row has it
    ]


LINKS = (
    "<ul><li><a href=/1>x</a><li><a href=/2>y</a></ul><p><a href=http://b.test/>o</a><a href='mailto:q'>m</a><s>z</s>"
)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (FollowRule("li", "book"), "the <li> has no href, the <a> inside it has; select that one"),
        (FollowRule("s", "book"), "the <s> has no href; it has no attributes either"),
        (FollowRule("li a", "book", deny=("/",)), "allow: and deny: of the rule exclude all of these URLs"),
        (
            FollowRule("p a[href^=http]", "book"),
            "these links lead to other sites; to follow them, name their hosts in same_site: of the rule",
        ),
        (FollowRule("a[href^=mailto]", "book"), "these are not web addresses (javascript:, mailto: and the like)"),
        (FollowRule("li a", "book"), ""),
        (FollowRule("h9", "book"), ""),
    ],
)
def test_why_no_link_is_followed(rule, text):
    (follow,) = (f for f in explain(recipe(follow=(rule,)), "book", response(LINKS)) if f.what == "follow")
    assert follow.why == text


def test_a_rule_of_a_table_of_many_is_explained_alike():
    tables = (TableRule("a", (FieldRule("v", "meta"),)), TableRule("b", (FieldRule("v", "i"),), each="li"))
    found = {f.where: f.why for f in explain(recipe(tables=tables), "book", response(PAGE)) if f.row in (0, 1)}
    assert "attr: content" in found["a.v"]
    assert "attr: can be class" in found["b.v"]
