"""What exports read: the tables of one crawl in the order of the site, and its problems.

So rows come out the same under every strategy, whichever worker was faster. A redirected page stands where the
link to it stands. All of it happens in temporary tables, so memory does not grow with the number of pages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

from crawler.model import Note, Problem, Row, SummaryLine, Table, Value
from crawler.store import counts
from crawler.store.counts import Figures, StoredRow, batches, fill_blanks, table_figures
from crawler.store.files import FileNames, file_tables, fill_files
from crawler.store.records import IS_OF, dump_notes, dump_values, load_many, load_notes, load_values

__all__ = ["RECORDS", "StoredResult", "join_records", "rank"]


RECORDS = f"ranked k NOT INDEXED CROSS JOIN records r ON {IS_OF.format(page='k.page')}"
"""SQL: the records of all pages; with `ORDER BY k.n, r.id` they are read in order, and not sorted."""


_STAYS = "NOT EXISTS (SELECT 1 FROM left_out o WHERE o.record = r.id AND o.copy = coalesce(c.copy, 0))"
_NAMED = 5
_SHORT = 60
_MAX_LENGTH = 500


def rank(db: sqlite3.Connection, crawl: int) -> None:
    """Fill the temporary tables of this connection:

    - `ranked (n, page, parent)`: every page that is reached, in order, with the page that first links to it;
    - `carried (page, copy, data, notes, others)`: the carried fields of the first link that has some, and how many
      later links carry something else; where that is left out, a note says so. Where the links say `rows`, each is a
      copy, from 0; where they say `collect`, the fields hold the values of all;
    - `left_out (record, copy)`: records whose key an earlier record has;
    - `merged (record, copy, data)`: records whose blanks were filled from later ones with the same key.
    """
    for name in ("final", "ranked", "carried", "unlike", "left_out", "merged", "doubles"):
        db.execute(f"DROP TABLE IF EXISTS temp.{name}")
    _redirects(db, crawl)
    _pages(db, crawl)
    _carried(db, crawl)


def join_records(db: sqlite3.Connection, keys: Mapping[str, tuple[str, ...]]) -> int:
    """Fill `left_out` and `merged`; returns how many records were joined to an earlier one with the same key.

    A carried field counts as one of the record, in its key and where it fills blanks.
    """
    db.execute("CREATE TEMP TABLE left_out (record INTEGER, copy INTEGER, PRIMARY KEY (record, copy)) WITHOUT ROWID")
    db.execute(
        "CREATE TEMP TABLE merged (record INTEGER, copy INTEGER, data TEXT, PRIMARY KEY (record, copy)) WITHOUT ROWID"
    )
    carried = db.execute("SELECT 1 FROM carried LIMIT 1").fetchone() is not None
    case, values = _key_expression(keys, carried)
    if not values:
        return 0
    carry, join = ("c.data", " LEFT JOIN carried c ON c.page = k.page") if carried else ("NULL", "")
    copy = "coalesce(c.copy, 0)" if carried else "0"
    keyed = f"SELECT k.n, r.id, {copy} AS copy, r.tbl, {case} AS key, r.data, {carry} AS carry FROM {RECORDS}{join}"  # noqa: S608 - built below, bound
    db.execute("CREATE TEMP TABLE doubles (tbl TEXT, key TEXT, PRIMARY KEY (tbl, key)) WITHOUT ROWID")
    db.execute(
        f"INSERT INTO doubles SELECT tbl, key FROM ({keyed}) WHERE key IS NOT NULL "  # noqa: S608 - built here
        "GROUP BY tbl, key HAVING count(*) > 1",
        values,
    )
    if not db.execute("SELECT 1 FROM doubles LIMIT 1").fetchone():
        return 0
    rows = db.execute(
        f"SELECT tbl, key, id, copy, data, carry FROM ({keyed}) JOIN doubles USING (tbl, key) "  # noqa: S608 - built here
        "ORDER BY tbl, key, n, id, copy",
        values,
    )
    return sum(_merge(db, list(group)) for _, group in groupby(rows, key=itemgetter(0, 1)))


def _redirects(db: sqlite3.Connection, crawl: int) -> None:
    db.execute("CREATE TEMP TABLE final (page INTEGER PRIMARY KEY, target INTEGER)")
    db.execute(
        """INSERT INTO final
        WITH RECURSIVE chain (page, target, hops) AS (
            SELECT p.id, e.child, 1 FROM pages p CROSS JOIN edges e ON e.crawl = p.crawl AND e.parent = p.id
            WHERE p.crawl = ? AND p.state NOT IN ('done', 'queued') AND p.state = 'moved'
            UNION ALL
            SELECT c.page, e.child, c.hops + 1
            FROM chain c JOIN pages p ON p.id = c.target AND p.state = 'moved'
            JOIN edges e ON e.crawl = p.crawl AND e.parent = p.id
            WHERE c.hops < 50
        )
        SELECT page, target FROM chain WHERE true
        ORDER BY page, hops
        ON CONFLICT (page) DO UPDATE SET target = excluded.target""",
        (crawl,),
    )


def _pages(db: sqlite3.Connection, crawl: int) -> None:
    db.execute("CREATE TEMP TABLE ranked (n INTEGER PRIMARY KEY, page INTEGER UNIQUE, parent INTEGER)")
    db.execute("INSERT INTO ranked VALUES (0, 0, NULL)")  # the parent of the start URLs
    level, last = 0, 0
    # CROSS JOIN: SQLite would rather read all edges for each level and look which of them begin there.
    while level <= last:
        db.execute(
            """INSERT OR IGNORE INTO ranked (page, parent)
            SELECT coalesce(f.target, e.child), e.parent
            FROM ranked r CROSS JOIN edges e ON e.crawl = ? AND e.parent = r.page LEFT JOIN final f ON f.page = e.child
            WHERE r.n BETWEEN ? AND ? ORDER BY r.n, e.position""",
            (crawl, level, last),
        )
        level, last = last + 1, db.execute("SELECT max(n) FROM ranked").fetchone()[0]


def _carried(db: sqlite3.Connection, crawl: int) -> None:
    db.execute(
        "CREATE TEMP TABLE carried (page INTEGER, copy INTEGER, data TEXT, notes TEXT, others INTEGER, "
        "PRIMARY KEY (page, copy)) WITHOUT ROWID"
    )
    db.execute(
        """INSERT INTO carried
        SELECT coalesce(f.target, e.child), 0, e.carry, e.notes, 0
        FROM edges e JOIN ranked r ON r.page = e.parent LEFT JOIN final f ON f.page = e.child
        WHERE e.crawl = ? AND e.carry IS NOT NULL ORDER BY r.n, e.position
        ON CONFLICT (page, copy) DO UPDATE SET others = others + 1 WHERE data <> excluded.data""",
        (crawl,),
    )
    if not db.execute("SELECT 1 FROM carried LIMIT 1").fetchone():
        return
    modes = {row[0] for row in db.execute("SELECT DISTINCT duplicates FROM edges WHERE crawl = ?", (crawl,))}
    if "rows" in modes:
        _copies(db, crawl)
    if "collect" in modes:
        _collected(db, crawl)
    if db.execute("SELECT 1 FROM carried WHERE others > 0 LIMIT 1").fetchone():
        _note_others(db, crawl)
    _inherited(db, crawl)


_FURTHER_LINKS = """SELECT coalesce(f.target, e.child) AS page, e.carry, e.notes, r.n, e.position
    FROM edges e JOIN ranked r ON r.page = e.parent LEFT JOIN final f ON f.page = e.child
    WHERE e.crawl = ? AND e.duplicates = ?"""


def _copies(db: sqlite3.Connection, crawl: int) -> None:
    """Let each link of a rule with `duplicates: rows` be a copy of its page's rows."""
    db.execute(
        f"DELETE FROM carried WHERE page IN (SELECT page FROM ({_FURTHER_LINKS}))",  # noqa: S608 - fixed
        (crawl, "rows"),
    )
    db.execute(
        "INSERT INTO carried SELECT page, row_number() OVER (PARTITION BY page ORDER BY n, position) - 1, "  # noqa: S608 - fixed
        f"carry, notes, 0 FROM ({_FURTHER_LINKS})",
        (crawl, "rows"),
    )


