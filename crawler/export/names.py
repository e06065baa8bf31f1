"""Names of sheets and of files, made safe and different from each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from crawler.model import Table

__all__ = ["SheetNames", "table_paths"]

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
