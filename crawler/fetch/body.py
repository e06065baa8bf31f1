"""The body of a response: chunks, content encodings, and whether it ended where it should.

The decoders of urllib3 take a stream that stops halfway for a whole one, and junk for an empty page.

A line may end with a bare LF, as curl and browsers take it, and what follows the size on its line is ignored. But a
chunk must end where its size says, and the body with its last chunk and an empty line: else a page that was cut short,
or one whose sizes are wrong, passes as whole.
"""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from importlib import import_module
from typing import Any

from crawler.errors import FetchError, one_line
from crawler.fetch.failures import to_fetch_error
from crawler.fetch.response_head import MAX_LINE

__all__ = ["ACCEPTED", "Rechunker", "Unchunker", "cut_short", "decoded", "lost", "said_goodbye"]


PIECE = 65_536
MAX_LAYERS = 2
CUT = "the compressed page is incomplete"
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
    if len(layers) > MAX_LAYERS:
        raise FetchError("bad-encoding", f"{len(layers)} encodings, nested")
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


_size = re.compile(rb"([0-9A-Fa-f]{1,16})(?=[ \t;\r\n])").match
_EMPTY = (b"\r\n", b"\n")


def _size_of(line: bytes) -> int:
    """The size of a chunk, by the line in front of it.

    Raises:
        FetchError: `bad-chunk`.
    """
    found = _size(line)
    if found is None:
        raise FetchError("bad-chunk", "a chunk without a size")
    return int(found[1], 16)


def _wrong_end() -> FetchError:
    return FetchError("bad-chunk", "a chunk is longer than its stated size")


class Unchunker:
    """Takes the bytes of a body as they come; returns its content.

    Attributes:
        done: the body is whole.
    """

    def __init__(self) -> None:
        self.done = False
        self._left = 0
        self._state = self._at_size
        self._rest = b""

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what is in the chunks of `data`, trailers left out, and what follows the end of the body.

        Raises:
            FetchError: `bad-chunk`.
        """
        data = self._rest + data if self._rest else data
        self._rest = b""
        found: list[bytes] = []
        at = 0
        while at < len(data) and not self.done:
            after = self._state(data, at, found)
            if after < 0:  # a line that is not whole yet
                self._rest = data[at:]
                if len(self._rest) > MAX_LINE:
                    raise FetchError("bad-chunk", f"a line of more than {MAX_LINE} bytes")
                return b"".join(found), b""
            at = after
        return b"".join(found), data[at:]

    def _at_size(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = data.find(b"\n", at) + 1
        if not end:
            return -1
        self._left = _size_of(data[at : min(end, at + 20)])
        self._state = self._in_chunk if self._left else self._in_trailers
        return end

    def _in_chunk(self, data: bytes, at: int, found: list[bytes]) -> int:
        piece = data[at : at + self._left]
        self._left -= len(piece)
        found.append(self._written(piece))
        if not self._left:
            self._state = self._behind_chunk
        return at + len(piece)

    def _behind_chunk(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = data[at : at + 2]
        if end == b"\r":
            return -1
        if not end.startswith(_EMPTY):
            raise _wrong_end()
        self._state = self._at_size
        return at + 1 + (end[:1] == b"\r")

    def _in_trailers(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = data.find(b"\n", at) + 1
        if not end:
            return -1
        if data[at:end] in _EMPTY:
            found.append(self._last)
            self.done = True
        return end

    _last = b""

    def _written(self, piece: bytes) -> bytes:
        return piece


class Rechunker(Unchunker):
    """The same, but returns the content in chunks that every parser reads alike."""

    _last = b"0\r\n\r\n"

    def _written(self, piece: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(piece), piece)


def cut_short(exc: BaseException | None) -> FetchError:
    """What it means that the connection was lost before the body was whole."""
    if exc is None or isinstance(exc, ssl.SSLError):
        return FetchError("truncated", "the page is incomplete")
    return to_fetch_error(exc)


def said_goodbye(secure: Any) -> bool:
    """Tell whether TLS ended with close_notify; all that came before it is read already."""
    try:
        return not secure.read(1)
    except ssl.SSLError:  # it waits for more
        return False


def lost(first: bytes, exc: BaseException | None) -> FetchError:
    """What it means that the connection was lost before a whole head came."""
    if exc is not None:
        return to_fetch_error(exc)
    if not first:
        return FetchError("closed", "the server closed the connection without a response")
    if b"HTTP/1".startswith(first[:6]):
        return FetchError("truncated", "the connection ended in the middle of the headers")
    return FetchError("bad-response", one_line(f"not HTTP: {first.decode('latin-1')}", 80))
