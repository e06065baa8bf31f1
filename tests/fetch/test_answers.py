"""What comes of answers that are broken, endless, slow or strange: a Failure with its code, in time, never an error."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
import responses

from crawler.errors import ConfigError
from crawler.fetch.client import CLIENTS, ClientSettings, make_fetch
from crawler.model import Failure, Moved, Request, Response
from tests.support.badserver import CHUNKED, FAULTS, OK, PAGE, answer, chunked, in_turn, once, serve

LITTLE_TIME = {"timeout": 0.5, "connect_timeout": 0.4}
CODES = [
    pytest.param(script, code, id=f"fault_{number:02}_{script}")
    for number, script, code in [
        (2, "closed", "closed"),
        (2, "closed-after-request", "closed"),
        (3, "reset", "reset"),
        (4, "reset-in-body", "reset"),
        (5, "truncated", "truncated"),
        (5, "truncated-head", "truncated"),
        (7, "two-lengths", "bad-headers"),
        (9, "chunk-not-hex", "bad-chunk"),
        (10, "chunks-cut", "truncated"),
        (11, "chunk-huge", "too-large"),
        (11, "chunk-negative", "bad-chunk"),
        (11, "chunk-line-endless", "bad-chunk"),
        (13, "trailers-endless", "too-large"),
        (14, "body-endless", "too-large"),
        (15, "drip-body", "deadline"),
        (15, "drip-chunks", "deadline"),
        (16, "drip-headers", "deadline"),
        (17, "silent", "timeout"),
        (19, "http-0.9", "bad-response"),
        (20, "junk", "bad-response"),
        (21, "ftp", "bad-response"),
        (21, "ssh", "bad-response"),
        (23, "header-70k", "headers-too-large"),
        (24, "headers-150", "headers-too-large"),
        (24, "headers-endless", "headers-too-large"),
        (26, "interim-endless", "bad-response"),
        (32, "status-text", "bad-response"),
        (32, "status-2000", "bad-response"),
        (32, "status-000", "bad-response"),
        (42, "gzip-cut", "truncated"),
        (45, "not-gzip", "bad-encoding"),
        (46, "unknown-encoding", "bad-encoding"),
    ]
]


@pytest.mark.parametrize(("script", "code"), CODES)
def test_broken_answers(get: Any, script: str, code: str) -> None:
    with serve(FAULTS[script]) as server:
        start = time.monotonic()
        failure = get(server.url, **LITTLE_TIME if code in ("deadline", "timeout") else {})
    assert isinstance(failure, Failure), failure
    assert failure.code == code, failure
    assert failure.detail.isprintable()
    assert len(failure.detail) < 250
    assert 0 < failure.elapsed < time.monotonic() - start + 0.01 < 20.0


def test_fault_01_connection_refused(get: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert get(f"http://127.0.0.1:{port}/").code == "refused"


def test_fault_08_lengths_that_are_no_numbers(get: Any) -> None:
    for length in (b"-5", b"abc", b"1" * 31, b"1_0", b"+4"):
        with serve(once(OK, b"Content-Length: " + length + b"\r\n\r\nhello")) as server:
            assert get(server.url).body == b"hello"


def test_fault_08_a_length_over_the_cap_is_refused_before_the_body(get: Any) -> None:
    with serve(once(OK, b"Content-Length: 999999999999\r\n\r\nx")) as server:
        assert get(server.url).code == "too-large"


def test_fault_12_chunked_and_a_length(client: Any) -> None:
    both = CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    fetch = client()
    with serve(in_turn(both, answer(b"next"))) as server:
        assert fetch(Request(1, server.url, "page")).body == b"hello"
        assert fetch(Request(2, server.url, "page")).body == b"next"
        assert server.connections == 2


def test_fault_18_connect_timeout(get: Any) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        start = time.monotonic()
        failure = get(f"http://127.0.0.1:{port}/", connect_timeout=0.2, timeout=20)
        for filler in fillers:
            filler.close()
    assert failure.code == "connect-timeout"
    assert time.monotonic() - start < 10.0


def test_fault_22_a_line_without_colon_hides_no_header(get: Any) -> None:
    text = b"BadLine\r\n: empty name\r\nBad Name: x\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"
    with serve(once(OK, text)) as server:
        response = get(server.url)
    assert response.body == b"hello"
    assert response.headers["content-type"] == "text/html"


def test_folded_header(get: Any) -> None:
    with serve(once(OK, b"Content-Type: text/html;\r\n  charset=utf-8\r\nContent-Length: 0\r\n\r\n")) as server:
        assert get(server.url).headers["content-type"] == "text/html; charset=utf-8"


def test_fault_25_control_bytes_in_headers(get: Any) -> None:
    with serve(once(answer(b"x", b"ETag: \x1b[2J a\rb\x00c"))) as server:
        response = get(server.url)
    assert response.body == b"x"
    assert response.headers["etag"].isprintable()


def test_fault_26_a_few_interim_answers(get: Any) -> None:
    with serve(once(b"HTTP/1.1 100 Continue\r\n\r\n" * 20, answer())) as server:
        assert get(server.url).body == PAGE


def test_fault_27_early_hints(client: Any) -> None:
    fetch = client()
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nContent-Length: 9\r\n\r\n"
    with serve(in_turn(hints + answer(), answer(b"next"))) as server:
        response = fetch(Request(1, server.url, "page"))
        assert (response.status, response.body) == (200, PAGE)
        assert fetch(Request(2, server.url, "page")).body == b"next"


def test_fault_28_switching_protocols(get: Any) -> None:
    with serve(once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x01\x02")) as server:
        failure = get(server.url)
    assert (failure.code, failure.status) == ("unexpected-status", 101)


def test_fault_29_bodies_where_none_may_be(client: Any) -> None:
    for status, want in ((b"204 No Content", b""), (b"205 Reset Content", b"")):
        fetch = client()
        with serve(in_turn(answer(b"hello", status=status), answer(b"next"))) as server:
            first = fetch(Request(1, server.url, "page"))
            assert (first.status, first.body) == (int(status[:3]), want)
            again = fetch(Request(2, server.url, "page"))
            assert isinstance(again, Response), again
            assert again.body == b"next"


def test_fault_30_unsolicited_304(get: Any) -> None:
    with serve(once(b"HTTP/1.1 304 Not Modified\r\n\r\n")) as server:
        failure = get(server.url)
    assert (failure.code, failure.status) == ("http-304", 304)


def test_fault_31_partial(get: Any) -> None:
    with serve(once(answer(b"0123456789", b"Content-Range: bytes 0-9/100", status=b"206 Partial"))) as server:
        assert get(server.url).code == "partial"


def test_fault_32_status_999(get: Any) -> None:
    with serve(once(answer(status=b"999 Request denied"))) as server:
        failure = get(server.url)
    assert (failure.code, failure.status, failure.detail) == ("http-999", 999, "Request denied")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 408, 425, 429, 500, 502, 503, 504, 520, 524])
def test_fault_33_34_errors_keep_the_connection(client: Any, status: int) -> None:
    fetch = client()
    with serve(in_turn(answer(b"sorry", status=b"%d Some Reason" % status), answer(b"next"))) as server:
        failure = fetch(Request(1, server.url, "page"))
        assert (failure.code, failure.status) == (f"http-{status}", status)
        assert fetch(Request(2, server.url, "page")).body == b"next"
        assert server.connections == 1


def test_203_is_a_page(get: Any) -> None:
    with serve(once(answer(status=b"203 Non-Authoritative"))) as server:
        assert get(server.url).body == PAGE


def test_the_body_of_an_error_costs_no_time(get: Any) -> None:
    with serve(FAULTS["drip-error-page"]) as server:
        failure = get(server.url, timeout=20)
    assert failure.code == "http-404"
    assert failure.elapsed < 10.0


def test_a_large_error_page_is_not_read(get: Any) -> None:
    with serve(once(b"HTTP/1.1 500 No\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 100_000)) as server:
        assert get(server.url).code == "http-500"


def test_chunks_and_trailers(client: Any) -> None:
    fetch = client()
    parts = chunked(b"hello ", b"world", headers=(b"Trailer: X",))
    with serve(in_turn(parts[:-2] + b"X: y\r\n\r\n", answer(b"next"))) as server:
        assert fetch(Request(1, server.url, "page")).body == b"hello world"
        assert fetch(Request(2, server.url, "page")).body == b"next"
        assert server.connections == 1


def test_a_page_without_length_ends_with_the_connection(get: Any) -> None:
    with serve(once(b"HTTP/1.0 200 OK\r\n\r\n", PAGE)) as server:
        assert get(server.url).body == PAGE


def test_fault_117_a_robots_file_is_cut_not_refused(client: Any) -> None:
    for script in ("body-endless", "chunk-huge"):
        with serve(FAULTS[script]) as server:
            response = client(page_bytes=1_000, timeout=5)(Request(0, server.url, "robots.txt"))
        assert isinstance(response, Response), response
        assert len(response.body) == 512_000


def test_only_useful_headers_come_back_in_lower_case(get: Any) -> None:
    with serve(once(answer(b"x", b"ETag: 1", b"X-Robots-Tag: a", b"X-ROBOTS-TAG: b", b"X-Other: y"))) as server:
        response = get(server.url)
    assert response.headers == {"content-type": "text/html", "etag": "1", "x-robots-tag": "a, b"}


def test_headers_that_fields_ask_for_come_back_too(get: Any) -> None:
    with serve(once(answer(b"x", b"X-Total: 7", b"X-Other: y"))) as server:
        response = get(server.url, kept_headers=frozenset({"x-total"}))
    assert response.headers == {"content-type": "text/html", "x-total": "7"}
    assert abs(response.fetched - time.time()) < 60


def test_late_requests_are_not_sent(client: Any) -> None:
    with serve(once(answer())) as server:
        failure = client()(Request(1, server.url, "page", not_after=time.monotonic() - 0.001))
        assert failure.code == "late"
        assert server.connections == 0


def test_a_connection_that_came_too_late_serves_the_next_request(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = client()
    with serve(in_turn(answer(b"page"))) as server:
        slow = socket.socket.connect

        def connect(sock: socket.socket, address: Any) -> None:
            try:
                slow(sock, address)
            finally:  # a socket of an event loop raises that it is not done yet
                time.sleep(0.1)

        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "connect", connect)
            failure = fetch(Request(1, server.url, "page", not_after=time.monotonic() + 0.05))
        assert failure.code == "late"
        assert server.requests == []
        assert fetch(Request(1, server.url, "page")).body == b"page"
        assert server.connections == 1


def test_not_before_is_waited_for(client: Any) -> None:
    with serve(once(answer())) as server:
        due = time.monotonic() + 0.05
        client()(Request(1, server.url, "page", not_before=due))
        assert server.requests[0].at >= due


def test_responses_can_mock_it(get: Any) -> None:
    with responses.RequestsMock() as mock:
        mock.get("http://example.com/page", body=b"mocked", content_type="text/html")
        mock.get("http://example.com/old", status=301, headers={"Location": "/new"})
        mock.get("http://example.com/down", status=503, headers={"Retry-After": "7"})
        page = get("http://example.com/page")
        moved = get("http://example.com/old")
        down = get("http://example.com/down")
        assert mock.calls[0].request.headers["User-Agent"] == "crawler/0 (+test)"
    assert (page.status, page.body, page.headers["content-type"]) == (200, b"mocked", "text/html")
    assert isinstance(moved, Moved)
    assert moved.location == "http://example.com/new"
    assert (down.code, down.retry_after) == ("http-503", 7.0)


def test_an_error_nobody_thought_of_becomes_a_failure_without_its_text(get: Any) -> None:
    with responses.RequestsMock() as mock:
        mock.get("http://example.com/", body=RuntimeError("token=secret"))
        failure = get("http://example.com/")
    assert failure.code == "bad-response"
    assert "secret" not in failure.detail


def test_unknown_client() -> None:
    with pytest.raises(ConfigError, match=f"known: {', '.join(sorted(CLIENTS))}"):
        make_fetch("pigeon", ClientSettings("x"))
