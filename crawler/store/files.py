"""The cells of fields of the type `file`: in the store the address of a file, in a row its name.

A cell is filled when rows are made, from what the store knows of the page of that address; so it agrees with the disk
after any kill, and names are given in the site's own order, whichever worker was faster.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, Protocol

from crawler.model import FILE, FILE_COLUMNS, Note, Table, Value
from crawler.store.counts import fill_blanks
from crawler.store.keys import file_key
from crawler.store.records import dump_notes, dump_values, first_record, load_notes, load_values

__all__ = ["FileNames", "Placed", "file_tables", "fill_files", "placed"]


_KEPT = 10_000  # addresses of which it is known what became of them


class FileNames(Protocol):
    """What names files, and knows which are there."""

    def has(self, digest: str) -> bool:
        """Tell whether the content is on the disk."""

    def name(self, values: Mapping[str, Value], url: str, ext: str, digest: str) -> str:
        """Return the wanted name of a file.

        Args:
            values: of the row it stands in.
            url: its address; of several addresses of one content the first in the site's order.
            ext: its extension.
            digest: its SHA-256.
        """

    def another(self, name: str, number: int) -> str:
        """Return the name with a number, for the second content that wants it, and the third."""

    @property
    def of_content(self) -> bool:
        """Whether names are made of nothing but the content and its address: then one content has one name."""


class Placed(NamedTuple):
    """A name that was given, and the SHA-256 of what it is the name of."""

    name: str
    digest: str


class _File(NamedTuple):
    digest: str = ""
    ext: str = ""
    why: str = ""


def file_tables(tables: Sequence[Table]) -> dict[str, tuple[str, ...]]:
    """Return the columns with files of each table that has some."""
    found = {
        table.name: tuple(column.name for column in table.columns if column.type in FILE_COLUMNS) for table in tables
    }
    return {name: columns for name, columns in found.items() if columns}


def placed(db: sqlite3.Connection) -> Iterator[Placed]:
    """Yield the names that `fill_files` gave."""
    return map(Placed._make, db.execute("SELECT name, digest FROM temp.given ORDER BY rowid"))


def fill_files(
    db: sqlite3.Connection,
    crawl: int,
    tables: Mapping[str, tuple[str, ...]],
    names: FileNames,
    records: str,
) -> None:
    """Fill the temporary tables `filled (record, data, notes)`, in place of the records, and `given (name, digest)`.

    Needs the tables that `rank` and `join_records` make. What links carried is in the records then.

    Args:
        tables: see `file_tables`.
        records: SQL of all records in order.
    """
    filling = _Filling(db, crawl, tables, names)
    db.execute("SAVEPOINT filling")  # one transaction for all, or a part of the one that is open
    try:
        filling.run(records)
    finally:
        db.execute("RELEASE filling")


class _Filling:
    def __init__(
        self, db: sqlite3.Connection, crawl: int, tables: Mapping[str, tuple[str, ...]], names: FileNames
    ) -> None:
        self._db, self._crawl, self._tables, self._names = db, crawl, tables, names
        self._file = lru_cache(maxsize=_KEPT)(self._found)
        for name in ("filled", "given", "wanted"):
            db.execute(f"DROP TABLE IF EXISTS temp.{name}")
        db.execute("CREATE TEMP TABLE filled (record INTEGER PRIMARY KEY, data TEXT, notes TEXT)")
        db.execute("CREATE TEMP TABLE given (name TEXT, digest TEXT, folded TEXT UNIQUE)")
        # By what was wanted: the name that each content got, and in `number` how many numbers were given behind it.
        db.execute("CREATE TEMP TABLE wanted (folded TEXT, digest TEXT, name TEXT, number INTEGER)")
        db.execute("CREATE UNIQUE INDEX temp.wanted_by ON wanted (folded, digest)")

    def run(self, records: str) -> None:
        marks = ", ".join("?" * len(self._tables))
        rows = self._db.execute(
            f"SELECT r.id, r.tbl, coalesce(m.data, r.data), r.notes, c.data, c.notes FROM {records} "  # noqa: S608 - fixed
            "LEFT JOIN merged m ON m.record = r.id LEFT JOIN carried c ON c.page = k.page "
            f"WHERE +r.tbl IN ({marks}) AND r.id NOT IN (SELECT record FROM left_out) ORDER BY k.n, r.id",
            list(self._tables),
        )
        while batch := rows.fetchmany(200):
            filled = [self._row(*row) for row in batch]
            self._db.executemany("INSERT INTO filled VALUES (?, ?, ?)", filled)

    def _row(
        self, record: int, table: str, data: str, notes: str | None, carry: str | None, carry_notes: str | None
    ) -> tuple[int, str, str | None]:
        values = load_values(data)
        if carry:
            fill_blanks(values, load_values(carry))
        told = list(load_notes(notes) + load_notes(carry_notes))
        made = dict(values)
        for column in self._tables[table]:
            made[column] = self._cell(column, values, told)
        return record, dump_values(made), dump_notes(told)

    def _cell(self, column: str, values: Mapping[str, Value], notes: list[Note]) -> Value:
        value = values.get(column)
        several = isinstance(value, tuple)
        addresses = tuple(map(str, value)) if isinstance(value, tuple) else () if value is None else (str(value),)
        names = []
        for url in addresses:
            file = self._file(url)
            if file.why:
                notes.append(Note(column, "file-failed", f"{file.why}: {url}"))
            else:
                names.append(self._named(values, url, file))
        return tuple(names) or None if several else next(iter(names), None)

    # ---- what the store knows of an address

    def _found(self, url: str) -> _File:
        row = self._db.execute(
            "SELECT id, state, code, detail FROM pages WHERE crawl = ? AND key = ?", (self._crawl, file_key(url))
        ).fetchone()
        if row and row[1] == "moved":
            row = self._db.execute(
                "SELECT p.id, p.state, p.code, p.detail FROM final f JOIN pages p ON p.id = f.target WHERE f.page = ?",
                (row[0],),
            ).fetchone()
        if row is None:
            return _File(why="it was not asked for")
        page_id, state, code, detail = row
        if state != "done":
            left = "it was not fetched yet" if state in ("queued", "waiting") else state
            return _File(why=": ".join(filter(None, (code, detail))) or left)
        told = self._db.execute(
            "SELECT data FROM records WHERE id = ? AND tbl = ?", (first_record(page_id), FILE)
        ).fetchone()
        if told is None:
            return _File(why="nothing was saved")
        about: dict[str, Any] = json.loads(told[0])
        if not self._names.has(about["digest"]):
            return _File(why="the saved file is gone; `crawler run --fresh` fetches it again")
        return _File(about["digest"], about["ext"])

    # ---- names

    def _named(self, values: Mapping[str, Value], url: str, file: _File) -> str:
        if self._names.of_content and (known := self._known("", file.digest)):
            return known
        wanted = self._names.name(values, url, file.ext, file.digest)
        folded = wanted.casefold()
        name = self._known(folded, file.digest) or self._new(wanted, folded, file.digest)
        if self._names.of_content:
            self._remember("", file.digest, name)
        return name

    def _known(self, folded: str, digest: str) -> str | None:
        row = self._db.execute("SELECT name FROM wanted WHERE folded = ? AND digest = ?", (folded, digest)).fetchone()
        return row[0] if row else None

    def _remember(self, folded: str, digest: str, name: str, number: int = 1) -> None:
        self._db.execute("INSERT INTO wanted VALUES (?, ?, ?, ?)", (folded, digest, name, number))

    def _new(self, wanted: str, folded: str, digest: str) -> str:
        """Give a content a name that no other has; file systems that do not tell cases apart count."""
        (last,) = self._db.execute("SELECT max(number) FROM wanted WHERE folded = ?", (folded,)).fetchone()
        for number in count((last or 0) + 1):
            name = wanted if number == 1 else self._names.another(wanted, number)
            taken = self._db.execute(
                "INSERT OR IGNORE INTO given VALUES (?, ?, ?)", (name, digest, name.casefold())
            ).rowcount
            if taken:
                self._remember(folded, digest, name, number)
                return name
        raise AssertionError("numbers do not end")
