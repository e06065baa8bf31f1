"""The response class of our connections of http.client: the same, but its head is read by `crawler.fetch.head`."""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import IO

from crawler.fetch.chunks import ChunkedStream
from crawler.fetch.head import LONGEST_LINE, Head, is_status, usable

__all__ = ["Answer"]


class Answer(HTTPResponse):
    """See the module."""

    def begin(self) -> None:
        """Read the head.

        Raises:
            FetchError: `headers-too-large`, `bad-headers`, `bad-response`, `truncated`.
            http.client.HTTPException: the first line is no status line, or nothing came.
        """
        if self.headers is not None:
            return
        stream = self.fp
        self.fp = io.BufferedReader(io.BytesIO(_read_head(stream)))
        try:
            super().begin()
        finally:
            self.fp = stream
        if not self.chunked:
            return
        self.fp = ChunkedStream(stream)  # as much of a file as is used
        if self.headers is not None and "content-length" in self.headers:
            self.will_close = True  # two lengths, one believed: what follows cannot be trusted (RFC 9112, 6.3)


def _read_head(stream: IO[bytes]) -> bytes:
    head = Head()
    while not head.take(stream.readline(LONGEST_LINE + 1)):
        pass
    if not is_status(head.first):
        return head.first  # http.client says what is wrong with it
    return b"".join([head.first, *usable(head.lines), b"\r\n"])
