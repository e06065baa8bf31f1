"""Counts of a crawl: its pages by state and cause, the rows of each table, and how well each column is filled.

One pass over the records, a batch at a time, so that most of the work is done by built-in functions over lists.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.model import FILE_COLUMNS
from crawler.store.queued import LEFT_OUT, TRIED
from crawler.store.records import load_notes

if TYPE_CHECKING:
    from crawler.model import Table

__all__ = [
    "ColumnFigures",
    "Figures",
    "StoredRow",
    "TableFigures",
    "asked_for",
    "causes",
    "counts",
    "dropped",
    "dropped_first",
    "goes_on",
    "kinds",
    "left_out",
    "redirected",
    "states",
    "table_figures",
]


def counts(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Number of pages in each state; counted in indexes, each of which holds a part of them."""
    found = dict(
        db.execute(
            "SELECT state, count(*) FROM pages WHERE crawl = ? AND state NOT IN ('done', 'queued') GROUP BY state",
            (crawl,),
        ).fetchall()
    )
    (queued,) = db.execute("SELECT count(*) FROM pages WHERE crawl = ? AND state = 'queued'", (crawl,)).fetchone()
    (every,) = db.execute("SELECT count(*) FROM pages WHERE crawl = ?", (crawl,)).fetchone()
    found |= {"queued": queued, "done": every - queued - sum(found.values())}
    return {state: count for state, count in found.items() if count}


