"""Pages that would take the parser too much time or memory are refused, and no others."""

import subprocess
import sys
import time
from functools import cache

import pytest

from crawler.errors import ExtractError
from crawler.extract.bounds import check_bounds
from tests.support.sites import need_site


def refused(page: bytes) -> str:
    """The reason; "" for a page that is let through."""
    began = time.process_time()
    try:
        check_bounds(page)
    except ExtractError as error:
        return error.detail
    finally:
        assert time.process_time() - began < 6
    return ""


ATTRIBUTES = b" ".join(b"a%d=1" % n for n in range(50_000))
FONTS = b"<p>" + b"".join(b"<font size=%d>%%s" % n for n in range(1000))
# What looks like an end tag and is none.
HIDDEN = {
    "comment": b"<!--</%s>-->",
    "script": b"<script></%s></script>",
    "textarea": b"<textarea></%s></textarea>",
    "style": b"<style>'</%s>'</style>",
    "attribute": b'<i x="</%s>"></i>',
    "question": b"<?</%s>",
    "slash": b"</ </%s>",
    "svg title": b"<svg><title></%s></title></svg>",
    "svg cdata": b"<svg><![CDATA[</%s>]]></svg>",
    "svg script": b"<svg><script></svg></%s></script>",
    "select": b"<select></%s></select>",
    "table": b"<table></%s></table>",
    "cell": b"<table><td></%s></table>",
    "longer name": b"</%s-x>",
}


@cache  # made when a test needs them: every worker imports this file
def too_much():
    return [
        (b"<div>" * 50_000, "nested in each other"),
        (b"<div>" * 50_000 + b"</div>" * 50_000, "nested in each other"),
        (b"<DIV></i>" * 50_000, "nested in each other"),
        (b"<ul><li>" * 30_000, "nested in each other"),
        (b"<table>" * 1_400_000, "nested in each other"),
        (b"<table><tr><td>" * 30_000, "nested in each other"),
        (b"<svg>" + b"<g>" * 50_000, "nested in each other"),
        (b"<svg><p>" + b"<x-y/>" * 50_000, "nested in each other"),
        (b"<svg><desc>" + b"<x-y/>" * 50_000, "nested in each other"),
        (b"<svg><script>" + b"<div>" * 50_000 + b"</script>", "nested in each other"),
        (b"<svg><![CDATA[<!--]]>" + b"<div>" * 50_000 + b"-->", "nested in each other"),
        (b"<p title='<!--'>" + b"<div>" * 50_000 + b"-->", "nested in each other"),
        (b"<math>" + b"<mrow>" * 50_000, "nested in each other"),
        (b"<template>" * 50_000, "nested in each other"),
        (b"<select>" + b"<div>" * 50_000, "nested in each other"),
        (b"<ruby>" + b"<rp>" * 50_000, "nested in each other"),
        (b"<optgroup>" * 50_000, "nested in each other"),
        (b"<frameset>" * 50_000, "nested in each other"),
        (b"<x-y>" * 50_000, "nested in each other"),
        (b"<d\0iv>" * 50_000, "nested in each other"),
        (b"<p " + ATTRIBUTES + b">x</p>", "attributes"),
        (b"<p " + ATTRIBUTES, "attributes"),
        (b"</p " + ATTRIBUTES + b">", "attributes"),
        (b"<p " + ATTRIBUTES.replace(b"1", b"'<'") + b">x</p>", "attributes"),
        (b"<p " + ATTRIBUTES.replace(b"99=1", b"99='<b>'") + b">x</p>", "attributes"),
        (b'<p x=a" ' + ATTRIBUTES + b">x</p>", "attributes"),
        (b'<p " ' + ATTRIBUTES + b" ' y='>'>x</p>", "attributes"),
        (b"<p x = '>' " + ATTRIBUTES.replace(b"=1 ", b'="1"') + b">x</p>", "attributes"),
        ((b"<p " + ATTRIBUTES[:80_000] + b">") * 20, "attributes"),
        ((b"<p " + ATTRIBUTES[:30_000] + b">") * 300, "attributes"),
        (b"</p>" * 2_000_000, "1,500,000 tags"),
        (b"<select>" + b"<option>x</option>" * 20_000, "options"),
        (FONTS.replace(b"%s", b"") + b"<p>x" * 10_000, "never closed"),
        (FONTS.replace(b"%s", b"") + b"<p>x" * 1_500, "never closed"),
        (b"<p>" + b"".join(b"<b id=%d></i>" % n for n in range(1000)) + b"<p>x" * 10_000, "never closed"),
        (b"<svg><title>" + FONTS.replace(b"%s", b"") + b"</title></svg>" + b"<p>x" * 10_000, "never closed"),
        *(
            (b"<div>" * 2 + (b"<div>" + one.replace(b"%s", b"div")) * 20_000, "nested in each other")
            for one in HIDDEN.values()
        ),
        *((FONTS.replace(b"%s", one % b"font") + b"<p>x" * 9_000, "never closed") for one in HIDDEN.values()),
    ]


