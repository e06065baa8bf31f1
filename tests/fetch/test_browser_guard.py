"""The proxy of a page, asked by plain sockets: whom it connects to, and what passes through it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.browser_guard import Guard, _read_head
from crawler.fetch.client import ClientSettings


@contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that takes one request for each connection, and what it got."""
    got: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return
                with sock:
                    data = b""
                    while b"\r\n\r\n" not in data and (piece := sock.recv(65_536)):
                        data += piece
                    got.append(data)
                    sock.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], got


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"


def asked(request: bytes, settings: ClientSettings, most: int = 1_000_000) -> tuple[bytes, Guard]:
    """What the guard answers to one request."""

    async def ask() -> tuple[bytes, Guard]:
        guard = Guard(settings, most)
        await guard.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(guard.address).port)
        writer.write(request)
        answer = b""
        with suppress(ConnectionError):  # it hangs up on what is too long without reading it all
            answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        await guard.close()
        return answer, guard

    return asyncio.run(ask())


def get(port: int, host: str = "127.0.0.1", more: bytes = b"") -> bytes:
    return b"GET http://%b:%d/a?b=%%2f HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n%b\r\n" % (
        host.encode(),
        port,
        more,
    )


def settings(**changes: object) -> ClientSettings:
    return ClientSettings("test/1", **changes)


def test_a_host_of_the_job_is_asked_as_the_browser_spells_it_and_without_the_proxys_headers() -> None:
    with server(OK) as (port, got):
        answer, _ = asked(get(port), settings(private_hosts=frozenset({f"127.0.0.1:{port}"})))
    assert answer == OK
    assert got == [b"GET /a?b=%2f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "2130706433"])
def test_private_addresses_are_refused_and_nothing_is_sent(host: str) -> None:
    with server(OK) as (port, got):
        for request in (get(port, host), b"CONNECT %b:%d HTTP/1.1\r\nHost: x\r\n\r\n" % (host.encode(), port)):
            answer, guard = asked(request, settings(private_hosts=frozenset({"127.0.0.1:1"})))
            assert answer.startswith(b"HTTP/1.1 502 ")
            assert [error.code for error in guard.failed.values()] == ["address-blocked"]
    assert got == []


def test_allow_private_lets_them_through() -> None:
    with server(OK) as (port, _):
        assert asked(get(port), settings(allow_private=True))[0] == OK


def test_a_tunnel_passes_bytes_as_they_are() -> None:
    with server(b"\x16\x03\x01 secret") as (port, got):
        request = b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: x\r\n\r\nhello\r\n\r\n" % port
        answer, _ = asked(request, settings(allow_private=True))
    assert answer == b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01 secret"
    assert got == [b"hello\r\n\r\n"]


def test_a_second_request_on_a_connection_reaches_nobody() -> None:
    with server(OK) as (port, got):
        asked(get(port) + get(port, "192.0.2.1"), settings(allow_private=True))
    assert b"192.0.2.1" not in b"".join(got)


def test_the_body_of_a_request_is_passed_on_and_no_byte_more() -> None:
    with server(OK) as (port, got):
        body = b"POST http://127.0.0.1:%d/ HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcdEVIL" % port
        asked(body, settings(allow_private=True))
    assert b"EVIL" not in b"".join(got)


def test_a_page_that_loads_too_much_is_cut() -> None:
    with server(OK + b"x" * 100_000) as (port, _):
        answer, guard = asked(get(port), settings(allow_private=True), most=5_000)
    assert guard.full
    assert len(answer) < 100_000


def test_nobody_there_and_no_such_host_are_told_apart() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    _, guard = asked(get(port), settings(allow_private=True))
    assert guard.failed[f"127.0.0.1:{port}"].code == "refused"
    _, guard = asked(get(80, "nobody.invalid"), settings())
    assert guard.failed["nobody.invalid:80"].code == "dns"


def test_the_proxy_of_the_config_is_asked_for_a_tunnel_with_its_password() -> None:
    with server(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\nfrom far") as (port, got):
        proxied = settings(proxy=f"http://me:p%40ss@127.0.0.1:{port}")
        answer, _ = asked(get(80, "shop.example"), proxied)
        assert answer.endswith(b"from far")
        assert got[0].startswith(b"CONNECT shop.example:80 HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in got[0]
        asked_for = len(got)
        _, guard = asked(get(80, "127.0.0.1"), proxied)
        assert guard.failed["127.0.0.1:80"].code == "address-blocked"
        assert len(got) == asked_for


def test_a_proxy_that_refuses_is_named() -> None:
    with server(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as (port, _):
        _, guard = asked(get(80, "shop.example"), settings(proxy=f"http://127.0.0.1:{port}"))
    assert guard.failed["shop.example:80"].code == "proxy"


@pytest.mark.parametrize(
    "junk",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        b"CONNECT x HTTP/1.1\r\n\r\n",
        b"GET http://x:99999999/ HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"\xff" * 100 + b"\r\n\r\n",
        b"x" * 400_000,
    ],
)
def test_what_is_no_request_gets_no_answer(junk: bytes) -> None:
    assert asked(junk, settings(allow_private=True))[0] == b""


@given(st.binary(max_size=200))
def test_reading_a_head_ends_in_a_value_error_at_worst(junk: bytes) -> None:
    with suppress(ValueError):
        _read_head(junk)
