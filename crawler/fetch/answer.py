"""Reads the head of an HTTP answer more strictly, and more forgivingly, than http.client does by itself.

- A line that is no header is dropped alone; the parser of the standard library drops all headers after it.
- Interim answers (100, 103, ...; RFC 9110, section 15.2) are skipped, at most 20 of them.
- A head that ends before its empty line is an answer cut short.
- Content-Length must be a number; two that differ are an error (RFC 9112, section 6.3).
"""

from __future__ import annotations

import io
import re
from http.client import HTTPResponse
from typing import IO

from crawler.errors import FetchError

__all__ = ["Answer"]

MOST_INTERIM = 20
MOST_LINES = 100
LONGEST_LINE = 65_536
MOST_BYTES = 262_144

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})(?: |\r?\n)").match
_HEADER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*:").match
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(.*?)[ \t\r\n]*$", re.I | re.S).match


class Answer(HTTPResponse):
    """The response class of our connections."""

    def begin(self) -> None:
        """Read the head.

        Raises:
            FetchError: `headers-too-large`, `bad-headers`, `bad-response`, `truncated`.
            http.client.HTTPException: the first line is no status line, or nothing came.
        """
        if self.headers is not None:
            return
        stream = self.fp
        head = _read_head(stream)
        self.fp = io.BufferedReader(io.BytesIO(head))
        try:
            super().begin()
        finally:
            self.fp = stream
        if self.chunked and self.headers is not None and "content-length" in self.headers:
            self.will_close = True  # two lengths, one believed: what follows cannot be trusted (RFC 9112, 6.3)


def _read_head(stream: IO[bytes]) -> bytes:
    for _ in range(MOST_INTERIM + 1):
        first = _line(stream)
        match = _STATUS(first)
        if match is None:
            return first  # http.client says what is wrong with it
        lines = _headers(stream)
        status = int(match[1])
        if not 100 <= status < 200 or status == 101:
            return b"".join([first, *_usable(lines), b"\r\n"])
    raise FetchError("bad-response", f"more than {MOST_INTERIM} interim answers")


def _headers(stream: IO[bytes]) -> list[bytes]:
    lines: list[bytes] = []
    size = 0
    while (line := _line(stream)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n"):
            raise FetchError("truncated", "the connection ended within the headers")
        size += len(line)
        if len(lines) >= MOST_LINES or size > MOST_BYTES:
            raise FetchError("headers-too-large", f"more than {MOST_LINES} lines or {MOST_BYTES} bytes")
        if line[:1] in b" \t" and lines:  # a folded header (RFC 9112, section 5.2)
            lines[-1] = lines[-1].rstrip(b"\r\n") + b" " + line.lstrip(b" \t")
        else:
            lines.append(line)
    return lines


def _line(stream: IO[bytes]) -> bytes:
    line = stream.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise FetchError("headers-too-large", f"a line of more than {LONGEST_LINE} bytes")
    return line


def _usable(lines: list[bytes]) -> list[bytes]:
    usable: list[bytes] = []
    length: int | None = None
    for line in lines:
        if not _HEADER(line):
            continue
        match = _LENGTH(line)
        if match is None:
            usable.append(line.replace(b"\r", b" ").replace(b"\x00", b" ").rstrip() + b"\r\n")
            continue
        said = _number(match[1])
        if said is not None and length not in (None, said):
            raise FetchError("bad-headers", "two different lengths")
        if said is not None and length is None:
            length = said
            usable.append(b"Content-Length: %d\r\n" % said)
    return usable


def _number(value: bytes) -> int | None:
    """The length a header gives; None for nonsense, which is then read like an unknown length."""
    numbers = {part.strip() for part in value.split(b",")}
    if len(numbers) > 1:
        raise FetchError("bad-headers", "two different lengths")
    text = numbers.pop()
    return int(text) if text.isdigit() and len(text) < 19 else None
