"""Connections that were ready too late for their request, kept for the next one to the same host.

A request may be sent only until `not_after`. Where connecting takes longer than that, throwing the connection
away would make the next try too late as well, and so for ever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Hashable

from urllib3.util.wait import wait_for_read

__all__ = ["Spares"]

MOST = 64


class Spares:
    """Open connections by host; shared by the threads of one client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, list[socket.socket]] = {}
        self._closed = False

    def give(self, key: Hashable, sock: socket.socket) -> None:
        """Keep a connection on which nothing was sent."""
        with self._lock:
            if not self._closed and sum(map(len, self._kept.values())) < MOST:
                self._kept.setdefault(key, []).append(sock)
                return
        sock.close()

    def take(self, key: Hashable) -> socket.socket | None:
        """Return a connection that is still open, or None."""
        while True:
            with self._lock:
                kept = self._kept.get(key)
                if not kept:
                    return None
                sock = kept.pop()
            # Readable before anything was sent: the server closed it, or talks out of turn.
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
