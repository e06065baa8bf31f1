import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.extract import labels
from crawler.extract.labels import label_key
from crawler.model import Money
from tests.support.pages import FieldRule, analyse, value

BOTH = pytest.mark.parametrize("engine", ["bs4", "lexbor"])


@BOTH
@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><th>UPC</th><td>a1</td></tr></table>",
        "<table><tr><td>UPC</td><td>a1</td></tr></table>",
        "<table><tr><td>Price</td><td>5</td></tr><tr><td> <b>upc</b> : </td> <!-- --> <td> a1 </td></tr></table>",
        "<table><tr><th>UPC</th><th>Price</th></tr></table><table><tr><td>UPC</td><td>a1</td></tr></table>",
        "<dl><dt>UPC</dt><dd>a1</dd></dl>",
        "<dl><dt>Price<dd>5<dt>UPC:</dt><dt>EAN</dt><dd>a1</dl>",
        "<p>UPC: a1</p>",
        "<p>Old: 5<br>UPC: a1<br>New: 6</p>",
        "<li>UPC: a1</li>",
        "<ul><li>Price: 5<li>UPC: a1</ul>",
        "<span>UPC: a1</span>",
        "<div>UPC: a1</div>",
        "<div>intro<div>UPC: <i>a</i>1</div></div>",
        "<p><b>UPC:</b> a1</p>",
        "<p><strong>UPC</strong>: a1</p>",
        "<p><b>UPC</b> a1</p>",
        "<p><b>Price:</b> 5 <b>UPC:</b> a1 <b>EAN:</b> 7</p>",
        "<p><span>UPC</span><span>a1</span></p>",
        "<p><label>UPC</label> <span>a1</span></p>",
        "<div>UPC:</div><div>a1</div>",
        "<p><b>UPC:</b><br>a1</p>",
        "<p>upc\u00a0: a1</p>",
        "<p>UPC： a1</p>",
        "<div>UPC</div><div>a1</div>",
        "<p>UPC</p><p>a1</p>",
        "<ul><li>Price</li><li>5</li><li>UPC</li><li>a1</li></ul>",
        "<div class=row><span class=k>UPC</span> <span class=v>a1</span></div>",
        "<div><span>Price</span><span>5</span><span>UPC</span><span>a1</span><span>EAN</span><span>7</span></div>",
        "<div><b>UPC</b></div><div>a1</div>",
        "<div><p><b>UPC:</b></p></div> <div><p><b>a</b>1</p></div>",
        "<h3>UPC</h3><p>a1</p><p>more</p>",
        "<li><b>UPC:</b> a1</li>",
        "<label>UPC</label><div>a1</div>",
        "<div>UPC</div><br><i></i><div>a1</div>",
        "<dl><div><dt>UPC</dt><dd>a1</dd></div></dl>",
        "<dl><dt>UPC</dt><dd>a1</dd><dd>a2</dd><dt>EAN</dt><dd>7</dd></dl>",
        "<table><tr><th>UPC</th><th>EAN</th></tr><tr><td>a1</td><td>7</td></tr></table>",
        "<table><thead><tr><th>EAN</th><th>UPC</th></tr></thead><tbody><tr><td>7</td><td>a1</td></tr></tbody></table>",
        "<p><b>UPC</b> <i>a</i><i>1</i></p>",
        "<table><tr><th>UPC</th><td></td></tr></table><p>UPC: a1</p>",
        "<div>UPC</div><div></div><p>UPC: a1</p>",
        "<aside><p>UPC: any</p></aside><p>UPC: a1</p>",
        "<aside><table><tr><th>UPC</th><td>any</td></tr></table></aside><div>UPC</div><div>a1</div>",
        "<form><label>UPC</label> <span>any</span></form><p>UPC: a1</p>",
        "<nav><div>UPC</div><div>any</div></nav><table><tr><td>UPC<td>a1</table>",
        "<div class='box filter-list'><p>UPC: any</p></div><p>UPC: a1</p>",
        "<div id=sidebar><p>UPC: any</p></div><p>UPC: a1</p>",
        "<div role=search><p>UPC: any</p></div><p>UPC: a1</p>",
        "<header><p>UPC: any</p></header><article><header><p>UPC: a1</p></header></article>",
        "<div>UPC</div><div><a href=1>any</a> <a href=2>some</a></div><p>UPC: a1</p>",
        "<aside><p>UPC: a1</p></aside>",
        "<form id=all><h1>x</h1><p>UPC: a1</p></form>",
        "<table><tr><th>UPC</th><td><a href=1>a1</a></td></tr></table>",
    ],
)
def test_the_value_beside_a_label(engine, html):
    assert value(html, engine=engine, label="UPC") == ("a1", [])


@BOTH
@pytest.mark.parametrize(
    "html",
    [
        "<p>my UPC code is a1</p>",
        "<div><p>UPC</p></div><h1></h1>",
        "<table><tr><th>UPC</th><th>Price</th></tr></table>",
        "<table><tr><th>UPC</th><td></td></tr></table>",
        "<div>UPC</div><div></div><div>other</div>",
        "<div>UPC</div><script>x</script>",
        "<div><b>UPC</b></div><div>EAN:</div>",
        "<ul><li><a href=/u>UPC</a></li><li><a href=/e>EAN</a></li></ul>",
        "<label>UPC</label><select><option>any</option><option>a1</option></select>",
        "<table><tr><th>UPC</th><td><select><option>any</select></td></tr></table>",
        "<h2>UPC</h2><h2>Reviews</h2>",
        "<div>UPC code</div><div>a1</div>",
        "<table><tr><th>UPC</th><th>EAN</th></tr><tr><td colspan=2>a1</td></tr></table>",
        "<p>UPC: <br>EAN: 5</p>",
        "<script>var x = 'UPC: a1'</script>",
        "<p>at UPC:30 x</p>",
        "",
    ],
)
def test_no_value_is_made_up(engine, html):
    assert value(html + "<p>x</p>", engine=engine, label="UPC")[0] is None