TOO_MUCH = [
    *("deep", "closed", "stray ends", "lists", "tables", "cells", "svg", "out of svg", "html in svg", "svg script"),
    *(
        "cdata",
        "comment in attribute",
        "math",
        "template",
        "select",
        "ruby",
        "optgroup",
        "frameset",
        "custom",
        "nul",
    ),
    *("attributes", "cut", "of an end", "tags in attributes", "few tags", "quote in value", "quote as name"),
    *("no space", "many", "many shorter", "ends", "options", "fonts", "few", "balanced", "fonts in svg"),
    *(f"deep: {name}" for name in HIDDEN),
    *(f"fonts: {name}" for name in HIDDEN),
]


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much(name):
    page, reason = dict(zip(TOO_MUCH, too_much(), strict=True))[name]
    assert reason in refused(b"<h1>t</h1>" + page)


@cache
def let_through():
    return [
        b"<p class=a>text text</p>\n" * 50_000,
        b"<a href=x>y</a>" * 500_000,
        b"<img src='data:image/png;base64," + b"QUJ/" * 500_000 + b"'>",
        b"<p>a<br>b<img src=x><input></p>\n" * 20_000,
        b"<table>" + b"<tr><td><font size=2>a<td><font color=red>b" * 8_000,
        b"<ul>" + b"<li>a" * 50_000,
        b"<p><b>" * 20_000,
        b"<script>var a = {" + b"'a': 'b c d e', " * 50_000 + b"}</script>",
        b"<script>a < b" * 3_000,
        b"x" * 10_000_000,
        b"<script>" + b"a += '<div class=x><font size=' + b + '>';" * 50_000 + b"</script>" + b"<p>a</p>" * 20_000,
        b"<!--" + b"<div>" * 50_000 + b"-->" + b"<p>a</p>" * 20_000,
        b"<svg><title>t</title><desc>d</desc>" + b"<path d='M 1 1'/><g><circle r=1 /></g>" * 20_000 + b"</svg>",
        b"<div data-state='" + b'{"a": "b c", "d": [1, 2]}' * 100_000 + b"'>x</div>",
        b'<script type="application/json">{"html": "<p x=\\"' + b'{"a": "b c", ' * 30_000 + b"</script>",
        (b"<select>" + b"<option>x</option>" * 200 + b"</select>") * 40,
    ]


LET_THROUGH = [
    *("paragraphs", "links", "picture", "void", "old cells", "items", "equal", "script", "less than", "text"),
    *("tags in script", "tags in comment", "drawing", "data", "json", "options"),
]


@pytest.mark.parametrize("name", LET_THROUGH)
def test_what_is_let_through(name):
    assert refused(dict(zip(LET_THROUGH, let_through(), strict=True))[name]) == ""


@pytest.mark.parametrize("name", ["readability_pages", "autopager_pages"])
def test_no_real_page_is_refused(name):
    pages = [path.read_bytes() for path in need_site(name).rglob("*.html")]
    assert len(pages) > 200
    assert [refused(page) for page in pages if refused(page)] == []


MEASURE = """
import resource, sys
from crawler.errors import ExtractError
from crawler.extract.lexbor import Lexbor
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    Lexbor(sys.stdin.buffer.read()).select(None, "h7")
except ExtractError as error:
    print(error.code, end=" ")
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss - before, used.ru_utime + used.ru_stime)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="measures with resource")
@pytest.mark.parametrize(
    ("page", "refused"),
    [
        (b"</p>" * 1_490_000, False),
        (b"<a href=x>" * 700_000, False),
        (b"<a><b><i></a></b></i>" * 70_000, False),
        (b"<table><tr><td>x</table>" * 300_000, False),
        (b"<svg>" + b"<li>" * 50_000, False),
        (b"<b>" + b"<div>" * 9_000 + b"</b>" * 900, False),
        (FONTS.replace(b"%s", b"") + b"<p>x" * 900, False),
        (FONTS.replace(b"%s", b"") + b"<p>x" * 90_000, True),
        (lambda: b"<p " + b" ".join(b"a%d" % n for n in range(1_000_000)) + b">", True),
        (b"<div>" * 2_000_000, True),
    ],
    ids=["ends", "links", "nested", "tables", "svg", "adoption", "few fonts", "fonts", "attributes", "deep"],
)
def test_a_process_stays_small_and_fast(page, refused):
    page = page() if callable(page) else page
    done = subprocess.run([sys.executable, "-c", MEASURE], input=page, capture_output=True, check=True, timeout=60)
    *code, memory, seconds = done.stdout.split()
    assert code == ([b"unparsable"] if refused else [])
    assert int(memory) / (1024 if sys.platform != "darwin" else 1024**2) < 600
    assert float(seconds) < 10
