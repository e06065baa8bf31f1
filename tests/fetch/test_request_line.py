"""Every client asks for a URL in the same bytes, and they are those of the WHATWG URL Standard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from crawler import urls
from crawler.fetch.client import ClientSettings
from crawler.model import Request
from crawler.strategies.port import Plan
from crawler.strategies.registry import make_strategy
from tests.support.badserver import Server, answer, keep_alive, serve
from tests.support.clients import CLIENTS, make_client
from tests.support.spellings import SITES, TARGETS

Seen = list[tuple[bytes, list[str]]]


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(keep_alive(lambda path, number: answer())) as running:
        yield running


def fetched(request: Request, outcome: Any) -> Any:
    return outcome


def ask(client: str, addresses: Sequence[str], **settings: Any) -> None:
    """Ask for each address in turn."""
    made = ClientSettings("tester/1", timeout=5, **settings)
    if client == "gevent":
        strategy = make_strategy("gevent", Plan(1, "requests", made, fetched))
        with closing(strategy):
            for future in [strategy.submit(Request(1, url, "page")) for url in addresses]:
                assert future.result(20).status == 200
        return
    with closing(make_client(client, made)) as fetch:
        for url in addresses:
            outcome = fetch(Request(1, url, "page"))
            assert outcome.status == 200, (url, outcome)


def asked(server: Server) -> Seen:
    """Request line and headers Host of each request."""
    return [
        (lines[0], [line.decode() for line in lines if line.lower().startswith(b"host:")])
        for lines in (seen.head.split(b"\r\n") for seen in server.requests)
    ]


def wanted(target: str, host: str) -> tuple[bytes, list[str]]:
    return f"GET {target} HTTP/1.1".encode(), [f"Host: {host}"]


@pytest.mark.parametrize("client", [*CLIENTS, "gevent"])
def test_every_client_asks_for_the_same_bytes(client: str, server: Server) -> None:
    ask(client, [server.origin + target for target, _ in TARGETS], private_hosts=frozenset({"127.0.0.1"}))
    host = server.origin.removeprefix("http://")
    assert asked(server) == [wanted(clean, host) for _, clean in TARGETS]
    assert len(TARGETS) > 480


@pytest.mark.parametrize("client", [*CLIENTS, "gevent"])
@pytest.mark.parametrize("way", ["detour", "proxy"])
def test_every_client_names_the_same_host(client: str, way: str, server: Server) -> None:
    through = {"connect_to": ("127.0.0.1", server.port)} if way == "detour" else {"proxy": server.origin}
    ask(client, [f"{site}/?50%" for site, _ in SITES], **through)
    for seen, (_, site) in zip(asked(server), SITES, strict=True):
        assert seen == wanted("/?50%" if way == "detour" else f"{site}/?50%", site.removeprefix("http://"))


def test_the_spellings_are_those_of_the_standard() -> None:
    for written, clean in [*TARGETS, ("", "/")]:
        for site, name in SITES:
            assert urls.resolve("", site + written) == name + clean


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ["a!b", "a(b)", "a{b}", 'a"b', "a=b"])
def test_a_name_that_no_server_can_have_is_no_such_host(client: str, name: str) -> None:
    with closing(make_client(client, ClientSettings("tester/1", timeout=5))) as fetch:
        assert fetch(Request(1, f"http://{name}.invalid/", "page")).code == "dns"
