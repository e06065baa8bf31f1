"""Connections that are used again: never with bytes of another answer, and one silent retry where one was dropped."""

from __future__ import annotations

import errno
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from crawler.model import Request, Response
from tests.support.badserver import OK, PAGE, Connection, answer, chunked, keep_alive, pages, serve


def test_one_connection_serves_many_requests(client: Any) -> None:
    fetch = client()
    with serve(keep_alive(lambda path, n: answer(path.encode()))) as server:
        for n in range(20):
            assert fetch(Request(n, f"{server.url}{n}", "page")).body == b"/%d" % n
        assert server.connections == 1


def test_fault_06_more_bytes_than_said(client: Any) -> None:
    fetch = client()

    def reply(path: str, number: int) -> bytes:
        return OK + b"Content-Length: 5\r\n\r\nhelloEXTRA" if path == "/long" else answer(path.encode())

    with serve(keep_alive(reply)) as server:
        assert fetch(Request(1, server.url + "long", "page")).body == b"hello"
        for n in range(3):
            assert fetch(Request(2, f"{server.url}{n}", "page")).body == b"/%d" % n


@pytest.mark.parametrize("size", [10, 100_000])
def test_fault_65_an_answer_nobody_asked_for(client: Any, size: int) -> None:
    fetch = client()

    def reply(path: str, number: int) -> bytes:
        one = answer(path.encode())
        return one + answer(b"z" * size) if path == "/two" else one

    with serve(keep_alive(reply)) as server:
        assert fetch(Request(1, server.url + "two", "page")).body == b"/two"
        assert fetch(Request(2, server.url + "next", "page")).body == b"/next"


def test_fault_65_half_of_an_answer_nobody_asked_for(client: Any) -> None:
    _ask_twice(client(), answer(b"true"))


def test_fault_65_half_of_an_answer_behind_the_last_chunk(client: Any) -> None:
    _ask_twice(client(), chunked(b"true"))


def _ask_twice(fetch: Any, page: bytes) -> None:
    """Its other half comes when the next request is sent: nobody knows where the answer to that begins."""
    more = answer(b"false")

    def script(conn: Connection) -> None:
        conn.request()
        conn.say(page, more[:20])
        if conn.request():
            conn.say(more[20:], page)

    with serve(script) as server:
        for n in range(2):
            found = fetch(Request(n, server.url, "page"))
            assert isinstance(found, Response), found
            assert found.body == b"true"
        assert server.connections == 2


def test_fault_65_an_answer_that_comes_while_nothing_is_asked(client: Any) -> None:
    fetch = client()
    fetched, said = threading.Event(), threading.Event()

    def script(conn: Connection) -> None:
        while conn.request():
            conn.say(answer(b"true"))
            fetched.wait(2)
            conn.say(answer(b"false"))
            said.set()

    with serve(script) as server:
        for n in range(2):
            assert fetch(Request(n, server.url, "page")).body == b"true"
            fetched.set()
            assert said.wait(2)


def _drops_after_each(conn: Connection) -> None:
    """Says that the connection stays open, and closes it."""
    conn.request()
    conn.say(answer())


def test_fault_64_an_idle_connection_was_closed(client: Any) -> None:
    fetch = client()
    with serve(_drops_after_each) as server:
        for n in range(5):
            assert fetch(Request(n, server.url, "page")).body == PAGE
        assert len(server.requests) == 5


@pytest.mark.parametrize("how", ["close", "reset"])
def test_fault_64_dropped_just_when_it_is_used_again(client: Any, how: str) -> None:
    fetch = client()
    seen = []

    def script(conn: Connection) -> None:
        conn.request()
        conn.say(answer())
        if conn.request():
            seen.append(how)
            if how == "reset":
                conn.reset()

    with serve(script) as server:
        for n in range(4):
            response = fetch(Request(n, server.url, "page"))
            assert isinstance(response, Response), response
    assert seen == [how] * 3


def test_fault_64_only_one_retry(client: Any) -> None:
    fetch = client()
    alive = threading.Event()

    def script(conn: Connection) -> None:
        if not alive.is_set():
            alive.set()
            conn.request()
            conn.say(answer())
        conn.request()

    with serve(script) as server:
        assert fetch(Request(1, server.url, "page")).body == PAGE
        assert fetch(Request(2, server.url, "page")).code == "closed"
        assert len(server.requests) == 3
        assert fetch(Request(3, server.url, "page")).code == "closed"
        assert len(server.requests) == 4


def test_threads_share_nothing_and_close_closes_all(client: Any) -> None:
    fetch = client(timeout=5, connections=4)
    site = {f"/{n}": answer(b"%d" % n * 1_000) for n in range(40)}
    with serve(pages(site, delay=0.005)) as server:

        def one(n: int) -> bytes:
            body: bytes = fetch(Request(n, f"{server.url}{n}", "page")).body
            return body

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(one, range(40))) == [b"%d" % n * 1_000 for n in range(40)]
        assert server.connections == 4
        fetch.close()
        assert server.wait_ended(4)


def test_connections_to_many_hosts_are_closed_again(client: Any) -> None:
    fetch = client(connections=3)
    with ExitStack() as stack:
        servers = [stack.enter_context(serve(pages({}))) for _ in range(10)]
        for server in servers:
            fetch(Request(1, server.url, "page"))
        gc.collect()
        assert sum(server.wait_ended(1, 1) for server in servers[:7]) == 7
        assert [server.ended for server in servers[7:]] == [0, 0, 0]


def test_fault_200_out_of_descriptors(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*args: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("crawler.fetch.sockets.Socket", none_left)
    for module in ("aiohttp_client", "curl_transfer"):
        monkeypatch.setattr(f"crawler.fetch.{module}.new_socket", none_left)
    failure = client()(Request(1, "http://127.0.0.1:9/", "page"))
    assert (failure.code, failure.detail) == ("network", "Too many open files")


def test_fault_91_a_page_that_is_too_large_is_hung_up_on(client: Any) -> None:
    def script(conn: Connection) -> None:
        conn.request()
        conn.say(OK + b"Content-Length: 5000000000\r\n\r\n")
        while not conn.server.stopped.is_set():
            conn.say(b"x" * 65_536)

    fetch = client()
    with serve(script) as server:
        assert fetch(Request(1, server.url, "page")).code == "too-large"
        assert server.wait_ended(1, 2)
