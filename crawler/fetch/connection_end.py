"""What it means for an answer that its connection ended, for clients that see the end as an event."""

from __future__ import annotations

import ssl
from typing import Any

from crawler.errors import FetchError, one_line
from crawler.fetch.failures import explain

__all__ = ["cut_short", "lost", "said_goodbye"]


def cut_short(exc: BaseException | None) -> FetchError:
    """What it means that the connection was lost before the body was whole."""
    if exc is None or isinstance(exc, ssl.SSLError):
        return FetchError("truncated", "the page stops before its end")
    return explain(exc)


def said_goodbye(secure: Any) -> bool:
    """Tell whether TLS ended with close_notify; all that came before it is read already."""
    try:
        return not secure.read(1)
    except ssl.SSLError:  # it waits for more
        return False


def lost(first: bytes, exc: BaseException | None) -> FetchError:
    """What it means that the connection was lost before a whole head came."""
    if exc is not None:
        return explain(exc)
    if not first:
        return FetchError("closed", "closed without an answer")
    if b"HTTP/1".startswith(first[:6]):
        return FetchError("truncated", "the connection ended within the headers")
    return FetchError("bad-response", one_line(f"not HTTP: {first.decode('latin-1')}", 80))
