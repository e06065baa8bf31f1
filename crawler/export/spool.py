"""Many lines of text kept compressed in memory until the place where they are written is reached."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

__all__ = ["Spool"]


class Spool:
    """A list of lines that grows by a few bytes a line; a line holds no line feed."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(1)
        self._parts: list[bytes] = []
        self.count = 0

    def add(self, line: str) -> None:
        """Append one line."""
        self.count += 1
        self._keep(self._packer.compress(line.encode("utf-8") + b"\n"))

    def lines(self) -> Iterator[str]:
        """All lines in order, once; nothing can be added afterwards."""
        self._keep(self._packer.flush())
        unpacker, rest = zlib.decompressobj(), b""
        for part in self._parts:
            *whole, rest = (rest + unpacker.decompress(part)).split(b"\n")
            for line in whole:
                yield line.decode("utf-8")

    def _keep(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
