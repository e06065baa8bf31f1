"""Many lines of text kept compressed in memory until the place where they are written is reached."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

__all__ = ["Spool"]

_PIECE = 1 << 16  # characters that are compressed at once


class Spool:
    """A list of lines that grows by a few bytes a line; a line holds no line feed."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(1)
        self._parts: list[bytes] = []
        self._waiting: list[str] = []
        self._length = 0

    def add(self, line: str) -> None:
        """Append one line."""
        self._waiting.append(line)
        self._length += len(line)
        if self._length >= _PIECE:
            self._pack()

    def lines(self) -> Iterator[str]:
        """All lines in order, once; nothing can be added afterwards."""
        self._pack()
        self._keep(self._packer.flush())
        unpacker, rest = zlib.decompressobj(), b""
        for part in self._parts:
            *whole, rest = (rest + unpacker.decompress(part)).split(b"\n")
            for line in whole:
                yield line.decode("utf-8")

    def _pack(self) -> None:
        if self._waiting:
            self._keep(self._packer.compress(("\n".join(self._waiting) + "\n").encode("utf-8")))
            self._waiting.clear()
            self._length = 0

    def _keep(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
