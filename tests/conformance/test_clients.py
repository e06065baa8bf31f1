"""Every client keeps the whole contract of `crawler.fetch.client.Fetch`, also those of other installed packages."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from crawler import plugins
from crawler.fetch.client import CLIENTS, ROBOTS, ROBOTS_BYTES, ClientSettings, make_fetch
from crawler.fetch.requests_client import RequestsFetch
from crawler.model import FILE, Failure, Message, Moved, Request, Response

NAMES = [*CLIENTS, *plugins.entry_points(plugins.CLIENTS)]
TIMEOUT = 0.5
LATE = 1.5  # seconds on top that a busy machine may take
PATIENCE = 5.0  # seconds for what must come; a busy machine is no mistake
CAP = 2000


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
COOKIES = ("Set-Cookie: a=1; Path=/", "Set-Cookie: b=2")
GZIP = "Content-Encoding: gzip"
ANSWERS = {
    "/": OK + b"Content-Length: 2\r\n\r\nhi",
    "/missing": answer("404 Not Found", b"gone"),
    "/login": answer("401 Unauthorized"),
    "/broken": answer("500 Broken"),
    "/busy": answer("503 Busy", b"", "Retry-After: 7", *COOKIES),
    "/part": answer("206 Partial Content", b"hi"),
    "/accepted": answer("202 Accepted", b"hi"),
    "/moved": answer("302 Found", b"", "Location: /", *COOKIES),
    "/moved-nowhere": answer("302 Found"),
    "/moved-elsewhere": answer("302 Found", b"", "Location: ftp://h/"),
    "/large": answer("200 OK", b"x" * 5000),
    "/large-chunks": OK
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + 5 * (b"3e8\r\n" + b"x" * 1000 + b"\r\n")
    + b"0\r\n\r\n",
    "/large-gzip": answer("200 OK", gzip.compress(b"x" * 5000), GZIP),
    "/cut": OK + b"Content-Length: 100\r\n\r\nhi",
    "/nothing": b"",
    "/garbage": b"\x00\xff" * 50,
    "/bad-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
    "/bad-gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhihi",
}
PAGE = "<p>£</p>".encode()
GOOD = {
    "/page": answer("200 OK", PAGE, "Content-Type: text/html", "X-Own: 1", "X-OWN: 2", *COOKIES),
    "/gzip": answer("200 OK", gzip.compress(PAGE), GZIP),
    "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/robots.txt": answer("200 OK", b"x" * (ROBOTS_BYTES + 1000)),
}
CODES = {
    "/missing": ("http-404",), "/login": ("http-401",), "/broken": ("http-500",), "/busy": ("http-503",),
    "/part": ("partial",), "/accepted": ("unexpected-status",), "/moved-nowhere": ("bad-redirect",),
    "/moved-elsewhere": ("scheme-blocked",), "/large": ("too-large",), "/large-chunks": ("too-large",),
    "/large-gzip": ("too-large",), "/cut": ("truncated",), "/nothing": ("closed", "reset"),
    "/garbage": ("bad-response",), "/bad-chunk": ("bad-chunk",), "/bad-gzip": ("bad-encoding",),
    "/silent": ("deadline", "timeout"), "/drip": ("deadline", "timeout"),
}  # fmt: skip
"""The code of docs/failures.md; two where it depends on a moment."""
ENDS = {"/cut", "/nothing", "/garbage", "/bad-chunk"}
"""After these the server hangs up. After all others it keeps the connection for further requests."""


class Asked(NamedTuple):
    """A request as it came."""

    head: bytes
    body: bytes

    def header(self, name: str) -> list[str]:
        """The values of all headers of that name."""
        lines = [line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:-2]]
        return [value.strip() for found, _, value in lines if found.lower() == name]


class Server:
    """Answers each path as above; `/silent` never, `/drip` with a byte now and then, for ever.

    Attributes:
        asked: each request.
        open: connections that the client has not closed.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.open = 0
        self.ended = threading.Event()
        self._changed = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def heads(self) -> list[bytes]:
        return [one.head for one in self.asked]

    def all_closed(self) -> bool:
        """Whether all connections are closed, now or a moment later."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.open, PATIENCE)

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
            self._count(1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _count(self, change: int) -> None:
        with self._changed:
            self.open += change
            self._changed.notify_all()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            while self._answer(connection, lines):
                pass
        self._count(-1)

    def _answer(self, connection: socket.socket, lines: Any) -> bool:
        """Answer one request; whether there may be another on this connection."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (line := lines.readline()):
                return False
            head += line
        length = Asked(head, b"").header("content-length")
        self.asked.append(Asked(head, lines.read(int(length[0])) if length else b""))
        path = urlsplit(head.split(b" ")[1].decode()).path  # a proxy is asked for a whole URL
        if path == "/silent":
            self.ended.wait(10)
            return False
        if path == "/drip":
            connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
            while not self.ended.wait(0.05):
                connection.sendall(b"x")
            return False
        connection.sendall({**ANSWERS, **GOOD}[path])
        return path not in ENDS


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