def _collected(db: sqlite3.Connection, crawl: int) -> None:
    """Put the values of all links of a rule with `duplicates: collect` into lists."""
    links = db.execute(f"{_FURTHER_LINKS} ORDER BY page, r.n, e.position", (crawl, "collect"))
    for page, group in groupby(links.fetchall(), key=itemgetter(0)):
        values: dict[str, dict[str, None]] = {}
        notes: tuple[Note, ...] = ()
        for _, carry, found_notes, *_ in group:
            notes += load_notes(found_notes)
            for name, value in load_values(carry).items():
                texts = values.setdefault(name, {})
                for part in value if type(value) is tuple else (value,):
                    if part is not None:
                        texts[str(part) if not isinstance(part, tuple) else _shown(part)] = None
        data = dump_values({name: tuple(texts) for name, texts in values.items()})
        db.execute("UPDATE carried SET data = ?, notes = ?, others = 0 WHERE page = ?", (data, dump_notes(notes), page))


def _inherited(db: sqlite3.Connection, crawl: int) -> None:
    """Give the next pages of a list what its first page was given."""
    steps = db.execute(
        """SELECT e.parent, coalesce(f.target, e.child)
        FROM edges e JOIN ranked r ON r.page = e.parent JOIN pages p ON p.id = e.parent AND p.state = 'done'
        LEFT JOIN final f ON f.page = e.child
        WHERE e.crawl = ? AND e.step = 0 AND e.kin = 1 AND e.carry IS NULL ORDER BY r.n, e.position""",
        (crawl,),
    )
    for parent, child in steps.fetchall():
        db.execute(
            "INSERT OR IGNORE INTO carried SELECT ?, copy, data, notes, 0 FROM carried WHERE page = ?", (child, parent)
        )


