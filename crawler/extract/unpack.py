"""Open an answer that is a gzip file (RFC 1952) or a zip file with one file in it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from crawler.errors import ExtractError

__all__ = ["BROKEN_ZIP", "unpack"]

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, LookupError, ValueError)
"""What zipfile raises for a file that is damaged."""

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_WITH_GZIP_HEAD = 16 + zlib.MAX_WBITS
_MAX_MEMBERS = 1_000
_MAX_STREAMS = 10_000
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 1


def unpack(body: bytes, most: int) -> bytes:
    """Return what a packed body holds, also where that is packed once more; any other body as it is.

    Of a gzip file that has several parts all are joined, as the standard has it. In a zip file, folders and what
    macOS adds count as nothing. An xlsx file is a zip of several files, and not opened here.

    Args:
        most: bytes that are ever unpacked.

    Raises:
        ExtractError: `too-large`; `unparsable` for what is broken, protected, or a zip with several files or none.
    """
    for _ in range(2):
        if body.startswith(_GZIP):
            body = _gunzip(body, most)
        elif body.startswith(_ZIP):
            body = _unzip(body, most)
    return body


def _gunzip(body: bytes, most: int) -> bytes:
    parts, left, rest = [], most, body
    for _ in range(_MAX_STREAMS):
        stream = zlib.decompressobj(_WITH_GZIP_HEAD)
        try:
            part = stream.decompress(rest, left + 1)
        except zlib.error as error:
            raise ExtractError("unparsable", f"the gzip file is broken: {error}"[:200]) from error
        left -= len(part)
        if left < 0:
            raise _too_large(most)
        if not stream.eof:
            raise ExtractError("unparsable", "the gzip file breaks off before its end")
        parts.append(part)
        rest = stream.unused_data
        if not rest.startswith(_GZIP):  # zeros that fill a block, or something else that gzip passes over, too
            return b"".join(parts)
    raise ExtractError("unparsable", f"the gzip file has more than {_MAX_STREAMS:,} parts")


def _unzip(body: bytes, most: int) -> bytes:
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
    if file.flag_bits & _ENCRYPTED:
        raise ExtractError("unparsable", "the zip file is protected by a password")
    if file.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ExtractError("unparsable", "the zip file is packed in a way that few programs can read")
    if file.file_size > most:
        raise _too_large(most)
    with archive.open(file) as packed:
        data = packed.read(most + 1)
    if len(data) > most:
        raise _too_large(most)
    return data


def _too_large(most: int) -> ExtractError:
    return ExtractError("too-large", f"more than {most} bytes after unpacking")
