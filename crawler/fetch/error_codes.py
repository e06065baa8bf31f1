"""Map exceptions of urllib3, http.client, ssl and the system to the codes of failures."""

from __future__ import annotations

import http.client
import ssl

import urllib3.exceptions as u3

from crawler.errors import FetchError, one_line
from crawler.fetch.proxy import refused_tunnel

__all__ = ["from_exception"]


def from_exception(exc: BaseException) -> FetchError | None:
    """Return what an exception stands for; None for one that is not known here."""
    for kind, code in _CODES:
        if isinstance(exc, kind):
            return FetchError(code, _detail(exc))
    if isinstance(exc, OSError) and str(exc).startswith("Tunnel connection failed"):
        return refused_tunnel(str(exc))
    return None


_CODES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((ssl.SSLError, u3.SSLError), "tls"),
    (http.client.RemoteDisconnected, "closed"),  # before ConnectionResetError, of which it is a kind
    ((ConnectionResetError, ConnectionAbortedError, BrokenPipeError), "reset"),
    (ConnectionRefusedError, "refused"),
    ((http.client.BadStatusLine, http.client.UnknownProtocol), "bad-response"),
    (http.client.LineTooLong, "headers-too-large"),
    ((u3.ReadTimeoutError, TimeoutError), "timeout"),
)


def _detail(exc: BaseException) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return one_line(exc.verify_message or "the certificate is not valid")
    if isinstance(exc, ssl.SSLError):
        return one_line((exc.reason or str(exc)).lower().replace("_", " "))
    if isinstance(exc, http.client.BadStatusLine):
        return one_line(f"not HTTP: {exc.args[0]}", 80)
    if isinstance(exc, http.client.RemoteDisconnected):
        return "the server closed the connection without a response"
    if isinstance(exc, u3.ReadTimeoutError | TimeoutError):
        return "no response in time"
    if isinstance(exc, OSError):
        return one_line(exc.strerror or type(exc).__name__)
    return type(exc).__name__
