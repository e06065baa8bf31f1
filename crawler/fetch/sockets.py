"""Sockets on which every read obeys the deadline and the size limit of the request; and their TLS.

The timeouts of requests and urllib3 hold for one read each: a server that sends a byte now and then is never cut off.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import certifi
import urllib3
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import wait_for_read, wait_for_write

from crawler.errors import FetchError
from crawler.fetch.addresses import Address
from crawler.fetch.attempt import attempt

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["Socket", "TlsSocket", "connect", "context"]


T = TypeVar("T")
Options = Sequence[tuple[int, int, int | bytes]]
_UNEXPECTED_END = "UNEXPECTED_EOF_WHILE_READING"  # early releases of Python 3.11 give it no class of its own


class Socket(socket.socket):
    """A TCP socket; see the module. One that does not block waits here all the same, where there is nothing yet."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read once, within the limits of the attempt.

        Raises:
            FetchError: `timeout`, `deadline` or `too-large`.
        """
        return _counted(_limited(self, super().recv, size, flags))

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """The same, for what http.client reads by itself: the answer of a proxy."""
        size: int = _limited(self, super().recv_into, buffer, nbytes, flags)
        attempt.count(size)
        return size

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """Send, within the time of the attempt.

        Raises:
            FetchError: `timeout`.
        """
        left = memoryview(data)
        while left:
            try:
                left = left[self.send(left, flags) :]
            except BlockingIOError:
                if not wait_for_write(self, attempt.left()):
                    raise attempt.late() from None


class TlsSocket(ssl.SSLSocket):
    """A TLS socket; see the module."""

    def recv(self, size: int = 1024, flags: int = 0) -> bytes:
        """Read once, within the limits of the attempt.

        Raises:
            FetchError: `timeout`, `deadline` or `too-large`.
        """
        return _counted(_limited(self, self._receive, size, flags))

    def _receive(self, size: int, flags: int) -> bytes:
        """Tell a goodbye (close_notify), after which what came is whole, from an end without one."""
        if attempt.cut:
            return b""
        self.suppress_ragged_eofs = False
        try:
            return super().recv(size, flags)
        except ssl.SSLError as exc:
            if not isinstance(exc, ssl.SSLEOFError) and exc.reason != _UNEXPECTED_END:
                raise
            attempt.cut = bool(exc.reason)
        if not attempt.cut:  # so Python tells of a reset
            raise ConnectionResetError(errno.ECONNRESET, "the server reset the connection")
        return b""

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """Send, within the time of the attempt."""
        self.settimeout(attempt.left())
        super().sendall(data, flags)


def _limited(sock: socket.socket, receive: Callable[..., T], *args: Any) -> T:
    blocks = sock.gettimeout() != 0.0
    while True:
        if blocks:
            sock.settimeout(attempt.left())
        try:
            return receive(*args)
        except TimeoutError:
            raise attempt.late() from None
        except BlockingIOError:
            if not wait_for_read(sock, attempt.left()):
                raise attempt.late() from None


def _counted(data: bytes) -> bytes:
    attempt.count(len(data))
    return data


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
        return FetchError("connect-timeout", f"could not connect within {attempt.settings.connect_timeout:g} s")
    if isinstance(exc, ConnectionRefusedError):
        return FetchError("refused", "the server refused the connection")
    if isinstance(exc, ConnectionResetError | ConnectionAbortedError):
        return FetchError("reset", "the server reset the connection while it was being established")
    return FetchError("network", exc.strerror or type(exc).__name__)


@lru_cache(maxsize=2)
def context(verify: bool) -> ssl.SSLContext:
    """Return the context that checks certificates, or the one that does not. TLS 1.2 at least, for both."""
    made = ssl.create_default_context(cafile=certifi.where())
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # early releases of Python 3.11 set it: a cut page would look whole
    if not verify:
        urllib3.disable_warnings(InsecureRequestWarning)  # the config asked for it, host by host
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    made.sslsocket_class = TlsSocket
    return made
