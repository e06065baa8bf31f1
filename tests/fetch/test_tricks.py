"""Ways to end a page: a whole one is kept, one that was cut short never passes as whole. Every client agrees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import FetchError
from crawler.fetch.body import Rechunker
from crawler.model import Request, Response
from tests.support.badserver import PAGE, Connection, answer, serve
from tests.support.certificates import Authority
from tests.support.tricks import TRICKS, WHOLE

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")

INSECURE = {"insecure_hosts": frozenset({"127.0.0.1"})}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def _outcome(fetched: Any) -> str:
    if isinstance(fetched, Response):
        return "whole" if fetched.body == WHOLE else f"{len(fetched.body)} bytes of a page"
    return str(fetched.code)


@pytest.mark.parametrize("name", [name for name, trick in TRICKS.items() if not trick.tls])
def test_how_a_page_ends(client: Any, name: str) -> None:
    with serve(TRICKS[name].script) as server:
        assert _outcome(client(timeout=5)(Request(1, server.url, "page"))) == TRICKS[name].want


@pytest.mark.parametrize("name", [name for name, trick in TRICKS.items() if trick.tls])
def test_how_a_page_ends_over_tls(client: Any, authority: Authority, name: str) -> None:
    with serve(TRICKS[name].script, tls=authority.server("127.0.0.1")) as server:
        fetch = client(timeout=5, **INSECURE)
        assert _outcome(fetch(Request(1, server.url, "page"))) == TRICKS[name].want


def test_fault_64_an_idle_connection_of_tls_dropped_without_goodbye(client: Any, authority: Authority) -> None:
    fetch = client(timeout=5, **INSECURE)
    dropped = []

    def script(conn: Connection) -> None:
        conn.request()
        conn.say(answer())
        if conn.request():
            dropped.append(conn.number)

    with serve(script, tls=authority.server("127.0.0.1")) as server:
        for n in range(4):
            response = fetch(Request(n, server.url, "page"))
            assert isinstance(response, Response), response
            assert response.body == PAGE
    assert len(dropped) == 3


_LINE_END = st.sampled_from([b"\r\n", b"\n"])


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    ends=st.lists(_LINE_END, min_size=20, max_size=20),
    after=st.binary(max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_chunks_come_to_the_same_however_they_are_cut_into_packets(
    chunks: list[bytes], ends: list[bytes], after: bytes, cuts: list[int]
) -> None:
    each_end = iter(ends)
    sent = b"".join(b"%x%b%b%b" % (len(each), next(each_end), each, next(each_end)) for each in chunks)
    sent += b"0" + next(each_end) + next(each_end) + after
    reader, found, rest, at = Rechunker(), b"", b"", 0
    for cut in [*sorted(cuts), len(sent)]:
        piece, at = sent[at:cut], max(at, cut)
        data, more = (b"", piece) if reader.done else reader.take(piece)
        found, rest = found + data, rest + more
    assert reader.done
    assert _joined(found) == b"".join(chunks)
    assert rest == after


def _joined(chunked: bytes) -> bytes:
    """The plain reading of RFC 9112, section 7.1.3."""
    body = b""
    while size := int(chunked[: chunked.index(b"\r\n")], 16):
        start = chunked.index(b"\r\n") + 2
        body += chunked[start : start + size]
        assert chunked[start + size :][:2] == b"\r\n"
        chunked = chunked[start + size + 2 :]
    assert chunked == b"0\r\n\r\n"
    return body


@pytest.mark.parametrize("line", [b"x\r\n", b"\r\n", b"-1\r\n", b"0x5\r\n", b"11111111111111111\r\n", b"1" * 70_000])
def test_a_line_that_holds_no_size(line: bytes) -> None:
    with pytest.raises(FetchError, match="bad-chunk"):
        Rechunker().take(line)
