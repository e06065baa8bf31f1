"""Who has a file open, as the lock file says that an office program puts beside it.

Excel writes `~$books.xlsx` (the owner's name, MS-OFFCRYPTO and [MS-DOC] call it the owner file), LibreOffice
`.~lock.books.xlsx#` (a line `name,account,machine,time,profile;`, as its svl/source/misc/lockfilecommon.cxx reads it).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["opened_by"]

_MOST = 4096  # bytes of a lock file that are read; those of both programs are far smaller
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
                who = read(file.read(_MOST))
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