@BOTH
def test_labels_in_each_row_are_the_row_s_own(engine):
    html = (
        "<div class=b><p>UPC: a</p></div><div class=b><i>x</i></div><div class=b><table><tr><td>UPC<td>c</table></div>"
    )
    outcome = analyse(html, FieldRule("u", label="UPC"), FieldRule("i", "i"), each="div.b", engine=engine)
    assert [record.values["u"] for record in outcome.records] == ["a", None, "c"]


@BOTH
def test_an_attribute_of_the_value(engine):
    html = "<table><tr><th>Site</th><td><a href='/x'>here</a></td></tr></table>"
    assert value(html, engine=engine, label="Site", attr="href", type="url") == ("http://shop.test/x", [])


def test_keys():
    assert label_key(" Product\n type : ") == "product type"


@BOTH
def test_many_tables_inside_each_other_end(engine):
    html = "<table><tr><td>" * 400 + "x"
    assert value(html + "<p>y", engine=engine, label="UPC")[0] is None


@BOTH
def test_every_definition_of_a_term(engine):
    html = "<dl><dt>Author</dt><dd>Ann</dd><dd>Ben</dd><dt>Year</dt><dd>2001</dd></dl>"
    html += "<table><tr><th>Size<td>1<td>2</table>"
    assert value(html, engine=engine, label="Author", all=True, type="list") == (("Ann", "Ben"), [])
    assert value(html, engine=engine, label="Year", all=True, type="list") == (("2001",), [])
    assert value(html, engine=engine, label="Size", all=True, type="list") == (("1", "2"), [])
    assert value(html, engine=engine, label="Author") == ("Ann", [])


@BOTH
def test_every_link_of_the_definitions_of_a_term(engine):
    html = "<dl><dt>Author</dt><dd><a href=/a>Ann</a></dd><dd><a href=/b>Ben</a></dd></dl>"
    assert value(html, engine=engine, label="Author", all=True, attr="href") == (("/a", "/b"), [])


@BOTH
@pytest.mark.parametrize(
    ("html", "notes"),
    [
        ("<p>UPC: a1</p><p>UPC: b2</p>", ["several-labels"]),
        ("<p>UPC: a1</p><p>UPC: a1</p>", []),
        ("<table><tr><th>UPC<td>a1<tr><th>UPC<td>b2</table>", ["several-labels"]),
        ("<table><tr><th>UPC<td>a1</table><p>UPC: b2</p>", []),
        ("<p>UPC: a1</p><footer><p>UPC: b2</p></footer>", []),
        ("<table><tr><th>UPC<th>EAN<tr><td>a1<td>7<tr><td>b2<td>8</table>", ["several-labels"]),
        ("<table><tr><th>UPC<th>EAN<tr><td>a1<td>7<tr><td>a1<td>8</table>", []),
    ],
)
def test_labels_that_are_equally_good_are_noted(engine, html, notes):
    assert value(html, engine=engine, label="UPC") == ("a1", notes)


@BOTH
def test_what_is_asked_for_as_a_label_is_no_value(engine):
    html = "<div><p>UPC</p><p>Price</p></div><table><tr><td>UPC<td>Price<tr><td>a1<td>5</table>"
    outcome = analyse(html, FieldRule("u", label="UPC"), FieldRule("p", label="Price"), engine=engine)
    assert outcome.records[0].values == {"u": "a1", "p": "5"}


@BOTH
def test_a_number_in_a_line_with_cents_of_its_own(engine):
    html = "<p>Price: $12<sup>99</sup></p>"
    assert value(html, engine=engine, label="Price", type="money") == (Money(Decimal("12.99"), "$"), [])


@BOTH
@pytest.mark.parametrize(
    "html",
    [
        "<div>" + "<span>UPC</span>" * 3000 + "</div>",
        "<div>" + "<span class=k>UPC</span><span>x</span>" * 3000,
        "<div><b>UPC</b></div>" * 3000,
        "<div>x" * 1000 + "<b>UPC</b></div>" * 1000,
        "<nav>" * 500 + "<p>UPC: x</p>" * 500,
    ],
    ids=range(5),
)
def test_very_many_labels_end(engine, html):
    before = time.process_time()
    value(html, engine=engine, label="UPC")
    assert time.process_time() - before < 9


_HIDDEN = ["<script>", "</script>", "<style>age</style>", "<noscript>", "</noscript>", "<template>", "</template>"]
_SEEN = ["<p>", "</p>", "<b>", "</b>", "<br>", "Pages", "Pa", "ges", ": ", "320", "age", " ", "&shy;", "é", "-" * 130]


@given(st.lists(st.sampled_from([*_HIDDEN, *_SEEN]), max_size=14))
@example(["<p>", "Pages", ": ", "320", "</p>", "<style>age</style>"])
@example(["<p>", "Pa", "&shy;", "ges", ": ", "320", "<script>", "-" * 130, "ges", "</script>"])
def test_a_look_at_the_text_before_its_lines_are_read_loses_no_label(parts):
    html = "".join(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(labels, "may_hold", lambda text, known: True)
        wanted = value(html, engine="lexbor", label="Pages")
    assert value(html, engine="lexbor", label="Pages") == wanted
