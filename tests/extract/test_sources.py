"""Where a value may stand: data in pages, HTML in data, around a row, in a table, in a sheet."""

from decimal import Decimal

import pytest

from tests.support.language import failure, notes, page, rows


def test_json_in_elements_attributes_and_scripts():
    html = """<script id="data" type="application/json">{"shops": [{"n": "A", "lat": 51.5}, {"n": "B"}]}</script>
    <div class="map" data-markers='[{"n": "C"}]'></div>
    <script>var shelf = {items: [{n: 'D'}]}; let more = [{n: 'E'},];</script>"""
    kinds = {
        "each: {css: '#data', json: shops}\nfields: {n: n, lat: lat}": [("A", Decimal("51.5")), ("B", None)],
        "each: {css: .map, attr: data-markers, json: '[]'}\nfields: {n: n, lat: lat}": [("C", None)],
        "each: {js: shelf, json: items}\nfields: {n: n, lat: lat}": [("D", None)],
        "each: {js: more}\nfields: {n: n, lat: lat}": [("E", None)],
    }
    for kind, expected in kinds.items():
        assert [tuple(one.values()) for one in rows(kind, html)] == expected, kind


def test_fields_of_a_page_from_its_data():
    html = """<h1>x</h1><script>window.shop = {geo: {lat: 1.5}, tags: ["a", "b"]}</script>
    <script type="application/ld+json">{"@type": "Store", "name": "Oak", "Telephone": "1"}</script>"""
    fields = """
fields:
  h: h1
  lat: {js: shop, json: geo.lat}
  tags: {js: shop, json: tags, all: true}
  first: {js: shop, json: tags}
  name: {schema: [Shop, Store], json: name}
  phone: {schema: Store, json: telephone}
"""
    assert rows(fields, html) == [
        {"h": "x", "lat": Decimal("1.5"), "tags": ("a", "b"), "first": "a", "name": "Oak", "phone": "1"}
    ]
    assert notes(fields, html) == [("first", "several")]


def test_html_in_json_and_its_links():
    data = {
        "html": "<div class='b'><h3>One</h3><a href=' /a '>x</a></div><div class='b'><h3>Two</h3></div>",
        "next": "/p2",
    }
    kind = "format: json\neach: {json: html, css: .b}\nfields: {t: h3, u: {css: a, attr: href, type: url}}\n"
    kind += "follow: [{json: html, css: '.b a', to: p}, {json: next, to: p, next: true}]"
    found = page(kind, data)
    assert [dict(one.values) for one in found.records] == [
        {"t": "One", "u": "http://shop.test/a"},
        {"t": "Two", "u": None},
    ]
    assert [(link.url, link.next) for link in found.links] == [
        ("http://shop.test/a", False),
        ("http://shop.test/p2", True),
    ]


def test_false_is_no_address():
    found = page("format: json\nfields: {a: a}\nfollow: [{json: next, to: p}]", {"a": 1, "next": False})
    assert (found.links, found.dropped) == ((), {})


def test_rows_in_rows_look_outside():
    data = {"build": 7, "malls": [{"name": "M", "rows": [{"x": 1}, {"x": 2}]}, {"name": "N", "rows": [{"x": 3}]}]}
    kind = """
format: json
each: [malls, rows]
fields: {x: x, mall: {json: name, from: outer}, build: {json: build, from: page}, number: {index: true}}
"""
    assert [tuple(one.values()) for one in rows(kind, data)] == [(1, "M", 7, 1), (2, "M", 7, 2), (3, "N", 7, 1)]


def test_three_levels_of_html():
    html = """<div class=r><h2>North</h2><div class=c><h3>Ashby</h3><p class=s><b>One</b></p>
    <p class=s><b>Two</b></p></div></div>
    <div class=r><h2>South</h2><div class=c><h3>Elm</h3><p class=s><b>Three</b></p></div></div>"""
    kind = """
each: [.r, .c, .s]
fields: {store: b, city: {css: h3, from: outer}, region: {css: h2, from: outermost}, first: {css: h2, from: page}}
"""
    assert [tuple(one.values()) for one in rows(kind, html)] == [
        ("One", "Ashby", "North", "North"),
        ("Two", "Ashby", "North", "North"),
        ("Three", "Elm", "South", "North"),
    ]


