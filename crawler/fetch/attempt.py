"""The current request of each thread with its limits, and connections that became ready after their request had ended.

A thread makes one request at a time and does all its reading itself, so what its sockets must know stands here
and need not pass through the layers of requests, urllib3 and http.client.

A request may be sent only until `not_after`. Where connecting takes longer than that, the connection is kept for the
next request to that host: to throw it away would make the next try too late as well, and so for ever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Hashable
from time import monotonic

from crawler.errors import FetchError
from crawler.fetch.client import ClientSettings
from crawler.model import Trail

__all__ = ["UnusedSockets", "attempt"]


MAX = 64


class UnusedSockets:
    """Open connections by host; shared by the threads of one client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, list[socket.socket]] = {}
        self._closed = False

    def give(self, key: Hashable, sock: socket.socket) -> None:
        """Keep a connection on which nothing was sent."""
        with self._lock:
            if not self._closed and sum(map(len, self._kept.values())) < MAX:
                self._kept.setdefault(key, []).append(sock)
                return
        sock.close()

    def take(self, key: Hashable) -> socket.socket | None:
        """Return a connection that is still open, or None."""
        from urllib3.util.wait import wait_for_read  # late: the client `curl` does without urllib3

        while True:
            with self._lock:
                kept = self._kept.get(key)
                if not kept:
                    return None
                sock = kept.pop()
            # Readable before anything was sent: the server closed it, or sent data before a request.
            if not wait_for_read(sock, timeout=0.0):
                return sock
            sock.close()

    def close(self) -> None:
        """Close them all; keep no more."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, {}
        for socks in kept.values():
            for sock in socks:
                sock.close()


class Attempt(threading.local):
    """Limits and counters of one attempt; each thread sees its own.

    Attributes:
        target: what stands in the request line, byte for byte: path and query, or the whole URL for a proxy of http.
        proxy: URL of the proxy that it goes through, may hold a password; None for none.
        deadline: `time.monotonic()` at which the attempt ends, whatever it is doing.
        not_after: later than this nothing is sent.
        most: bytes that may come over the wire, head and trailers included.
        received: bytes that came.
        status: of the answer whose body is read; 0 before.
        connected: a new connection was opened for it.
        cut: its connection ended without the goodbye of TLS.
        spares: where a connection goes that was ready too late.
        trail: when it did what; None in a run that is not traced.
    """

    settings: ClientSettings
    spares: UnusedSockets
    target = ""
    proxy: str | None = None
    deadline = float("inf")
    not_after = float("inf")
    most = 0
    received = 0
    status = 0
    connected = False
    cut = False
    trail: Trail | None = None

    def begin(self, settings: ClientSettings, spares: UnusedSockets, not_after: float) -> float:
        """Start the clock; return the time of the start."""
        now = monotonic()
        self.settings = settings
        self.spares = spares
        self.deadline = now + settings.timeout
        self.not_after = not_after
        self.most = settings.most_sent
        self.received = self.status = 0
        self.connected = self.cut = False
        self.trail = Trail() if settings.traced else None
        return now

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            FetchError: `timeout` when nothing came yet, `deadline` when something did.
        """
        left = self.deadline - monotonic()
        if left <= 0:
            raise self.late()
        return left

    def late(self) -> FetchError:
        """Return the error for a request that ran out of time."""
        if self.received:
            return FetchError("deadline", f"not complete within {self.settings.timeout:g} s")
        return FetchError("timeout", f"no response within {self.settings.timeout:g} s")

    def count(self, size: int) -> None:
        """Note bytes that came over the wire.

        Raises:
            FetchError: `too-large`.
        """
        self.received += size
        if self.trail is not None:
            self.trail.heard()
        if self.received > self.most:
            raise FetchError("too-large", f"more than {self.most} bytes were sent")


attempt = Attempt()
