"""Content encodings: bombs, junk, streams cut short, members, layers."""

from __future__ import annotations

import gzip
import os
import resource
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from crawler.errors import FetchError
from crawler.fetch.body import ACCEPTED, decoded
from crawler.model import Failure, Request
from tests.support.badserver import answer, chunked, in_turn, once, serve

TEXT = b"<p>" + b"some text " * 5_000 + os.urandom(3_000).hex().encode()


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def compressor(name: str) -> Callable[[bytes], bytes]:
    if name == "br":
        brotli = pytest.importorskip("brotli", reason="brotli is not installed")
        return lambda data: bytes(brotli.compress(data, quality=3))
    if name == "zstd":
        try:
            from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
        except ImportError:
            zstd = pytest.importorskip("backports.zstd", reason="backports.zstd is not installed")
        return lambda data: bytes(zstd.compress(data))
    return {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}[name]


def whole(data: bytes, encoding: str, size: int = 1_000) -> bytes:
    return b"".join(decoded((data[i : i + size] for i in range(0, len(data), size)), encoding))


ALL = ["gzip", "x-gzip", "deflate", "br", "zstd"]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("encoding", ALL)
def test_round_trip(encoding: str, size: int) -> None:
    packed = compressor(encoding)(TEXT)
    assert whole(packed, encoding.upper(), size) == TEXT


@pytest.mark.parametrize("encoding", ALL)
def test_an_empty_body_is_empty(encoding: str) -> None:
    compressor(encoding)
    assert whole(b"", encoding) == b""
    assert whole(compressor(encoding)(b""), encoding) == b""


@pytest.mark.parametrize("encoding", ALL)
def test_fault_42_a_stream_cut_short(encoding: str) -> None:
    packed = compressor(encoding)(TEXT)
    for cut in (1, 2, 10, len(packed) // 2, len(packed) - 1):
        with pytest.raises(FetchError) as caught:
            whole(packed[:cut], encoding)
        assert caught.value.code in ("truncated", "bad-encoding"), cut
    assert caught.value.code == "truncated"


def test_fault_43_gzip_oddities() -> None:
    packed = gzip.compress(TEXT)
    wrong = packed[:-8] + b"\x00" * 4 + packed[-4:]
    with pytest.raises(FetchError, match="bad-encoding"):
        whole(wrong, "gzip")
    for size in (1, 1_000, 1_000_000):
        assert whole(packed + b"garbage", "gzip", size) == TEXT
        assert whole(packed + b"\x00" * 512, "gzip", size) == TEXT
        assert whole(packed + gzip.compress(b"second"), "gzip", size) == TEXT + b"second"
        assert whole(packed + b"\x00" * 9 + gzip.compress(b"second"), "gzip", size) == TEXT + b"second"
    with pytest.raises(FetchError, match="truncated"):
        whole(packed + gzip.compress(TEXT)[:-20], "gzip")


@pytest.mark.parametrize("encoding", ALL)
def test_fault_44_junk(encoding: str) -> None:
    compressor(encoding)
    for junk in (b"\xff" * 500, b"no stream at all", bytes(range(256))):
        with pytest.raises(FetchError) as caught:
            whole(junk, encoding)
        assert caught.value.code in ("bad-encoding", "truncated")


def test_fault_44_raw_deflate() -> None:
    for size in (1, 1_000):
        assert whole(raw_deflate(TEXT), "deflate", size) == TEXT


def test_fault_45_says_gzip_is_plain() -> None:
    assert whole(b"\n <html>plain</html>", "gzip", 3) == b"\n <html>plain</html>"


def test_fault_41_layers() -> None:
    assert whole(zlib.compress(gzip.compress(TEXT)), "gzip, deflate") == TEXT
    assert whole(TEXT, "identity, identity") == TEXT
    with pytest.raises(FetchError, match="10 encodings"):
        whole(TEXT, ", ".join(["gzip"] * 10))


def test_fault_46_unknown() -> None:
    with pytest.raises(FetchError, match="unknown encoding 'foo'"):
        whole(TEXT, "foo")


def bomb(encoding: str) -> bytes:
    """50 MB of zeros, packed; twice where asked for."""
    if encoding == "gzip, gzip":
        return gzip.compress(bomb("gzip"))
    if encoding in ("br", "zstd"):
        return compressor(encoding)(bytes(50_000_000))
    engine = zlib.compressobj(1, wbits=31)
    return b"".join([engine.compress(bytes(1_000_000)) for _ in range(50)]) + engine.flush()


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "br", "zstd"])
def test_fault_40_gzip_bomb(client: Any, encoding: str) -> None:
    packed = bomb(encoding)
    fetch = client(timeout=10, page_bytes=10_000_000)
    header = b"Content-Encoding: " + encoding.encode()
    with serve(in_turn(answer(packed, header), chunked(packed, headers=(header,)), answer())) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(2):
            failure = fetch(Request(1, server.url, "page"))
            assert isinstance(failure, Failure)
            assert failure.code == "too-large"
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB
        assert fetch(Request(1, server.url, "page")).status == 200


def test_fault_14_memory_stays_flat_with_an_endless_body(get: Any) -> None:
    from tests.support.badserver import FAULTS

    with serve(FAULTS["body-endless"]) as server:
        tracemalloc.start()
        failure = get(server.url, timeout=10, page_bytes=3_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert failure.code == "too-large"
    assert peak < 8_000_000


def test_only_what_can_be_decoded_is_offered(get: Any) -> None:
    with serve(once(answer())) as server:
        get(server.url)
        assert server.requests[0].header("accept-encoding") == ACCEPTED
    for name in ACCEPTED.split(", "):
        assert whole(compressor(name)(TEXT), name) == TEXT


def test_a_compressed_page_over_the_wire(client: Any) -> None:
    fetch = client()
    packed = gzip.compress(TEXT)
    header = b"Content-Encoding: gzip"
    with serve(in_turn(answer(packed, header), chunked(packed[:99], packed[99:], headers=(header,)))) as server:
        for _ in range(3):
            assert fetch(Request(1, server.url, "page")).body == TEXT
        assert server.connections == 1
