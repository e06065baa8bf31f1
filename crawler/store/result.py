"""What exports read: the tables of one crawl in the site's own order, and what went wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from crawler.model import Note, Problem, Row, Table, Value
from crawler.store.order import order_records, rank
from crawler.store.values import load_notes, load_values

__all__ = ["StoredResult"]


class StoredResult:
    """A crawl as exports see it; fills `crawler.model.Result`.

    Args:
        summary: label and value pairs for the Summary sheet, ready made.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        crawl: int,
        tables: Sequence[Table],
        keys: Mapping[str, tuple[str, ...]],
        summary: Sequence[tuple[str, Value]] = (),
    ) -> None:
        self._db, self._crawl, self.tables, self._summary = db, crawl, tables, summary
        rank(db, crawl)
        self.joined = order_records(db, crawl, keys)

    def with_summary(self, summary: Sequence[tuple[str, Value]]) -> StoredResult:
        """The same result with this summary."""
        self._summary = summary
        return self

    def summary(self) -> Sequence[tuple[str, Value]]:
        """Label and value pairs for a person."""
        return self._summary

    def count(self, table: str) -> int:
        """Number of rows of one table."""
        count: int = self._db.execute("SELECT count(*) FROM ordered WHERE tbl = ?", (table,)).fetchone()[0]
        return count

    def noted(self) -> int:
        """Number of rows that have a note."""
        count: int = self._db.execute(
            "SELECT count(*) FROM ordered o JOIN records r ON r.id = o.record LEFT JOIN carried c ON c.page = r.page "
            "WHERE r.notes IS NOT NULL OR c.notes IS NOT NULL"
        ).fetchone()[0]
        return count

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table, streamed, with the fields carried from the linking row."""
        cursor = self._db.execute(
            "SELECT coalesce(m.data, r.data), r.notes, c.data, c.notes, p.url FROM ordered o "
            "JOIN records r ON r.id = o.record JOIN pages p ON p.id = r.page "
            "LEFT JOIN merged m ON m.record = o.record LEFT JOIN carried c ON c.page = r.page "
            "WHERE o.tbl = ? ORDER BY o.n",
            (table,),
        )
        for data, notes, carry, carry_notes, url in cursor:
            values = load_values(data)
            if carry:
                values = {**load_values(carry), **{k: v for k, v in values.items() if v is not None or k not in carry}}
            yield Row(values, _notes(notes, carry_notes), url)

    def problems(self) -> Iterator[Problem]:
        """Failed, skipped and left pages in the site's order, then cells with notes."""
        cursor = self._db.execute(
            "SELECT p.state, p.code, p.detail, p.url, f.url, p.attempts FROM pages p "
            "LEFT JOIN ranked k ON k.page = p.id LEFT JOIN pages f ON f.id = k.parent "
            "WHERE p.crawl = ? AND p.state <> 'moved' AND (p.state <> 'done' OR p.code IS NOT NULL) "
            "ORDER BY k.n IS NULL, k.n, p.id",
            (self._crawl,),
        )
        for state, code, detail, url, found_on, attempts in cursor:
            shown = _SHOWN.get(state, "left")
            yield Problem(shown, code or "", detail or "", url, found_on or "", "", attempts)
        yield from self._cells()

    def _cells(self) -> Iterator[Problem]:
        cursor = self._db.execute(
            "SELECT o.tbl, r.notes, c.notes, p.url, f.url FROM ordered o JOIN records r ON r.id = o.record "
            "JOIN pages p ON p.id = r.page JOIN ranked k ON k.page = p.id LEFT JOIN pages f ON f.id = k.parent "
            "LEFT JOIN carried c ON c.page = r.page "
            "WHERE r.notes IS NOT NULL OR c.notes IS NOT NULL ORDER BY o.n"
        )
        for tbl, notes, carry_notes, url, found_on in cursor:
            for note in _notes(notes, carry_notes):
                where = f"{tbl}.{note.field}" if note.field else tbl
                yield Problem("cell", note.code, note.detail, url, found_on or "", where)


_SHOWN = {"failed": "failed", "skipped": "skipped", "done": "noted"}


def _notes(own: str | None, carried: str | None) -> tuple[Note, ...]:
    return load_notes(own) + load_notes(carried) if own or carried else ()
