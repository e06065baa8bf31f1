"""What a message adds to a request: method, headers, body, another address, statuses that are pages."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.model import Failure, Message, Request, Response
from tests.support.badserver import PAGE, answer, in_turn, once, serve

LONG = "é".encode() * 600_000


@pytest.mark.parametrize(
    "body", [b"{}", b"a=1&b=%C3%A9", b"\x00\r\n\r\n" * 50, LONG], ids=["json", "form", "odd", "long"]
)
def test_a_body_arrives_as_it_was_given(client: Any, body: bytes) -> None:
    with serve(once(answer())) as server:
        message = Message("POST", (("Content-Type", "application/x-test"),), body)
        response = client()(Request(1, server.url, "p", message=message))
        (seen,) = server.requests
    assert isinstance(response, Response), response
    assert response.body == PAGE
    assert (seen.method, seen.body) == ("POST", body)
    assert seen.header("content-type") == "application/x-test"
    assert seen.header("content-length") == str(len(body))
    assert seen.header("expect") is None
    assert seen.header("transfer-encoding") is None


def test_a_post_without_a_body_says_so(client: Any) -> None:
    with serve(once(answer())) as server:
        client()(Request(1, server.url, "p", message=Message("POST")))
        (seen,) = server.requests
    assert (seen.method, seen.header("content-length"), seen.body) == ("POST", "0", b"")


def test_gets_and_posts_take_turns_on_one_connection(client: Any) -> None:
    post = Message("POST", (("Content-Type", "text/plain"), ("X-Client", "map")), b"one")
    with serve(in_turn(*[answer(b"x")] * 4)) as server:
        fetch = client()
        for message in (None, post, None, post):
            assert isinstance(fetch(Request(1, server.url, "p", message=message)), Response)
        sent = [(one.method, one.body, one.header("x-client"), one.header("content-type")) for one in server.requests]
        connections = server.connections
    plain, posted = ("GET", b"", None, None), ("POST", b"one", "map", "text/plain")
    assert sent == [plain, posted, plain, posted]
    assert connections == 1


def test_headers_stand_in_the_place_of_those_of_the_config(client: Any) -> None:
    with serve(in_turn(answer(b"x"), answer(b"x"))) as server:
        fetch = client(headers={"X-Key": "all", "Referer": "r"}, origins=frozenset({server.url.rstrip("/")}))
        fetch(Request(1, server.url, "p", message=Message(headers=(("X-Key", "kind"),))))
        fetch(Request(1, server.url, "p"))
        sent = [(one.header("x-key"), one.header("referer")) for one in server.requests]
    assert sent == [("kind", "r"), ("all", "r")]


def test_what_is_asked_for_may_be_another_address_than_the_one_that_is_known(client: Any) -> None:
    with serve(once(answer())) as server:
        known = f"{server.url}list?key=$KEY"
        response = client()(Request(1, known, "p", message=Message(url=f"{server.url}list?key=secret")))
        (seen,) = server.requests
    assert seen.path == "/list?key=secret"
    assert response.url == known


def test_a_status_that_is_allowed_is_a_page(client: Any) -> None:
    with serve(in_turn(*[answer(b"none here", status=b"404 Not Found")] * 2)) as server:
        fetch = client()
        allowed = fetch(Request(1, server.url, "p", message=Message(statuses=frozenset({404}))))
        other = fetch(Request(1, server.url, "p"))
    assert isinstance(allowed, Response)
    assert (allowed.status, allowed.body) == (404, b"none here")
    assert isinstance(other, Failure)
    assert other.code == "http-404"


def test_a_message_shows_no_header_and_no_body() -> None:
    request = Request(
        1, "http://a.test/", "p", message=Message("POST", (("X-Key", "canary"),), b"canary", "http://canary/")
    )
    assert "canary" not in repr(request)
    assert "canary" not in repr(request.message)
