import pytest

from crawler.errors import ExtractError
from crawler.extract.sniff import check_body, is_xml

PAGE = b"<!doctype html><p>x"


def code(body, kind):
    try:
        check_body(body, kind)
    except ExtractError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n..",
        b"%PDF-1.7 ..",
        b"PK\x03\x04..",
        b"GIF89a..",
        b"\xff\xd8\xff\xe0",
        b"RIFF....WEBP",
        b"\x1f\x8b\x08",
        b"\0\0\0\x18ftypmp42",
    ],
)
def test_fault_89_binary_as_html(body):
    assert code(body, "text/html") == "not-html"


def test_fault_89_binary_without_a_known_start():
    assert code(bytes(range(32)) * 40, "text/html") == "not-html"


@pytest.mark.parametrize("kind", ["application/octet-stream", None, "", "text/plain", "x/y", "TEXT/HTML; charset=x"])
def test_fault_90_html_under_another_type(kind):
    assert code(PAGE, kind) == ""
    assert code(b"\n\n  <div>x", kind) == ""
    assert code(b"\xef\xbb\xbf<p>", kind) == ""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"a": 1}', "application/json"),
        (b'{"a": 1}', "application/vnd.api+json; charset=utf-8"),
        (b')]}\'\n{"a": 1}', "application/json"),
        (b'[{"a": 1}]', "text/html; charset=utf-8"),
        (b'\xef\xbb\xbf {"html": "<li>x</li>"}', "text/html"),
        (b'{"a": 1}', None),
        (b'{"a": 1}', "text/plain"),
        (b'{"a": 1}', "application/octet-stream"),
        (b'show({"a": 1})', "application/javascript"),
        (b"x = 1", "text/javascript"),
        (b"hello", None),
        (b"no such session", "text/plain"),
    ],
)
def test_data_where_a_page_should_be_is_told_apart(body, kind):
    assert code(body, kind) == "data-not-html"


@pytest.mark.parametrize(
    ("body", "kind"), [(b"a,b\n1,2", "text/csv"), (b"BEGIN:VCARD", "text/vcard"), (b"\1\2", None), (b"ab", "x/y")]
)
def test_what_a_page_may_link_to_is_not_html(body, kind):
    assert code(body, kind) == "not-html"


@pytest.mark.parametrize("body", [b"[home] <p>x</p>", b"{{title}} <b>x</b>", b"[" * 100_000])
def test_a_bracket_at_the_start_of_a_page_is_no_json(body):
    assert code(body, "text/html") == ""


def test_text_under_the_name_of_html_is_kept():
    assert code(b"hello", "text/html") == ""
    assert code("Привет".encode("cp1251"), "text/html") == ""


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\0\0"])
def test_fault_88_empty(body):
    assert code(body, "text/html") == "empty"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("<?xml version='1.0'?><rss>", "application/rss+xml", True),
        ("<?xml version='1.0'?><rss>", "text/html", True),
        ("<urlset>", "text/xml", True),
        ("<?xml version='1.0'?><!DOCTYPE html><html xmlns='...'>", "text/html", False),
        ("<html xmlns='...'>", "application/xhtml+xml", False),
        ("<p>x", "text/html", False),
    ],
)
def test_is_xml(text, kind, expected):
    assert is_xml(text, kind) is expected
