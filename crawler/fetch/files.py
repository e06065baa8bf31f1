"""Files saved by their content: what a page of the kind `(file)` becomes, in the worker that fetched it.

The body goes to FOLDER/.contents/SHA256, written under another name, flushed and renamed: a file is there as a whole or
not at all, one content is one file whatever the number of its addresses, and a kill leaves at most a draft, which the
next run removes. Only what is on the disk is told to the store. Names for people are given when the rows are written
(`crawler.runner.files`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from crawler.model import FILE, Failure, Page, Response, Stored

try:
    import fcntl
except ImportError:  # Windows: drafts are told from those at work by their age there
    fcntl = None  # type: ignore[assignment]  # mypy has no notion of a module that may be missing

__all__ = ["CONTENTS", "DRAFT", "Contents", "FileSaver", "digest_of", "drafted", "extension", "in_use", "sync_folder"]

CONTENTS = ".contents"

DRAFT = "tmp-"
"""How the names of drafts begin, behind a dot."""
_OLD = 3_600.0  # seconds; no body takes that long to write: for file systems without locks
_HTML = re.compile(rb"\s{0,100}(?:<\?xml[^>]{0,200}>\s{0,100})?<(?:!doctype\s{1,20}html|html|head|body)[\s>]", re.I)
_TYPES = {
    "image/jpeg": "jpg", "image/pjpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "image/avif": "avif", "image/bmp": "bmp", "image/x-ms-bmp": "bmp", "image/tiff": "tif", "image/svg+xml": "svg",
    "image/x-icon": "ico", "image/vnd.microsoft.icon": "ico", "image/heic": "heic", "image/jxl": "jxl",
    "application/pdf": "pdf", "application/epub+zip": "epub", "application/rtf": "rtf", "text/rtf": "rtf",
    "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/ogg": "ogg", "audio/wav": "wav", "audio/x-wav": "wav",
    "audio/flac": "flac", "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "video/mpeg": "mpg",
    "application/zip": "zip", "application/x-zip-compressed": "zip", "application/gzip": "gz",
    "application/x-gzip": "gz", "application/x-7z-compressed": "7z", "application/x-tar": "tar",
    "text/csv": "csv", "application/json": "json", "application/xml": "xml", "text/xml": "xml",
    "text/html": "html", "application/xhtml+xml": "html", "text/calendar": "ics", "text/vcard": "vcf",
}  # fmt: skip
_SAME = {"jpeg": "jpg", "jpe": "jpg", "tiff": "tif", "htm": "html", "mpeg": "mpg"}
_KNOWN = frozenset({*_TYPES.values(), "txt", "md", "stl", "step", "dwg", "dxf", "gpx", "kml", "kmz", "geojson"})
_UNKNOWN = "bin"


def extension(content_type: str, url: str) -> str:
    """Return the extension of a file, without a dot: one of a fixed list, none of which a system runs as a program.

    The content type says it; the address does where that says nothing known. `bin` for all that is not known.
    """
    kind = _kind(content_type)
    if kind in _TYPES:
        return _TYPES[kind]
    return _written(url) or ("txt" if kind == "text/plain" else _UNKNOWN)


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].partition(",")[0].strip().lower()


def _written(url: str) -> str:
    """The extension that stands in an address; "" for none, or none that is known."""
    found = url.partition("?")[0].rpartition("/")[2].rpartition(".")[2].lower()
    found = _SAME.get(found, found)
    return found if found in _KNOWN else ""


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where the system can."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file in hexadecimal; None where there is no file: a symbolic link is none."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with open(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


class Contents:
    """The files of a job by their SHA-256; picklable.

    Args:
        folder: of the config, `files.folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._contents = folder / CONTENTS

    def path(self, digest: str) -> Path:
        """Where a content is."""
        return self._contents / digest

    def has(self, digest: str) -> bool:
        """Tell whether a content is there."""
        try:
            return stat.S_ISREG(os.lstat(os.path.join(self._contents, digest)).st_mode)
        except OSError:
            return False

    def make(self) -> None:
        """Make the folder.

        Raises:
            OSError: it cannot be made, or a symbolic link is in its place, which is not followed.
        """
        self._contents.mkdir(parents=True, exist_ok=True)
        if not stat.S_ISDIR(self._contents.lstat().st_mode):
            raise NotADirectoryError(0, f"{self._contents} is not a folder")

    def save(self, body: bytes) -> str:
        """Save a content; return its digest. One that is there already is looked at: it may have been edited.

        Raises:
            OSError: it cannot be written.
        """
        digest = hashlib.sha256(body).hexdigest()
        self.make()
        if digest_of(self.path(digest)) == digest:
            return digest
        with drafted(self._contents, self.path(digest)) as file:
            file.write(body)
        sync_folder(self._contents)
        return digest

    def clear(self) -> None:
        """Remove the drafts of runs that were killed; not those of another job that is at work in this folder."""
        for folder in (self.folder, self._contents):
            with suppress(OSError):
                for entry in os.scandir(folder):
                    if entry.name.startswith(f".{DRAFT}"):
                        with suppress(OSError):
                            _remove_if_left(entry.path)


@contextmanager
def drafted(folder: Path, target: Path) -> Iterator[BinaryIO]:
    """Give a draft in a folder; it is flushed and takes the name of `target` when the block ends without an error.

    It is locked until then, so that no other job clears it away.

    Raises:
        OSError: it cannot be written or named.
    """
    file, draft = _new_draft(folder)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # Windows renames no file that is open
            os.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def in_use(content: Path) -> Iterator[None]:
    """Let no other job clear away a draft that is a second name of this content.

    Raises:
        OSError: it is not there.
    """
    if fcntl is None:
        yield
        return
    number = os.open(content, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(number, fcntl.LOCK_SH)
        yield
    finally:
        os.close(number)


def _new_draft(folder: Path) -> tuple[BinaryIO, Path]:
    while True:
        draft = folder / f".{DRAFT}{token_hex(8)}"
        file = draft.open("xb")
        if _lock(file.fileno()) is not False and draft.exists():
            return file, draft
        file.close()  # another job cleared it away before it was locked


def _lock(number: int) -> bool | None:
    """Lock an open file until it is closed, however its process ends; None where there are no locks."""
    try:
        if fcntl is not None:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except OSError:
        pass
    return None


def _remove_if_left(draft: str) -> None:
    """Remove a draft unless somebody is at work on it."""
    is_old = os.stat(draft, follow_symlinks=False).st_mtime < time.time() - _OLD
    if fcntl is None:  # Windows removes no file that is open
        if is_old:
            os.unlink(draft)
        return
    number = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        free = _lock(number)
        if free or (free is None and is_old):
            os.unlink(draft)
    finally:
        os.close(number)


class FileSaver:
    """Makes of the answer with a file the page that the store keeps; picklable."""

    def __init__(self, folder: Path) -> None:
        self._contents = Contents(folder)

    def __call__(self, response: Response) -> Page | Failure:
        """Save the body. What is told of it is one record: its digest and its extension.

        Failures have the codes `empty`, `html-not-file` and `file-unwritable`.
        """
        if not response.body:
            return Failure("empty", "the file is empty", response.status, elapsed=response.elapsed)
        kind, written = response.headers.get("content-type", ""), _written(response.url)
        if _kind(kind) == "text/html" and written not in ("", "html"):
            if _HTML.match(response.body):
                what = f"the answer is an HTML page, not a .{written} file"
                return Failure("html-not-file", what, response.status, elapsed=response.elapsed)
            kind = ""  # a server that says so of all that it does not know
        try:
            digest = self._contents.save(response.body)
        except OSError as error:
            why = error.strerror or type(error).__name__
            return Failure("file-unwritable", f"the file cannot be saved: {why}", elapsed=response.elapsed)
        told = {"digest": digest, "ext": extension(kind, response.url)}
        record = Stored(FILE, json.dumps(told), None)
        return Page(response.status, len(response.body), response.elapsed, (record,))
