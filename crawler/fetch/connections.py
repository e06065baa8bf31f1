"""How requests reaches a server: transport adapter, connections on our own sockets, and the responses read from them.

urllib3 would have http.client read the head, email parse it, and copy it twice; here `crawler.fetch.response_head`
does it once.

Everything overridden here is documented by requests "for use when subclassing". `send` itself stays, so that
`responses` can mock it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from crawler.errors import FetchError
from crawler.fetch.addresses import allowed, check_for_proxy, look_up
from crawler.fetch.attempt import attempt
from crawler.fetch.body import Unchunker, cut_short, lost
from crawler.fetch.client import ClientSettings
from crawler.fetch.proxy import address_of, connect_through, is_socks, looks_up
from crawler.fetch.response_head import MAX_LINE, HeaderFields, HeadParser, valid_lines
from crawler.fetch.sockets import connect, context

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool

__all__ = ["POOLS", "Adapter", "Bare", "Headers", "LenientResponse"]


READ = 65_536
MAX = 262_144
_NO_BODY = frozenset({204, 304})


class Headers(dict[str, str]):
    """The headers in use, by their names in lower case; asked for as those of urllib3 are."""

    def __init__(self, fields: HeaderFields) -> None:
        super().__init__(fields.values)
        self._cookies = fields.cookies

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # as urllib3 calls it
        """Value of a header."""
        return super().get(name.lower(), default)

    def getlist(self, name: str) -> list[str]:
        """Values of a header that may come several times: Set-Cookie."""
        return self._cookies if name.lower() == "set-cookie" else []


class LenientResponse(BaseHTTPResponse):
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
        fields = HeaderFields(valid_lines(head.lines))
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
                raise FetchError("truncated", "the connection ended without a TLS close_notify")

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
        piece = self._sock.recv(min(left, MAX))
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
                raise FetchError("truncated", "the page is incomplete: the last chunk is missing")


def _read_head(sock: socket.socket) -> tuple[HeadParser, bytes]:
    """Return the head, and what came with it of the body."""
    head, data, start = HeadParser(), sock.recv(READ), 0
    while True:
        while end := data.find(b"\n", start) + 1:
            if head.take(data[start:end]):
                return head, data[end:]
            start = end
        data, start = data[start:], 0
        if len(data) > MAX_LINE:
            raise FetchError("headers-too-large", f"a line of more than {MAX_LINE} bytes")
        piece = sock.recv(READ)
        if not piece:
            raise lost(head.first or data, None)
        data += piece


class _Guarded(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """The only place where a connection is made: what is checked is what is connected to."""
        host, port = self._dns_host, self.port
        if attempt.proxy and is_socks(attempt.proxy):
            return self._through_socks(attempt.proxy, host, port)
        found = look_up(host, port, attempt.left())
        if self.proxy is None and not attempt.settings.connect_to:
            found = allowed(found, self.host, port, attempt.settings)
        return connect(found, self.socket_options or ())

    def _through_socks(self, proxy: str, host: str, port: int) -> socket.socket:
        name, at = address_of(proxy)
        sock = connect(look_up(name, at, attempt.left()), self.socket_options or ())
        try:
            if not looks_up(proxy):
                found = allowed(look_up(host, port, attempt.left()), self.host, port, attempt.settings)
                host = str(found[0].ip)
            connect_through(sock, proxy, host, port)
        except BaseException:
            sock.close()
            raise
        return sock

    def connect(self) -> None:
        """Connect, or take a spare connection to the same host."""
        spare = attempt.spares.take(self._key) if self.proxy is None else None
        if spare is None:
            super().connect()
        else:
            self.sock = spare
            self.is_verified = True  # said of TLS only, and only to silence a warning about what was checked before

    def request(  # type: ignore[override]  # as urllib3 does
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Send head and body in one piece, with the target as it is; urllib3 has encoded `url` in its own way."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in (headers or {}).items()])
        self.send(f"{method} {attempt.target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + (body or b""))

    def send(self, data: Any) -> None:
        """Send, unless it is too late for that.

        Raises:
            FetchError: `late`; nothing was sent, and the connection is kept for the next request.
        """
        if self.sock is None:
            self.connect()
        now = monotonic()
        if now > attempt.not_after:
            if self.proxy is None and self.sock is not None:
                attempt.spares.give(self._key, self.sock)
                self.sock = None
            raise FetchError("late", "its time slot expired before it could be sent")
        if attempt.trail is not None:
            attempt.trail.sent = now
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it closed
            self.sock.sendall(data)

    def getresponse(self) -> LenientResponse:  # type: ignore[override]  # ours
        """Read the head of the answer.

        Raises:
            FetchError: see Answer.
        """
        return LenientResponse(self.sock)

    @property
    def _key(self) -> tuple[str, str, int, str | None]:
        return type(self).__name__, self._dns_host, self.port, attempt.proxy


class Plain(_Guarded):
    """http."""

    def connect(self) -> None:
        """Connect; from now on only our sockets wait, and only where there is something to wait for."""
        super().connect()
        self.sock.setblocking(False)


class Tls(_Guarded, HTTPSConnection):
    """https."""


class _Direct(HTTPConnectionPool):
    """Asks once, on a connection that it has; what urllib3 does around that is for retries and proxies."""

    def urlopen(  # type: ignore[override]  # as requests calls it
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> BaseHTTPResponse:
        """Send a request and read the head of the answer."""
        if self.proxy is not None:
            return super().urlopen(method, url, body, headers, **options)
        connection: Any = self._get_conn()
        try:
            connection.request(method, url, body, headers)
            answer: LenientResponse = connection.getresponse()
        except BaseException:
            connection.close()
            self._put_conn(connection)
            raise
        answer.came_over(connection, self)
        return answer


class PlainPool(_Direct):
    """Connections to one host by http."""

    ConnectionCls = Plain


class TlsPool(_Direct, HTTPSConnectionPool):
    """Connections to one host by https."""

    ConnectionCls = Tls


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": PlainPool, "https": TlsPool}
"""For `PoolManager.pool_classes_by_scheme`."""


class Bare(requests.Response):
    """A response without the parts nobody looks at here: cookies, encoding, history."""

    def __init__(self, request: requests.PreparedRequest, raw: BaseHTTPResponse) -> None:
        self.request = request
        self.raw = raw
        self.status_code = raw.status
        self.headers = raw.headers  # type: ignore[assignment]  # as good as a copy of another class
        self.url = request.url or ""
        self.history = []
        self._content = False  # type: ignore[assignment]  # as requests marks a body that is not read
        self._content_consumed = False


class Adapter(HTTPAdapter):
    """Connections of one thread."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        # The pool manager holds them, at most so many; one that it drops is closed, and must not be held here.
        self._pools: WeakValueDictionary[str, HTTPConnectionPool] = WeakValueDictionary()
        super().__init__(settings.connections, settings.connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make connections of ours."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make connections of ours, through a proxy too."""
        if is_socks(proxy) and proxy not in self.proxy_manager:  # our sockets speak it: for urllib3 there is none
            self.proxy_manager[proxy] = PoolManager(self._settings.connections, maxsize=self._settings.connections)
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        """Return the pool for the host of the request; `verify` and `proxies` are the same for all of a host."""
        url = request.url or ""
        origin = url[: url.index("/", 8)]
        known = f"{origin} {attempt.proxy}" if attempt.proxy else origin
        pool = self._pools.get(known)
        if pool is None:
            pool = self._pools[known] = self._new_pool(origin)
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection alone: its TLS context decides."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what tells urllib3 the scheme, for a proxy of http. The request line is written by our connections."""
        url = request.url or ""
        proxy = attempt.proxy
        return url[: url.index("/", 8) + 1] if proxy and not is_socks(proxy) and url.startswith("http:") else "/"

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Wrap the answer of urllib3."""
        return Bare(req, resp)

    def _new_pool(self, origin: str) -> HTTPConnectionPool:
        parsed = parse_url(origin)
        kwargs: dict[str, Any] = {}
        if parsed.scheme == "https":
            secure = self._settings.insecure_hosts.isdisjoint((parsed.host, parsed.netloc))
            kwargs["ssl_context"] = context(secure)
            kwargs["cert_reqs"] = "CERT_REQUIRED" if secure else "CERT_NONE"
        proxy = attempt.proxy
        if proxy:
            check_for_proxy(parsed.host or "", parsed.port or 0, self._settings)
        manager = self.proxy_manager_for(proxy) if proxy else self.poolmanager
        pool: HTTPConnectionPool = manager.connection_from_host(
            parsed.host, parsed.port, parsed.scheme, pool_kwargs=kwargs
        )
        return pool
