"""Secrets reach the job's own origins and nobody else; nor do the environment's."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from crawler import urls
from crawler.fetch.client import ClientSettings
from crawler.fetch.cookies import Jar
from crawler.model import Request
from tests.support.badserver import CHUNKED, Connection, answer, in_turn, once, pages, serve

SECRETS: dict[str, Any] = {
    "headers": {"X-Api-Key": "canary-header", "accept": "text/plain"},
    "cookies": {"session": "canary-cookie"},
    "auth": ("me", "canary-pässword"),
}
CANARIES = ("canary", base64.b64encode(b"me:canary")[:10].decode())


def test_secrets_go_to_the_own_origin(client: Any) -> None:
    with serve(once(answer())) as server:
        fetch = client(origins=frozenset({server.origin}), **SECRETS)
        fetch(Request(1, server.url, "page"))
        seen = server.requests[0]
    assert seen.header("x-api-key") == "canary-header"
    assert seen.header("accept") == "text/plain"
    assert seen.head.lower().count(b"accept:") == 1
    assert seen.header("cookie") == "session=canary-cookie"
    password = base64.b64encode("me:canary-pässword".encode()).decode()
    assert seen.header("authorization") == f"Basic {password}"
    assert seen.header("user-agent") == "crawler/0 (+test)"


def test_fault_53_secrets_go_nowhere_else(client: Any) -> None:
    with serve(pages({})) as own, serve(pages({})) as other:
        fetch = client(origins=frozenset({own.origin}), **SECRETS)
        for url in (other.url, own.url.replace("127.0.0.1", "localhost")):
            fetch(Request(1, url, "page"))
        seen = b"".join(request.head for request in (*own.requests, *other.requests))
    assert len(other.requests) == 1
    assert not any(canary.encode() in seen for canary in CANARIES)
    assert b"crawler/0 (+test)" in seen


def test_fault_53_user_and_password_in_a_url_are_not_sent(client: Any) -> None:
    with serve(once(answer())) as server:
        client()(Request(1, f"http://me:canary@127.0.0.1:{server.port}/", "page"))
        assert not any(b"canary" in seen.head or b"Authorization" in seen.head for seen in server.requests)


def test_secrets_are_not_in_the_repr() -> None:
    settings = ClientSettings("x", proxy="http://me:canary@proxy/", **SECRETS)
    assert "canary" not in repr(settings)


def test_fault_67_environment(client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password canary\n")
    with serve(once(answer())) as server, serve(once(answer())) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        assert client()(Request(1, server.url, "page")).status == 200
        assert proxy.connections == 0
        assert b"Authorization" not in server.requests[0].head


def cookie(*values: str) -> bytes:
    return answer(b"x", *(b"Set-Cookie: " + value.encode() for value in values))


def test_cookies_are_handed_back_and_not_kept(client: Any) -> None:
    fetch = client()
    lines = ("a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT")
    refused = cookie(*lines).replace(b"200 OK", b"403 Forbidden")
    moved = cookie(*lines).replace(b"200 OK", b"302 Found\r\nLocation: /x")
    with serve(in_turn(cookie(*lines), refused, moved, answer())) as server:
        outcomes = [fetch(Request(n, server.url, "page")) for n in range(4)]
        assert [type(outcome).__name__ for outcome in outcomes] == ["Response", "Failure", "Moved", "Response"]
        assert [outcome.set_cookies for outcome in outcomes] == [lines, lines, lines, ()]
        assert not any(seen.header("cookie") for seen in server.requests)
        assert not any("a=1" in repr(outcome) for outcome in outcomes)


def test_cookies_of_the_config_and_of_the_request(client: Any) -> None:
    with serve(in_turn(answer(), answer(), answer())) as server, serve(once(answer())) as other:
        fetch = client(origins=frozenset({server.origin}), cookies={"x": "y"})
        for cookies in ("", "a=1; b=2", "c=3"):
            request = Request(1, server.url, "page", cookies=cookies)
            fetch(request)
            assert "c=3" not in repr(request)
        fetch(Request(2, other.url, "page", cookies="d=4"))
        assert [seen.header("cookie") for seen in server.requests] == ["x=y", "x=y; a=1; b=2", "x=y; c=3"]
        assert other.requests[0].header("cookie") == "d=4"


def test_a_cookie_goes_back_byte_for_byte(client: Any) -> None:
    jar = Jar()
    fetch = client()
    with serve(in_turn(cookie('city="M\xfcnchen, 80 %"; Path=/'), answer())) as server:
        jar.take(server.url, fetch(Request(1, server.url, "page")).set_cookies)
        fetch(Request(2, server.url, "page", cookies=jar.header(urls.host(server.url), server.url)))
        assert server.requests[1].head.split(b"Cookie: ")[1].splitlines()[0] == 'city="München, 80 %"'.encode()


def test_fault_57_a_flood_of_cookies_is_not_passed_on(client: Any) -> None:
    fetch = client()
    with serve(in_turn(cookie(*(f"c{n}=v" for n in range(60))), cookie("big=" + "x" * 9_000))) as server:
        assert len(fetch(Request(1, server.url, "page")).set_cookies) <= 20
        assert fetch(Request(1, server.url, "page")).set_cookies == ()


def test_fault_66_proxy(client: Any) -> None:
    with serve(once(answer(b"by proxy"))) as proxy:
        fetch = client(proxy=f"http://me:canary@127.0.0.1:{proxy.port}")
        assert fetch(Request(1, "http://far.example/x?y", "page")).body == b"by proxy"
        assert proxy.requests[0].head.startswith(b"GET http://far.example/x?y HTTP/1.1")
        assert (proxy.requests[0].header("proxy-authorization") or "").startswith("Basic ")


def _refuse(conn: Connection) -> None:
    conn.request()
    conn.say(answer(status=b"407 Proxy Authentication Required"))


def _cut(conn: Connection) -> None:
    conn.request()


@pytest.mark.parametrize("url", ["http://far.example/", "https://far.example/"])
@pytest.mark.parametrize("script", [_refuse, _cut])
def test_fault_66_proxy_that_fails(client: Any, script: Any, url: str) -> None:
    with serve(script) as proxy:
        failure = client(proxy=f"http://me:canary@127.0.0.1:{proxy.port}")(Request(1, url, "page"))
    assert failure.code == "proxy", failure
    assert "canary" not in str(failure)


def test_fault_66_proxy_is_down(client: Any) -> None:
    with serve(once()) as gone:
        port = gone.port
    for url in ("http://far.example/", "https://far.example/"):
        failure = client(proxy=f"http://me:canary@127.0.0.1:{port}")(Request(1, url, "page"))
        assert failure.code == "proxy", failure
        assert "canary" not in str(failure)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/", "https://[::1]/", "http://localhost/"])
def test_fault_50_private_addresses_are_not_asked_of_a_proxy(client: Any, url: str) -> None:
    with serve(once(answer())) as proxy:
        fetch = client(proxy=proxy.url, private_hosts=frozenset())
        assert fetch(Request(1, url, "page")).code == "address-blocked"
        assert proxy.connections == 0


def test_a_broken_chunk_does_not_leak_the_request(client: Any) -> None:
    with serve(once(CHUNKED, b"ZZ canary\r\n")) as server:
        failure = client(origins=frozenset({server.origin}), **SECRETS)(Request(1, server.url, "page"))
    assert "canary-" not in str(failure)
