"""Sockets whose every read ends at the deadline of the attempt and is counted against its size limit.

The timeouts of requests and urllib3 hold for one read each: a server that sends a byte now and then is never cut off.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from crawler.errors import FetchError
from crawler.fetch.addresses import Address
from crawler.fetch.attempt import attempt

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Socket", "TlsSocket", "connect"]

Options = Sequence[tuple[int, int, int | bytes]]


class Socket(socket.socket):
    """A TCP socket; see the module."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """Read once, within the limits of the attempt.

        Raises:
            FetchError: `timeout`, `deadline` or `too-large`.
        """
        return _limited(self, super().recv_into, buffer, nbytes, flags)


class TlsSocket(ssl.SSLSocket):
    """A TLS socket; see the module."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        """Read once, within the limits of the attempt.

        Raises:
            FetchError: `timeout`, `deadline` or `too-large`.
        """
        return _limited(self, self._receive, buffer, nbytes, flags)

    def _receive(self, *args: Any) -> int:
        """Tell a goodbye (close_notify), after which what came is whole, from an end without one."""
        if attempt.cut:
            return 0
        self.suppress_ragged_eofs = False
        try:
            return super().recv_into(*args)
        except ssl.SSLEOFError as exc:
            attempt.cut = bool(exc.reason)
        if not attempt.cut:  # so Python tells of a reset
            raise ConnectionResetError(errno.ECONNRESET, "the server cut the connection")
        return 0


def _limited(sock: socket.socket, receive: Callable[..., int], *args: Any) -> int:
    sock.settimeout(attempt.left())
    try:
        size = receive(*args)
    except TimeoutError:
        raise attempt.late() from None
    attempt.count(size)
    return size


def connect(addresses: Sequence[Address], options: Options) -> Socket:
    """Connect to the first address that answers; each gets an equal part of the time that is left.

    Raises:
        FetchError: `refused`, `reset`, `connect-timeout`, `timeout`, or `network` when there is no way to it.
    """
    attempt.connected, attempt.cut = True, False
    end = monotonic() + min(attempt.settings.connect_timeout, attempt.left())
    error = FetchError("refused", "no address")
    for tried, address in enumerate(addresses):
        share = max(0.001, (end - monotonic()) / (len(addresses) - tried))
        try:
            return _connected(address, share, options)
        except OSError as exc:
            error = _explained(exc)
    raise error


def _connected(address: Address, timeout: float, options: Options) -> Socket:
    sock = Socket(address.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        for option in options:
            sock.setsockopt(*option)
        sock.connect(address.sockaddr)
        sock.settimeout(attempt.left())  # for the TLS handshake
    except BaseException:
        sock.close()
        raise
    return sock


def _explained(exc: OSError) -> FetchError:
    if isinstance(exc, TimeoutError):
        return FetchError("connect-timeout", f"no connection after {attempt.settings.connect_timeout:g} s")
    if isinstance(exc, ConnectionRefusedError):
        return FetchError("refused", "the server does not accept connections")
    if isinstance(exc, ConnectionResetError | ConnectionAbortedError):
        return FetchError("reset", "the server cut the connection while it was made")
    return FetchError("network", exc.strerror or type(exc).__name__)