def _note_others(db: sqlite3.Connection, crawl: int) -> None:
    """Note on each page what the links after the first one carried and what its rows therefore lack."""
    db.execute("CREATE TEMP TABLE unlike (page INTEGER PRIMARY KEY, notes TEXT)")
    links = db.execute(
        """SELECT c.page, c.data, c.notes, e.carry
        FROM edges e JOIN ranked r ON r.page = e.parent LEFT JOIN final f ON f.page = e.child
        JOIN carried c ON c.page = coalesce(f.target, e.child)
        WHERE e.crawl = ? AND c.others > 0 AND e.carry <> c.data AND e.duplicates IS NULL
        ORDER BY c.page, r.n, e.position""",
        (crawl,),
    )
    db.executemany("INSERT INTO unlike VALUES (?, ?)", _unlike(links))
    db.execute("UPDATE carried SET notes = u.notes FROM unlike u WHERE u.page = carried.page")


def _unlike(links: Iterable[tuple[int, str, str | None, str]]) -> Iterator[tuple[int, str | None]]:
    """Yield each page with its notes and one more, from (page, first carried, its notes, carried by a later link)."""
    for page, group in groupby(links, key=itemgetter(0)):
        first: dict[str, Value] = {}
        notes, number = None, 0
        others: dict[str, dict[str, None]] = {}
        for _, data, found_notes, carry in group:
            notes = found_notes
            first = first or load_values(data)
            left_out = {k: v for k, v in load_values(carry).items() if v is not None and v != first.get(k)}
            number += bool(left_out)
            for name, value in left_out.items():
                seen = others.setdefault(name, {})
                if len(seen) <= _NAMED:
                    seen[_shown(value)] = None
        if others:
            note = Note(next(iter(others)), "other-values", _others(number, others))
            yield page, dump_notes((*load_notes(notes), note))


