"""What only the clients on libcurl need: its own look-up of names, and what it takes for granted elsewhere."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import Any

import pycurl
import pytest

from crawler.errors import ConfigError
from crawler.extras import install
from crawler.fetch import addresses, curl_transfer
from crawler.fetch.client import ClientSettings, make_async_fetch, make_fetch, make_transfers
from crawler.fetch.curl_transfer import curl_failure
from crawler.model import Request
from tests.fetch.conftest import CURL
from tests.support.badserver import PAGE, answer, in_turn, once, serve
from tests.support.clients import make_client


@pytest.fixture(params=CURL)
def named(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Make a client for which the name two.example has these addresses."""
    made: list[Any] = []
    original = curl_transfer.set_constant

    def make(port: int, *ips: str, **changes: Any) -> Any:
        def set_constant(handle: Any, settings: ClientSettings) -> None:
            original(handle, settings)
            handle.setopt(pycurl.RESOLVE, [f"two.example:{port}:{','.join(ips)}"])

        monkeypatch.setattr(curl_transfer, "set_constant", set_constant)
        kept = {"timeout": 2.0, "connect_timeout": 1.0} | changes
        made.append(make_client(request.param, ClientSettings("x", **kept)))
        return lambda **more: made[-1](Request(1, f"http://two.example:{port}/", "page", **more))

    yield make
    for client in made:
        client.close()


def test_fault_51_a_name_that_leads_to_a_private_address(named: Any) -> None:
    with serve(once(answer())) as server:
        assert named(server.port, "127.0.0.1")().code == "address-blocked"
        assert server.connections == 0
        assert named(server.port, "127.0.0.1", private_hosts=frozenset({"two.example"}))().body == PAGE


def test_only_the_public_addresses_of_a_host_are_tried(named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_public", IPv4Address("127.0.0.1").__eq__)
    with serve(in_turn(answer())) as server, socket.create_server(("127.0.0.2", server.port)) as other:
        other.setblocking(False)
        assert named(server.port, "127.0.0.2", "127.0.0.1")().body == PAGE
        with pytest.raises(BlockingIOError):
            other.accept()


def test_fault_61_the_first_address_is_dead(named: Any) -> None:
    with serve(once(answer())) as server, socket.create_server(("127.0.0.2", server.port), backlog=0) as full:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        response = named(server.port, "127.0.0.2", "127.0.0.1", allow_private=True)()
        for filler in fillers:
            filler.close()
    assert response.body == PAGE


def test_a_connection_that_came_too_late_is_not_used(named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: Any) -> socket.socket:
        time.sleep(0.1)
        return socket.socket(*args)

    with serve(in_turn(answer())) as server:
        ask = named(server.port, "127.0.0.1", allow_private=True)
        with monkeypatch.context() as patch:
            patch.setattr(curl_transfer, "new_socket", slow)
            assert ask(not_after=time.monotonic() + 0.05).code == "late"
        assert server.requests == []
        assert ask(not_after=time.monotonic() + 5).body == PAGE


@pytest.mark.parametrize(
    ("number", "text", "code"),
    [
        (6, "Could not resolve host: x", "dns"),
        (35, "TLS connect error", "tls"),
        (55, "Send failure: Broken pipe", "reset"),
        (7, "Failed to connect", "network"),
        (97, "cannot complete SOCKS5 connection", "proxy"),
        (4, "something new\x1b", "bad-response"),
    ],
)
def test_errors_of_libcurl(number: int, text: str, code: str) -> None:
    failure = curl_failure(number, text, 0)
    assert failure.code == code
    assert failure.detail.isprintable()


@pytest.mark.parametrize(
    ("module", "extra", "make"),
    [
        ("pycurl", "curl", lambda settings: make_fetch("curl", settings)),
        ("pycurl", "curl", make_transfers),
        ("aiohttp", "asyncio", make_async_fetch),
    ],
)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, module: str, extra: str, make: Any) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith(("crawler.fetch.", f"{module}."))]:
        if name not in ("crawler.fetch.client", "crawler.fetch.client"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=re.escape(f"install it with: {install(extra)}")):
        make(ClientSettings("x"))
