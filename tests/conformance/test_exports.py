"""Every export keeps its contract: files are replaced whole or not at all, and the same data gives the same bytes."""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crawler import plugins
from crawler.errors import OutputError, StateError
from crawler.export import FORMATS, check_target, export, files_of
from crawler.export.atomic import replacing
from crawler.export.formats import Format
from crawler.export.port import Written
from crawler.model import Column, Money, Problem, Row, Table
from tests.support.result import MemoryResult

SUFFIXES = [*FORMATS, *(f".{name}" for name in plugins.entry_points(plugins.EXPORTS))]
MANY = 1200  # rows, more than are written at once
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VALUES = (
    "text", "",
    "=1+1", "a;b,\"c\"\nd\te|f", "\x00\ud800", "x" * 40_000, 7, -(10**30), True, Decimal("1.50"), Decimal("1E+40"),
    Money(Decimal("51.77"), "£"), date(2026, 1, 31), datetime(2026, 1, 31, 10, 0, tzinfo=UTC), ("a", "b"), (), None,
)  # fmt: skip
BOOKS, AUTHORS, EMPTY = (
    Table(name, (Column("v", "text"), Column("w", "money"))) for name in ("books", "authors", "no")
)


class Breaks(Exception):
    """What a result may raise while it is read."""


def rows(fails: bool) -> Iterator[Row]:
    for value in VALUES:
        yield Row({"v": value, "w": value}, url="http://h/p")
    if fails:
        raise StateError("the state cannot be read")


def result(*, fails: bool = False) -> MemoryResult:
    """Three tables with every kind of value; the second cannot be read to its end."""
    contents = {BOOKS: lambda: rows(False), AUTHORS: lambda: rows(fails), EMPTY: lambda: iter(())}
    return MemoryResult(contents, [Problem("cell", "not-a-number", "call us", "http://h/1", where="books.v")])


def lines(changed: str = "") -> MemoryResult:
    """Two tables of MANY rows, one of which can be another than it was: `books 0` is the first of them."""

    def texts(table: str) -> list[Row]:
        found = (f"{table} {number}" for number in range(MANY))
        return [Row({"v": "other" if text == changed else text, "w": None}, url="http://h/p") for text in found]

    return MemoryResult({BOOKS: texts("books"), AUTHORS: texts("authors")})


