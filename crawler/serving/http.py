"""Requests read and responses written: the small part of HTTP/1.1 (RFC 9112) that a local site needs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

__all__ = ["HEAD_LIMIT", "HttpError", "HttpRequest", "HttpResponse", "http_date", "parse", "plain", "render"]

HEAD_LIMIT = 16_384
"""Most bytes of a request line with its headers."""

BODILESS = frozenset({204, 304})
"""Statuses whose answer ends with its head (RFC 9112, 6.3)."""

REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])")
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class HttpRequest(NamedTuple):
    """A request.

    Attributes:
        target: path with query.
        keep: the connection stays open after the answer.
        host: of the header Host, or of a target in absolute form, which goes before it (RFC 9112, 3.2.2).
        scheme: of the header X-Forwarded-Proto: how the URL begins that was asked for on the other side.
        mark: of the header X-Crawler-Request: what tells requests of one URL apart.
        length: bytes of the body.
        kind: the header Content-Type.
    """

    method: str
    target: str
    keep: bool
    agent: str
    host: str = ""
    scheme: str = "http"
    mark: str = ""
    length: int = 0
    kind: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: status code, headers without Content-Length, body; a reason phrase other than the usual one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reason: str | None = None


class HttpError(Exception):
    """A request that cannot be served; the connection ends after the answer with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def parse(head: bytes, most_body: int = 0) -> HttpRequest:
    """Read a request line and headers, without the empty line at their end.

    Args:
        most_body: bytes that a body may have; with 0 there is no POST.

    Raises:
        HttpError: not HTTP, another version (505), another method (405), no Host or two (RFC 9112, 3.2), or a body
            that is too large or of unknown length (413).
    """
    first, *lines = head.split(b"\r\n")
    match = REQUEST_LINE.fullmatch(first)
    if not match:
        raise HttpError(400)
    method, target, major, minor = match.groups()
    if major != b"1":
        raise HttpError(505)
    headers = _headers(lines)
    if minor != b"0" and b"host" not in headers:
        raise HttpError(400)
    if method not in (b"GET", b"HEAD") and not (method == b"POST" and most_body):
        raise HttpError(405)
    length = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or not length.isdigit() or int(length[:18]) > most_body:
        raise HttpError(413)  # it is not read, so where the next request starts is not known
    host, path = _split(target.decode("latin-1"))
    return HttpRequest(
        method.decode(),
        path,
        _keeps(headers, minor),
        headers.get(b"user-agent", b"").decode("latin-1"),
        host or headers.get(b"host", b"").decode("latin-1"),
        "https" if headers.get(b"x-forwarded-proto") == b"https" else "http",
        headers.get(b"x-crawler-request", b"").decode("latin-1"),
        int(length),
        headers.get(b"content-type", b"").decode("latin-1"),
    )


def _headers(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or not TOKEN.fullmatch(name) or (name == b"host" and name in headers):
            raise HttpError(400)
        headers[name] = value.strip()
    return headers


def _keeps(headers: dict[bytes, bytes], minor: bytes) -> bool:
    wish = headers.get(b"connection", b"").lower()
    return wish == b"keep-alive" if minor == b"0" else wish != b"close"


def _split(target: str) -> tuple[str, str]:
    """Host and path with query of a target in absolute form; no host where it is in origin form."""
    if target[:7].lower() == "http://":
        host, _, path = target[7:].partition("/")
        return host, "/" + path
    return "", target


def plain(status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """A short answer in plain text."""
    body = f"{status} {HTTPStatus(status).phrase}\n".encode()
    return HttpResponse(status, {"Content-Type": "text/plain; charset=utf-8"} | (headers or {}), body)


def render(answer: HttpResponse, server: str) -> tuple[bytes, bytes, bytes]:
    """Status line, headers and body as bytes; Date and Connection come between when it is sent."""
    fields = {**answer.headers, "Server": server}
    if answer.status not in BODILESS:
        fields["Content-Length"] = str(len(answer.body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    reason = HTTPStatus(answer.status).phrase if answer.reason is None else answer.reason
    line = f"HTTP/1.1 {answer.status} {reason}\r\n"
    return line.encode("latin-1", "replace"), lines.encode("latin-1", "replace"), answer.body


def http_date(seconds: float) -> bytes:
    """The Date header with its line end (RFC 9110, 5.6.7)."""
    at = time.gmtime(seconds)
    day = f"{DAYS[at.tm_wday]}, {at.tm_mday:02} {MONTHS[at.tm_mon - 1]} {at.tm_year}"
    return f"Date: {day} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT\r\n".encode()