def _others(number: int, others: Mapping[str, Mapping[str, None]]) -> str:
    named = [
        f"{name}: {', '.join(islice(seen, _NAMED))}{', ...' * (len(seen) > _NAMED)}" for name, seen in others.items()
    ]
    links = "1 more link" if number == 1 else f"{number:,} more links"
    return f"{links} to this page carried other values: {'; '.join(named)}"[:_MAX_LENGTH]


def _shown(value: Value) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    return " ".join(str(part) for part in parts if part != "")[:_SHORT]


def _key_expression(keys: Mapping[str, tuple[str, ...]], carried: bool) -> tuple[str, list[str]]:
    """SQL for the key of a record: JSON of its key fields; NULL where the table has no key or one is empty.

    Args:
        carried: a field that the record does not have is taken from `c.data`.
    """
    cases, values = [], []
    for table, fields in keys.items():
        if fields:
            paths = [f'$."{name}"' for name in fields]
            case, asked = _with_links(paths) if carried else _own(paths)
            cases.append(f"WHEN r.tbl = ? AND {case}")
            values += [table, *asked]
    return (f"CASE {' '.join(cases)} END", values) if cases else ("NULL", [])


_LAST = "'$.\"\"'"  # with one path more the value is JSON, in which a long number keeps all of its digits


def _own(paths: list[str]) -> tuple[str, list[str]]:
    found = " AND ".join(["coalesce(json_extract(r.data, ?), '') <> ''"] * len(paths))
    return f"{found} THEN json_extract(r.data, {', '.join('?' * len(paths))}, {_LAST})", paths * 2


def _with_links(paths: list[str]) -> tuple[str, list[str]]:
    has = "coalesce(json_extract(r.data, ?), json_extract(c.data, ?), '') <> ''"
    own, linked = (f"json_extract({data}, ?, {_LAST})" for data in ("r.data", "c.data"))
    part = f"CASE WHEN json_extract(r.data, ?) IS NULL THEN {linked} ELSE {own} END"
    found, key = " AND ".join([has] * len(paths)), " || ".join([part] * len(paths))
    return f"{found} THEN {key}", [path for times in (2, 3) for path in paths for _ in range(times)]


def _merge(db: sqlite3.Connection, rows: Sequence[tuple[str, str, int, int, str, str | None]]) -> int:
    """Keep the first record of a key, fill its blanks from the later ones, and leave those out."""
    (_, _, first, copy, text, carry), others = rows[0], rows[1:]
    values = _with_carried(text, carry)
    for *_, data, carry in others:
        for name, value in _with_carried(data, carry).items():
            if values.get(name) in (None, ""):
                values[name] = value
    db.execute("INSERT INTO merged VALUES (?, ?, ?)", (first, copy, dump_values(values)))
    db.executemany("INSERT INTO left_out VALUES (?, ?)", [row[2:4] for row in others])
    return len(others)


def _with_carried(data: str, carry: str | None) -> dict[str, Value]:
    values = load_values(data)
    if carry:
        fill_blanks(values, load_values(carry))
    return values


