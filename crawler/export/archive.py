"""The zip of a workbook, the same bytes for the same content on every machine and at any time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

__all__ = ["Archive", "Part"]

_UNIX = 3
_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # what a zip can hold


class Archive(ZipFile):
    """A zip file to be written, whose members all carry the time `now` and no trace of the host."""

    def __init__(self, file: BinaryIO, now: datetime) -> None:
        super().__init__(file, "w", ZIP_DEFLATED)
        self._now = min(max(now.timetuple()[:6], _FIRST), _LAST)

    def part(self, name: str) -> Part:
        """Open a member that is written piece by piece; close it before the next one is opened."""
        return Part(self, self._info(name))

    def writestr(self, name: str, data: bytes | str, *_: object) -> None:  # type: ignore[override]  # openpyxl's use
        """Add a small member."""
        super().writestr(self._info(name), data)

    def write(self, filename: object, name: str) -> None:  # type: ignore[override]  # openpyxl's use
        """Nothing: openpyxl would add the sheets now, but ours are in the archive already."""

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self._now)
        info.compress_type = ZIP_DEFLATED
        info.create_system = _UNIX
        info.external_attr = 0o600 << 16
        return info

    def abandon(self) -> None:
        """Close after an error without raising a second one; the file is thrown away anyway."""
        with contextlib.suppress(OSError, ValueError):
            self.close()


class Part:
    """A member of an archive while it is written; counts its bytes before compression."""

    def __init__(self, archive: Archive, info: ZipInfo) -> None:
        self._handle = archive.open(info, "w")
        self.size = 0

    def write(self, data: bytes) -> int:
        """Append bytes."""
        self.size += len(data)
        return self._handle.write(data)

    def close(self) -> None:
        """End the member."""
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
