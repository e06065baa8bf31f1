"""The request that the calling thread is making now, and its limits.

A thread makes one request at a time and does all its reading itself, so what its sockets must know stands here
and need not pass through the layers of requests, urllib3 and http.client.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

from crawler.errors import FetchError
from crawler.fetch.settings import ClientSettings

if TYPE_CHECKING:
    from crawler.fetch.spares import Spares

__all__ = ["attempt"]


class Attempt(threading.local):
    """Limits and counters of one attempt; each thread sees its own.

    Attributes:
        target: what stands in the request line, byte for byte: path and query, or the whole URL for a proxy of http.
        deadline: `time.monotonic()` at which the attempt ends, whatever it is doing.
        not_after: later than this nothing is sent.
        most: bytes that may come over the wire, head and trailers included.
        received: bytes that came.
        connected: a new connection was opened for it.
        cut: its connection ended without the goodbye of TLS.
        spares: where a connection goes that was ready too late.
    """

    settings: ClientSettings
    spares: Spares
    target = ""
    deadline = float("inf")
    not_after = float("inf")
    most = 0
    received = 0
    connected = False
    cut = False

    def begin(self, settings: ClientSettings, spares: Spares, not_after: float) -> float:
        """Start the clock; return the time of the start."""
        now = monotonic()
        self.settings = settings
        self.spares = spares
        self.deadline = now + settings.timeout
        self.not_after = not_after
        # Chunks and headers cost bytes too; a page of one-byte chunks that comes near this is no honest page.
        self.most = 2 * settings.page_bytes + 1_000_000
        self.received = 0
        self.connected = self.cut = False
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
            return FetchError("deadline", f"not complete after {self.settings.timeout:g} s")
        return FetchError("timeout", f"no answer after {self.settings.timeout:g} s")

    def count(self, size: int) -> None:
        """Note bytes that came over the wire.

        Raises:
            FetchError: `too-large`.
        """
        self.received += size
        if self.received > self.most:
            raise FetchError("too-large", f"more than {self.most} bytes were sent")


attempt = Attempt()