@pytest.mark.parametrize("path", CODES)
def test_a_failure_has_the_code_and_the_status_of_the_documents(make: Make, server: Server, path: str) -> None:
    with client(make) as fetch:
        found, _ = ask(fetch, server.origin + path)
    assert found.code in CODES[path]
    status = ANSWERS.get(path, b"").split(b" ")[1:2]
    if found.code.startswith("http-"):
        assert [found.status] == [int(number) for number in status]


def test_what_a_failure_or_a_redirect_says_besides_is_told(make: Make, server: Server) -> None:
    with client(make) as fetch:
        busy, moved = ask(fetch, server.origin + "/busy")[0], ask(fetch, server.origin + "/moved")[0]
    assert busy.retry_after == 7
    assert moved.status == 302
    assert [names(one.set_cookies) for one in (busy, moved)] == [["a=1", "b=2"]] * 2


def names(cookies: tuple[str, ...]) -> list[str]:
    return [cookie.split(";")[0] for cookie in cookies]


def test_an_answer_is_told_with_its_headers_and_cookies(make: Make, server: Server) -> None:
    with client(make, kept_headers=frozenset({"x-own"})) as fetch:
        found, _ = ask(fetch, server.origin + "/page")
    assert (found.status, found.body) == (200, PAGE)
    assert all(name == name.lower() for name in found.headers)
    assert (found.headers["content-type"], found.headers["x-own"]) == ("text/html", "1, 2")
    assert names(found.set_cookies) == ["a=1", "b=2"]


def test_a_body_is_decoded(make: Make, server: Server) -> None:
    with client(make) as fetch:
        assert ask(fetch, server.origin + "/gzip")[0].body == PAGE


def test_an_answer_that_has_no_body_is_an_empty_page(make: Make, server: Server) -> None:
    with client(make) as fetch:
        found, _ = ask(fetch, server.origin + "/empty")
    assert (found.status, found.body) == (204, b"")


def test_a_robots_txt_that_is_too_large_is_cut(make: Make, server: Server) -> None:
    with client(make, timeout=PATIENCE) as fetch:
        found = fetch(Request(1, f"{server.origin}/robots.txt", ROBOTS))
    assert found.body == b"x" * ROBOTS_BYTES


def test_a_file_has_a_cap_of_its_own(make: Make, server: Server) -> None:
    with client(make, file_bytes=5000) as fetch:
        assert len(fetch(Request(1, f"{server.origin}/large", FILE)).body) == 5000
    with client(make, file_bytes=4999) as fetch:
        assert fetch(Request(1, f"{server.origin}/large", FILE)).code == "too-large"


def test_a_message_is_sent_as_it_is(make: Make, server: Server) -> None:
    message = Message("POST", (("Accept", "application/json"), ("X-Own", "1")), b'{"q": "\xc2\xa3"}', mark="m")
    with client(make) as fetch:
        found, _ = ask(fetch, server.origin + "/page", message=message)
    assert found.status == 200
    (asked,) = server.asked
    assert asked.head.startswith(b"POST /page ")
    assert asked.body == message.body
    assert asked.header("accept") == ["application/json"]  # in place of the client's own
    assert (asked.header("x-own"), asked.header("user-agent")) == (["1"], ["crawler/0"])


def test_the_url_of_a_message_is_asked_for_and_told_to_nobody(make: Make, server: Server) -> None:
    url = server.origin + "/page?key=NAME"
    with client(make) as fetch:
        found, _ = ask(fetch, url, message=Message(url=server.origin + "/page"))
    assert server.heads[0].startswith(b"GET /page ")
    assert found.url == url


def test_a_status_that_a_message_names_is_that_of_a_page(make: Make, server: Server) -> None:
    with client(make) as fetch:
        found, _ = ask(fetch, server.origin + "/missing", message=Message(statuses=frozenset({404})))
    assert (type(found), found.status, found.body) == (Response, 404, b"gone")


def test_cookies_of_a_request_are_sent_with_those_of_the_config(make: Make, server: Server) -> None:
    with client(make, cookies={"own": "1"}, origins=frozenset({server.origin})) as fetch:
        for cookies in ("", "a=1; b=2"):
            ask(fetch, server.origin, cookies=cookies)
    with client(make) as fetch:
        ask(fetch, server.origin, cookies="a=1")
    assert [one.header("cookie") for one in server.asked] == [["own=1"], ["own=1; a=1; b=2"], ["a=1"]]


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
    with client(make, timeout=PATIENCE, connect_timeout=PATIENCE) as fetch:
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