class StoredResult:
    """A crawl as exports see it; fills `crawler.model.Result`.

    Args:
        summary: lines of the Summary sheet, ready made.
        names: of files; without it their cells hold their addresses.

    Attributes:
        folder: what stands in front of the names of files: "", or "photos/".
    """

    folder = ""

    def __init__(
        self,
        db: sqlite3.Connection,
        crawl: int,
        tables: Sequence[Table],
        keys: Mapping[str, tuple[str, ...]],
        summary: Sequence[SummaryLine] = (),
        names: FileNames | None = None,
    ) -> None:
        self._db, self._crawl, self.tables, self._summary = db, crawl, tables, summary
        self._findings: Sequence[Problem] = ()
        rank(db, crawl)
        self.joined = join_records(db, keys)
        copies = db.execute("SELECT 1 FROM carried WHERE copy > 0 LIMIT 1").fetchone()
        self._order = "k.n, r.id, c.copy" if copies else "k.n, r.id"
        self._files = file_tables(tables) if names is not None else {}
        if names is not None:
            self.name_files(names)

    def name_files(self, names: FileNames) -> None:
        """Give names to the files of the rows; those that they had are forgotten."""
        if self._files:
            fill_files(self._db, self._crawl, self._files, names, RECORDS)

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
        most, answered, target = counts.redirected(self._db, self._crawl)
        return Figures(
            {table.name: table_figures(table, self._stored(table.name)) for table in self.tables},
            counts.states(self._db, self._crawl),
            counts.kinds(self._db, self._crawl),
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
                for column in self._files.get(table, ()):
                    values[column] = self._path(values[column])
                yield Row(values, _notes(notes, carry_notes), url)

    def count(self, table: str) -> int:
        """Number of rows of one table."""
        return sum(1 for _ in self._stored(table))

    def _path(self, name: Value) -> Value:
        """The path of a file, or of several, by name."""
        if isinstance(name, tuple):
            return tuple(self.folder + str(one) for one in name)
        return None if name is None else f"{self.folder}{name}"

    def _stored(self, table: str) -> Iterator[StoredRow]:
        if table in self._files:
            cursor = self._db.execute(
                f"SELECT f.data, f.notes, NULL, NULL, p.url FROM {RECORDS} JOIN filled f ON f.record = r.id "  # noqa: S608 - fixed
                "JOIN pages p ON p.id = k.page WHERE +r.tbl = ? ORDER BY k.n, r.id",
                (table,),
            )
            return map(StoredRow._make, cursor)
        cursor = self._db.execute(
            f"SELECT coalesce(m.data, r.data), r.notes, c.data, c.notes, p.url FROM {RECORDS} "  # noqa: S608 - fixed
            "JOIN pages p ON p.id = k.page "
            "LEFT JOIN carried c ON c.page = k.page "
            "LEFT JOIN merged m ON m.record = r.id AND m.copy = coalesce(c.copy, 0) "
            f"WHERE +r.tbl = ? AND {_STAYS} ORDER BY {self._order}",
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
        own, carried, more, also = "r.notes", "c.notes", "", ""
        if self._files:
            own, carried = ("CASE WHEN n.record IS NULL THEN {} ELSE {} END".format(*two) for two in _OF_FILLED)
            more = "UNION SELECT record FROM filled WHERE notes IS NOT NULL"
            also = "LEFT JOIN filled n ON n.record = r.id "
        cursor = self._db.execute(
            "WITH noted AS (SELECT id FROM records WHERE crawl = ? AND notes IS NOT NULL "  # noqa: S608 - fixed
            f"UNION SELECT r.id FROM carried c CROSS JOIN records r ON {IS_OF.format(page='c.page')} "
            f"WHERE c.notes IS NOT NULL {more}) "
            f"SELECT r.tbl, {own}, {carried}, p.url, f.url FROM noted CROSS JOIN records r ON r.id = noted.id "
            "JOIN ranked k ON k.page = r.page JOIN pages p ON p.id = r.page LEFT JOIN pages f ON f.id = k.parent "
            f"LEFT JOIN carried c ON c.page = r.page {also}"
            f"WHERE {_STAYS} ORDER BY {self._order}",
            (self._crawl,),
        )
        for tbl, notes, carry_notes, url, found_on in cursor:
            for note in _notes(notes, carry_notes):
                where = f"{tbl}.{note.field}" if note.field else tbl
                yield Problem("cell", note.code, note.detail, url, found_on or "", where)


_OF_FILLED = ("r.notes", "n.notes"), ("c.notes", "NULL")
_SHOWN = {"failed": "failed", "skipped": "skipped", "done": "noted"}


def _notes(own: str | None, carried: str | None) -> tuple[Note, ...]:
    return load_notes(own) + load_notes(carried) if own or carried else ()
