"""Write the output files of a crawl, decide which files they may replace, and keep what a person has changed.

A file whose bytes are not those that were written last by this job is kept beside the new one, as
`books.edited-2026-11-29.xlsx`. So is one that an office program has open: its user sees the old rows, and may save them
over the new ones.

A good crawl replaces the file of the config. A suspect one goes beside it, as `books.suspect.xlsx`, and an unfinished
one, as `books.partial.xlsx`: yesterday's whole workbook is worth more. Where that file is not there, or is such an
earlier part itself, they take its name; but a suspect one only in a job that never had a good crawl, and an unfinished
one only if it has rows: a file of headings alone looks like a result.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from crawler import clock
from crawler.errors import ConfigError, OutputError
from crawler.export import check_target, export, files_of
from crawler.export.atomic import opened_by
from crawler.export.port import Written
from crawler.model import Result
from crawler.store import runs
from crawler.store.runs import Verdict, forget, publish, published

__all__ = [
    "Kept",
    "Published",
    "check_targets",
    "is_partial",
    "is_suspect",
    "keeping",
    "partial_path",
    "publish_all",
    "set_aside",
    "suspect_path",
]


_SLACK = 2.0  # seconds between the time of a file and that of the run which wrote it


class Kept(NamedTuple):
    """A file that was kept when another took its place.

    Attributes:
        file: the one that was replaced.
        copy: where what stood in it is now.
        why: in words, as "was changed after it was written".
    """

    file: Path
    copy: Path
    why: str

    def plain(self) -> dict[str, str]:
        return {"file": str(self.file), "copy": str(self.copy), "why": self.why}


@contextmanager
def keeping(
    db: sqlite3.Connection, target: Path, files: Iterable[Path], told: list[Kept], *, named_by_us: bool = False
) -> Iterator[None]:
    """Keep what a person changed in the files of an export, which the block replaces.

    Args:
        target: the export, as `publish` in the store knows it.
        told: gets what was kept, also when the block fails.
        named_by_us: the files have names that only this program gives. One that no run remembers was written by a run
            that was killed before it could say so.

    Raises:
        OutputError: a file cannot be kept; nothing was replaced.
    """
    before = {file: _digest(file) for file in files}
    forgotten = named_by_us and runs.published(db, str(target)) is None
    kept = {} if forgotten else {one.file: one for one in _set_aside(db, target, before)}
    replaced = False
    try:
        yield
        replaced = True
    finally:
        for file, old in before.items():
            new = _digest(file)
            if new == old and file in kept:  # not written, or with the same bytes: nothing was lost
                kept.pop(file).copy.unlink(missing_ok=True)
            if new is not None and (replaced or new != old):
                runs.wrote(db, str(file), new)
        told += kept.values()


def set_aside(db: sqlite3.Connection, target: Path, files: Iterable[Path]) -> list[Kept]:
    """Keep those of the files of an export that hold what a person did, before they are replaced or removed.

    Raises:
        OutputError: one cannot be kept.
    """
    return _set_aside(db, target, {file: _digest(file) for file in files})


def _set_aside(db: sqlite3.Connection, target: Path, digests: Mapping[Path, str | None]) -> list[Kept]:
    """Keep what a person changed; `digests` of files as they are now, None for one that is not there."""
    kept: list[Kept] = []
    try:
        for file, digest in digests.items():
            why = "" if digest is None else _why(db, target, file, digest)
            if why:
                kept.append(Kept(file, _keep(file), why))
    except OutputError:  # none is replaced, so none needs a copy
        for one in kept:
            one.copy.unlink(missing_ok=True)
        raise
    return kept


def _why(db: sqlite3.Connection, target: Path, file: Path, digest: str) -> str:
    """Why a file must not be lost; "" where it may be."""
    who = opened_by(file)
    if _is_ours(db, target, file, digest):
        return f"seems to be open in {who}" if who else ""
    changed = runs.published(db, str(target)) is not None
    why = "was changed after it was written" if changed else "was not written by this job"
    return f"{why} and seems to be open in {who}" if who else why


def _is_ours(db: sqlite3.Connection, target: Path, file: Path, digest: str) -> bool:
    known = runs.written(db, str(file))
    if known is not None:
        return known == digest
    # The state of an older version does not know the bytes. The end of the run that wrote them is known: a file that
    # was not touched since then is its work. So an update of crawler makes no copy of every workbook.
    ended = runs.published_until(db, str(target))
    return ended is not None and file.stat().st_mtime <= ended + _SLACK


def _digest(file: Path) -> str | None:
    try:
        if not file.is_file():
            return None
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"{file}: cannot be read, and so cannot be replaced safely: {error.strerror}") from error


def _keep(file: Path) -> Path:
    """Give a file a second name beside it, which none has; it stays where it is."""
    final = Path(os.path.realpath(file))
    for number in count(1):
        more = f"-{number}" if number > 1 else ""
        copy = final.with_name(f"{final.stem}.edited-{clock.now():%Y-%m-%d}{more}{final.suffix}")
        try:
            _link(final, copy)
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputError(
                f"{file}: contains changes that crawler did not make, and cannot be kept as {copy.name}: "
                f"{error.strerror}. Nothing was replaced, and the state file has all rows; move the file away, then "
                "'crawler export' writes it."
            ) from error
        return copy
    raise AssertionError("numbers do not end")


def _link(file: Path, copy: Path) -> None:
    try:
        # The file gets its new name in one step. A program that has it open goes on with the copy.
        os.link(file, copy)
        return
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG):
            raise
    # Some file systems have no second names.
    with file.open("rb") as source, copy.open("xb") as out:
        try:
            shutil.copyfileobj(source, out)
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            with suppress(OSError):
                copy.unlink()
            raise
    with suppress(OSError):
        shutil.copystat(file, copy)


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
    result: Callable[[Path], Result],
    *,
    verdict: Verdict,
    guarded: Iterable[Path] = (),
) -> Published:
    """Write every export; one that fails does not keep the others from being written.

    Args:
        result: by the path that it is written to.
        verdict: `good`, `suspect`, or "" for an unfinished crawl.
        guarded: paths that a suspect crawl does not take even where nothing is there: a good crawl has been there.
    """
    done, guarded = Published(), set(guarded)
    for path in paths:
        found = result(path)
        theirs = published(db, str(path)) is not False and _exists(path, found)
        target = path
        if verdict == "suspect" and (theirs or path in guarded):
            target = suspect_path(path)
        elif not verdict and (theirs or not (_exists(path, found) or _has_rows(found))):
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


def _has_rows(result: Result) -> bool:
    return any(True for table in result.tables for _ in result.rows(table.name))


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
