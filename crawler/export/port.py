"""What every format of an export promises: one function `write`, one answer `Written`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from crawler.model import Result

__all__ = ["Writer", "Written"]


class Written(NamedTuple):
    """What an export left on the disk.

    Attributes:
        path: the path that was asked for.
        rows: data rows written, by table.
        altered: values that could not be written exactly as they are.
        files: every file written; more than `path` where a format needs one file a table.
    """

    path: Path
    rows: Mapping[str, int]
    altered: int
    files: tuple[Path, ...]


class Writer(Protocol):
    """Writes a result to a path, wholly or not at all.

    Raises:
        OutputError: the file could not be written; an older file is intact.
    """

    def __call__(self, result: Result, path: Path, *, now: datetime) -> Written:
        """Write `result`; `now` is the only clock the file may show."""
