"""The zip of a workbook, the same bytes for the same content on every machine and at any time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

__all__ = ["Archive", "Part"]

_UNIX = 3
_LEVEL = 2  # level 6 makes a workbook a tenth smaller and would take three times the CPU, more than all the rest
_PIECE = 1 << 16  # characters that are encoded and compressed at once
_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # what a zip can hold


class Archive(ZipFile):
    """A zip file to be written, whose members all carry the time `now` and no trace of the host."""

    def __init__(self, file: BinaryIO, now: datetime) -> None:
        super().__init__(file, "w", ZIP_DEFLATED)
        self._now = min(max(now.timetuple()[:6], _FIRST), _LAST)

    def part(self, name: str) -> Part:
        """Open a member that is written piece by piece; close it before the next one is opened."""
        return Part(self, self._info(name))

    def add(self, name: str, text: str) -> None:
        """Add a small member."""
        self.writestr(self._info(name), text)

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self._now)
        info.compress_type = ZIP_DEFLATED
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # the only way to a member that is streamed
        info.create_system = _UNIX
        info.external_attr = 0o600 << 16
        return info

    def abandon(self) -> None:
        """Close after an error without raising a second one; the file is thrown away anyway."""
        with contextlib.suppress(OSError, ValueError):
            self.close()


class Part:
    """A text member of an archive while it is written.

    Attributes:
        size: bytes so far before compression, in steps.
    """

    def __init__(self, archive: Archive, info: ZipInfo) -> None:
        self._handle = archive.open(info, "w")
        self._waiting: list[str] = []
        self._length = self.size = 0

    def write(self, text: str) -> None:
        """Append text."""
        self._waiting.append(text)
        self._length += len(text)
        if self._length >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        self.size += self._handle.write("".join(self._waiting).encode("utf-8"))
        self._waiting.clear()
        self._length = 0

    def close(self) -> None:
        """End the member."""
        try:
            self._flush()
        finally:
            self._handle.close()

    def abandon(self) -> None:
        """Close after an error, which is on its way, without a second one."""
        with contextlib.suppress(OSError, ValueError):
            self._handle.close()


@contextlib.contextmanager
def opened(file: BinaryIO, now: datetime) -> Iterator[Archive]:
    """An archive that is completed when the block ends well."""
    archive = Archive(file, now)
    try:
        yield archive
    except BaseException:
        archive.abandon()
        raise
    archive.close()
