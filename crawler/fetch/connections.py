"""Connections of urllib3 with our sockets, our reading of heads, the address guard and the last look at the clock."""

from __future__ import annotations

import socket
from time import monotonic
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from crawler.errors import FetchError
from crawler.fetch.addresses import allowed, look_up
from crawler.fetch.answer import Answer
from crawler.fetch.attempt import attempt
from crawler.fetch.sockets import connect

__all__ = ["POOLS"]


class _Guarded(HTTPConnection):
    response_class = Answer

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

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Begin a request with the target as it is; urllib3 has encoded `url` in its own way."""
        super().putrequest(method, attempt.target, *args, **kwargs)

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
        super().send(data)

    @property
    def _key(self) -> tuple[str, str, int]:
        return type(self).__name__, self._dns_host, self.port


class Plain(_Guarded):
    """http."""


class Tls(_Guarded, HTTPSConnection):
    """https."""


class PlainPool(HTTPConnectionPool):
    """Connections to one host by http."""

    ConnectionCls = Plain


class TlsPool(HTTPSConnectionPool):
    """Connections to one host by https."""

    ConnectionCls = Tls


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": PlainPool, "https": TlsPool}
"""For `PoolManager.pool_classes_by_scheme`."""
