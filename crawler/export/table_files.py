"""What the formats share that hold one table a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from crawler.export import atomic
from crawler.export.names import table_paths
from crawler.export.port import Written
from crawler.model import Result, Row, Table

__all__ = ["write_tables"]

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
