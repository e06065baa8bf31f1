"""Exports of a crawl, and which file they may replace.

A whole crawl replaces the file of the config. An unfinished one does so only where that file is its own earlier
part or is not there yet; else it goes beside it, as `books.partial.xlsx`: yesterday's whole workbook is worth more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from crawler import clock
from crawler.errors import ConfigError, OutputError
from crawler.export import Written, check_target, export, files_of
from crawler.keep import Kept, keeping, set_aside
from crawler.model import Result
from crawler.store.runs import publish, published

__all__ = ["Published", "check_targets", "is_partial", "partial_path", "publish_all"]


@dataclass(slots=True)
class Published:
    """Files written, older ones that were kept beside them, and exports that failed with their reason."""

    written: list[Written] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    unwritten: dict[str, str] = field(default_factory=dict)


def check_targets(paths: Iterable[Path]) -> None:
    """Find out before fetching what could not be written after it.

    Raises:
        ConfigError: one line for each output that cannot be written.
    """
    complaints = [f"output {path}: {wrong}" for path in paths if (wrong := check_target(path))]
    if complaints:
        raise ConfigError("\n".join(complaints))


def partial_path(path: Path) -> Path:
    """Where an unfinished crawl goes that must not replace `path`."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")


def is_partial(path: Path) -> bool:
    """Whether a file is one that partial_path names."""
    return ".partial" in path.name


def publish_all(
    db: sqlite3.Connection, crawl: int, paths: Iterable[Path], result: Callable[[], Result], *, complete: bool
) -> Published:
    """Write every export; one that fails does not keep the others from being written."""
    done = Published()
    for path in paths:
        found = result()
        theirs = published(db, str(path)) is not False and _exists(path, found)
        target = partial_path(path) if theirs and not complete else path
        try:
            with keeping(db, target, files_of(target, found.tables), done.kept):
                done.written.append(export(found, target, now=clock.now()))
        except OutputError as error:
            done.unwritten[str(target)] = str(error)
            continue
        publish(db, str(target), crawl, complete)
        if complete and published(db, str(partial_path(path))) is False:
            done.kept += _remove(db, partial_path(path), found)
    return done


def _exists(path: Path, result: Result) -> bool:
    return any(file.exists() for file in files_of(path, result.tables))


def _remove(db: sqlite3.Connection, path: Path, result: Result) -> list[Kept]:
    files = files_of(path, result.tables)
    try:
        kept = set_aside(db, path, files)
    except OutputError:
        return []  # what cannot be kept stays
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)
    return kept
