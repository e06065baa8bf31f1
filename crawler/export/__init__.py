"""Files made from a result, in the format of the suffix of the path.

A new format is one file with a function like `port.Writer` and one line in `formats.FORMATS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler import plugins
from crawler.errors import ConfigError, OutputError
from crawler.export.formats import FORMATS, Format

if TYPE_CHECKING:  # what is imported late is not needed to check a config, which asks for the formats alone
    from crawler.export.port import Writer, Written
    from crawler.model import Result, Table

__all__ = ["FORMATS", "check_target", "export", "files_of"]


def export(result: Result, path: Path, *, now: datetime) -> Written:
    """Write `result` to `path` in the format of its suffix. Missing directories are made.

    Args:
        result: tables, problems and summary.
        path: `.csv` and `.jsonl` with several tables write one file for each: `books.quotes.csv`.
        now: the time shown inside the file; the same result and time give the same bytes.

    Raises:
        OutputError: the suffix is unknown, or the file could not be written; an older file is intact.
    """
    found = _format(path)
    if found is None:
        raise OutputError(f"{path}: {_unknown(path)}")
    try:
        write: Writer = plugins.load(found.path, f"the format {path.suffix}")
    except ConfigError as error:
        raise OutputError(f"{path}: {error}") from error
    return write(result, path, now=now)


def files_of(path: Path, tables: Sequence[Table]) -> tuple[Path, ...]:
    """The files that `export` writes for `path`: itself, or one for each table where the format holds only one."""
    from crawler.export.port import table_paths

    found = _format(path)
    return tuple(table_paths(path, tables).values()) if found and found.file_a_table else (path,)


def check_target(path: Path) -> str | None:
    """Find out before any work whether `export` will be able to write `path`. Leaves nothing behind.

    Returns:
        None when it can, otherwise one line: what is wrong and what to do.
    """
    from crawler.export import preflight

    return preflight.check(path) or (None if _format(path) else _unknown(path))


def _format(path: Path) -> Format | None:
    """The format of a path: one of ours, or of another installed package under the suffix without its dot."""
    suffix = path.suffix.lower()
    if suffix in FORMATS or not suffix:
        return FORMATS.get(suffix)
    others = plugins.entry_points(plugins.EXPORTS)
    return Format(others[suffix[1:]]) if suffix[1:] in others else None


def _unknown(path: Path) -> str:
    known = sorted([*FORMATS, *(f".{name}" for name in plugins.entry_points(plugins.EXPORTS))])
    return f"unknown format {path.suffix!r}; use one of {', '.join(known)}"