def test_the_values_of_an_object_are_rows_with_their_keys():
    kind = "format: json\neach: stores.*\nfields: {id: {index: true}, name: name}"
    assert rows(kind, {"stores": {"x1": {"name": "A"}, "x2": {"name": "B"}}}) == [
        {"id": "x1", "name": "A"},
        {"id": "x2", "name": "B"},
    ]


def test_before_and_after_a_row():
    html = """<table><tr class=g><td>North<tr class=r><td>1<tr class=n><td>9 points<tr class=r><td>2
    <tr class=g><td>South<tr class=r><td>3<tr class=n><td>5 points</table>"""
    kind = """
each: tr.r
fields: {x: td, group: {css: tr.g, from: before}, points: {css: tr, from: after, regex: '(\\d+) points', type: int}}
"""
    assert [tuple(one.values()) for one in rows(kind, html)] == [
        ("1", "North", 9),
        ("2", "North", None),  # the next row is a heading
        ("3", "South", 5),
    ]


def test_what_holds_a_row_stands_neither_before_nor_behind_it():
    html = "<div>a<p>1</p></div><div>b<p>2</p></div>"
    kind = "each: p\nfields: {x: {regex: '.+'}, d: {css: div, from: before}, e: {css: div, from: after}}"
    assert [tuple(one.values()) for one in rows(kind, html)] == [("1", None, None), ("2", "a 1", None)]


def test_a_table_by_its_headings():
    html = """<table id=t><tr><th rowspan=2>Maker<th colspan=2>Price<tr><th>Old<th>Now
    <tr><td rowspan=2><a href=/m>Oak</a><td>1<td>2<tr><td>3<td>4</table>"""
    kind = """
each: {html_table: '#t'}
fields:
  maker: Maker
  link: {column: maker, css: a, attr: href, type: url}
  now: {column: Price Now, type: int}
  old: {column: 2}
"""
    assert [tuple(one.values()) for one in rows(kind, html)] == [
        ("Oak", "http://shop.test/m", 2, "1"),
        ("Oak", "http://shop.test/m", 4, "3"),
    ]


def test_a_label_and_what_stands_in_its_value():
    html = "<dl><dt>Phone<dd><a href='tel:1'>call</a><dt>By<dd>Ann<dd>Ben</dl>"
    kind = "fields: {p: {label: Phone, css: a, attr: href, replace: {'^tel:': ''}}, by: {label: By, join: ' & '}}"
    assert rows(kind, html) == [{"p": "1", "by": "Ann & Ben"}]


def test_lines_of_a_csv_file():
    text = "Station;Price (EUR);Open\nOak;1,50;yes\n;;\nElm;2;\n"
    kind = """
format: csv
fields: {station: Station, price: {column: Price (EUR), type: decimal, locale: de}, n: {index: true}}
"""
    assert [tuple(one.values()) for one in rows(kind, text)] == [("Oak", Decimal("1.50"), 1), ("Elm", Decimal(2), 2)]


