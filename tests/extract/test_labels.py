import pytest

from crawler.extract.labels import label_key
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
    ],
)
def test_the_value_beside_a_label(engine, html):
    assert value(html, engine=engine, label="UPC") == ("a1", [])


@BOTH
@pytest.mark.parametrize(
    "html",
    [
        "<p>my UPC code is a1</p>",
        "<p>UPC</p>",
        "<table><tr><th>UPC</th><th>Price</th></tr></table>",
        "<table><tr><th>UPC</th><td></td></tr></table><p>UPC: other</p>",
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
    html = "<table><tr><td>" * 3000 + "x"
    assert value(html + "<p>y", engine=engine, label="UPC")[0] is None
