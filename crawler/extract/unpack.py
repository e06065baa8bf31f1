"""Open an answer that is a gzip file (RFC 1952) or a zip file with one file in it."""

from __future__ import annotations

import zlib

from crawler.errors import ExtractError

__all__ = ["unpack"]

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_WITH_GZIP_HEAD = 16 + zlib.MAX_WBITS
_MAX_STREAMS = 10_000
_CHUNK = 65_536
"""Bytes given to zlib at once: what it leaves over it copies, for each part of the file."""


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
            from crawler.extract.zips import unzip  # late: hardly any answer is one

            body = unzip(body, most)
    return body


def _gunzip(body: bytes, most: int) -> bytes:
    parts: list[bytes] = []
    at, left = 0, most
    for _ in range(_MAX_STREAMS):
        stream = zlib.decompressobj(_WITH_GZIP_HEAD)
        while not stream.eof:
            piece = body[at : at + _CHUNK]
            if not piece:
                raise ExtractError("unparsable", "the gzip file breaks off before its end")
            at += len(piece)
            parts.append(_inflated(stream, piece, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise ExtractError("too-large", f"more than {most} bytes after unpacking")
        at -= len(stream.unused_data)
        if not body.startswith(_GZIP, at):  # zeros that fill a block, or something else that gzip passes over, too
            return b"".join(parts)
    raise ExtractError("unparsable", f"the gzip file has more than {_MAX_STREAMS:,} parts")


def _inflated(stream: zlib._Decompress, piece: bytes, most: int) -> bytes:
    try:
        return stream.decompress(piece, most)
    except zlib.error as error:
        raise ExtractError("unparsable", f"the gzip file is broken: {error}"[:200]) from error