def test_an_excel_file(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for line in (["Id", "Price", "On"], ["007", 12.5, True], [8, None, False]):
        sheet.append(line)
    book.save(tmp_path / "x.xlsx")
    kind = "format: xlsx\nfields: {id: Id, price: Price, on: 'On'}"
    assert [tuple(one.values()) for one in rows(kind, (tmp_path / "x.xlsx").read_bytes())] == [
        ("007", Decimal("12.5"), True),
        (8, None, False),
    ]


def test_plain_text():
    kind = "format: text\nfields: {v: {regex: 'v(\\d+)', type: int}, l: {lines: true, nth: 2}}"
    assert rows(kind, "robot v12\nsecond line\n") == [{"v": 12, "l": "second line"}]


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("format: json\nfields: {a: a}", "<html><h1>Busy", "not-json"),
        ("format: json\nfields: {a: a}", b"\x89PNG\r\n\x1a\n\x00\x00", "not-json"),
        ("format: json\nfields: {a: a}", " \n ", "empty"),
        ("format: csv\nfields: {a: A}", "<!doctype html><p>x", "not-csv"),
        ("format: xlsx\nfields: {a: A}", "A;B\n1;2", "not-xlsx"),
        ("format: text\nfields: {a: {regex: .}}", b"\x00\x01\x02\x03", "not-text"),
        ("format: json\neach: a.b\nfields: {a: a}", {"a": {"c": 1}}, "no-match"),
        ("each: {css: '#d', json: a}\nfields: {a: a}", "<p id=d>hello</p>", "not-json"),
        ("fields: {a: h1}", '{"a": 1}', "data-not-html"),
    ],
)
def test_another_answer_is_a_named_failure(kind, body, code):
    assert failure(kind, body)[0] == code


def test_json_of_a_field_that_is_none_is_a_note():
    assert notes("fields: {h: h1, x: {css: p, json: a}}", "<h1>1</h1><p>no json</p>") == [("x", "not-json")]


def test_packed_answers_are_opened():
    import gzip
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", '{"a": 1}')
    kind = "format: json\nfields: {a: a}"
    assert rows(kind, gzip.compress(b'{"a": 1}')) == rows(kind, packed.getvalue()) == [{"a": 1}]
    assert rows("fields: {a: h1}", gzip.compress(b"<h1>x</h1>")) == [{"a": "x"}]


def test_numbers_of_data_are_read_whatever_the_language():
    kind = """
format: json
fields:
  a: {json: a, type: decimal, locale: de}
  b: {json: b, type: decimal, locale: de}
  c: c
  d: {json: d, type: text}
"""
    assert rows(kind, {"a": 1.5, "b": "1,5", "c": True, "d": 4177}) == [
        {"a": Decimal("1.5"), "b": Decimal("1.5"), "c": True, "d": "4177"}
    ]


def test_an_object_is_its_text_with_a_note():
    kind = "format: json\nfields: {a: a}"
    assert rows(kind, {"a": {"b": [1, "é"]}}) == [{"a": '{"b": [1, "é"]}'}]
    assert notes(kind, {"a": {"b": 1}}) == [("a", "object")]


def test_items_of_a_list_as_texts():
    data = {"h": [{"d": "Mon", "t": {"o": "9"}}, {"d": "Sun"}, {"d": "Sat", "t": {"o": "8"}}]}
    kind = "format: json\nfields: {x: {json: h, item: '{d} {t.o}', join: '; '}, n: {json: h, count: true}}"
    assert rows(kind, data) == [{"x": "Mon 9; Sat 8", "n": 3}]


def test_columns_by_number_take_every_row():
    html = "<table><tr><td>a<td>1<tr><td>b<td>2</table>"
    assert rows("each: {html_table: table}\nfields: {x: {column: 1}, y: {column: 2}}", html) == [
        {"x": "a", "y": "1"},
        {"x": "b", "y": "2"},
    ]
    assert rows("each: {html_table: table}\nfields: {x: a, y: {column: 2}}", html) == [{"x": "b", "y": "2"}]


def test_a_heading_that_stands_twice_is_noted():
    html = "<table><tr><th>A<th>B<th>A<tr><td>1<td>2<td>3</table>"
    kind = "each: {html_table: table}\nfields: {a: A, b: B, c: {column: 3}}"
    assert (rows(kind, html), notes(kind, html)) == ([{"a": "1", "b": "2", "c": "3"}], [("a", "several-columns")])


