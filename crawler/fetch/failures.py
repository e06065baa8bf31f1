"""Failures by their stable codes, and the Retry-After header."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from crawler.errors import FetchError
from crawler.urls import BadUrl

__all__ = ["by_proxy", "retry_after", "to_fetch_error"]


def to_fetch_error(exc: BaseException) -> FetchError:
    """Return the FetchError that an exception of requests, urllib3, http.client or the system stands for.

    The text of an unknown exception is left out: it may quote a header, and so a secret.
    """
    causes = _causes(exc)
    for cause in causes:
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, BadUrl):
            return FetchError("scheme-blocked" if cause.code == "scheme" else "bad-url", cause.detail)
    from crawler.fetch.error_codes import from_exception  # late: the libraries it knows are not all in use

    for cause in causes:
        known = from_exception(cause)
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
    from calendar import timegm
    from email.utils import parsedate_tz

    try:
        parsed = parsedate_tz(value)
        return None if parsed is None else timegm(parsed[:9]) - (parsed[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
