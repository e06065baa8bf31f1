"""One run at a time: a lock on a file beside the state, released by the kernel however the owner ends."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from crawler.errors import LockedError, OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # the name must exist for the test below
    import msvcrt

__all__ = ["owned"]

_FAR = 1 << 30  # Windows locks bytes and hides them from readers: lock one that nobody reads


@contextmanager
def owned(state: Path) -> Iterator[None]:
    """Hold the lock of this state file.

    Raises:
        LockedError: another process holds it; the message names it and when it started.
        OutputError: the lock file cannot be created.
    """
    path = state.with_name(state.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    except OSError as error:
        raise OutputError(f"{path}: the lock file cannot be created: {error.strerror}") from error
    try:
        if not _try_lock(handle):
            why = f"another run of this job is in progress ({_owner(path)}); nothing was done"
            raise LockedError(f"{state.name}: {why}")
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps({"pid": os.getpid(), "started": time.time()}).encode())
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _owner(path: Path) -> str:
    """Who holds the lock; it may have taken it a moment ago and not yet have written its name."""
    until = time.monotonic() + 0.5
    while True:
        try:
            owner = json.loads(path.read_text())
            since = datetime.fromtimestamp(owner["started"]).astimezone()
            return f"process {owner['pid']}, since {since:%Y-%m-%d %H:%M:%S}"
        except (OSError, ValueError, KeyError):
            if time.monotonic() > until:
                return "its process id is unknown"
            time.sleep(0.01)
