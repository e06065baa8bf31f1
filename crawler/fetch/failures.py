"""What went wrong, by its stable code; and when the server wants to be asked again."""

from __future__ import annotations

import http.client
import math
import ssl
import time
from calendar import timegm
from collections.abc import Mapping
from email.utils import parsedate_tz

import urllib3.exceptions as u3

from crawler.errors import FetchError
from crawler.urls import BadUrl

__all__ = ["by_proxy", "explain", "one_line", "retry_after"]


def one_line(text: str, limit: int = 200) -> str:
    """Return the text with control characters escaped, cut to `limit` characters."""
    cut = text[:limit]
    return cut if cut.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)


def explain(exc: BaseException) -> FetchError:
    """Return the FetchError that an exception of requests, urllib3, http.client or the system stands for.

    The text of an unknown exception is left out: it may quote a header, and so a secret.
    """
    causes = _causes(exc)
    for cause in causes:
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, BadUrl):
            return FetchError("scheme-blocked" if cause.code == "scheme" else "bad-url", cause.detail)
    for cause in causes:
        known = _known(cause)
        if known is not None:
            return known
    return FetchError("bad-response", f"unexpected {type(exc).__name__}")


_OF_PROXY = frozenset({"refused", "closed", "reset", "dns", "connect-timeout", "network"})


def by_proxy(error: FetchError) -> FetchError:
    """Return what an error means where the connection was to a proxy and nothing came back."""
    return FetchError("proxy", error.detail) if error.code in _OF_PROXY else error


def _causes(exc: BaseException) -> list[BaseException]:
    """The innermost first: the outer ones only repeat it in other words."""
    chain: list[BaseException] = []
    todo: list[object] = [exc]
    while todo and len(chain) < 30:
        one = todo.pop(0)
        if isinstance(one, BaseException) and one not in chain:
            chain.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return chain[::-1]


def _known(exc: BaseException) -> FetchError | None:
    for kind, code in _CODES:
        if isinstance(exc, kind):
            return FetchError(code, _detail(exc))
    if isinstance(exc, u3.ProtocolError) and "prematurely" in str(exc):
        return FetchError("truncated", "the page stops before its last chunk")
    if isinstance(exc, u3.ProtocolError) and "chunk" in str(exc):
        return FetchError("bad-chunk", one_line(str(exc)))
    if isinstance(exc, OSError) and str(exc).startswith("Tunnel connection failed"):
        return FetchError("proxy", one_line(str(exc)))
    return None


_CODES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((ssl.SSLError, u3.SSLError), "tls"),
    (http.client.RemoteDisconnected, "closed"),  # before ConnectionResetError, of which it is a kind
    ((ConnectionResetError, ConnectionAbortedError, BrokenPipeError), "reset"),
    (ConnectionRefusedError, "refused"),
    (u3.InvalidChunkLength, "bad-chunk"),
    ((http.client.IncompleteRead, u3.IncompleteRead), "truncated"),
    ((http.client.BadStatusLine, http.client.UnknownProtocol), "bad-response"),
    (http.client.LineTooLong, "headers-too-large"),
    (u3.InvalidHeader, "bad-headers"),
    ((u3.ReadTimeoutError, TimeoutError), "timeout"),
)


def _detail(exc: BaseException) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return one_line(exc.verify_message or "the certificate is not valid")
    if isinstance(exc, ssl.SSLError):
        return one_line((exc.reason or str(exc)).lower().replace("_", " "))
    if isinstance(exc, http.client.IncompleteRead | u3.IncompleteRead):
        return "the page stops before its end"
    if isinstance(exc, http.client.BadStatusLine):
        return one_line(f"not HTTP: {exc.args[0]}", 80)
    if isinstance(exc, http.client.RemoteDisconnected):
        return "closed without an answer"
    if isinstance(exc, u3.ReadTimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(exc, OSError):
        return one_line(exc.strerror or type(exc).__name__)
    return type(exc).__name__


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the header Retry-After asks for, 0 or more; None without a usable one.

    A date is compared with the server's own Date, so that its clock may be wrong (RFC 9110, section 10.2.3).
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _seconds(value)
        if until is None:
            return None
        now = _seconds(headers.get("date", ""))
        seconds = until - (time.time() if now is None else now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds(value: str) -> float | None:
    """Read an HTTP date in any of its three forms (RFC 9110, section 5.6.7)."""
    try:
        parsed = parsedate_tz(value)
        return None if parsed is None else timegm(parsed[:9]) - (parsed[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
