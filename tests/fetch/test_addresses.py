"""Nothing that a page, a redirect or a name server says leads to a private address."""

from __future__ import annotations

import errno
import socket
import threading
import time
from ipaddress import ip_address
from typing import Any

import pytest

from crawler import urls
from crawler.fetch.addresses import is_public
from crawler.model import Failure, Request
from tests.support.badserver import PAGE, answer, once, serve

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "2001:db8::1", "2001:0:7f00:1::",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:101:101::"]


@pytest.mark.parametrize("text", PRIVATE)
def test_fault_50_private(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_fault_50_public(text: str) -> None:
    assert is_public(ip_address(text))


SPELLINGS = [
    "127.0.0.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "017700000001", "0x7f.1", "127.0.0.1.",
    "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "localhost", "LOCALHOST", "localhost.",
    "%31%32%37.0.0.1", "１２７.0.0.1", "0.0.0.0", "[::]", "0",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_fault_50_no_spelling_reaches_loopback(client: Any, spelling: str) -> None:
    with serve(once(answer())) as server:
        fetch = client(private_hosts=frozenset())
        failure = fetch(Request(1, urls.resolve("", f"http://{spelling}:{server.port}/"), "page"))
        raw = fetch(Request(1, f"http://{spelling}:{server.port}/", "page"))  # whatever the caller lets through
        assert isinstance(failure, Failure)
        assert failure.code in ("address-blocked", "dns"), failure
        assert isinstance(raw, Failure)
        assert server.connections == 0


def resolver(*turns: list[str]) -> Any:
    """A name server that answers its calls in turn, the last one for ever."""
    left = list(turns)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        v6 = socket.AF_INET6
        return [
            (v6, socket.SOCK_STREAM, 6, "", (a, port, 0, 0)) if ":" in a else (socket.AF_INET, 1, 6, "", (a, port))
            for a in addresses
        ]

    return getaddrinfo


def test_fault_51_dns_rebinding(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def connect(sock: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolver(["93.184.216.34"], ["127.0.0.1"]))
    fetch = client(private_hosts=frozenset())
    assert fetch(Request(1, "http://rebind.example/", "page")).code == "refused"
    assert tried == [("93.184.216.34", 80)]
    assert fetch(Request(1, "http://rebind.example/", "page")).code == "address-blocked"
    assert tried == [("93.184.216.34", 80)]


def test_only_the_public_addresses_of_a_host_are_tried(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def connect(sock: socket.socket, address: Any) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolver(["10.0.0.1", "1.1.1.1", "::1", "8.8.8.8"]))
    client(private_hosts=frozenset())(Request(1, "http://mixed.example/", "page"))
    assert list(dict.fromkeys(tried)) == ["1.1.1.1", "8.8.8.8"]  # aiohttp goes round twice


def test_private_hosts_may_be_named_with_or_without_port(client: Any) -> None:
    with serve(once(answer())) as server:
        for name in ("127.0.0.1", f"127.0.0.1:{server.port}"):
            assert client(private_hosts=frozenset({name}))(Request(1, server.url, "page")).body == PAGE
        other = client(private_hosts=frozenset({f"127.0.0.1:{server.port + 1}"}))
        assert other(Request(1, server.url, "page")).code == "address-blocked"
        assert client(private_hosts=frozenset(), allow_private=True)(Request(1, server.url, "page")).body == PAGE


@pytest.mark.parametrize(
    ("number", "words"), [(socket.EAI_NONAME, "no such host"), (socket.EAI_AGAIN, "does not respond")]
)
def test_fault_58_dns_failure(get: Any, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(number, "x")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    failure = get("http://nosuch.invalid/")
    assert failure.code == "dns"
    assert words in failure.detail


def test_fault_58_a_name_server_that_hangs(get: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        ended.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    start = time.monotonic()
    assert get("http://slow.invalid/", timeout=0.2).code == "dns"
    assert time.monotonic() - start < 10.0
    ended.set()


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".com", "exa mple", "", "ü" * 300, "[::1", "h:99999", "h:x"])
def test_fault_59_bad_hosts_are_failures(get: Any, host: str) -> None:
    assert get(f"http://{host}/").code == "bad-url"
    assert get("file:///etc/passwd").code == "scheme-blocked"


def test_fault_61_ipv6_only(get: Any) -> None:
    try:
        with serve(once(answer()), host="::1") as server:
            assert get(server.url).body == PAGE
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


def test_fault_61_the_first_address_is_dead(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(once(answer())) as server, socket.create_server(("127.0.0.2", server.port), backlog=0) as full:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", resolver(["127.0.0.3", "127.0.0.2", "127.0.0.1"]))
        fetch = client(private_hosts=frozenset({"two.example"}), timeout=20, connect_timeout=2)
        response = fetch(Request(1, f"http://two.example:{server.port}/", "page"))
        for filler in fillers:
            filler.close()
    assert response.body == PAGE
    assert 0.2 < response.elapsed < 10.0


def test_fault_71_no_network(get: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(sock: socket.socket, address: Any) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", connect)
    failure = get("http://1.1.1.1/")
    assert (failure.code, failure.detail) == ("network", "Network is unreachable")
