"""Replace a file completely or not at all, and detect whether somebody has it open.

Excel writes `~$books.xlsx` (the owner's name, MS-OFFCRYPTO and [MS-DOC] call it the owner file), LibreOffice
`.~lock.books.xlsx#` (a line `name,account,machine,time,profile;`, as its svl/source/misc/lockfilecommon.cxx reads it).

The bytes go to `.NAME.tmp-RANDOM` beside the target, are flushed to the disk, and only then take the target's
name. Rename within one file system is atomic (POSIX rename): who reads sees the old file or the new one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from crawler.errors import OutputError

__all__ = ["opened_by", "probe", "reason", "remove_stale", "replacing"]


_MAX = 4096  # bytes of a lock file that are read; those of both programs are far smaller
_NAME = 60
_WIDE_NAME = 55  # in Excel's: where the length of the name in UTF-16 stands, behind the one in the local encoding
_FIELDS = 3
_SLACK = 2.0  # seconds: some file systems keep times that coarsely


def opened_by(path: Path) -> str | None:
    """Tell who has a file open since it was last written: "LibreOffice (ann on desk-7)"; None where nobody has.

    A lock file older than the file itself says nothing: it was left behind by a program that crashed, or the file
    was replaced under it before, and said then.
    """
    for program, lock, read in (
        ("Excel", path.with_name(f"~${path.name}"), _of_excel),
        ("LibreOffice", path.with_name(f".~lock.{path.name}#"), _of_libreoffice),
    ):
        try:
            if not lock.is_file() or lock.stat().st_mtime + _SLACK < path.stat().st_mtime:
                continue
            with lock.open("rb") as file:
                who = read(file.read(_MAX))
        except OSError:  # Excel on Windows lets nobody read its own
            who = ""
        return f"{program} ({who})" if who else program
    return None


def _of_excel(lock: bytes) -> str:
    size = int.from_bytes(lock[_WIDE_NAME : _WIDE_NAME + 2], "little")
    wide = lock[_WIDE_NAME + 2 : _WIDE_NAME + 2 + 2 * size]
    if size and len(wide) == 2 * size:
        return _clean(wide.decode("utf-16-le", "replace"))
    narrow = lock[1 : 1 + lock[0]] if lock else b""
    return _clean(narrow.decode("cp1252", "replace")) if narrow and len(narrow) == lock[0] else ""


def _of_libreoffice(lock: bytes) -> str:
    fields = list(_fields(lock.decode("utf-8", "replace")))[:_FIELDS]
    name, account, machine = (_clean(field) for field in [*fields, *[""] * _FIELDS][:_FIELDS])
    return " on ".join(filter(None, (name or account, machine)))


def _fields(line: str) -> Iterator[str]:
    """Parts between commas, up to the semicolon; a backslash stands before one that is part of a name."""
    part, signs = "", iter(line)
    for sign in signs:
        if sign == ";":
            break
        if sign == ",":
            yield part
            part = ""
        else:
            part += next(signs, "") if sign == "\\" else sign
    yield part


def _clean(name: str) -> str:
    """A name from a file that anybody may have written, for a message."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())[:_NAME]


try:
    import fcntl
except ImportError:  # Windows: an open file cannot be removed there, which protects it as the lock does here
    fcntl = None  # type: ignore[assignment]  # mypy has no notion of a module that may be missing

_NAME_BYTES = 200  # of the target's name; with the rest of ours it stays under the 255 of most file systems
_HINTS = {
    errno.ENOSPC: "; free some space",
    errno.EDQUOT: "; free some space",
    errno.EFBIG: "; the file size limit is too low",
    errno.EACCES: "; change its permissions, or close it in programs such as Excel",
    errno.EPERM: "; change its permissions, or close it in programs such as Excel",
}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a binary file, seekable, whose bytes become `path` when the block ends without an error.

    A symbolic link stays one: its target is replaced. An older file's mode is kept. Directories are made.

    Raises:
        OutputError: any OSError while opening, writing or replacing; the older file is intact.
    """
    temporary: Path | None = None
    try:
        final = Path(os.path.realpath(path))
        final.parent.mkdir(parents=True, exist_ok=True)
        remove_stale(final)
        file, temporary = _open(final)
        with _closing(file):
            _keep_mode(final, file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, final)
        temporary = None
        _sync_directory(final.parent)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {reason(error)}. An older file is unchanged and the records are "
            "safe; 'crawler export' writes it later."
        ) from error
    finally:
        if temporary is not None:
            _remove(temporary)


def reason(error: OSError) -> str:
    """Why, in the system's words, and what to do where that is known."""
    return (error.strerror or str(error)) + _HINTS.get(error.errno or 0, "")


def probe(path: Path) -> None:
    """Make a temporary file for `path` and remove it again.

    Raises:
        OSError: as `replacing` would meet.
    """
    file, temporary = _open(path)
    file.close()
    os.unlink(temporary)


def remove_stale(path: Path) -> None:
    """Remove temporary files that killed exports of this same `path` left; those of a live one are locked."""
    for entry in os.scandir(path.parent):
        if _pattern(path).fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            _remove_if_free(Path(entry.path))


def _stem(path: Path) -> str:
    return "." + os.fsencode(path.name)[:_NAME_BYTES].decode("utf-8", "ignore") + ".tmp-"


def _pattern(path: Path) -> re.Pattern[str]:
    return re.compile(re.escape(_stem(path)) + "[0-9a-f]{8}")


def _open(path: Path) -> tuple[BinaryIO, Path]:
    temporary = path.with_name(_stem(path) + secrets.token_hex(4))
    file = open(temporary, "x+b")  # noqa: SIM115  # the caller closes it
    with contextlib.suppress(OSError):  # a file system without locks: the lock of the run has to do
        _lock(file)
    return file, temporary


def _lock(file: BinaryIO) -> None:
    """Hold `file` until it is closed; the kernel frees it when the process dies, however it dies."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def _closing(file: BinaryIO) -> Iterator[None]:
    """Close `file`; after an error without a second one, as a full disk would raise it again."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()
        raise
    file.close()


def _keep_mode(path: Path, file: BinaryIO) -> None:
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)


def _sync_directory(folder: Path) -> None:
    # Makes the new name survive a power cut. Some systems cannot do it; the file is whole without it too.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_if_free(path: Path) -> None:
    with contextlib.suppress(OSError):
        with open(path, "r+b") as file:
            _lock(file)  # raises when a live export holds it
        os.unlink(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
