"""Open a zip file that holds one file (PKWARE's APPNOTE.TXT, as zipfile reads it)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from crawler.errors import ExtractError

__all__ = ["BROKEN_ZIP", "check_member", "unzip"]

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, LookupError, ValueError)
"""What zipfile raises for a file that is damaged."""

_MAX_MEMBERS = 1_000
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 1


def unzip(body: bytes, most: int) -> bytes:
    """Return the one file in a zip file; folders and what macOS adds count as nothing.

    Raises:
        ExtractError: `too-large`, `unparsable`.
    """
    if body.count(_DIRECTORY_ENTRY) > _MAX_MEMBERS:
        raise ExtractError("unparsable", f"the zip holds more than {_MAX_MEMBERS:,} files")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "[Content_Types].xml" in names:
                raise ExtractError("unparsable", "the zip is an Office file; for an Excel workbook say format: xlsx")
            files = [
                each
                for each in members
                if not each.filename.endswith("/") and not each.filename.startswith("__MACOSX/")
            ]
            if len(files) != 1:
                raise ExtractError("unparsable", f"the zip holds {len(files)} files; only a zip with one can be read")
            return _member(archive, files[0], most)
    except BROKEN_ZIP as error:
        raise ExtractError("unparsable", f"the zip file is broken: {error}"[:200]) from error


def _member(archive: zipfile.ZipFile, file: zipfile.ZipInfo, most: int) -> bytes:
    if trouble := check_member(file):
        raise ExtractError("unparsable", f"the zip file {trouble}")
    if file.file_size > most:
        raise ExtractError("too-large", f"more than {most:,} bytes after unpacking")
    return archive.read(file)  # never more than it says of itself


def check_member(file: zipfile.ZipInfo) -> str:
    """Return why a file cannot be unpacked, "" where it can: what goes on in `it ...`."""
    if file.flag_bits & _ENCRYPTED:
        return "is protected by a password"
    if file.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is packed in a way that few programs can read"
    return ""
