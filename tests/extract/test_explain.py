from crawler.extract.explain import explain
from tests.support.pages import FieldRule, FollowRule, TableRule, recipe, response

HTML = "<h1>Title</h1><p class=price>call us</p><ul><li>a<li>b<li></ul><a href=x>1</a><a href=mailto:q>2</a>"


def test_it_tells_what_each_rule_found():
    tables = (
        TableRule("books", (FieldRule("t", "h1"), FieldRule("p", ".price", type="money"), FieldRule("e", "h1:empty"))),
        TableRule("items", (FieldRule("i"),), each="li"),
    )
    found = explain(recipe(tables=tables, follow=(FollowRule("a", "book"),)), "book", response(HTML))
    title, price, empty, rows, *items, follow = found
    assert (title.where, title.engine, title.matches, title.raw, title.value) == (
        "books.t",
        "lexbor",
        1,
        "Title",
        "Title",
    )
    assert (price.raw, price.value, [note.code for note in price.notes]) == ("call us", "call us", ["not-money"])
    assert (empty.engine, empty.matches, empty.raw, empty.value) == ("lexbor", 0, None, None)
    assert (rows.what, rows.matches, rows.rule) == ("rows", 3, "li")
    assert [(item.row, item.value) for item in items] == [(1, "a"), (2, "b"), (3, None)]
    assert (follow.what, follow.matches, follow.dropped) == ("follow", 2, {"scheme": 1})
    assert follow.urls == ("http://shop.test/books/x",)


def test_rows_are_limited():
    fields = (FieldRule("i"),)
    html = "<ul>" + "<li>x" * 50
    found = explain(recipe(*fields, each="li"), "book", response(html), most_rows=3)
    assert [finding.what for finding in found] == ["rows", "field", "field", "field"]
    assert found[0].matches == 50


def test_failures_come_last_and_what_was_found_before_is_shown():
    found = explain(recipe(FieldRule("t", "h1"), FieldRule("x", "p::text")), "book", response(HTML))
    assert [finding.what for finding in found] == ["field", "failure"]
    assert found[-1].notes[0].code == "selector"
    assert explain(recipe(FieldRule("t", "h9")), "book", response(HTML))[-1].notes[0].code == "no-match"
    assert [f.what for f in explain(recipe(FieldRule("t", "h1")), "book", response(b""))] == ["failure"]
    assert [f.what for f in explain(recipe(FieldRule("t", "h1")), "nope", response(HTML))] == ["failure"]


def test_labels_urls_and_long_texts():
    html = f"<table><tr><th>UPC<td>a1</table><p>{'x ' * 500}"
    fields = (
        FieldRule("u", label="UPC"),
        FieldRule("w", page_url=True),
        FieldRule("p", "p"),
        FieldRule("l", label="None"),
    )
    upc, url, text, none = explain(recipe(*fields), "book", response(html))
    assert (upc.matches, upc.raw, upc.rule) == (1, "a1", "label UPC")
    assert (url.engine, url.value) == ("", "http://shop.test/books/page.html")
    assert len(text.raw) <= 200
    assert (none.matches, none.value) == (0, None)
