"""Clients through real proxies: each request through its own, tunnels, SOCKS, and what a proxy's failure is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crawler.errors import FetchError
from crawler.fetch.client import ClientSettings
from crawler.fetch.proxy import refused_tunnel
from crawler.model import Failure, Request, Response
from tests.fetch.test_tls import authority, trusted  # noqa: F401 - fixtures
from tests.support.badserver import answer, keep_alive, serve
from tests.support.certificates import Authority
from tests.support.clients import CLIENTS, make_client
from tests.support.proxies import PASSWORD, USER, HttpProxy, SocksProxy

SOCKS = [name for name in CLIENTS if name != "aiohttp"]


def page(path: str, number: int) -> bytes:
    return answer(f"page {path}".encode())


@pytest.fixture(params=CLIENTS)
def ask(request: Any) -> Any:
    made = []

    def fetch(*proxies: str, **changes: Any) -> Callable[[str, int], Any]:
        settings = ClientSettings("tester/1", timeout=10, proxy=proxies[0], proxies=proxies, **changes)
        made.append(make_client(request.param, settings))
        return lambda url, number=0: made[-1](Request(1, url, "page", proxy=number))

    fetch.name = request.param
    yield fetch
    for one in made:
        one.close()


def with_password(origin: str, scheme: str = "http") -> str:
    return f"{scheme}://{USER}:{PASSWORD}@{origin.partition('://')[2]}"


def test_each_request_goes_through_its_own_proxy(ask):
    with serve(keep_alive(page)) as server, serve(HttpProxy()) as one, serve(HttpProxy(password=True)) as two:
        fetch = ask(one.origin, with_password(two.origin))
        url = f"http://a.example:{server.port}"
        for number in (0, 1, 1, 0, 1, 2):
            assert fetch(f"{url}/{number}", number).body == f"page /{number}".encode()
        assert [len(one.requests), len(two.requests)] == [3, 3]
        assert all(seen.path.startswith(url) for seen in one.requests)


def test_a_password_goes_to_no_other_proxy_and_to_no_server(ask):
    with serve(keep_alive(page)) as server, serve(HttpProxy()) as one, serve(HttpProxy(password=True)) as two:
        fetch = ask(with_password(two.origin), one.origin)
        for number in (0, 1, 0, 1):
            fetch(f"http://a.example:{server.port}/", number)
        heads = [seen.head.lower() for seen in (*one.requests, *server.requests)]
        assert len(heads) == 6
        assert not any(b"proxy-authorization" in head for head in heads)


def test_https_goes_through_a_tunnel_of_each(ask, trusted: Authority):  # noqa: F811 - a fixture
    secure = trusted.server("localhost")
    with serve(keep_alive(page), tls=secure) as server, serve(HttpProxy()) as one, serve(HttpProxy()) as two:
        fetch = ask(one.origin, two.origin, private_hosts=frozenset({"localhost"}))
        for number in (0, 1, 0):
            found = fetch(f"https://localhost:{server.port}/{number}", number)
            assert isinstance(found, Response), found
        assert {seen.head.split(b" ")[0] for seen in (*one.requests, *two.requests)} == {b"CONNECT"}
        assert one.requests
        assert two.requests


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (b"407 Proxy Authentication Required", "proxy"),
        (b"502 Bad Gateway", "proxy-refused"),
        (b"403 No", "proxy-refused"),
    ],
)
def test_a_refused_tunnel_is_named(ask, status, code):
    with serve(HttpProxy(refuse=status)) as proxy:
        failure = ask(with_password(proxy.origin))("https://far.example/")
    assert failure.code == code, failure
    assert PASSWORD not in f"{failure}"


@pytest.fixture(params=SOCKS)
def socks(request: Any) -> Any:
    made = []

    def fetch(*proxies: str, **changes: Any) -> Callable[[str, int], Any]:
        settings = ClientSettings("tester/1", timeout=10, proxy=proxies[0], proxies=proxies, **changes)
        made.append(make_client(request.param, settings))
        return lambda url, number=0: made[-1](Request(1, url, "page", proxy=number))

    yield fetch
    for one in made:
        one.close()


@pytest.mark.parametrize("password", [False, True])
def test_socks_that_looks_names_up(socks, password):
    script = SocksProxy(password=password)
    with serve(keep_alive(page)) as server, serve(script) as proxy:
        url = with_password(proxy.origin, "socks5h") if password else proxy.origin.replace("http", "socks5h")
        fetch = socks(url)
        assert fetch(f"http://a.example:{server.port}/x").body == b"page /x"
        assert fetch(f"http://a.example:{server.port}/y").body == b"page /y"
        assert server.requests[0].head.startswith(b"GET /x HTTP/1.1")
        assert set(script.asked) == {"a.example"}


def test_socks_that_is_given_addresses(socks):
    script = SocksProxy()
    with serve(keep_alive(page)) as server, serve(script) as proxy:
        fetch = socks(proxy.origin.replace("http", "socks5"), private_hosts=frozenset({"localhost", "127.0.0.1"}))
        assert fetch(f"http://127.0.0.1:{server.port}/").body == b"page /"
        assert set(script.asked) == {"127.0.0.1"}


def test_socks_and_tls(socks, trusted: Authority):  # noqa: F811 - a fixture
    with serve(keep_alive(page), tls=trusted.server("localhost")) as server, serve(SocksProxy()) as proxy:
        fetch = socks(proxy.origin.replace("http", "socks5h"), private_hosts=frozenset({"localhost"}))
        found = fetch(f"https://localhost:{server.port}/")
    assert isinstance(found, Response), found


def test_two_of_socks_and_one_of_http_do_not_share_connections(socks):
    one, two = SocksProxy(), SocksProxy()
    with serve(keep_alive(page)) as server, serve(one) as first, serve(two) as second, serve(HttpProxy()) as third:
        to_socks = [proxy.origin.replace("http", "socks5h") for proxy in (first, second)]
        fetch = socks(*to_socks, third.origin)
        for number in (0, 1, 2, 1, 0):
            assert fetch(f"http://a.example:{server.port}/", number).body == b"page /"
        assert one.asked
        assert two.asked
        assert len(third.requests) == 1


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (SocksProxy(password=True), "proxy"),
        (SocksProxy(reply=4), "proxy-refused"),
        (lambda connection: connection.say(b"HTTP/1.1 400 Bad\r\n\r\n"), "proxy"),
        (lambda connection: None, "proxy"),
    ],
)
def test_failures_of_socks_are_named(socks, script, code):
    with serve(script) as proxy:
        failure = socks(proxy.origin.replace("http", "socks5h"))("http://a.example/")
    assert isinstance(failure, Failure)
    assert failure.code == code, failure


def test_a_wrong_password_is_named_and_not_shown(socks):
    with serve(SocksProxy(password=True)) as proxy:
        failure = socks(f"socks5h://me:canary-wrong@127.0.0.1:{proxy.port}")("http://a.example/")
    assert failure.code == "proxy", failure
    assert "canary" not in f"{failure}"


def test_no_secret_of_a_proxy_is_in_a_repr():
    secret = "http://me:canary@proxy:1/"
    assert "canary" not in repr(ClientSettings("x", proxy=secret, proxies=(secret, secret)))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Tunnel connection failed: 407 Proxy", FetchError("proxy", "the proxy requires a password")),
        ("CONNECT tunnel failed, response 503", FetchError("proxy-refused",
         "the proxy answered 503 in place of the server")),
        ("something", FetchError("proxy", "something")),
    ],
)  # fmt: skip
def test_what_a_tunnel_says(said, error):
    found = refused_tunnel(said)
    assert (found.code, found.detail) == (error.code, error.detail)
