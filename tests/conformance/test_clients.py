"""Every client keeps the whole contract of `crawler.fetch.client.Fetch`, also those of other installed packages."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psutil
import pytest

from crawler import plugins
from crawler.fetch.client import CLIENTS, ClientSettings, make_fetch
from crawler.model import Failure, Moved, Request, Response

NAMES = [*CLIENTS, *plugins.entry_points(plugins.CLIENTS)]
TIMEOUT = 0.5
LATE = 1.5  # seconds on top that a busy machine may take
CAP = 2000
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ANSWERS = {
    "/": OK + b"Content-Length: 2\r\n\r\nhi",
    "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "/broken": b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "/moved-nowhere": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    "/large": OK + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000,
    "/large-chunks": OK
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + 5 * (b"3e8\r\n" + b"x" * 1000 + b"\r\n")
    + b"0\r\n\r\n",
    "/cut": OK + b"Content-Length: 100\r\n\r\nhi",
    "/nothing": b"",
    "/garbage": b"\x00\xff" * 50,
    "/bad-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
    "/bad-gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhihi",
}


class Server:
    """Answers each path as above; `/silent` never, `/drip` with a byte now and then, for ever.

    Attributes:
        heads: the head of each request.
    """

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        with connection:
            try:
                while b"\r\n\r\n" not in head:
                    if not (more := connection.recv(65536)):
                        return
                    head += more
                self.heads.append(head)
                path = head.split(b" ")[1].decode()
                if path == "/silent":
                    self.ended.wait(10)
                elif path == "/drip":
                    connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
                    while not self.ended.wait(0.05):
                        connection.sendall(b"x")
                else:
                    connection.sendall(ANSWERS[path])
            except OSError:
                return


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as found:
        yield found


Make = Callable[[ClientSettings], Any]


@contextmanager
def client(make: Make, **changes: Any) -> Iterator[Any]:
    kept: dict[str, Any] = {
        "user_agent": "crawler/0",
        "timeout": TIMEOUT,
        "connect_timeout": TIMEOUT,
        "page_bytes": CAP,
        "private_hosts": frozenset({"127.0.0.1"}),
    }
    with closing(make(ClientSettings(**kept | changes))) as fetch:
        if not getattr(fetch, "network", True):
            pytest.skip("it asks no network")
        yield fetch


def ask(fetch: Any, url: str, **more: Any) -> tuple[Any, float]:
    began = time.monotonic()
    return fetch(Request(1, url, "page", **more)), time.monotonic() - began


@pytest.fixture(params=NAMES)
def make(request: pytest.FixtureRequest) -> Make:
    return lambda settings: make_fetch(request.param, settings)


@pytest.mark.parametrize("path", [*ANSWERS, "/silent", "/drip"])
def test_whatever_a_server_does_is_a_value_and_comes_in_time(make: Make, server: Server, path: str) -> None:
    with client(make) as fetch:
        found, took = ask(fetch, server.origin + path)
    assert isinstance(found, Response | Moved | Failure)
    assert took < TIMEOUT + LATE
    if path == "/":
        assert (found.status, found.body, found.url) == (200, b"hi", server.origin + "/")
    elif path == "/moved":
        assert (type(found), found.location) == (Moved, server.origin + "/")
    else:
        assert isinstance(found, Failure)
    assert len(server.heads) == 1  # nothing was followed, nothing asked for again


@pytest.mark.parametrize("path", ["/large", "/large-chunks"])
def test_a_body_that_is_too_large_is_not_read(make: Make, server: Server, path: str) -> None:
    with client(make) as fetch:
        assert ask(fetch, server.origin + path)[0].code == "too-large"


def test_the_deadline_is_told(make: Make, server: Server) -> None:
    with client(make) as fetch:
        for path in ("/silent", "/drip"):
            assert ask(fetch, server.origin + path)[0].code in ("deadline", "read-timeout", "timeout")


def test_nobody_there_is_a_failure(make: Make, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with client(make) as fetch:
        found, took = ask(fetch, f"http://127.0.0.1:{port}/")
    assert isinstance(found, Failure)
    assert took < TIMEOUT + LATE


@pytest.mark.parametrize("url", ["http://nowhere.invalid/", "http://127.0.0.1:1/", "http://[::1]:1/"])
def test_what_cannot_be_reached_is_a_failure(make: Make, url: str) -> None:
    with client(make) as fetch:
        assert isinstance(ask(fetch, url)[0], Failure)


def test_a_request_whose_time_is_over_is_handed_back_unsent(make: Make, server: Server) -> None:
    with client(make) as fetch:
        found, _ = ask(fetch, server.origin, not_after=time.monotonic() - 0.01)
    assert (type(found), found.code) == (Failure, "late")
    assert server.heads == []


def test_a_request_waits_for_its_time(make: Make, server: Server) -> None:
    with client(make) as fetch:
        found, took = ask(fetch, server.origin, not_before=time.monotonic() + 0.2)
    assert isinstance(found, Response)
    assert took >= 0.2


SECRETS: dict[str, Any] = {"headers": {"x-key": "canary1"}, "cookies": {"c": "canary2"}, "auth": ("me", "canary3")}


def test_secrets_go_to_the_origins_alone(make: Make, server: Server) -> None:
    with closing(Server()) as other, client(make, origins=frozenset({server.origin}), **SECRETS) as fetch:
        assert isinstance(ask(fetch, server.origin)[0], Response)
        assert isinstance(ask(fetch, other.origin)[0], Response)
        (own,), (foreign,) = server.heads, other.heads
    assert b"canary1" in own
    assert b"canary2" in own
    assert b"basic " in own.lower()
    assert b"canary" not in foreign
    assert b"basic " not in foreign.lower()


def test_private_addresses_are_asked_only_where_that_is_allowed(make: Make, server: Server) -> None:
    with client(make, private_hosts=frozenset()) as fetch:
        assert isinstance(ask(fetch, server.origin)[0], Failure)
    assert server.heads == []
    with client(make, private_hosts=frozenset(), allow_private=True) as fetch:
        assert isinstance(ask(fetch, server.origin)[0], Response)


def test_many_threads_may_ask_and_close_leaves_no_connection(make: Make, server: Server) -> None:
    found: list[Any] = []
    with client(make) as fetch:
        threads = [threading.Thread(target=lambda: found.append(ask(fetch, server.origin)[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [type(one) for one in found] == [Response] * 8
    links = psutil.Process().net_connections("tcp")
    mine = [link for link in links if link.raddr and link.raddr.port == server.port]
    assert [link for link in mine if link.status == psutil.CONN_ESTABLISHED] == []


class Careless:
    """Fetches as one would at first, and breaks nearly every rule."""

    def __init__(self, settings: ClientSettings) -> None:
        import requests

        self._session = requests.Session()
        self._headers = {**settings.headers, "User-Agent": settings.user_agent}
        self._settings = settings

    def __call__(self, request: Request) -> Response:
        found = self._session.get(request.url, headers=self._headers, timeout=self._settings.timeout)
        return Response(found.url, found.status_code, dict(found.headers), found.content)

    def close(self) -> None:
        pass


BREAKS: dict[Callable[..., None], tuple[Any, ...]] = {
    test_whatever_a_server_does_is_a_value_and_comes_in_time: ("/cut",),
    test_a_body_that_is_too_large_is_not_read: ("/large",),
    test_the_deadline_is_told: (),
    test_nobody_there_is_a_failure: (),
    test_a_request_whose_time_is_over_is_handed_back_unsent: (),
    test_a_request_waits_for_its_time: (),
    test_secrets_go_to_the_origins_alone: (),
    test_private_addresses_are_asked_only_where_that_is_allowed: (),
}


@pytest.mark.parametrize(("test", "more"), [*BREAKS.items()], ids=lambda value: getattr(value, "__name__", ""))
def test_a_client_that_breaks_a_rule_is_found_out(test: Callable[..., None], more: tuple[Any, ...]) -> None:
    with closing(Server()) as server:
        threading.Timer(1, server.ended.set).start()  # `/drip` lasts for ever without a deadline
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever shows that it is wrong
            test(Careless, server, *more)


def test_a_client_that_follows_redirects_is_found_out(server: Server) -> None:
    with pytest.raises((AttributeError, OSError)):  # what follows is no Moved; or the server closed before it came
        test_whatever_a_server_does_is_a_value_and_comes_in_time(Careless, server, "/moved")