def states(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Pages done, moved, failed, skipped and left."""
    found = dict.fromkeys(("done", "moved", "failed", "skipped", "left"), 0)
    for state, count in counts(db, crawl).items():
        found[state if state in found else "left"] += count
    return found


def asked_for(db: sqlite3.Connection, crawl: int) -> int:
    """Number of pages that were ever requested: all that were read, and of the others those with an attempt."""
    found = counts(db, crawl)
    (others,) = db.execute(
        "SELECT (SELECT count(*) FROM pages WHERE crawl = :crawl AND state NOT IN ('done', 'queued') "  # noqa: S608 - fixed
        f"AND (attempts > 0 OR crashes > 0)) + (SELECT count(*) FROM pages WHERE crawl = :crawl AND {TRIED})",
        {"crawl": crawl},
    ).fetchone()
    return found.get("done", 0) + int(others)


def causes(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Failed and skipped pages by cause, the most frequent first."""
    rows = db.execute(
        "SELECT code, count(*) FROM pages WHERE crawl = ? AND state IN ('failed', 'skipped') "
        "AND state NOT IN ('done', 'queued') GROUP BY code ORDER BY count(*) DESC, code",
        (crawl,),
    )
    return dict(rows.fetchall())


def kinds(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Pages that were read, by page kind."""
    # In the order of the table: by the index, each page would be read from another place.
    rows = db.execute("SELECT kind FROM pages NOT INDEXED WHERE crawl = ? AND state = 'done'", (crawl,))
    return dict(sorted(Counter(kind for (kind,) in rows).items()))


def dropped(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Links that were not followed, by reason, the most frequent first."""
    found = {reason: links for reason, links in _lost(db, crawl).items() if not reason.startswith(LEFT_OUT)}
    (joined,) = db.execute("SELECT coalesce(sum(joined), 0) FROM parameters WHERE crawl = ?", (crawl,)).fetchone()
    if joined:
        found["session"] = found.get("session", 0) + joined
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def left_out(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Rows that `where` left out, by table; only tables that have some."""
    found = _lost(db, crawl).items()
    return dict(sorted((key.removeprefix(LEFT_OUT), rows) for key, rows in found if key.startswith(LEFT_OUT)))


def _lost(db: sqlite3.Connection, crawl: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text, pages in db.execute(
        "SELECT dropped, count(*) FROM pages WHERE crawl = ? AND dropped IS NOT NULL GROUP BY dropped", (crawl,)
    ):
        for what, number in json.loads(text).items():
            counts[what] += number * pages
    return counts


def dropped_first(db: sqlite3.Connection, crawl: int, reason: str) -> str:
    """The first page, in the order that `rank` has made, with a link that was not followed for this reason."""
    row = db.execute(
        "SELECT p.url FROM ranked k JOIN pages p ON p.id = k.page "
        "WHERE p.crawl = ? AND p.dropped IS NOT NULL AND json_extract(p.dropped, ?) > 0 ORDER BY k.n LIMIT 1",
        (crawl, f'$."{reason}"'),
    ).fetchone()
    return row[0] if row else ""


def redirected(db: sqlite3.Connection, crawl: int) -> tuple[int, int, str]:
    """Pages that were redirected to the address that most of them were, pages that were answered, and that address.

    Redirects in a row count once. Needs the temporary tables that `rank` makes.
    """
    (others,) = db.execute(
        "SELECT (SELECT count(*) FROM pages WHERE crawl = :crawl AND hops = 0 AND status > 0 "
        "AND state NOT IN ('done', 'queued')) "
        "- (SELECT count(*) FROM pages WHERE crawl = :crawl AND hops > 0 AND state = 'done')",
        {"crawl": crawl},
    ).fetchone()
    answered = counts(db, crawl).get("done", 0) + others
    row = db.execute(
        "SELECT count(*), t.url FROM final f CROSS JOIN pages p ON p.id = f.page JOIN pages t ON t.id = f.target "
        "WHERE p.hops = 0 GROUP BY f.target ORDER BY count(*) DESC, f.target LIMIT 1"
    ).fetchone()
    return (row[0], answered, row[1]) if row else (0, answered, "")


_BATCH_ROWS, _BATCH_CHARACTERS = 250, 1_000_000  # more rows would live so long that they weigh on the collector
_ADDRESSES = FILE_COLUMNS | {"url"}
_MAX_VALUES = 1024  # different values of a column that are counted at a time


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """Of one column.

    Attributes:
        filled: rows in which it has a value.
        noted: cells with a note on their value; a missing value of a required field is none.
        most: rows that have its most frequent value; in long tables it may be 0.1 % of the rows more. 0 for
            addresses, which are not counted.
        note: the most frequent cause of a note; "" for none.
        blank_at, noted_at: page of the first row, in the site's order, without a value, and with a note.
    """

    filled: int = 0
    noted: int = 0
    most: int = 0
    note: str = ""
    blank_at: str = ""
    noted_at: str = ""


@dataclass(frozen=True, slots=True)
class TableFigures:
    """Of one table."""

    rows: int = 0
    columns: Mapping[str, ColumnFigures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a whole crawl.

    Attributes:
        pages: number of pages in each state.
        kinds: number of pages of each kind that were read.
        redirected: share of the pages asked for that were redirected to one and the same address.
        redirected_to: that address.
        unread: pages that were not read because of a limit, by the key of the limit.
    """

    tables: Mapping[str, TableFigures] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    redirected: float = 0.0
    redirected_to: str = ""
    unread: Mapping[str, int] = field(default_factory=dict)

    def dump(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def load(plain: Mapping[str, Any]) -> Figures:
        """The inverse of `asdict`."""
        tables = {
            name: TableFigures(
                table["rows"], {column: ColumnFigures(**found) for column, found in table["columns"].items()}
            )
            for name, table in plain["tables"].items()
        }
        return Figures(**{**plain, "tables": tables})


class StoredRow(NamedTuple):
    """A row as it lies in the store; `carry` are the fields that came with the link to its page."""

    data: str
    notes: str | None
    carry: str | None
    carry_notes: str | None
    url: str


def table_figures(table: Table, rows: Iterable[StoredRow]) -> TableFigures:
    """Count the rows of a table, in the site's order."""
    counts = {column.name: _Count(repeats=column.type not in _ADDRESSES) for column in table.columns}
    total = 0
    for batch in batches(rows):
        total += len(batch)
        records = _values(batch)
        for name, count in counts.items():
            count.take([record.get(name) for record in records], batch)
        for row in batch:
            if row.notes or row.carry_notes:
                _take_notes(row, counts)
    return TableFigures(total, {name: count.figures() for name, count in counts.items()})


def goes_on(db: sqlite3.Connection, crawl: int, kind: str) -> bool | None:
    """Tell whether a page of a kind led to the next page of its list; None where no page of the kind was read."""
    read = "FROM pages p {} WHERE p.crawl = ? AND p.kind = ? AND p.state = 'done' {} LIMIT 1"
    if db.execute(f"SELECT 1 {read.format('', '')}", (crawl, kind)).fetchone() is None:
        return None
    edges = read.format("JOIN edges e ON e.crawl = p.crawl AND e.parent = p.id", "AND e.step = 0")
    return db.execute(f"SELECT 1 {edges}", (crawl, kind)).fetchone() is not None


def batches(rows: Iterable[StoredRow]) -> Iterator[list[StoredRow]]:
    """Rows in lists of some hundred; of fewer, where they are long."""
    batch: list[StoredRow] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.data)
        if size >= _BATCH_CHARACTERS or len(batch) >= _BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def fill_blanks(values: dict[str, Any], carried: Mapping[str, Any]) -> None:
    """Put carried values where a row has none of its own."""
    for name, value in carried.items():
        if values.get(name) is None:
            values[name] = value


def _values(batch: Iterable[StoredRow]) -> list[dict[str, Any]]:
    """The values as plain JSON: what is counted here needs no Decimal and no date."""
    records: list[dict[str, Any]] = json.loads(f"[{','.join(row.data for row in batch)}]")
    for row, record in zip(batch, records, strict=True):
        if row.carry:
            fill_blanks(record, json.loads(row.carry))
    return records


def _take_notes(row: StoredRow, counts: Mapping[str, _Count]) -> None:
    noted: dict[str, str] = {}
    for note in (*load_notes(row.notes), *load_notes(row.carry_notes)):
        if note.code != "missing":
            noted.setdefault(note.field, note.code)
    for name, code in noted.items():
        if name in counts:
            counts[name].note(code, row.url)


class _Count:
    """The figures of one column while they are counted."""

    def __init__(self, *, repeats: bool) -> None:
        self.repeats = repeats
        self.filled = 0
        self.blank_at = self.noted_at = ""
        self.codes: Counter[str] = Counter()
        self.values: Counter[int] = Counter()

    def take(self, values: list[Any], batch: list[StoredRow]) -> None:
        if not all(values) and (values.count(None) or values.count("") or values.count([])):
            if not self.blank_at:
                self.blank_at = next(row.url for row, value in zip(batch, values, strict=True) if _blank(value))
            values = [value for value in values if not _blank(value)]
        self.filled += len(values)
        if self.repeats:
            self._count(values)

    def _count(self, values: list[Any]) -> None:
        # Hashes, as values may be long; and not every value is hashable.
        if set(map(type, values)) == {str}:
            self.values.update(map(hash, values))
        else:
            self.values.update([hash(value if type(value) is str else str(value)) for value in values])
        if len(self.values) > 2 * _MAX_VALUES:
            self._forget_rare()

    def _forget_rare(self) -> None:
        """Keep the frequent ones, each lowered by the count of what goes (Misra and Gries, 1982)."""
        least = sorted(self.values.values())[-_MAX_VALUES]
        self.values = Counter({value: count - least for value, count in self.values.items() if count > least})

    def note(self, code: str, url: str) -> None:
        self.noted_at = self.noted_at or url
        self.codes[code] += 1

    def figures(self) -> ColumnFigures:
        most = max(self.values.values(), default=0)
        code = self.codes.most_common(1)[0][0] if self.codes else ""
        return ColumnFigures(self.filled, self.codes.total(), most, code, self.blank_at, self.noted_at)


def _blank(value: Any) -> bool:
    return value is None or value == "" or value == []
