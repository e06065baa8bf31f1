"""Answers made to cost a parser its time or its memory, each with rules that people would write for such a page.

`python -m tests.support.hostile [--large] [NAME...]` parses each in a process of its own and prints a line of JSON.
"""

# ruff: noqa: E501 - rules and answers, one a line

from __future__ import annotations

import ctypes
import gc
import gzip
import io
import json
import os
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from crawler.config import load
from crawler.extract import page
from crawler.extract.parser import Parser
from crawler.model import Page, Response

QUICK_LIMIT = 5.0
"""Seconds that a small page may take."""
DEADLINE = 60.0
"""Seconds until a process is ended: twice as long as a page may take."""


class Case(NamedTuple):
    """An evil answer.

    Attributes:
        outcome: `page`, or the code of the failure.
        rules: of the page kind, in the language of a config.
        body: makes the answer: the smaller one for the quick suite, or the large one.
        small, large: sizes for `body`.
    """

    outcome: str
    rules: str
    body: Callable[[int], bytes | str]
    small: int
    large: int
    type: str = "text/html; charset=utf-8"


CASES: dict[str, Case] = {}

API = '{format: json, each: "items[]", key: id, fields: {id: id, name: name, tags: {json: "tags", all: true, join: ", "}, city: {first_of: [address.city, city]}}}'
FILTER = """{format: json, each: "items[?kind == 'shop' && contains(name, 'a')]", fields: {name: name, phone: "phones[?kind=='shop'].number | [0]"}}"""
DEEP = "{format: json, fields: {all: {json: a.a.a}}}"
ABOUT = '{format: json, each: "[]", fields: {id: id, about: {json: about, strip_html: true}}}'
LIST = '{format: json, each: "[]", fields: {id: id, a: a.b.c}}'
SCHEMA = "{each: {schema: [Product, Offer]}, fields: {name: name, price: {first_of: [offers.price, price], type: decimal}, page: {css: h1, from: page, default: x}}}"
SCRIPT = '{each: {js: shops, json: "[]"}, fields: {name: name, page: {css: h1, from: page, default: x}}}'
SHEET = "{format: csv, fields: {name: Name, price: {column: Price, type: decimal}, third: {column: 3}}}"
BOOK = "{format: xlsx, fields: {name: Name, price: {column: Price, type: decimal}}}"
TABLE = "{each: {html_table: table}, fields: {name: Name, price: {column: Price, type: money}}}"
GROUPS = "{each: tr.row, fields: {name: td, group: {css: tr.head, from: before}, points: {css: tr.more, from: after, regex: '(\\d+)'}}}"
FEED = "{each: item, fields: {title: title, link: link, date: {css: pubDate, type: datetime}, about: {css: description, strip_html: true}}, follow: [{css: item > link, to: p}]}"
LINES = "{fields: {title: {css: h1, default: x}, lines: {css: div, lines: true, nth: -1, default: none}, parts: {css: div, split: ',\\s*', default: none}}}"
SITEMAP = "sitemap"
JSON, CSV, XML = "application/json", "text/csv", "application/xml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def case(
    name: str, rules: str, small: int, large: int, outcome: str = "page", type: str = "text/html; charset=utf-8"
) -> Callable[[Callable[[int], bytes | str]], Callable[[int], bytes | str]]:
    """Register a function that makes an answer."""

    def register(body: Callable[[int], bytes | str]) -> Callable[[int], bytes | str]:
        CASES[name] = Case(outcome, rules, body, small, large, type)
        return body

    return register


def add(
    name: str,
    rules: str,
    small: int,
    large: int,
    body: Callable[[int], bytes | str],
    outcome: str = "page",
    type: str = "text/html; charset=utf-8",
) -> None:
    CASES[name] = Case(outcome, rules, body, small, large, type)


# ---- JSON

