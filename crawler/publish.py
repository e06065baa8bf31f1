"""Exports of a crawl, and which file they may replace.

A good crawl replaces the file of the config. A suspect one goes beside it, as `books.suspect.xlsx`, and an unfinished
one, as `books.partial.xlsx`: yesterday's whole workbook is worth more. Where that file is not there, or is such an
earlier part itself, they take its name; but a suspect one only in a job that never had a good crawl.
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
from crawler.store.runs import Verdict, forget, publish, published

__all__ = ["Published", "check_targets", "is_partial", "is_suspect", "partial_path", "publish_all", "suspect_path"]


@dataclass(slots=True)
class Published:
    """What became of the exports.

    Attributes:
        written: files written.
        untouched: published files that were not replaced.
        kept: older files that a person had changed or has open, and where they are now.
        unwritten: exports that failed, with their reason.
    """

    written: list[Written] = field(default_factory=list)
    untouched: list[Path] = field(default_factory=list)
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


def suspect_path(path: Path) -> Path:
    """Where a suspect crawl goes that must not replace `path`."""
    return path.with_name(f"{path.stem}.suspect{path.suffix}")


def is_partial(path: Path) -> bool:
    """Whether a file is one that partial_path names."""
    return ".partial" in path.name


def is_suspect(path: Path) -> bool:
    """Whether a file is one that suspect_path names."""
    return ".suspect" in path.name


def publish_all(
    db: sqlite3.Connection,
    crawl: int,
    paths: Iterable[Path],
    result: Callable[[], Result],
    *,
    verdict: Verdict,
    guarded: Iterable[Path] = (),
) -> Published:
    """Write every export; one that fails does not keep the others from being written.

    Args:
        verdict: `good`, `suspect`, or "" for an unfinished crawl.
        guarded: paths that a suspect crawl does not take even where nothing is there: a good crawl has been there.
    """
    done, guarded = Published(), set(guarded)
    for path in paths:
        found = result()
        theirs = published(db, str(path)) is not False and _exists(path, found)
        target = path
        if verdict == "suspect" and (theirs or path in guarded):
            target = suspect_path(path)
        elif not verdict and theirs:
            target = partial_path(path)
        if target != path and theirs:
            done.untouched += files_of(path, found.tables)
        try:
            files = files_of(target, found.tables)
            with keeping(db, target, files, done.kept, named_by_us=target != path):
                done.written.append(export(found, target, now=clock.now()))
        except OutputError as error:
            done.unwritten[str(target)] = str(error)
            continue
        publish(db, str(target), crawl, verdict == "good")
        if verdict:
            done.kept += _clear(db, partial_path(path), found)
        if verdict == "good":
            done.kept += _clear(db, suspect_path(path), found)
    return done


def _exists(path: Path, result: Result) -> bool:
    return any(file.exists() for file in files_of(path, result.tables))


def _clear(db: sqlite3.Connection, path: Path, result: Result) -> list[Kept]:
    """Remove an earlier part or suspect file, if it is ours; what a person changed in it is kept."""
    if published(db, str(path)) is None:
        return []
    files = files_of(path, result.tables)
    try:
        kept = set_aside(db, path, files)
    except OutputError:
        return []  # what cannot be kept stays
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)
    forget(db, str(path))
    return kept
