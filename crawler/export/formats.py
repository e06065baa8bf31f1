"""Every file format by its suffix. Its function is imported when a file is written."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FORMATS", "Format"]


class Format(NamedTuple):
    """A line of the registry.

    Attributes:
        path: `module:function`, a function like `crawler.export.port.Writer`.
        file_a_table: it holds one table, so that several need a file each (see port.table_paths).
    """

    path: str
    file_a_table: bool = False


FORMATS: dict[str, Format] = {
    ".xlsx": Format("crawler.export.xlsx:write"),
    ".csv": Format("crawler.export.csv_:write", file_a_table=True),
    ".jsonl": Format("crawler.export.jsonl:write", file_a_table=True),
}
