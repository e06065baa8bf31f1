"""Files made from a result: `.xlsx`, `.csv` and `.jsonl`, chosen by the suffix of the path.

A new format is one file with a function like `port.Writer` and one line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import cast

from crawler.errors import OutputError
from crawler.export import preflight
from crawler.export.port import Writer, Written, table_paths
from crawler.model import Result, Table

__all__ = ["FORMATS", "Written", "check_target", "export", "files_of"]

FORMATS = {
    ".csv": "crawler.export.csv_:write",
    ".jsonl": "crawler.export.jsonl:write",
    ".xlsx": "crawler.export.xlsx:write",
}
"""Suffix and the function that writes it; imported when first needed."""

_ONE_TABLE_A_FILE = (".csv", ".jsonl")


def export(result: Result, path: Path, *, now: datetime) -> Written:
    """Write `result` to `path` in the format of its suffix. Missing directories are made.

    Args:
        result: tables, problems and summary.
        path: `.csv` and `.jsonl` with several tables write one file for each: `books.quotes.csv`.
        now: the time shown inside the file; the same result and time give the same bytes.

    Raises:
        OutputError: the suffix is unknown, or the file could not be written; an older file is intact.
    """
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"{path}: {_unknown(path)}")
    return _writer(path.suffix.lower())(result, path, now=now)


def files_of(path: Path, tables: Sequence[Table]) -> tuple[Path, ...]:
    """The files that `export` writes for `path`: itself, or one for each table where the format holds only one."""
    one_a_table = path.suffix.lower() in _ONE_TABLE_A_FILE
    return tuple(table_paths(path, tables).values()) if one_a_table else (path,)


def check_target(path: Path) -> str | None:
    """Find out before any work whether `export` will be able to write `path`. Leaves nothing behind.

    Returns:
        None when it can, otherwise one line: what is wrong and what to do.
    """
    return preflight.check(path) or (None if path.suffix.lower() in FORMATS else _unknown(path))


def _unknown(path: Path) -> str:
    return f"unknown format {path.suffix!r}; use one of {', '.join(sorted(FORMATS))}"


def _writer(suffix: str) -> Writer:
    module, _, name = FORMATS[suffix].partition(":")
    return cast(Writer, getattr(import_module(module), name))
