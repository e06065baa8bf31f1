"""Check before the first request that an output path can be written."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from crawler.export import atomic

__all__ = ["check"]


_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def check(path: Path) -> str | None:
    """None when a regular file can be made or replaced at `path`, otherwise what is wrong and what to do."""
    try:
        return _name(path) or _existing(path) or _directory(path)
    except OSError as error:
        return f"cannot be used: {atomic.reason(error)}; choose another path"


def _name(path: Path) -> str | None:
    if "\0" in str(path):
        return "the path contains a NUL character; remove it"
    if path.name.split(".")[0].strip().upper() in _RESERVED:
        return f"{path.name!r} is a reserved name on Windows; choose another name"
    return None


def _existing(path: Path) -> str | None:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not path.exists():
        return "is a symbolic link to a missing file; remove it or create its target"
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return "is a directory; add a file name"
    if not stat.S_ISREG(mode):
        return "is a device or a pipe, not a file; choose another path"
    return _writable_file(path)


def _writable_file(path: Path) -> str | None:
    # The mode is asked too: root may write a read-only file, but whoever made it read-only meant it.
    if not path.stat().st_mode & 0o222:
        return "is read-only; make it writable or choose another path"
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError as error:
        return f"cannot be opened for writing: {atomic.reason(error)}"
    return None


def _directory(path: Path) -> str | None:
    """Try the nearest directory with a real file: only that finds a read-only disk or a full quota."""
    final = Path(os.path.realpath(path))
    folder, missing = final.parent, [final.name]
    while not os.path.lexists(folder):
        missing.append(folder.name)
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is not a directory; choose another path"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the directory {folder} is not writable; change its permissions or choose another path"
    for name in missing:
        _try_name(folder / name)
    atomic.probe(folder / missing[0])
    return None


def _try_name(path: Path) -> None:
    """Ask the system for it: one that allows no such name (too long) raises."""
    with contextlib.suppress(FileNotFoundError):
        os.lstat(path)