def test_two_tables_of_one_sheet():
    kind = "format: csv\ntables: {a: {fields: {x: A}}, b: {where: {y: '2'}, fields: {y: {column: A}}}}"
    assert rows(kind, "A\n1\n2\n") == [{"x": "1"}, {"x": "2"}, {"y": "2"}]


def test_broken_data_are_noted_on_the_page():
    html = """<script type="application/ld+json">{"@type": "Store", oops</script>
    <script type="application/ld+json">{"@type": "Store", "name": "Oak"}</script>"""
    kind = "fields: {name: {schema: Store, json: name}}"
    assert (rows(kind, html), notes(kind, html)) == ([{"name": "Oak"}], [("", "broken-data")])


def test_hidden_fields_alone_are_no_table():
    kind = "each: li\nfields: {n: {css: b, hidden: true}}\nfollow: [{from: row, css: a, to: p}]"
    found = page(kind, "<li><b>1</b><a href=/1>x</a>")
    assert (found.records, [link.url for link in found.links]) == ((), ["http://shop.test/1"])
    assert (
        page("each: li\nfields: {n: {css: b, hidden: true}}\nfollow: [{css: a, to: p}]", "<a href=/1>x</a>").notes == ()
    )


def test_the_row_itself_is_the_link_and_its_text_is_carried():
    kind = "fields: {h: h1}\nfollow: [{each: nav a, attr: href, carry: {category: {}}, to: p}]"
    found = page(kind, "<h1>x</h1><nav><a href=/1>Poetry</a><a href=/2>History</a></nav>")
    assert [(link.url, dict(link.carry)) for link in found.links] == [
        ("http://shop.test/1", {"category": "Poetry"}),
        ("http://shop.test/2", {"category": "History"}),
    ]


@pytest.mark.parametrize("each", ["items", "items[]", "items.*"])
def test_an_empty_list_of_data_is_no_failure(each):
    kind = f"format: json\neach: {each}\nfields: {{a: a}}"
    assert rows(kind, {"items": []}) == []
    assert failure(kind, {"entries": []})[1].endswith("(there is no 'items'; it has: entries)")
    assert failure(kind, {"items": None})[0] == "no-match"
    assert failure(kind, {"items": [{"b": 1}]})[0] == "no-match"


def test_a_sheet_without_lines_is_no_failure():
    assert rows("format: csv\nfields: {a: A}", "A;B\n") == []


def test_several_rules_fill_one_table():
    html = "<ul><li data-id=1>A<li data-id=2>B</ul><script>var m = [{id: 2, lat: 5}]</script>"
    kind = """
tables:
  shops:
    - {each: li, key: id, fields: {id: {attr: data-id}, name: {regex: '.+'}}}
    - {each: {js: m, json: '[]'}, key: id, fields: {id: {json: id, type: text}, lat: lat}}
"""
    found = page(kind, html)
    assert [(one.table, dict(one.values)) for one in found.records] == [
        ("shops", {"id": "1", "name": "A"}),
        ("shops", {"id": "2", "name": "B"}),
        ("shops", {"id": "2", "lat": 5}),
    ]


def test_links_of_a_feed_are_texts_and_of_atom_attributes():
    rss = "<?xml version='1.0'?><rss><channel><item><title>a</title><link> /1 </link></item></channel></rss>"
    found = page("each: item\nfields: {t: title}\nfollow: [{css: item > link, to: p}]", rss)
    assert [link.url for link in found.links] == ["http://shop.test/1"]
    atom = "<?xml version='1.0'?><feed><entry><title>a</title><link href='/2'/></entry></feed>"
    found = page("each: entry\nfields: {t: title}\nfollow: [{css: entry > link, to: p}]", atom)
    assert [link.url for link in found.links] == ["http://shop.test/2"]


