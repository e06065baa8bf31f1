"""Names of saved files, and how they get them.

A file lies under its SHA-256 (`crawler.fetch.files`) and gets its names when the outputs are written: each is a second
name of the same content, a hard link. So it costs no room, is there at once and as a whole, one content may have the
names of several rows, and writing the outputs again changes nothing. Where a file system has no hard links it is a
copy, which takes its name as a whole as well.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import stat
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from crawler import clock
from crawler.errors import ConfigError, OutputError
from crawler.extract.templates import Template
from crawler.fetch.files import DRAFT, Contents, digest_of, drafted, in_use, sync_folder
from crawler.model import Result, Value
from crawler.runner.outputs import Kept, Published, publish_all
from crawler.store.files import Placed, placed
from crawler.store.result import StoredResult
from crawler.store.runs import Verdict

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["Names", "check_folder", "clean", "file_names", "place", "prefix", "publish_with_files"]

_HASH = 12
_LONGEST = 100
_BYTES = 200  # of a whole name; most file systems allow 255
_BAD = re.compile(r'[/\\:*?"<>|]')
_DEVICES = frozenset({
    "con", "prn", "aux", "nul", "conin$", "conout$",
    *(f"{name}{number}" for name in ("com", "lpt") for number in "0123456789¹²³"),
})  # fmt: skip
"""Windows, "Naming Files, Paths, and Namespaces": no file may be named so, whatever its extension."""


def clean(value: str) -> str:
    """Return a value as a part of a file name, on every system: no separator, no control character, 100 characters."""
    text = unicodedata.normalize("NFC", "".join(c for c in value if c.isprintable()))
    return _BAD.sub("", text).strip().lstrip(".").strip()[:_LONGEST].rstrip(" .")


class Names:
    """The names of the files of a job; see `crawler.store.files.FileNames`.

    Args:
        template: `files.name`; None for the hash of the address.
    """

    def __init__(self, contents: Contents, template: str | None) -> None:
        self._contents = contents
        self._template = None if template is None else Template(template)
        self.of_content = self._template is None or set(self._template.names) <= {"hash", "ext"}

    def has(self, digest: str) -> bool:
        """Tell whether the content is on the disk."""
        return self._contents.has(digest)

    def name(self, values: Mapping[str, Value], url: str, ext: str, digest: str) -> str:
        """Return the wanted name of a file; that of its address where a field of the template has no value."""
        address = hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()[:_HASH]
        made = None if self._template is None else self._filled(self._template, {**values, "hash": address, "ext": ext})
        return made or f"{address}.{ext}"

    def another(self, name: str, number: int) -> str:
        """Return the name with a number in front of its extension."""
        stem, dot, ext = name.rpartition(".")
        return f"{stem}-{number}{dot}{ext}"

    def _filled(self, template: Template, values: Mapping[str, Value]) -> str | None:
        parts = {name: _cleaned(values.get(name)) for name in template.names}
        filled = template.fill(parts.get)
        if not isinstance(filled, str):
            return None
        stem, dot, ext = filled.rpartition(".")
        stem = stem.encode()[:_BYTES].decode("utf-8", "ignore").strip().lstrip(".").rstrip(" .")
        if not stem:
            return None
        if stem.partition(".")[0].rstrip().casefold() in _DEVICES:
            stem = f"_{stem}"
        return stem + dot + ext


class ByContent(Names):
    """Names that no other content ever has."""

    def __init__(self, job: Job) -> None:
        super().__init__(Contents(job.files_path), None)

    def name(self, values: Mapping[str, Value], url: str, ext: str, digest: str) -> str:
        """Return the digest with the extension."""
        return f"{digest}.{ext}"


def file_names(job: Job, *, of_content: bool = False) -> Names:
    """Return the names of the files of a job.

    Args:
        of_content: those of `files.name` are not to be used.
    """
    return Names(Contents(job.files_path), None if of_content else job.document.files.name)


_AS_TEXT = Template("{value:text}")


def _cleaned(value: Value) -> str | None:
    text = _AS_TEXT.fill({"value": value}.get)
    return clean(text) or None if isinstance(text, str) else None


def prefix(folder: Path, output: Path) -> str:
    """Return what leads from the folder of an output to that of the files: `photos/`."""
    try:
        way = Path(os.path.relpath(folder, output.parent)).as_posix()
        return "" if way == "." else f"{way}/"
    except ValueError:  # another drive
        return folder.as_posix() + "/"


def check_folder(job: Job) -> None:
    """Make the folder of the files of a job, and clear away what a killed run left there.

    Raises:
        ConfigError: nothing can be written there.
    """
    contents = Contents(job.files_path)
    try:
        contents.make()
        contents.clear()
    except OSError as error:
        raise ConfigError(f"files.folder {job.files_path}: {error.strerror or error}") from None


def publish_with_files(
    job: Job,
    db: sqlite3.Connection,
    crawl: int,
    paths: Iterable[Path],
    result: StoredResult,
    verdict: Verdict,
    guarded: Iterable[Path],
) -> Published:
    """Give the files their names, then write every export; see `crawler.runner.outputs.publish_all`.

    A crawl that is not good takes no name away from what a good one has put there: then all its files have the names
    of their addresses, and where one of those is taken, too, of their contents.
    """
    paths = list(paths)
    for names in (None, file_names(job, of_content=True), ByContent(job)):
        if names is not None:
            result.name_files(names)
        if verdict == "good" or not _taken(job.files_path, placed(db)):
            break
    try:
        kept = place(job.files_path, placed(db))
    except OutputError as error:
        return Published(unwritten={str(path): str(error) for path in paths})

    def beside(path: Path) -> Result:
        result.folder = prefix(job.files_path, path)
        return result

    done = publish_all(db, crawl, paths, beside, verdict=verdict, guarded=guarded)
    done.kept += [Kept(file, copy, "was changed after it was written, or is not of this job") for file, copy in kept]
    return done


def _taken(folder: Path, names: Iterable[Placed]) -> bool:
    """Tell whether one of the names is that of another content now."""
    return any(
        os.path.lexists(folder / name) and not _is(folder / name, Contents(folder).path(digest), digest)
        for name, digest in names
    )


def place(folder: Path, names: Iterable[Placed]) -> list[tuple[Path, Path]]:
    """Give contents their names. What a person changed or put there is kept beside it.

    Returns: files that were kept, and what they are named now.

    Raises:
        OutputError: one cannot be named.
    """
    contents, kept = Contents(folder), []
    for name, digest in names:
        target, content = folder / name, contents.path(digest)
        try:
            if _is(target, content, digest):
                continue
            copy = _kept(target, contents)
            if copy is not None:
                kept.append((target, copy))
            _link(content, target)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise OutputError(
                f"{target}: the file cannot be written: {why}. No output was replaced and the records are safe; "
                "'crawler export' writes them later."
            ) from error
    sync_folder(folder)
    return kept


def _is(target: Path, content: Path, digest: str) -> bool:
    """Tell whether a name has the content already."""
    try:
        there = target.lstat()
        if not stat.S_ISREG(there.st_mode):
            return False
        return os.path.samestat(there, content.lstat()) or digest_of(target) == digest
    except OSError:
        return False


def _kept(target: Path, contents: Contents) -> Path | None:
    """Give a second name to a file that is not of ours; None where there is none."""
    digest = digest_of(target)
    if digest is None or contents.has(digest):
        return None
    number = 1
    while True:
        more = f"-{number}" if number > 1 else ""
        copy = target.with_name(f"{target.stem}.edited-{clock.now():%Y-%m-%d}{more}{target.suffix}")
        if not os.path.lexists(copy):
            shutil.copy2(target, copy, follow_symlinks=False)
            return copy
        number += 1


def _link(content: Path, target: Path) -> None:
    """Let a name lead to a content, in one step. A symbolic link in the way is replaced, not followed."""
    draft = target.with_name(f".{DRAFT}{token_hex(8)}")
    with in_use(content):
        try:
            os.link(content, draft, follow_symlinks=False)
        except (OSError, NotImplementedError):  # some file systems have no second names
            with drafted(target.parent, target) as copy, content.open("rb") as source:
                shutil.copyfileobj(source, copy)
            return
        try:
            os.replace(draft, target)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
