from __future__ import annotations

import pytest

from crawler.serving.http import HttpError, HttpRequest, HttpResponse, http_date, parse, render


def test_a_plain_request_is_read() -> None:
    head = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nUser-Agent:  me/1 \r\nAccept: */*"
    assert parse(head) == HttpRequest("GET", "/a?b=c", True, "me/1", "x")


@pytest.mark.parametrize(
    ("lines", "keep"),
    [
        (b"HTTP/1.1\r\nHost: x", True),
        (b"HTTP/1.1\r\nHost: x\r\nConnection: Close", False),
        (b"HTTP/1.0", False),
        (b"HTTP/1.0\r\nConnection: Keep-Alive", True),
    ],
)
def test_the_connection_is_kept_as_the_version_says(lines: bytes, keep: bool) -> None:
    assert parse(b"HEAD / " + lines).keep is keep


def test_absolute_form_is_understood() -> None:
    ask = parse(b"GET http://shop.example/robots.txt HTTP/1.1\r\nHost: x")
    assert (ask.target, ask.host) == ("/robots.txt", "shop.example")
    assert parse(b"GET http://shop.example HTTP/1.1\r\nHost: x").target == "/"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 400),
        (b"GET", 400),
        (b"GET /", 400),
        (b"GET / HTTP/1.1", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400),
        (b"GET  / HTTP/1.1\r\nHost: x", 400),
        (b"GET /a b HTTP/1.1\r\nHost: x", 400),
        (b"GET /\x00 HTTP/1.1\r\nHost: x", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n: empty", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA : b", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),  # a TLS hello
        (b"G(T / HTTP/1.1\r\nHost: x", 400),
        (b"PRI * HTTP/2.0", 505),
        (b"POST / HTTP/1.1\r\nHost: x", 405),
        (b"OPTIONS * HTTP/1.1\r\nHost: x", 405),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5", 413),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", 413),
    ],
)
def test_bad_requests_are_refused(head: bytes, status: int) -> None:
    with pytest.raises(HttpError) as caught:
        parse(head)
    assert caught.value.status == status


def test_the_date_has_the_form_of_rfc_9110() -> None:
    assert http_date(784111777) == b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"


def test_the_scheme_of_the_other_side_is_read() -> None:
    assert parse(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https").scheme == "https"
    assert parse(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: gopher").scheme == "http"


def test_an_answer_without_a_body_has_no_length() -> None:
    assert b"Length" not in render(HttpResponse(204, {}, b""), "me")[1]


def test_a_reason_of_its_own_is_sent() -> None:
    assert render(HttpResponse(404, {}, b"", "Gone fishing \u2603"), "me")[0] == b"HTTP/1.1 404 Gone fishing ?\r\n"
