"""From the headers of a response to its result; the body is read only if it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import monotonic, time
from typing import TYPE_CHECKING

from crawler import urls
from crawler.errors import FetchError, one_line
from crawler.fetch.attempt import attempt
from crawler.fetch.body import PIECE, decoded
from crawler.fetch.cookies import usable_cookies
from crawler.fetch.failures import retry_after, to_fetch_error
from crawler.model import Failure, Moved, Response

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = [
    "GOOD",
    "KEPT",
    "LEFTOVER_SECONDS",
    "MAX_LEFTOVER",
    "broken",
    "check_length",
    "classify",
    "is_short",
    "read_capped",
    "read_outcome",
]


GOOD = frozenset({200, 203})
"""HTTP statuses of pages."""
_EMPTY = frozenset({204, 205})
_MOVED = frozenset({301, 302, 303, 307, 308})
_REFUSED = {
    401: "the page requires a login",
    403: "the page requires a login, or the site blocks crawlers",
}
KEPT = frozenset({
    "content-language", "content-type", "date", "etag", "last-modified", "link", "location", "retry-after",
    "x-robots-tag",
})  # fmt: skip

MAX_LEFTOVER = 16_384
LEFTOVER_SECONDS = 1.0


def read_outcome(
    url: str,
    raw: BaseHTTPResponse,
    start: float,
    most: int,
    cut: bool,
    kept: frozenset[str] = KEPT,
    good: frozenset[int] = GOOD,
) -> Response | Moved | Failure:
    """Return what an answer of urllib3 means; its body is read only when it is a page.

    Args:
        start: `time.monotonic()` at which the request began.
        most: bytes of a decoded body.
        cut: return the first `most` bytes of a larger one.
        kept: names of headers that a Response keeps.
        good: statuses of pages.

    Raises:
        FetchError: the body is broken or too large, or time is up. Other errors are those of reading.
    """
    body = b""
    attempt.status = raw.status
    if raw.status in good:
        check_length(raw.length_remaining, most, cut)
        body = read_capped(_pieces(raw), raw.headers.get("content-encoding", ""), most, cut)
    else:
        _read_leftover(raw)
    fields = {name.lower(): value for name, value in raw.headers.items()}
    cookies = usable_cookies(raw.headers.getlist("set-cookie"))
    return classify(url, raw.status, raw.reason or "", fields, body, monotonic() - start, cookies, kept, good)


def classify(
    url: str,
    status: int,
    reason: str,
    fields: Mapping[str, str],
    body: bytes,
    elapsed: float,
    cookies: tuple[str, ...] = (),
    kept: frozenset[str] = KEPT,
    good: frozenset[int] = GOOD,
) -> Response | Moved | Failure:
    """Return what an answer means.

    Args:
        fields: headers by names in lower case, read as latin-1.
        body: decoded; empty where the answer is no page.
        elapsed: seconds that the request took.
        cookies: usable values of the headers Set-Cookie.
        kept: names of headers that a Response keeps.
        good: statuses of pages.
    """
    if status in _MOVED:
        return _moved(url, status, fields.get("location", ""), elapsed, cookies)
    headers = {
        name: value if value.isprintable() else _printable(value) for name, value in fields.items() if name in kept
    }
    if status in good or status in _EMPTY:
        return Response(url, status, headers, body, elapsed, cookies, time())
    code, detail = _failure(status, reason)
    return Failure(code, detail, status, retry_after(headers), elapsed, cookies)


def broken(error: FetchError, status: int, elapsed: float) -> Failure:
    """Return the failure for a request without a usable answer.

    Args:
        status: of the answer, 0 where there was none. It is kept where it is that of an error: then the broken body is
            not what was wrong first.
    """
    return Failure(error.code, error.detail, status if status >= 400 else 0, elapsed=elapsed)


def is_short(length: int | None, chunked: bool) -> bool:
    """Tell whether a body nobody wants is worth reading, so that the connection can be used again."""
    return chunked or (length is not None and length <= MAX_LEFTOVER)


def check_length(length: int | None, most: int, cut: bool) -> None:
    """Refuse a body that says it is too large.

    Raises:
        FetchError: `too-large`.
    """
    if length is not None and length > most and not cut:
        raise FetchError("too-large", f"{length} bytes; the limit is {most}")


def read_capped(pieces: Iterable[bytes], encoding: str, most: int, cut: bool) -> bytes:
    """Decode a body and join it; no more than `most` bytes are ever held.

    Raises:
        FetchError: `too-large`, `bad-encoding`, `truncated`. Other errors are those of the pieces.
    """
    parts: list[bytes] = []
    size = 0
    for piece in decoded(pieces, encoding) if encoding else pieces:
        size += len(piece)
        parts.append(piece)
        if size > most:
            if not cut:
                raise FetchError("too-large", f"more than {most} bytes")
            return b"".join(parts)[:most]
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _printable(value: str) -> str:
    return "".join(c if c.isprintable() else " " for c in value)


def _failure(status: int, reason: str) -> tuple[str, str]:
    if status == 206:
        return "partial", "only part of the page was sent"
    if status < 300:
        return "unexpected-status", f"status {status}"
    if status == 407:
        return "proxy", "the proxy requires a password"
    means = _REFUSED.get(status, "")
    said = one_line(reason, 80).removesuffix(means).removesuffix(": ")  # a recorded answer says it already
    return f"http-{status}", ": ".join(filter(None, (said, means)))


def _moved(url: str, status: int, location: str, elapsed: float, cookies: tuple[str, ...]) -> Moved | Failure:
    try:
        target = urls.resolve(url, _ascii(location))
    except urls.BadUrl as exc:
        code = "scheme-blocked" if exc.code == "scheme" else "bad-redirect"
        return Failure(code, f"to {one_line(location, 80)!r}: {exc.detail}", status, None, elapsed, cookies)
    return Moved(status, target, elapsed, cookies)


def _ascii(text: str) -> str:
    """Give the server its own bytes back, as browsers do, in whatever encoding; headers are read as latin-1."""
    return text if text.isascii() else "".join(c if c < "\x80" else f"%{ord(c):02X}" for c in text)


def _pieces(raw: BaseHTTPResponse) -> Iterator[bytes]:
    return raw.stream(PIECE, decode_content=False)


def _read_leftover(raw: BaseHTTPResponse) -> None:
    """Read a small body nobody wants, so that the connection can be used again; a large or slow one is cut."""
    if not is_short(raw.length_remaining, raw.chunked):
        return
    attempt.deadline = min(attempt.deadline, monotonic() + LEFTOVER_SECONDS)
    try:
        size = 0
        for piece in _pieces(raw):
            size += len(piece)
            if size > MAX_LEFTOVER:
                return
    except Exception as exc:
        to_fetch_error(exc)  # the page is not wanted: that it is broken too is of no interest
