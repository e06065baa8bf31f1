"""Reads a body in chunks (RFC 9112, section 7.1), more strictly and more forgivingly than the libraries.

A line may end with a bare LF, as curl and browsers take it, and what follows the size on its line is ignored. But a
chunk must end where its size says, and the body with its last chunk and an empty line: else a page that was cut short,
or one whose sizes are wrong, passes as whole.
"""

from __future__ import annotations

import re

from crawler.errors import FetchError
from crawler.fetch.head import LONGEST_LINE

__all__ = ["Rechunker", "Unchunker"]

_size = re.compile(rb"([0-9A-Fa-f]{1,16})(?=[ \t;\r\n])").match
_EMPTY = (b"\r\n", b"\n")


def _size_of(line: bytes) -> int:
    """The size of a chunk, by the line in front of it.

    Raises:
        FetchError: `bad-chunk`.
    """
    found = _size(line)
    if found is None:
        raise FetchError("bad-chunk", "a chunk without a size")
    return int(found[1], 16)


def _wrong_end() -> FetchError:
    return FetchError("bad-chunk", "a chunk is longer than its size")


class Unchunker:
    """Takes the bytes of a body as they come; returns its content.

    Attributes:
        done: the body is whole.
    """

    def __init__(self) -> None:
        self.done = False
        self._left = 0
        self._state = self._at_size
        self._rest = b""

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what is in the chunks of `data`, trailers left out, and what follows the end of the body.

        Raises:
            FetchError: `bad-chunk`.
        """
        data = self._rest + data if self._rest else data
        self._rest = b""
        found: list[bytes] = []
        at = 0
        while at < len(data) and not self.done:
            after = self._state(data, at, found)
            if after < 0:  # a line that is not whole yet
                self._rest = data[at:]
                if len(self._rest) > LONGEST_LINE:
                    raise FetchError("bad-chunk", f"a line of more than {LONGEST_LINE} bytes")
                return b"".join(found), b""
            at = after
        return b"".join(found), data[at:]

    def _at_size(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = data.find(b"\n", at) + 1
        if not end:
            return -1
        self._left = _size_of(data[at : min(end, at + 20)])
        self._state = self._in_chunk if self._left else self._in_trailers
        return end

    def _in_chunk(self, data: bytes, at: int, found: list[bytes]) -> int:
        piece = data[at : at + self._left]
        self._left -= len(piece)
        found.append(self._written(piece))
        if not self._left:
            self._state = self._behind_chunk
        return at + len(piece)

    def _behind_chunk(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = data[at : at + 2]
        if end == b"\r":
            return -1
        if not end.startswith(_EMPTY):
            raise _wrong_end()
        self._state = self._at_size
        return at + 1 + (end[:1] == b"\r")

    def _in_trailers(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = data.find(b"\n", at) + 1
        if not end:
            return -1
        if data[at:end] in _EMPTY:
            found.append(self._last)
            self.done = True
        return end

    _last = b""

    def _written(self, piece: bytes) -> bytes:
        return piece


class Rechunker(Unchunker):
    """The same, but returns the content in chunks that every parser reads alike."""

    _last = b"0\r\n\r\n"

    def _written(self, piece: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(piece), piece)
