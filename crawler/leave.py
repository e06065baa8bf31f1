"""The end of the process: at once, and with nothing left in the temporary folder.

Python's own way out waits for threads and children: one that hangs would keep the process alive. So that way is not
taken, and what it would have removed is named here.
"""

from __future__ import annotations

import os
from typing import NoReturn

__all__ = ["leave", "remove_at_end"]

_folders: set[str] = set()


def remove_at_end(folder: str) -> None:
    """Have `leave` remove a folder, with all that is in it."""
    _folders.add(folder)


def leave(code: int) -> NoReturn:
    """End this process now, whatever its threads and children do; safe in a signal handler."""
    if _folders:
        import shutil  # not for `--version`

        for folder in _folders:
            shutil.rmtree(folder, ignore_errors=True)
    os._exit(code)
