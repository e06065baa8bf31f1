"""The contract of an export format, and what formats share: names of sheets and files, one file per table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from crawler.export import atomic
from crawler.model import Result, Row, Table

__all__ = ["SheetNames", "Writer", "Written", "table_paths", "write_tables"]


_SHEET_LENGTH = 31
# What Excel refuses, what XML cannot hold, and the start of its `_x0041_` escapes.
_NOT_IN_SHEETS = r"[\\/*?:\[\]\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)"
_NOT_IN_FILES = r"[\\/*?:\"<>|\x00-\x1f\x7f\ud800-\udfff]|^\.+"


class SheetNames:
    """Gives out sheet names by Excel's rules: at most 31 characters, no `[]:*?/\\`, unique without case."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = {_folded(name) for name in (*reserved, "History")}  # Excel keeps "History" for itself

    def take(self, wanted: str) -> str:
        """The wanted name, cleaned, with ` (2)`, ` (3)`, ... behind it where it is taken already."""
        base = re.sub(_NOT_IN_SHEETS, "-", wanted).strip().strip("'").strip() or "Sheet"
        name, number = _cut(base, _SHEET_LENGTH), 1
        while _folded(name) in self._taken:
            number += 1
            mark = f" ({number})"
            name = _cut(base, _SHEET_LENGTH - len(mark)) + mark
        self._taken.add(_folded(name))
        return name


def table_paths(path: Path, tables: Iterable[Table]) -> dict[str, Path]:
    """Where the rows of each table go in a format that holds one table a file.

    One table: `path` itself. Several: `books.csv` becomes `books.quotes.csv` and `books.authors.csv`.
    """
    names = [table.name for table in tables]
    if len(names) == 1:
        return {names[0]: path}
    taken: set[str] = set()
    return {name: path.with_name(f"{path.stem}.{_file_part(name, taken)}{path.suffix}") for name in names}


def _file_part(wanted: str, taken: set[str]) -> str:
    base = name = re.sub(_NOT_IN_FILES, "-", wanted) or "table"
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name.casefold())
    return name


def _folded(name: str) -> str:
    return name.casefold()


def _cut(name: str, units: int) -> str:
    """At most `units` UTF-16 units, which is how Excel counts; never half of a character."""
    return name.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore").rstrip(" '")


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


WriteTable = Callable[[BinaryIO, Table, Iterable[Row]], tuple[int, int]]
"""Writes the rows of a table; returns how many, and how many values it had to alter."""


def write_tables(result: Result, path: Path, write_table: WriteTable) -> Written:
    """Write each table of `result` to its file. All files are complete before the first one is replaced.

    Raises:
        OutputError: a file could not be written; older ones are intact.
    """
    paths = table_paths(path, result.tables)
    rows, altered = {}, 0
    with ExitStack() as files:
        for table in result.tables:
            file = files.enter_context(atomic.replacing(paths[table.name]))
            rows[table.name], changed = write_table(file, table, result.rows(table.name))
            altered += changed
    return Written(path, rows, altered, tuple(paths.values()))
