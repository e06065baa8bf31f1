"""TLS: what is wrong with a certificate is said, and never passed over unless the config names the host."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from crawler.fetch import sockets
from crawler.model import Request
from tests.support.badserver import FAULTS, PAGE, Connection, answer, in_turn, once, serve
from tests.support.certificates import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The test authority is trusted like a real one."""
    sockets.context.cache_clear()
    monkeypatch.setattr("certifi.where", lambda: authority.file)
    yield authority
    sockets.context.cache_clear()


def test_a_good_certificate(client: Any, trusted: Authority) -> None:
    fetch = client(timeout=5)
    with serve(in_turn(answer()), tls=trusted.server("127.0.0.1")) as server:
        for n in range(3):
            assert fetch(Request(n, server.url, "page")).body == PAGE
        assert server.connections == 1


@pytest.mark.parametrize(
    ("name", "days", "words"),
    [("127.0.0.1", -1, "expired"), ("other.example", 30, "mismatch")],
)
def test_fault_62_bad_certificates(client: Any, trusted: Authority, name: str, days: int, words: str) -> None:
    with serve(once(answer()), tls=trusted.server(name, days=days)) as server:
        failure = client(timeout=5)(Request(1, server.url, "page"))
        assert failure.code == "tls"
        assert words in failure.detail
        assert server.requests == []


def test_fault_62_unknown_authority_and_opting_in(client: Any, authority: Authority) -> None:
    with serve(in_turn(answer()), tls=authority.server("127.0.0.1")) as server:
        failure = client(timeout=5)(Request(1, server.url, "page"))
        assert failure.code == "tls"
        assert "certificate" in failure.detail
        other = client(timeout=5, insecure_hosts=frozenset({"localhost"}))
        assert other(Request(1, server.url, "page")).code == "tls"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for name in ("127.0.0.1", f"127.0.0.1:{server.port}"):
                fetch = client(timeout=5, insecure_hosts=frozenset({name}))
                assert fetch(Request(1, server.url, "page")).body == PAGE


def test_fault_62_old_protocol(client: Any, trusted: Authority) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = trusted.server("127.0.0.1", oldest_tls=True)
    with serve(once(answer()), tls=context) as server:
        assert client(timeout=5)(Request(1, server.url, "page")).code == "tls"


def _cut_handshake(conn: Connection) -> None:
    conn.sock.recv(100_000)


def _plain_http(conn: Connection) -> None:
    conn.sock.recv(100_000)
    conn.say(answer(status=b"400 Bad Request"))


def test_fault_62_no_tls_there(client: Any) -> None:
    for script, codes in ((_plain_http, {"tls"}), (_cut_handshake, {"tls", "reset"})):
        with serve(script) as server:
            failure = client(timeout=5)(Request(1, server.url.replace("http:", "https:"), "page"))
        assert failure.code in codes, failure


def test_fault_62_a_handshake_that_hangs(client: Any) -> None:
    def script(conn: Connection) -> None:
        conn.wait()

    with serve(script) as server:
        failure = client(timeout=0.5)(Request(1, server.url.replace("http:", "https:"), "page"))
    assert failure.code == "timeout"
    assert failure.elapsed < 20.0


def test_fault_63_closed_without_notify(client: Any, trusted: Authority) -> None:
    def script(conn: Connection) -> None:
        conn.request()
        conn.say(answer())

    def half(conn: Connection) -> None:
        conn.request()
        conn.say(answer()[:-5])

    with serve(script, tls=trusted.server("127.0.0.1")) as server:
        assert client(timeout=5)(Request(1, server.url, "page")).body == PAGE
    with serve(half, tls=trusted.server("127.0.0.1")) as server:
        assert client(timeout=5)(Request(1, server.url, "page")).code == "truncated"


@pytest.mark.parametrize(
    ("script", "code"), [("drip-body", "deadline"), ("drip-headers", "deadline"), ("body-endless", "too-large")]
)
def test_the_limits_hold_over_tls(client: Any, trusted: Authority, script: str, code: str) -> None:
    with serve(FAULTS[script], tls=trusted.server("127.0.0.1")) as server:
        failure = client(timeout=0.5)(Request(1, server.url, "page"))
    assert failure.code == code
    assert failure.elapsed < 20.0


def test_one_context_for_all_threads() -> None:
    assert sockets.context(True) is sockets.context(True)
    assert sockets.context(True) is not sockets.context(False)
