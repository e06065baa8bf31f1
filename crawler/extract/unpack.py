"""Open an answer that is a gzip file (RFC 1952) or a zip file with one file in it."""

from __future__ import annotations

import zlib
from io import BytesIO

from crawler.errors import ExtractError

__all__ = ["gunzip", "unpack"]

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_WITH_GZIP_HEAD = 16 + zlib.MAX_WBITS
_MAX_STREAMS = 10_000
_CHUNK = 16_384
"""Bytes given to zlib at once: what it leaves over it copies, for each part of the file."""
_PIECE = 1_000_000
"""Bytes taken from zlib at once."""


def unpack(body: bytes, most: int) -> bytes:
    """Return what a packed body holds, also where that is packed once more; any other body as it is.

    Of a gzip file that has several parts all are joined, as the standard has it. In a zip file, folders and what
    macOS adds count as nothing. An xlsx file is a zip of several files, and not opened here.

    Args:
        most: bytes that are ever unpacked.

    Raises:
        ExtractError: `too-large`; `bad-encoding` for a gzip file that is broken; `unparsable` for a zip file that is
            broken, protected, or has several files or none.
    """
    for _ in range(2):
        if body.startswith(_GZIP):
            body = gunzip(body, most)
        elif body.startswith(_ZIP):
            from crawler.extract.zips import unzip  # late: hardly any answer is one

            body = unzip(body, most)
    return body


def gunzip(body: bytes, most: int) -> bytes:
    """Return what a gzip file holds, all parts of it joined; it is unpacked piece by piece, so a bomb fills no memory.

    Args:
        most: bytes that are ever unpacked.

    Raises:
        ExtractError: `too-large`; `bad-encoding` for what is broken.
    """
    unpacked, at = BytesIO(), 0
    for _ in range(_MAX_STREAMS):
        stream = zlib.decompressobj(_WITH_GZIP_HEAD)
        while not stream.eof:
            packed = body[at : at + _CHUNK]
            part = _inflated(stream, packed)
            if not (packed or part):
                raise ExtractError("bad-encoding", "the gzip file breaks off before its end")
            unpacked.write(part)
            if unpacked.tell() > most:
                raise ExtractError("too-large", f"more than {most:,} bytes after unpacking")
            at += len(packed) - len(stream.unconsumed_tail) - len(stream.unused_data)
        if not body.startswith(_GZIP, at):  # zeros that fill a block, or something else that gzip passes over, too
            return unpacked.getvalue()
    raise ExtractError("bad-encoding", f"the gzip file has more than {_MAX_STREAMS:,} parts")


def _inflated(stream: zlib._Decompress, packed: bytes) -> bytes:
    try:
        return stream.decompress(packed, _PIECE)
    except zlib.error as error:
        raise ExtractError("bad-encoding", f"the gzip file is broken: {error}"[:200]) from error
