"""What a server answered, read straight from the socket of its connection.

urllib3 would have http.client read the head, email parse it, and copy it twice; here `crawler.fetch.head` does it once.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from urllib3.response import BaseHTTPResponse

from crawler.errors import FetchError
from crawler.fetch.attempt import attempt
from crawler.fetch.chunks import Unchunker
from crawler.fetch.connection_end import cut_short, lost
from crawler.fetch.head import LONGEST_LINE, Fields, Head, usable

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool

__all__ = ["Answer", "Headers"]

READ = 65_536
MOST = 262_144
_NO_BODY = frozenset({204, 304})


class Headers(dict[str, str]):
    """The headers in use, by their names in lower case; asked for as those of urllib3 are."""

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields.values)
        self._cookies = fields.cookies

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # as urllib3 calls it
        """Value of a header."""
        return super().get(name.lower(), default)

    def getlist(self, name: str) -> list[str]:
        """Values of a header that may come several times: Set-Cookie."""
        return self._cookies if name.lower() == "set-cookie" else []


class Answer(BaseHTTPResponse):
    """The answer to one request.

    Args:
        sock: of the connection; the request is sent.

    Attributes:
        length_remaining: of the body, bytes; None where it is not known.

    Raises:
        FetchError: `headers-too-large`, `bad-headers`, `bad-response`, `truncated`, `closed`.
    """

    def __init__(self, sock: socket.socket) -> None:
        # That of the base would copy the headers.
        self._pool: HTTPConnectionPool | None = None
        self._connection: HTTPConnection | None = None
        self._sock = sock
        head, self._rest = _read_head(sock)
        self.status, self.reason = head.status, head.reason
        fields = Fields(usable(head.lines))
        self.headers = Headers(fields)  # type: ignore[assignment]  # as much of another class as is used
        self.version_string = head.first[:8].decode("latin-1")
        self.chunked = fields.chunked and self.status not in _NO_BODY
        self.length_remaining = 0 if self.status in _NO_BODY else fields.length
        said = fields.values.get("connection", "").lower()
        keeps = "keep-alive" in said if self.version_string == "HTTP/1.0" else "close" not in said
        self._keeps = keeps and not fields.doubtful
        self._whole = self.length_remaining == 0 and not self._rest

    def stream(self, amt: int | None = READ, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body as it came over the wire.

        Raises:
            FetchError: `truncated`, `bad-chunk`; those of the socket.
        """
        rest, self._rest = self._rest, b""
        if self.chunked:
            yield from self._unchunked(rest)
        elif self.length_remaining is not None:
            yield from self._measured(rest)
        else:
            if rest:
                yield rest
            while piece := self._sock.recv(READ):
                yield piece
            if attempt.cut:
                raise FetchError("truncated", "the connection ended without the goodbye of TLS")

    def close(self) -> None:
        """Close the connection, unless the next request can use it."""
        if self._connection is not None and not (self._whole and self._keeps):
            self._connection.close()

    def release_conn(self) -> None:
        """Give the connection back."""
        if self._pool is not None and self._connection is not None:
            self._pool._put_conn(self._connection)
        self._connection = None

    @property
    def closed(self) -> bool:
        """Whether the connection was given back."""
        return self._connection is None

    @property
    def connection(self) -> HTTPConnection | None:
        """The connection that it comes over."""
        return self._connection

    def came_over(self, connection: HTTPConnection, pool: HTTPConnectionPool) -> None:
        """Say which connection `release_conn` gives back, and to whom."""
        self._connection, self._pool = connection, pool

    def _measured(self, rest: bytes) -> Iterator[bytes]:
        left = self.length_remaining or 0
        piece = rest or self._receive(left)
        while left:
            if len(piece) > left:  # more than was said: nobody knows where the next answer begins
                piece, self._keeps = piece[:left], False
            left -= len(piece)
            self._whole = not left
            yield piece
            piece = self._receive(left)

    def _receive(self, left: int) -> bytes:
        if not left:
            return b""
        piece = self._sock.recv(min(left, MOST))
        if not piece:
            raise cut_short(None)
        return piece

    def _unchunked(self, data: bytes) -> Iterator[bytes]:
        chunks = Unchunker()
        while True:
            content, more = chunks.take(data)
            if chunks.done:
                self._whole = not more
            if content:
                yield content
            if chunks.done:
                return
            data = self._sock.recv(READ)
            if not data:
                raise FetchError("truncated", "the page stops before its last chunk")


def _read_head(sock: socket.socket) -> tuple[Head, bytes]:
    """Return the head, and what came with it of the body."""
    head, data, start = Head(), sock.recv(READ), 0
    while True:
        while end := data.find(b"\n", start) + 1:
            if head.take(data[start:end]):
                return head, data[end:]
            start = end
        data, start = data[start:], 0
        if len(data) > LONGEST_LINE:
            raise FetchError("headers-too-large", f"a line of more than {LONGEST_LINE} bytes")
        piece = sock.recv(READ)
        if not piece:
            raise lost(head.first or data, None)
        data += piece
