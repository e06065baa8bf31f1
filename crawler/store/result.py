"""What exports read: the tables of one crawl in the site's own order, and what went wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from crawler.model import Note, Problem, Row, SummaryLine, Table
from crawler.store import facts
from crawler.store.figures import Figures, StoredRow, batches, fill_blanks, table_figures
from crawler.store.order import RECORDS, join_records, rank
from crawler.store.records import IS_OF
from crawler.store.values import load_many, load_notes, load_values

__all__ = ["StoredResult"]


class StoredResult:
    """A crawl as exports see it; fills `crawler.model.Result`.

    Args:
        summary: lines of the Summary sheet, ready made.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        crawl: int,
        tables: Sequence[Table],
        keys: Mapping[str, tuple[str, ...]],
        summary: Sequence[SummaryLine] = (),
    ) -> None:
        self._db, self._crawl, self.tables, self._summary = db, crawl, tables, summary
        self._findings: Sequence[Problem] = ()
        rank(db, crawl)
        self.joined = join_records(db, keys)

    def with_summary(self, summary: Sequence[SummaryLine], findings: Sequence[Problem] = ()) -> StoredResult:
        """The same result with this summary, and with problems of whole tables, which stand before all others."""
        self._summary, self._findings = summary, findings
        return self

    def summary(self) -> Sequence[SummaryLine]:
        """Lines for a person."""
        return self._summary

    def figures(self, unread: Mapping[str, int]) -> Figures:
        """Count it: one pass over the records.

        Args:
            unread: see Figures.
        """
        most, answered, target = facts.redirected(self._db, self._crawl)
        return Figures(
            {table.name: table_figures(table, self._stored(table.name)) for table in self.tables},
            facts.states(self._db, self._crawl),
            facts.kinds(self._db, self._crawl),
            most / max(1, answered),
            target,
            unread,
        )

    def noted(self) -> int:
        """Number of lines that the sheet Problems has on cells and on pages that were read with a doubt."""
        count: int = self._db.execute(
            "SELECT count(*) FROM pages WHERE crawl = ? AND state = 'done' AND code IS NOT NULL", (self._crawl,)
        ).fetchone()[0]
        return count + sum(1 for _ in self._cells())

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table, streamed, with the fields carried from the linking row."""
        for batch in batches(self._stored(table)):
            for stored, values in zip(batch, load_many([each.data for each in batch]), strict=True):
                _, notes, carry, carry_notes, url = stored
                if carry:
                    fill_blanks(values, load_values(carry))
                yield Row(values, _notes(notes, carry_notes), url)

    def _stored(self, table: str) -> Iterator[StoredRow]:
        cursor = self._db.execute(
            f"SELECT coalesce(m.data, r.data), r.notes, c.data, c.notes, p.url FROM {RECORDS} "  # noqa: S608 - fixed
            "JOIN pages p ON p.id = k.page "
            "LEFT JOIN merged m ON m.record = r.id LEFT JOIN carried c ON c.page = k.page "
            "WHERE +r.tbl = ? AND r.id NOT IN (SELECT record FROM left_out) ORDER BY k.n, r.id",
            (table,),
        )
        return map(StoredRow._make, cursor)

    def problems(self) -> Iterator[Problem]:
        """What was found on whole tables; failed, skipped and left pages in the site's order; cells with notes."""
        yield from self._findings
        cursor = self._db.execute(
            "SELECT p.state, p.code, p.detail, p.url, f.url, p.attempts FROM ("
            "SELECT * FROM pages WHERE crawl = ? AND (state NOT IN ('done', 'queued') OR code IS NOT NULL) "
            "AND state NOT IN ('moved', 'queued') "
            "UNION ALL SELECT * FROM pages WHERE crawl = ? AND state = 'queued') p "
            "LEFT JOIN ranked k ON k.page = p.id LEFT JOIN pages f ON f.id = k.parent ORDER BY k.n IS NULL, k.n, p.id",
            (self._crawl, self._crawl),
        )
        for state, code, detail, url, found_on, attempts in cursor:
            shown = _SHOWN.get(state, "left")
            yield Problem(shown, code or "", detail or "", url, found_on or "", "", attempts)
        yield from self._cells()

    def _cells(self) -> Iterator[Problem]:
        cursor = self._db.execute(
            "WITH noted AS (SELECT id FROM records WHERE crawl = ? AND notes IS NOT NULL "  # noqa: S608 - fixed
            f"UNION SELECT r.id FROM carried c CROSS JOIN records r ON {IS_OF.format(page='c.page')} "
            "WHERE c.notes IS NOT NULL) "
            "SELECT r.tbl, r.notes, c.notes, p.url, f.url FROM noted CROSS JOIN records r ON r.id = noted.id "
            "JOIN ranked k ON k.page = r.page JOIN pages p ON p.id = r.page LEFT JOIN pages f ON f.id = k.parent "
            "LEFT JOIN carried c ON c.page = r.page "
            "WHERE r.id NOT IN (SELECT record FROM left_out) ORDER BY k.n, r.id",
            (self._crawl,),
        )
        for tbl, notes, carry_notes, url, found_on in cursor:
            for note in _notes(notes, carry_notes):
                where = f"{tbl}.{note.field}" if note.field else tbl
                yield Problem("cell", note.code, note.detail, url, found_on or "", where)


_SHOWN = {"failed": "failed", "skipped": "skipped", "done": "noted"}


def _notes(own: str | None, carried: str | None) -> tuple[Note, ...]:
    return load_notes(own) + load_notes(carried) if own or carried else ()