def contents(folder: Path) -> bytes:
    """All that the files of a folder hold; of a zip file, as a workbook is, what its members hold."""
    found = []
    for path in sorted(folder.iterdir()):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
        else:
            found.append(path.read_bytes())
    return b"\n".join(found)


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Let the local time be that of a zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", name)
        time.tzset()
        yield
    time.tzset()


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(params=SUFFIXES)
def suffix(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_rows_and_files_are_told_as_they_are(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / f"out{suffix}"
    written = export(result(), path, now=NOW)
    assert written.path == path
    assert written.rows == {"books": len(VALUES), "authors": len(VALUES), "no": 0}
    assert set(written.files) == set(files_of(path, result().tables)) == set(path.parent.iterdir())


@pytest.mark.parametrize("row", ["books 0", f"books {MANY - 1}", "authors 0", f"authors {MANY - 1}"])
def test_every_row_is_in_the_file(suffix: str, row: str, tmp_path: Path) -> None:
    for folder, changed in (("a", ""), ("b", row)):
        export(lines(changed), tmp_path / folder / f"out{suffix}", now=NOW)
    assert contents(tmp_path / "a") != contents(tmp_path / "b")


def test_no_value_is_written_as_python_shows_it(suffix: str, tmp_path: Path) -> None:
    export(result(), tmp_path / f"out{suffix}", now=NOW)
    found = contents(tmp_path)
    assert [shown for shown in SHOWN if shown in found] == []


SHOWN = (b"Money(", b"Decimal(", b"datetime.", b"('a', 'b')", b"None")


def test_the_same_data_at_the_same_time_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    for folder, zone in (("a", "UTC"), ("b", "Asia/Tokyo")):
        with in_zone(zone):
            export(result(), tmp_path / folder / f"out{suffix}", now=NOW)
    assert listing(tmp_path / "a") == listing(tmp_path / "b")


def test_an_export_that_fails_leaves_the_old_files_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    export(result(), path, now=NOW)
    before = listing(tmp_path)
    with pytest.raises(StateError):
        export(result(fails=True), path, now=NOW + timedelta(days=1))
    assert listing(tmp_path) == before


def test_an_old_file_is_replaced_and_never_written_into(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    files = files_of(path, result().tables)
    for file in files:
        file.write_bytes(b"old" * 100_000)
    kept = [os.open(file, os.O_RDONLY) for file in files]
    export(result(), path, now=NOW)
    for reader in kept:
        assert os.read(reader, 10) == b"oldoldoldo"  # who reads the old one is not disturbed
        os.close(reader)
    assert all(b"oldold" not in file.read_bytes() for file in files)


def test_a_place_that_cannot_be_written_is_an_output_error(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / f"out{suffix}"
    assert check_target(path)
    with pytest.raises(OutputError):
        export(result(), path, now=NOW)


def test_a_suffix_in_capitals_is_the_same(suffix: str, tmp_path: Path) -> None:
    assert export(result(), tmp_path / f"out{suffix.upper()}", now=NOW).rows["books"] == len(VALUES)


def careless(result: Any, path: Path, *, now: datetime) -> Written:
    """Writes as one would at first, and breaks every rule."""
    counts = dict.fromkeys((table.name for table in result.tables), 0)
    with path.open("w", errors="replace") as file:
        file.write(f"{datetime.now()}\n")
        for table in result.tables:
            for row in result.rows(table.name):
                file.write(f"{row.values}\n")
                counts[table.name] += table.name == "books"
    return Written(path, counts, 0, (path,))


def silent(result: Any, path: Path, *, now: datetime) -> Written:
    """Counts rows and writes none."""
    with replacing(path) as file:
        file.write(b"done")
    return Written(path, {table.name: len([*result.rows(table.name)]) for table in result.tables}, 0, (path,))


def local(result: Any, path: Path, *, now: datetime) -> Written:
    """Shows the time as it is where the crawler runs."""
    with replacing(path) as file:
        file.write(str(now.astimezone()).encode())
    return Written(path, {}, 0, (path,))


@pytest.mark.parametrize(
    ("function", "test", "more"),
    [
        ("silent", test_every_row_is_in_the_file, ("authors 0",)),
        ("careless", test_no_value_is_written_as_python_shows_it, ()),
        ("local", test_the_same_data_at_the_same_time_gives_the_same_bytes, ()),
    ],
)
def test_an_export_that_breaks_one_rule_is_found_out(
    function: str, test: Any, more: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, ".careless", Format(f"tests.conformance.test_exports:{function}"))
    with pytest.raises(AssertionError):
        test(".careless", *more, tmp_path)


@pytest.mark.parametrize(
    "test",
    [
        test_rows_and_files_are_told_as_they_are,
        test_the_same_data_at_the_same_time_gives_the_same_bytes,
        test_an_export_that_fails_leaves_the_old_files_and_nothing_else,
        test_an_old_file_is_replaced_and_never_written_into,
        test_a_place_that_cannot_be_written_is_an_output_error,
    ],
    ids=lambda test: test.__name__,
)
def test_an_export_that_breaks_a_rule_is_found_out(test: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, ".careless", Format("tests.conformance.test_exports:careless"))
    for folder in "ab" if test is test_the_same_data_at_the_same_time_gives_the_same_bytes else "":
        (tmp_path / folder).mkdir()
    with pytest.raises((AssertionError, OSError, pytest.fail.Exception)):
        test(".careless", tmp_path)