add("json nested lists", API, 100_000, 5_000_000, lambda n: "[" * n + "]" * n, "unparsable", JSON)
add("json nested lists that nobody closes", API, 100_000, 9_000_000, lambda n: "[" * n, "unparsable", JSON)
add("json nested objects", DEEP, 50_000, 1_000_000, lambda n: '{"a":' * n + "1" + "}" * n, "unparsable", JSON)
add("json a million empty objects", LIST, 100_000, 499_000, lambda n: "[" + "{}," * n + "{}]", "no-match", type=JSON)
add(
    "json more values than there is room for",
    LIST,
    1_000_001,
    3_000_000,
    lambda n: "[" + "0," * n + "0]",
    "unparsable",
    JSON,
)
add("json objects with one member", API, 30_000, 300_000, lambda n: '{"items":[' + '{"id":1},' * n + "{}]}", type=JSON)
add(
    "json a number of many digits", API, 1_000_000, 9_900_000, lambda n: '{"items":[{"id":' + "9" * n + "}]}", type=JSON
)
add(
    "json a fraction of many digits",
    API,
    1_000_000,
    9_900_000,
    lambda n: '{"items":[{"id":0.' + "9" * n + "}]}",
    type=JSON,
)
add(
    "json a huge exponent",
    API,
    20_000,
    300_000,
    lambda n: '{"items":[' + '{"id":1e999999999},' * n + '{"id":1}]}',
    type=JSON,
)
add(
    "json one name again and again",
    API,
    100_000,
    700_000,
    lambda n: '{"items":[{"id":1,' + '"name":"x",' * n + '"z":1}]}',
    type=JSON,
)
add(
    "json names that differ",
    '{format: json, each: "items.*", fields: {id: {index: true}, a: a}}',
    30_000,
    400_000,
    lambda n: '{"items":{' + ",".join(f'"k{i}":{{"a":1}}' for i in range(n)) + "}}",
    type=JSON,
)
add(
    "json lone surrogates",
    API,
    100_000,
    1_500_000,
    lambda n: '{"items":[{"id":1,"name":"' + "\\ud800" * n + '"}]}',
    type=JSON,
)
add(
    "json a long text",
    "{format: json, each: items, fields: {name: name, words: {json: name, split: '\\s+', nth: 2, default: x}, lines: {json: name, lines: true, join: '; '}}}",
    200_000,
    9_900_000,
    lambda n: '{"items":[{"name":"' + "a\\nb " * (n // 5) + '"}]}',
    type=JSON,
)
add(
    "json a long text of escapes",
    API,
    1_000_000,
    9_900_000,
    lambda n: '{"items":[{"id":1,"name":"' + "\\\\" * (n // 2) + '"}]}',
    type=JSON,
)
add(
    "json a text that nobody closes",
    API,
    1_000_000,
    9_900_000,
    lambda n: '{"items":[{"id":"' + "x" * n,
    "not-json",
    JSON,
)
add("json one value a line", LIST, 30_000, 500_000, lambda n: '{"id":1}\n' * n, type=JSON)
add("json broken lines", LIST, 100_000, 500_000, lambda n: '{"id":1}\n' * n + '{"id":', "not-json", JSON)
add("jsonp with junk behind", LIST, 500_000, 5_000_000, lambda n: 'cb([{"id":1}]);' + "(" * n, "not-json", JSON)
add("jsonp with junk in front", LIST, 500_000, 5_000_000, lambda n: "a." * n + "b([1])", "no-match", JSON)
add(
    "jsonp within comments",
    LIST,
    500_000,
    5_000_000,
    lambda n: "/**/" * (n // 4) + 'cb([{"id":1}])' + "/**/" * (n // 4),
    type=JSON,
)
add("json literals with single quotes", LIST, 15_000, 300_000, lambda n: "[" + "{id:'x'}," * n + "]", type=JSON)
add(
    "json with a filter over all",
    FILTER,
    5_000,
    150_000,
    lambda n: (
        '{"items":['
        + ",".join(['{"kind":"shop","name":"aaaa","phones":[{"kind":"shop","number":1}]}'] * n)[:9_900_000]
        + "]}"
        if n < 100_000
        else '{"items":[' + ",".join(['{"kind":"shop","name":"a"}'] * n) + "]}"
    ),
    type=JSON,
)
add(
    "json flattened",
    '{format: json, each: "a[].b[].c[]", fields: {x: x}}',
    20,
    80,
    lambda n: json.dumps({"a": [{"b": [{"c": [{"x": 1}] * n}] * n}] * n}),
    type=JSON,
)
add(
    "json with html in each value",
    ABOUT,
    3000,
    100_000,
    lambda n: "[" + ",".join(f'{{"id":{i},"about":"<p>Fish &amp; <b>chips {i}"}}' for i in range(n)) + "]",
    type=JSON,
)
add(
    "json with one html text of many rows",
    "{format: json, each: {json: html, css: div}, fields: {name: b, page: {json: title, from: page}}}",
    20_000,
    150_000,
    lambda n: json.dumps({"title": "x", "html": "<div><b>a</b></div>" * n}),
    type=JSON,
)
add(
    "json with html that is nested",
    "{format: json, each: {json: html, css: div}, fields: {name: b}}",
    50_000,
    1_500_000,
    lambda n: json.dumps({"html": "<div>" * n}),
    "unparsable",
    JSON,
)
add(
    "json lists that templates grow",
    '{format: json, each: "[]", fields: {a: a, b: {value: "{a}{a}{a}{a}{a}{a}{a}{a}"}, c: {value: "{b}{b}{b}{b}{b}{b}{b}{b}"}, d: {value: "{c}{c}{c}{c}{c}{c}{c}{c}"}, e: {value: "{d}{d}{d}{d}{d}{d}{d}{d}"}, f: {value: "{e}{e}{e}{e}{e}{e}{e}{e}"}}}',
    1000,
    1_000_000,
    lambda n: '[{"a":"' + "x" * n + '"}]',
    outcome="unparsable",
    type=JSON,
)
add(
    "json a long text that each row repeats",
    '{format: json, each: "rows[]", fields: {id: id, all: {json: all, from: page, hidden: true}, x: {value: "{all} {id}"}}}',
    1000,
    100_000,
    lambda n: json.dumps({"all": "x" * 100_000, "rows": [{"id": 1}] * n}),
    "unparsable",
    type=JSON,
)
add(
    "json rows in rows",
    '{format: json, each: ["a[]", "b[]"], fields: {x: x, outer: {json: name, from: outer}, all: {json: "a[].name", from: page, join: ","}}}',
    60,
    600,
    lambda n: json.dumps({"a": [{"name": "n" * 20, "b": [{"x": 1}] * n}] * n}),
    type=JSON,
)
add(
    "json items of long lists",
    '{format: json, each: "[]", fields: {id: id, hours: {json: hours, item: "{day} {open}-{close}", join: "; "}}}',
    50,
    1000,
    lambda n: json.dumps([{"id": 1, "hours": [{"day": "Mo", "open": 1, "close": 2}] * 200}] * n),
    type=JSON,
)
add(
    "json in UTF-16 by half",
    LIST,
    500_000,
    4_900_000,
    lambda n: b"\xff\xfe" + "[1,".encode("utf-16-le") * (n // 6) + b"\x00",
    "unparsable",
    JSON,
)

# ---- schema.org


def ld(text: str) -> str:
    return f'<h1>x</h1><script type="application/ld+json">{text}</script>'


add(
    "json-ld ids in a loop",
    SCHEMA,
    100,
    1000,
    lambda n: ld(
        json.dumps(
            {
                "@graph": [
                    {"@type": "Product", "@id": f"#{i}", "name": "x", "offers": [{"@id": f"#{j}"} for j in range(n)]}
                    for i in range(n)
                ]
            }
        )
    ),
)
add(
    "json-ld ids that double",
    SCHEMA,
    30,
    3000,
    lambda n: ld(
        json.dumps(
            {
                "@graph": [
                    {"@type": "Product", "@id": f"#{i}", "name": "x", "offers": [{"@id": f"#{i + 1}"}] * 2}
                    for i in range(n)
                ]
            }
        )
    ),
)
add(
    "json-ld 100,000 items",
    SCHEMA,
    5_000,
    100_000,
    lambda n: ld('{"@graph":[' + ",".join(['{"@type":"Product","name":"x"}'] * n) + "]}"),
)
add("json-ld 10,000 scripts", SCHEMA, 3000, 10_000, lambda n: ld('{"@type":"Product","name":"x"}') * n)
add("json-ld nested", SCHEMA, 100_000, 1_000_000, lambda n: ld('{"a":' * n + "1" + "}" * n), "no-match")
add("json-ld broken scripts", SCHEMA, 3000, 10_000, lambda n: ld('{"@type":"Product","name":') * n, "no-match")
add(
    "json-ld types without end",
    SCHEMA,
    50_000,
    500_000,
    lambda n: ld(json.dumps({"@type": ["Product"] * n, "name": "x"})),
)
add(
    "json-ld a list of prices",
    SCHEMA,
    50_000,
    500_000,
    lambda n: ld(json.dumps({"@type": "Product", "offers": [{"price": 1}] * n})),
    "page",
)
add(
    "microdata itemref in a loop",
    SCHEMA,
    200,
    2000,
    lambda n: (
        "<h1>x</h1>"
        + "".join(
            f'<div id=i{i} itemprop=offers itemscope itemtype="https://schema.org/Product" itemref="{" ".join(f"i{j}" for j in range(0, n, 10))}"><b itemprop=name>x</b></div>'
            for i in range(n)
        )
    ),
    "unparsable",
)
add(
    "microdata nested",
    SCHEMA,
    3000,
    9_000,
    lambda n: '<div itemprop=offers itemscope itemtype="https://schema.org/Product"><b itemprop=name>x</b>' * n,
    "unparsable",
)
add(
    "microdata nested properties",
    SCHEMA,
    2000,
    9_000,
    lambda n: '<div itemscope itemtype="https://schema.org/Product">' + "<div itemprop=name>text" * n,
)
add(
    "microdata 10,000 items",
    SCHEMA,
    1000,
    50_000,
    lambda n: (
        '<div itemscope itemtype="https://schema.org/Product"><b itemprop=name>x</b><i itemprop=price>1</i></div>' * n
    ),
)

# ---- scripts


def script(text: str) -> str:
    return f"<h1>x</h1><script>{text}</script>"


add(
    "script with a string that nobody closes",
    SCRIPT,
    500_000,
    9_000_000,
    lambda n: script('var shops = [{"name": "' + "x" * n),
    "no-match",
)
add("script with many that nobody closes", SCRIPT, 100_000, 500_000, lambda n: script('shops=[{"' * n), "no-match")
add(
    "script with regex-like text",
    SCRIPT,
    100_000,
    1_000_000,
    lambda n: script("/[/\\]]+/g;" * n + 'shops=[{"name":"x"}]'),
)
add("script of brackets", SCRIPT, 1_000_000, 9_900_000, lambda n: script("shops=" + "[" * n), "no-match")
add("script with brackets in turn", SCRIPT, 200_000, 4_900_000, lambda n: script("shops=" + "[{" * n), "no-match")
add(
    "script that assigns one name 100,000 times", SCRIPT, 30_000, 100_000, lambda n: script('shops=[{"name":"x"}];' * n)
)
add("script whose name stands everywhere", SCRIPT, 300_000, 1_500_000, lambda n: script("shops " * n), "no-match")
add("script of gaps", SCRIPT, 500_000, 9_900_000, lambda n: script("shops" + " " * n + "x"), "no-match")
add("script of escapes", SCRIPT, 500_000, 9_900_000, lambda n: script("shops=['" + "\\" * n), "no-match")
add(
    "script JSON.parse of JSON.parse",
    SCRIPT,
    100_000,
    3_000_000,
    lambda n: script("shops=JSON.parse('" + "\\\\\\'" * n),
    "no-match",
)
add("10,000 scripts", SCRIPT, 3000, 10_000, lambda n: script('var shops = [{"name": "x"}];') * n)
add(
    "Next.js chunks",
    SCRIPT,
    10_000,
    100_000,
    lambda n: script('self.__next_f.push([1,"\\"shops\\":[{\\"name\\":\\"x\\"}],"])\n' * n),
)
add(
    "data in #__NEXT_DATA__",
    '{each: {css: "#__NEXT_DATA__", json: "props.pageProps.shops"}, fields: {name: name, build: {css: "#__NEXT_DATA__", json: build, from: page, default: x}}}',
    5_000,
    200_000,
    lambda n: (
        '<script id=__NEXT_DATA__ type="application/json">'
        + json.dumps({"props": {"pageProps": {"shops": [{"name": "x"}] * n}}})
        + "</script>"
    ),
)
add(
    "data in attributes",
    '{each: {css: .map, attr: data-markers, json: "[]"}, fields: {lat: lat}}',
    5_000,
    50_000,
    lambda n: '<div class=map data-markers=\'[{"lat":1},{"lat":2}]\'></div>' * n,
)
add(
    "broken data in attributes",
    "{each: .map, fields: {lat: {attr: data-marker, json: lat}}}",
    5_000,
    50_000,
    lambda n: "<div class=map data-marker='{\"lat\":'>x</div>" * n,
    "no-match",
)

# ---- CSV and Excel

add(
    "csv a million columns",
    SHEET,
    300_000,
    1_000_000,
    lambda n: "Name,Price," + "x," * n + "\n" + "a,1," + "1," * n,
    "not-csv",
    type=CSV,
)
add(
    "csv a million columns and many short lines",
    SHEET,
    100_000,
    1_000_000,
    lambda n: "Name,Price," + "x," * n + "\n" + "a,1\n" * (n // 2),
    "not-csv",
    type=CSV,
)
add(
    "csv a quote that is never closed",
    SHEET,
    1_000_000,
    9_900_000,
    lambda n: 'Name,Price\n"' + "a,1\n" * (n // 4),
    "not-csv",
    CSV,
)
add("csv quotes alone", SHEET, 1_000_000, 9_900_000, lambda n: "Name,Price\n" + '"' * n, "not-csv", CSV)
add("csv of NULs", SHEET, 100_000, 9_900_000, lambda n: b"Name,Price\na,1" + b"\0" * n, "not-csv", CSV)
add(
    "csv NULs in the middle",
    SHEET,
    100_000,
    5_000_000,
    lambda n: "Name,Price\n" + "a,1\n" * 1000 + "\0,\0\n" * (n // 4),
    "not-csv",
    type=CSV,
)
add("csv one long line", SHEET, 1_000_000, 9_900_000, lambda n: "x" * n, "not-csv", CSV)
add("csv of line ends", SHEET, 300_000, 9_900_000, lambda n: "Name,Price\n" + "\r\n" * (n // 2) + "a,1", type=CSV)
add("csv of delimiters", SHEET, 1_000_000, 9_900_000, lambda n: "Name,Price\n" + ";,\t|" * (n // 4), "not-csv", CSV)
add("csv many lines", SHEET, 20_000, 1_000_000, lambda n: "Name,Price\n" + "a,1\n" * n, type=CSV)


def book(sheet: bytes, **files: bytes) -> bytes:
    """An Excel file of one sheet."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        parts = {
            "[Content_Types].xml": b"<Types/>",
            "_rels/.rels": b'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet,
            **{name.replace("__", "/"): data for name, data in files.items()},
        }
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = b'<row><c t="inlineStr"><is><t>Name</t></is></c><c t="inlineStr"><is><t>Price</t></is></c></row>'


def sheet(rows: bytes) -> bytes:
    return b"<worksheet %s><sheetData>%s%s</sheetData></worksheet>" % (NS, HEAD, rows)


ROW = b'<row><c t="inlineStr"><is><t>a</t></is></c><c><v>1</v></c></row>'


def sheets(n: int) -> bytes:
    entries = b"".join(b'<sheet name="s%d" sheetId="%d" r:id="r1"/>' % (i, i + 1) for i in range(n))
    return book(
        sheet(ROW),
        **{
            "xl/workbook.xml": b'<workbook %s xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>%s</sheets></workbook>'
            % (NS, entries)
        },
    )


def wrong_sizes(n: int) -> bytes:
    made = bytearray(book(sheet(ROW * n)))
    at = made.rfind(b"PK\x01\x02")
    while at >= 0:  # the sizes that the list of files at the end declares
        made[at + 24 : at + 28] = (100).to_bytes(4, "little")
        at = made.rfind(b"PK\x01\x02", 0, at)
    return bytes(made)


LAUGHS = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(10))
    + b"]>"
)

add("xlsx zip bomb", BOOK, 30_000_000, 1_000_000_000, lambda n: book(sheet(b" " * n)), "page", XLSX)
add("xlsx bomb of rows", BOOK, 20_000, 3_000_000, lambda n: book(sheet(ROW * n)), "page", XLSX)
add("xlsx entities", BOOK, 1, 1, lambda n: book(LAUGHS + sheet(b"<row><c><v>&k;</v></c></row>")), "not-xlsx", XLSX)
add(
    "xlsx formulas",
    BOOK,
    10_000,
    50_000,
    lambda n: book(sheet(b'<row><c><f>WEBSERVICE("http://x")</f><v>1</v></c><c><f>A1</f></c></row>' * n)),
    type=XLSX,
)
add("xlsx 10,000 sheets", BOOK, 10_000, 10_000, sheets, type=XLSX)
add("xlsx wrong sizes", BOOK, 1000, 100_000, wrong_sizes, "not-xlsx", XLSX)
add(
    "xlsx a cell far out",
    BOOK,
    1000,
    100_000,
    lambda n: book(sheet(ROW + b'<row r="99999999"><c r="ZZZZZZ99999999"><v>1</v></c></row>' * n)),
    "not-xlsx",
    type=XLSX,
)
add(
    "xlsx shared strings",
    BOOK,
    100_000,
    2_000_000,
    lambda n: (
        book(sheet(b'<row><c t="s"><v>0</v></c></row>' * 100), xl__sharedStrings_xml=b"x")
        if not n
        else book(
            sheet(b'<row><c t="s"><v>0</v></c></row>' * 100),
            **{"xl/sharedStrings.xml": b"<sst>" + b"<si><t>x</t></si>" * n + b"</sst>"},
        )
    ),
    type=XLSX,
)
add("xlsx nested elements", BOOK, 100_000, 1_000_000, lambda n: book(sheet(b"<row>" * n)), "not-xlsx", XLSX)
add(
    "xlsx merged cells",
    BOOK,
    10_000,
    500_000,
    lambda n: book(
        b"<worksheet %s><sheetData>%s%s</sheetData><mergeCells>%s</mergeCells></worksheet>"
        % (NS, HEAD, ROW, b'<mergeCell ref="A1:XFD1048576"/>' * n)
    ),
    type=XLSX,
)

# ---- packed


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("data.json", data)
    return made.getvalue()


add("gzip bomb", LIST, 30_000_000, 1_000_000_000, lambda n: gzip.compress(b" " * n, 1), "too-large", JSON)
add("gzip bomb of many parts", LIST, 1000, 100_000, lambda n: gzip.compress(b" " * 100_000, 1) * n, "too-large", JSON)
add("zip bomb", LIST, 30_000_000, 1_000_000_000, lambda n: zipped(b" " * n), "too-large", JSON)
add("zip of CSV that is a bomb", SHEET, 30_000_000, 1_000_000_000, lambda n: zipped(b"," * n), "too-large", CSV)
add(
    "gzip that is cut off",
    SHEET,
    100_000,
    1_000_000,
    lambda n: gzip.compress(b"Name,Price\n" + b"a,1\n" * n, 1)[:-20],
    "unparsable",
    CSV,
)
add("gzip bomb for a page", TABLE, 30_000_000, 1_000_000_000, lambda n: gzip.compress(b" " * n, 1), "too-large")

# ---- sitemaps and feeds

URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
add(
    "sitemap a million addresses",
    SITEMAP,
    30_000,
    400_000,
    lambda n: URLSET + "".join(f"<url><loc>/{i}</loc></url>" for i in range(n)),
    type=XML,
)
add(
    "sitemap a million addresses packed",
    SITEMAP,
    50_000,
    1_000_000,
    lambda n: gzip.compress(
        (URLSET + "".join(f"<url><loc>http://h.test/{i}</loc></url>" for i in range(n))).encode(), 1
    ),
    type=XML,
)
add(
    "sitemap bomb",
    SITEMAP,
    60_000_000,
    1_000_000_000,
    lambda n: gzip.compress(URLSET.encode() + b" " * n, 1),
    "too-large",
    XML,
)
add(
    "sitemap of itself",
    SITEMAP,
    20_000,
    100_000,
    lambda n: "<sitemapindex>" + "<sitemap><loc>http://h.test/</loc></sitemap>" * n,
    type=XML,
)
add(
    "sitemap whose entries nobody closes", SITEMAP, 100_000, 1_000_000, lambda n: URLSET + "<url><loc>" * n, "page", XML
)
add(
    "sitemap entities",
    SITEMAP,
    100_000,
    1_000_000,
    lambda n: LAUGHS.decode() + URLSET + "<url><loc>http://h.test/&k;" + "&amp;" * n + "</loc></url>",
    "unparsable",
    type=XML,
)
add(
    "feed of entities",
    FEED,
    1,
    1,
    lambda n: '<?xml version="1.0"?>' + LAUGHS.decode() + "<rss><item><title>&k;</title></item></rss>",
    "unparsable",
    XML,
)
add(
    "feed of CDATA",
    FEED,
    50_000,
    500_000,
    lambda n: '<?xml version="1.0"?><rss><item><title>' + "<![CDATA[x]]>" * n + "</title></item></rss>",
    type=XML,
)
add(
    "feed of CDATA that nobody closes",
    FEED,
    50_000,
    900_000,
    lambda n: '<?xml version="1.0"?><rss><item><title>' + "<![CDATA[x" * n,
    "no-match",
    type=XML,
)
add(
    "feed of many items",
    FEED,
    2000,
    40_000,
    lambda n: (
        '<?xml version="1.0"?><rss><channel>'
        + "<item><title>x</title><link>http://h.test/1</link><pubDate>Mon, 06 Sep 2021 00:01:00 +0000</pubDate><description>&lt;p&gt;a&lt;b&gt;</description></item>"
        * n
    ),
    type=XML,
)

# ---- tables, rows, values

CELLS = "<tr><th>Name<th>Price</tr>"
add(
    "table bomb of merged cells",
    TABLE,
    1000,
    50_000,
    lambda n: f"<table>{CELLS}" + "<tr><td rowspan=65534 colspan=1000>x" * n,
    "unparsable",
)
add(
    "table of one column merged down",
    TABLE,
    2000,
    50_000,
    lambda n: f"<table>{CELLS}" + "<tr><td rowspan=65534>x<td>1" * n,
    "unparsable",
)
add("table in a table", TABLE, 300, 1000, lambda n: f"<table>{CELLS}<tr><td>" * n + "x")
add("table of 100,000 rows", TABLE, 15_000, 100_000, lambda n: f"<table>{CELLS}" + "<tr><td>a<td>1" * n)
add(
    "table of 10,000 columns",
    TABLE,
    3000,
    10_000,
    lambda n: "<table><tr><th>Name<th>Price" + "<th>x" * n + ("<tr><td>a<td>1" + "<td>x" * n) * 20,
    "unparsable",
)
add("10,000 tables", TABLE, 2000, 20_000, lambda n: f"<table>{CELLS}<tr><td>a<td>1</table>" * n)
add(
    "before and after, 100,000 rows",
    GROUPS,
    10_000,
    100_000,
    lambda n: "<table>" + "<tr class=head><td>g<tr class=row><td>a<tr class=more><td>1 points" * (n // 3),
)
add("before, no match", GROUPS, 10_000, 100_000, lambda n: "<table>" + "<tr class=row><td>a" * n)
add(
    "before, matches that hold the row",
    "{each: b, fields: {name: {html: true}, group: {css: div, from: before}}}",
    3000,
    9_000,
    lambda n: "<div>" * n + "<b>x</b>" * n,
)
add(
    "rows in rows of a page",
    "{each: [.region, .city, .store], fields: {store: b, city: {css: h3, from: outer}, region: {css: h2, from: outermost}}}",
    1500,
    10_000,
    lambda n: "<div class=region><h2>r</h2><div class=city><h3>c</h3><div class=store><b>s</b></div></div></div>" * n,
)
add(
    "rows in rows that are nested",
    "{each: [.a, .b, .c], fields: {x: i}}",
    30,
    300,
    lambda n: '<div class="a b c">' * n + "<i>x</i>",
    "page",
)
add("lines of one element", LINES, 200_000, 2_000_000, lambda n: "<div>" + "a, b<br>" * n, "unparsable")
add(
    "strip_html on 100,000 rows",
    "{each: li, fields: {about: {attr: data-html, strip_html: true}, x: b}}",
    5000,
    100_000,
    lambda n: "<li data-html='<p>Fish &amp;amp; <b>chips'><b>x</b></li>" * n,
)
add(
    "html in json in html",
    '{each: {css: "#d", json: "[].html", strip_html: true}, fields: {name: b}}',
    3000,
    50_000,
    lambda n: "<script id=d type='application/json'>" + json.dumps([{"html": "<b>x</b>"}] * n) + "</script>",
)
add(
    "exclude on each row",
    "{each: li, fields: {x: {exclude: 'i, b'}}}",
    5000,
    100_000,
    lambda n: "<li>a<i>b</i><b>c</b></li>" * n,
)
add(
    "xpath that looks at everything from everywhere",
    '{fields: {x: {xpath: "//*[count(//*[count(//*) > 1]) > 1]", count: true}}}',
    1000,
    20_000,
    lambda n: "<p>x</p>" * n,
    "parse-timeout",
)
add(
    "xpath of following and preceding",
    '{fields: {x: {xpath: "//p/following::p/preceding::p/following::p", all: true}}}',
    600,
    20_000,
    lambda n: "<p>x</p>" * n,
)
add(
    "xpath that returns everything",
    "{fields: {x: {xpath: \"//node()\", all: true, join: ' '}}}",
    20_000,
    150_000,
    lambda n: "<p>x</p>" * n,
)
add(
    "xpath in each row",
    '{each: p, fields: {x: {xpath: ".//b"}, y: {xpath: "following::b[1]"}}}',
    3000,
    50_000,
    lambda n: "<p><b>x</b></p>" * n,
)
add(
    "xpath last in each row",
    '{each: p, fields: {x: {xpath: "preceding::b[last()]"}}}',
    3000,
    50_000,
    lambda n: "<p><b>x</b></p>" * n,
)
add("xpath nested text", '{each: div, fields: {x: {xpath: "string(.)"}}}', 2000, 9_000, lambda n: "<div>text" * n)
add(
    "texts of nested rows",
    "{each: div, fields: {x: {}, y: {lines: true, nth: 1}}}",
    500,
    9_000,
    lambda n: "<div>text" * n,
)
add(
    "regex that backtracks",
    "{format: text, fields: {x: {regex: '(a+)+$', default: x}}}",
    30,
    100_000,
    lambda n: "a" * n + "!",
    "no-match",
    "text/plain",
)
add(
    "text of one line",
    "{format: text, fields: {x: {lines: true, nth: -1}, y: {split: ',', count: true}}}",
    150_000,
    9_900_000,
    lambda n: "a," * (n // 2),
    type="text/plain",
)
add(
    "text of line ends",
    "{format: text, fields: {x: {lines: true, nth: -1}, y: {split: '\\s+', count: true}}}",
    150_000,
    9_900_000,
    lambda n: "a\n" * (n // 2),
    type="text/plain",
)
add("label on every line", "{fields: {x: {label: Phone}}}", 20_000, 150_000, lambda n: "<p>Phone: 1</p>" * n)
add(
    "links in rows that where reads",
    "{each: a, where: {n: {min: 5}}, fields: {n: {type: int}, u: {attr: href, type: url}}, follow: [{each: a, attr: href, carry: {n: {type: int}}, where: {n: {min: 5}}, to: p}]}",
    3000,
    100_000,
    lambda n: "".join(f"<a href=/{i}>{i}</a>" for i in range(n)),
)


# ---- one case in a process of its own


def recipe_of(rules: str) -> Any:
    """The recipe of a config whose only page kind has these rules."""
    if rules == SITEMAP:
        text = "name: evil\nstart: [{sitemap: 'http://h.test/', kind: p}]\npages: {p: {fields: {x: h1}}}\n"
    else:
        text = f"name: evil\nstart: http://h.test/\npages:\n  p: {rules}\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "evil.yaml")
        path.write_text(text, encoding="utf-8")
        job = load(path)
    return job.recipe, next(iter(job.sitemaps), "p")


def measure(name: str, *, large: bool) -> dict[str, Any]:
    """Parse a case in this process; return its outcome, seconds of the processor, and bytes more at the peak."""
    one = CASES[name]
    recipe, kind = recipe_of(one.rules)
    if not large:
        page.TIME_LIMIT = QUICK_LIMIT
    parser = Parser(recipe)
    made = one.body(one.large if large else one.small)
    body = made.encode() if isinstance(made, str) else made
    del made
    response = Response("http://h.test/", 200, {"content-type": one.type}, body)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free would hide what the parser needs
    Path("/proc/self/clear_refs").write_text("5")  # begin a new peak
    before, began = _memory("VmRSS"), time.process_time()
    outcome = parser(kind, response)
    seconds = time.process_time() - began
    code = "page" if isinstance(outcome, Page) else outcome.code
    detail = "" if isinstance(outcome, Page) else outcome.detail
    records = len(outcome.records) if isinstance(outcome, Page) else 0
    return {
        "name": name,
        "outcome": code,
        "detail": detail,
        "records": records,
        "seconds": round(seconds, 2),
        "peak": _memory("VmHWM") - before,
        "bytes": len(body),
    }


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise OSError(name)


def apart(name: str, *, large: bool) -> dict[str, Any]:
    """The same in a child of this process, which is ended at the deadline."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(int(DEADLINE))
        found = measure(name, large=large)
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    with suppress(ValueError):
        return json.loads(told)  # type: ignore[no-any-return]
    return {
        "name": name,
        "outcome": f"ended by status {status}",
        "detail": "",
        "records": 0,
        "seconds": DEADLINE,
        "peak": 0,
        "bytes": 0,
    }


def main(arguments: list[str]) -> Iterator[str]:
    large = "--large" in arguments
    for name in [each for each in arguments if each != "--large"] or CASES:
        yield json.dumps(apart(name, large=large))


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line, flush=True)
