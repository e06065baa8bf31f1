"""Content encodings (RFC 9110, section 8.4), undone piece by piece: a bomb never unfolds past the size cap.

The decoders of urllib3 take a stream that stops halfway for a whole one, and junk for an empty page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from importlib import import_module
from typing import Any

from crawler.errors import FetchError

__all__ = ["ACCEPTED", "decoded"]

PIECE = 65_536
MOST_LAYERS = 2
CUT = "the compressed page stops before its end"
_NOTHING = frozenset({"", "identity", "none", "utf-8"})

Pieces = Iterator[bytes]


def decoded(pieces: Iterable[bytes], encoding: str) -> Pieces:
    """Yield the content in small pieces.

    Args:
        pieces: the body as it came.
        encoding: value of the header Content-Encoding.

    Raises:
        FetchError: `bad-encoding`, or `truncated` when the stream stops before its end.
    """
    layers = [layer for part in encoding.lower().split(",") if (layer := part.strip()) not in _NOTHING]
    if len(layers) > MOST_LAYERS:
        raise FetchError("bad-encoding", f"{len(layers)} encodings, one in the other")
    stream = iter(pieces)
    for layer in reversed(layers):
        if layer not in _DECODERS:
            raise FetchError("bad-encoding", f"unknown encoding {layer[:40]!r}")
        stream = _DECODERS[layer](stream)
    return stream


def _start(pieces: Pieces) -> bytes:
    """The first two bytes at least, where there are so many: they tell the format."""
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= 2:
            break
    return start


def _gzip(pieces: Pieces) -> Pieces:
    start = _start(pieces)
    if start.lstrip()[:1] == b"<":  # says gzip, is a plain page
        yield start
        yield from pieces
    elif start:
        yield from _inflated(start, pieces, 16 + zlib.MAX_WBITS)


def _deflate(pieces: Pieces) -> Pieces:
    start = _start(pieces)
    if start:
        wrapped = start[0] & 0x0F == 8 and len(start) > 1 and (start[0] << 8 | start[1]) % 31 == 0
        yield from _inflated(start, pieces, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _inflated(start: bytes, pieces: Pieces, bits: int) -> Pieces:
    rest = yield from _member(start, pieces, bits)
    while bits > zlib.MAX_WBITS and (rest := _skip_zeros(rest, pieces)):
        if not b"\x1f\x8b".startswith(rest[:2]):
            break  # junk after the end of a whole stream
        rest = yield from _member(rest, pieces, bits)
    yield from _drained(pieces)


def _member(data: bytes, pieces: Pieces, bits: int) -> Generator[bytes, None, bytes]:
    """One compressed stream (gzip files may have several: RFC 1952, section 2.2); returns what follows it."""
    engine = zlib.decompressobj(bits)
    while True:
        try:
            piece = engine.decompress(data, PIECE)
        except zlib.error as exc:
            raise FetchError("bad-encoding", str(exc)) from None
        if piece:
            yield piece
        if engine.eof:
            return engine.unused_data
        data = engine.unconsumed_tail
        if not data and len(piece) < PIECE:
            data = next(pieces, b"")
            if not data:
                raise FetchError("truncated", CUT)


def _skip_zeros(rest: bytes, pieces: Pieces) -> bytes:
    while not (rest := rest.lstrip(b"\x00")):
        following = next(pieces, b"")
        if not following:
            break
        rest = following
    return rest


def _drained(pieces: Pieces) -> Pieces:
    """Read what follows the end, so that the connection can be used again; yield nothing."""
    for _ in pieces:
        pass
    yield from ()


def _zstd_with(make: Callable[[], Any], error: type[Exception]) -> Callable[[Pieces], Pieces]:
    def decode(pieces: Pieces) -> Pieces:
        engine, started = make(), False
        for data in pieces:
            feed = data
            while feed or not engine.needs_input:
                if engine.eof:
                    feed, engine = engine.unused_data + feed, make()
                    if not feed:
                        break
                try:
                    piece = engine.decompress(feed, max_length=PIECE)
                except error as exc:
                    raise FetchError("bad-encoding", str(exc)) from None
                feed, started = b"", True
                if piece:
                    yield piece
                if engine.eof and not engine.unused_data:
                    break
        if started and not engine.eof:
            raise FetchError("truncated", CUT)

    return decode


def _brotli_with(make: Callable[[], Any], error: type[Exception]) -> Callable[[Pieces], Pieces]:
    def decode(pieces: Pieces) -> Pieces:
        engine, started = make(), False
        for data in pieces:
            feed, started = data, True
            while not engine.is_finished():
                try:
                    piece = engine.process(feed, output_buffer_limit=PIECE)
                except error:
                    raise FetchError("bad-encoding", "not a brotli stream") from None
                feed = b""
                if piece:
                    yield piece
                elif engine.can_accept_more_data():
                    break
        if started and not engine.is_finished():
            raise FetchError("truncated", CUT)

    return decode


def _optional() -> Iterator[tuple[str, Callable[[Pieces], Pieces]]]:
    """Encodings whose library is installed. An old brotli cannot stop in the middle of a bomb: it does not count."""
    try:
        brotli = import_module("brotli")
        brotli.Decompressor().process(b"", output_buffer_limit=PIECE)
        yield "br", _brotli_with(brotli.Decompressor, brotli.error)
    except (ImportError, AttributeError, TypeError):
        pass
    for name in ("compression.zstd", "backports.zstd"):
        try:
            zstd = import_module(name)
        except ImportError:
            continue
        yield "zstd", _zstd_with(zstd.ZstdDecompressor, zstd.ZstdError)
        return


_DECODERS: dict[str, Callable[[Pieces], Pieces]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    **dict(_optional()),
}

ACCEPTED = ", ".join(name for name in _DECODERS if name != "x-gzip")
"""Value of Accept-Encoding: what can be decoded here, nothing else."""