def test_an_address_is_cut_out_of_anything():
    html = """<a onclick="open('7')">x</a><a onclick="open('8')">y</a><h1>z</h1>"""
    kind = """
fields: {h: h1}
follow: [{css: a, attr: onclick, regex: "open\\\\('([^']+)", replace: {'^.*open': 'open'}, to: p}]
"""
    assert [link.url for link in page(kind, html).links] == ["http://shop.test/books/7", "http://shop.test/books/8"]


def test_follow_with_where_and_from_row():
    html = "<li><b>A</b><a href=/a>x</a><li><b>B</b><a href=/b>x</a>"
    kind = "fields: {h: {css: b, from: page}}\nfollow: [{each: li, css: a, carry: {n: b}, where: {n: B}, to: p}]"
    assert [(link.url, dict(link.carry)) for link in page(kind, html).links] == [("http://shop.test/b", {"n": "B"})]
    kind = "each: li\nwhere: {n: A}\nfields: {n: b}\nfollow: [{from: row, css: a, carry: {m: b}, to: p}]"
    assert [(link.url, dict(link.carry)) for link in page(kind, html).links] == [("http://shop.test/a", {"m": "A"})]


def test_an_address_made_of_what_is_carried():
    kind = """
format: json
fields: {n: n}
follow: [{each: ids, value: '/book/{id}', carry: {id: {json: '@', hidden: true}}, to: p}]
"""
    found = page(kind, {"n": 1, "ids": ["a b", 7]})
    assert [(link.url, dict(link.carry)) for link in found.links] == [
        ("http://shop.test/book/a%20b", {}),
        ("http://shop.test/book/7", {}),
    ]


def test_parameters_of_a_page_kind_are_set_in_its_links():
    kind = "request: {query: {type: West, q: a b}}\nfields: {h: h1}\nfollow: [{css: a, to: p}]"
    found = page(kind, "<h1>x</h1><a href='?page=2&type=East'>next</a>")
    assert [link.url for link in found.links] == ["http://shop.test/books/page.html?page=2&type=West&q=a%20b"]


@pytest.mark.parametrize(
    "field",
    [
        "{first_of: [h2, h1]}",
        "{schema: Store, json: url}",
        "{xpath: //h1}",
        "{css: p, attr: data-x, json: a}",
        "{js: m}",
        "{css: h1, strip_html: true}",
        "{css: h1, from: page}",
    ],
)
def test_a_page_is_gone_as_soon_as_it_is_read(field):
    """Its tree is large: kept until the garbage collector comes, it costs memory, and time for another."""
    import gc

    html = """<h1>x</h1><p data-x='{"a": 1}'>y</p><script>var m = 5</script>
    <div itemscope itemtype=https://schema.org/Store><a itemprop=url href=/a>u</a></div>"""
    kind = f"fields: {{x: {field}}}"
    page(kind, html)
    gc.collect()
    gc.disable()
    try:
        page(kind, html)
        left = [one for one in gc.get_objects() if type(one).__name__ in ("PageView", "Lexbor")]
    finally:
        gc.enable()
    assert left == []


def test_threads_that_share_the_rules_do_not_share_rows():
    from concurrent.futures import ThreadPoolExecutor

    from crawler.extract.parser import Parser
    from crawler.model import Page, Response
    from tests.support.language import job

    kind = "each: li\nwhere: {n: true}\nfields: {n: b, x: {xpath: ./b}}\nfollow: [{from: row, css: a, to: p}]"
    parser = Parser(job(kind).recipe)

    def read(number):
        items = "".join(f"<li><b>n{number}</b><a href=/n{number}/{item}>x</a>" for item in range(30))
        response = Response(f"http://h.test/{number}", 200, {"content-type": "text/html"}, items.encode())
        found = parser("p", response)
        assert isinstance(found, Page)
        return {link.url.split("/")[3] for link in found.links}, {one.values["x"] for one in found.records}

    with ThreadPoolExecutor(8) as pool:
        for number, (links, values) in enumerate(pool.map(read, range(200))):
            assert (links, values) == ({f"n{number}"}, {f"n{number}"})
