"""Pages that would take the parser too much time or memory are refused, and no others."""

import time

import pytest

from crawler.errors import ExtractError
from crawler.extract.bounds import check_bounds


def refused(page: bytes) -> str:
    """The reason; "" for a page that is let through."""
    began = time.process_time()
    try:
        check_bounds(page)
    except ExtractError as error:
        return error.detail
    finally:
        assert time.process_time() - began < 2
    return ""


ATTRIBUTES = b" ".join(b"a%d=1" % n for n in range(50_000))


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"<div>" * 50_000, "each inside the other"),
        (b"<div>" * 50_000 + b"</div>" * 50_000, "each inside the other"),
        (b"<DIV></i>" * 50_000, "each inside the other"),
        (b"<ul><li>" * 30_000, "each inside the other"),
        (b"<p " + ATTRIBUTES + b">x</p>", "attributes"),
        (b"<p " + ATTRIBUTES.replace(b"1", b"'<'") + b">x</p>", "attributes"),
        (b"</p>" * 2_000_000, "1,500,000 tags"),
        (b"<p>" + b"".join(b"<font size=%d>" % n for n in range(1000)) + b"<p>x" * 10_000, "never closed"),
        (b"<p>" + b"".join(b"<b id=%d></i>" % n for n in range(1000)) + b"<p>x" * 10_000, "never closed"),
    ],
    ids=["deep", "closed", "stray ends", "lists", "attributes", "tags in attributes", "ends", "fonts", "balanced"],
)
def test_what_is_too_much(page, reason):
    assert reason in refused(b"<h1>t</h1>" + page)


@pytest.mark.parametrize(
    "page",
    [
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
    ],
    ids=["paragraphs", "links", "picture", "void", "old cells", "items", "equal", "script", "less than", "text"],
)
def test_what_is_let_through(page):
    assert refused(page) == ""