def test_the_proxy_is_the_one_that_the_request_names(make: Make, server: Server) -> None:
    with closing(Server()) as first, closing(Server()) as second:
        with client(make, proxy=first.origin, proxies=(first.origin, second.origin)) as fetch:
            found, _ = ask(fetch, server.origin + "/page", proxy=1)
        assert (found.url, found.body) == (server.origin + "/page", PAGE)
        assert server.heads == first.heads == []
        assert second.heads[0].startswith(f"GET {server.origin}/page ".encode())


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
    assert server.all_closed()


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
    test_a_failure_has_the_code_and_the_status_of_the_documents: ("/large",),
    test_an_answer_is_told_with_its_headers_and_cookies: (),
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


class Spoiled:
    """Our client, but for one thing."""

    def __init__(self, settings: ClientSettings, asks: Callable[[Request], Any], gives: Callable[[Any], Any]) -> None:
        self._fetch = RequestsFetch(settings)
        self._asks, self._gives = asks, gives
        self.close = self._fetch.close

    def __call__(self, request: Request) -> Any:
        return self._gives(self._fetch(self._asks(request)))


def same(value: Any) -> Any:
    return value


def as_get(request: Request) -> Request:
    return request._replace(message=request.message and request.message._replace(method="GET"))


def without(**fields: Any) -> Callable[[Any], Any]:
    """Lose what these fields say."""
    return lambda value: value._replace(**{name: lost for name, lost in fields.items() if name in value._fields})


def titled(found: Any) -> Any:
    return found._replace(headers={name.title(): value for name, value in found.headers.items()})


def unpacked(found: Any) -> Any:
    return found._replace(body=gzip.compress(found.body))


def message_without(**fields: Any) -> Callable[[Request], Request]:
    return lambda request: request._replace(message=request.message and request.message._replace(**fields))


NO_COOKIES = without(set_cookies=())
SPOILED: list[tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[..., None], tuple[Any, ...]]] = [
    (same, titled, test_an_answer_is_told_with_its_headers_and_cookies, ()),
    (same, NO_COOKIES, test_an_answer_is_told_with_its_headers_and_cookies, ()),
    (same, NO_COOKIES, test_what_a_failure_or_a_redirect_says_besides_is_told, ()),
    (same, without(retry_after=None), test_what_a_failure_or_a_redirect_says_besides_is_told, ()),
    (same, without(status=0), test_a_failure_has_the_code_and_the_status_of_the_documents, ("/missing",)),
    (same, without(code="gone"), test_a_failure_has_the_code_and_the_status_of_the_documents, ("/missing",)),
    (same, unpacked, test_a_body_is_decoded, ()),
    (same, lambda found: Failure("empty"), test_an_answer_that_has_no_body_is_an_empty_page, ()),
    (without(kind="page"), same, test_a_robots_txt_that_is_too_large_is_cut, ()),
    (without(kind="page"), same, test_a_file_has_a_cap_of_its_own, ()),
    (as_get, same, test_a_message_is_sent_as_it_is, ()),
    (message_without(body=b""), same, test_a_message_is_sent_as_it_is, ()),
    (message_without(headers=()), same, test_a_message_is_sent_as_it_is, ()),
    (message_without(url=""), same, test_the_url_of_a_message_is_asked_for_and_told_to_nobody, ()),
    (message_without(statuses=frozenset()), same, test_a_status_that_a_message_names_is_that_of_a_page, ()),
    (without(proxy=0), same, test_the_proxy_is_the_one_that_the_request_names, ()),
    (without(cookies=""), same, test_cookies_of_a_request_are_sent_with_those_of_the_config, ()),
]


@pytest.mark.parametrize(("asks", "gives", "test", "more"), SPOILED)
def test_one_thing_that_is_lost_is_found_out(
    server: Server, asks: Callable[[Any], Any], gives: Callable[[Any], Any], test: Callable[..., None], more: Any
) -> None:
    test(RequestsFetch, server, *more)  # as it is, it passes
    server.asked.clear()
    with pytest.raises((AssertionError, AttributeError)):
        test(lambda settings: Spoiled(settings, asks, gives), server, *more)


def test_a_close_that_does_nothing_is_found_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.conformance.test_clients.PATIENCE", 0.5)
    kept: list[Any] = []

    class Open(Spoiled):
        def __init__(self, settings: ClientSettings) -> None:
            super().__init__(settings, same, same)
            self.close = lambda: kept.append(self)

    with pytest.raises(AssertionError):
        test_many_threads_may_ask_and_close_leaves_no_connection(Open, server)
    for fetch in kept:
        fetch._fetch.close()
