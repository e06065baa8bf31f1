"""Redirects are reported, not followed; those that lead nowhere or to another scheme are failures."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.model import Failure, Moved, Request
from tests.support.badserver import answer, in_turn, once, serve


def redirect(location: bytes, status: bytes = b"302 Found") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nLocation: " + location + b"\r\nContent-Length: 4\r\n\r\ngone"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_fault_47_a_hop_is_reported_and_the_connection_kept(client: Any, status: int) -> None:
    fetch = client()
    with serve(in_turn(redirect(b"/next#part", b"%d x" % status), answer())) as server:
        moved = fetch(Request(1, server.url + "a/b", "page"))
        assert isinstance(moved, Moved)
        assert (moved.status, moved.location) == (status, server.url + "next")
        assert fetch(Request(2, moved.location, "page")).status == 200
        assert server.connections == 1


def test_fault_47_the_body_of_a_hop_is_not_downloaded(get: Any) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 999999999\r\n\r\n"
    with serve(once(head, b"x" * 10_000)) as server:
        moved = get(server.url, timeout=20)
    assert isinstance(moved, Moved)
    assert moved.elapsed < 10.0


@pytest.mark.parametrize(
    "location",
    [b"", b" ", b"#top", b"http://[::1", b"http:///", b"http://a b/", b"//", b"http://x:99999/", b"/" + b"x" * 9_000],
)
def test_fault_48_54_to_nowhere(get: Any, location: bytes) -> None:
    with serve(once(redirect(location))) as server:
        failure = get(server.url)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.status) == ("bad-redirect", 302)


def test_fault_48_no_location(get: Any) -> None:
    with serve(once(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")) as server:
        assert get(server.url).code == "bad-redirect"


@pytest.mark.parametrize("location", [b"file:///etc/passwd", b"ftp://x/", b"data:,x", b"javascript:alert(1)"])
def test_fault_49_to_another_scheme(get: Any, location: bytes) -> None:
    with serve(once(redirect(location))) as server:
        assert get(server.url).code == "scheme-blocked"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/ü".encode(), "/%C3%BC"),
        (b"/\xfc", "/%FC"),
        ("/список?q=б".encode("cp1251"), "/%F1%EF%E8%F1%EE%EA?q=%E1"),
        ("?q=小说".encode("gbk"), "/?q=%D0%A1%CB%B5"),
        (b"/\x85 \xa0", "/%85%20%A0"),
        (b"?50%&a|b", "/?50%&a|b"),
        (b"/a b", "/a%20b"),
        (b"next\tpage", "/nextpage"),
        (b"../x/./y", "/x/y"),
        (b"?page=2", "/?page=2"),
    ],
)
def test_fault_54_raw_characters(get: Any, location: bytes, path: str) -> None:
    with serve(once(redirect(location))) as server:
        moved = get(server.url)
        assert moved.location == server.origin + path


def test_fault_54_a_host_in_raw_utf_8(get: Any) -> None:
    with serve(once(redirect("http://b\u00fccher.example/\u00fc".encode()))) as server:
        assert get(server.url).location == "http://xn--bcher-kva.example/%C3%BC"
