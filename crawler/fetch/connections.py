"""Connections of urllib3 with our sockets, our reading of heads, the address guard and the last look at the clock."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse

from crawler.errors import FetchError
from crawler.fetch.addresses import allowed, look_up
from crawler.fetch.answer import Answer
from crawler.fetch.attempt import attempt
from crawler.fetch.sockets import connect

__all__ = ["POOLS"]


class _Guarded(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """The only place where a connection is made: what is checked is what is connected to."""
        host, port = self._dns_host, self.port
        found = look_up(host, port, attempt.left())
        if self.proxy is None and not attempt.settings.connect_to:
            found = allowed(found, self.host, port, attempt.settings)
        return connect(found, self.socket_options or ())

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
        """Send the head in one piece, with the target as it is; urllib3 has encoded `url` in its own way."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in (headers or {}).items()])
        self.send(f"{method} {attempt.target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))

    def send(self, data: Any) -> None:
        """Send, unless it is too late for that.

        Raises:
            FetchError: `late`; nothing was sent, and the connection is kept for the next request.
        """
        if self.sock is None:
            self.connect()
        if monotonic() > attempt.not_after:
            if self.proxy is None and self.sock is not None:
                attempt.spares.give(self._key, self.sock)
                self.sock = None
            raise FetchError("late", "its turn was over before it could be sent")
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it closed
            self.sock.sendall(data)

    def getresponse(self) -> Answer:  # type: ignore[override]  # ours
        """Read the head of the answer.

        Raises:
            FetchError: see Answer.
        """
        return Answer(self.sock)

    @property
    def _key(self) -> tuple[str, str, int]:
        return type(self).__name__, self._dns_host, self.port


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
            connection.request(method, url, headers=headers)
            answer: Answer = connection.getresponse()
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
