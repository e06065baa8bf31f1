"""Crawls and runs: what is resumed, what starts over, and what is deleted.

Kept are the last good crawl, the newest suspect one, and the current one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from crawler.store.pages import recover
from crawler.store.queued import TRIED

__all__ = [
    "Begin",
    "CrawlRow",
    "RunRow",
    "Verdict",
    "accept",
    "begin",
    "end",
    "forget",
    "last_good",
    "last_run",
    "newest_crawl",
    "newest_suspect",
    "publish",
    "published",
    "published_until",
    "remember",
    "written",
    "wrote",
]

Verdict = Literal["good", "suspect", ""]
"""What a crawl is worth; "" where it was not compared."""

MAX_CRASHES = 5  # patient: a run may be killed for reasons that have nothing to do with the page


class Begin(NamedTuple):
    """How a run starts.

    Attributes:
        crawl, run: ids in the store.
        resumed: it resumes an unfinished crawl.
        changed: an unfinished crawl was given up because the config now describes another one.
        crashed: pages that were in flight when the last run was killed.
        began: when the crawl began, seconds since 1970.
    """

    crawl: int
    run: int
    resumed: bool
    changed: bool
    crashed: int
    began: float = 0.0


class RunRow(NamedTuple):
    """One run as the store remembers it."""

    id: int
    crawl: int
    started: float
    ended: float | None
    pid: int
    ending: str | None
    report: Mapping[str, Any]


class CrawlRow(NamedTuple):
    """One crawl as the store remembers it; `figures` is None where they are not known."""

    id: int
    what_hash: str
    started: float
    finished: bool
    verdict: Verdict
    figures: Mapping[str, Any] | None


def begin(db: sqlite3.Connection, what_hash: str, *, fresh: bool, pid: int, now: float) -> Begin:
    """Resume the unfinished crawl, or open a new one.

    An unfinished crawl is given up when `fresh` is asked for, or when what the config describes has changed
    since: its records would be of two makes. The last good crawl stays until there is a newer one.
    """
    with _transaction(db):
        crawl, old_hash = _unfinished(db)
        changed = crawl is not None and old_hash != what_hash
        if crawl is not None and (fresh or changed):
            _drop(db, "id = ?", crawl)
            crawl = None
        resumed = crawl is not None
        if crawl is not None:  # what was said of it holds no longer
            db.execute("UPDATE crawls SET verdict = NULL, figures = NULL WHERE id = ?", (crawl,))
        if crawl is None:
            crawl = _insert(db, "INSERT INTO crawls (what_hash, started) VALUES (?, ?)", what_hash, now)
        crashed = _recover(db, crawl)
        run = _insert(db, "INSERT INTO runs (crawl, started, pid) VALUES (?, ?, ?)", crawl, now, pid)
        (began,) = db.execute("SELECT started FROM crawls WHERE id = ?", (crawl,)).fetchone()
    return Begin(crawl, run, resumed, changed and not fresh, crashed, began)


def remember(db: sqlite3.Connection, crawl: int, figures: str) -> None:
    """Keep the figures of a crawl, as JSON."""
    db.execute("UPDATE crawls SET figures = ? WHERE id = ?", (figures, crawl))


def end(
    db: sqlite3.Connection, start: Begin, ending: str, report: Mapping[str, Any], now: float, verdict: Verdict = "good"
) -> None:
    """Write down how the run ended. A crawl with nothing left is finished; a good one replaces all before it."""
    with _transaction(db):
        db.execute(
            "UPDATE runs SET ended = ?, ending = ?, report = ? WHERE id = ?",
            (now, ending, json.dumps(report), start.run),
        )
        finished = ending == "finished"
        if finished:
            db.execute("UPDATE crawls SET finished = ? WHERE id = ?", (now, start.crawl))
            db.execute("DELETE FROM cookies WHERE crawl = ?", (start.crawl,))  # nothing is left to be asked for
        if verdict == "suspect":
            db.execute("UPDATE crawls SET verdict = 'suspect' WHERE id = ?", (start.crawl,))
            _drop(db, "id < ? AND verdict IS NOT 'good'", start.crawl)
        elif finished:
            db.execute("UPDATE crawls SET verdict = 'good' WHERE id = ?", (start.crawl,))
            _drop(db, "id < ?", start.crawl)


def accept(db: sqlite3.Connection, crawl: int, now: float) -> None:
    """A suspect crawl is good after all, and finished, whatever is left. One in progress is kept."""
    with _transaction(db):
        db.execute("UPDATE crawls SET verdict = 'good', finished = coalesce(finished, ?) WHERE id = ?", (now, crawl))
        _drop(db, "id < ?", crawl)


def newest_crawl(db: sqlite3.Connection) -> CrawlRow | None:
    """The newest crawl; None before the first run."""
    return _crawl(db, "true")


def last_good(db: sqlite3.Connection) -> CrawlRow | None:
    """The newest crawl whose files were published for good."""
    return _crawl(db, "verdict = 'good'")


def newest_suspect(db: sqlite3.Connection) -> CrawlRow | None:
    """The newest crawl that waits to be accepted; none that is older than the last good one."""
    found = _crawl(db, "verdict IS NOT NULL")
    return found if found is not None and found.verdict == "suspect" else None


def _crawl(db: sqlite3.Connection, which: str) -> CrawlRow | None:
    row = db.execute(
        "SELECT id, what_hash, started, finished IS NOT NULL, coalesce(verdict, ''), figures "  # noqa: S608 - ours
        f"FROM crawls WHERE {which} ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    crawl, what, started, finished, verdict, figures = row
    return CrawlRow(crawl, what, started, bool(finished), verdict, json.loads(figures) if figures else None)


def last_run(db: sqlite3.Connection, crawl: int | None = None) -> RunRow | None:
    """The newest run, of all or of one crawl, whether it ended or not."""
    row = db.execute(
        "SELECT id, crawl, started, ended, pid, ending, report FROM runs WHERE ? IN (crawl, 0) "
        "ORDER BY id DESC LIMIT 1",
        (crawl or 0,),
    ).fetchone()
    if row is None:
        return None
    run, crawl, started, ended, pid, ending, report = row
    return RunRow(run, crawl, started, ended, pid, ending, json.loads(report or "{}"))


def published(db: sqlite3.Connection, path: str) -> bool | None:
    """Whether the export last written at `path` was of a whole crawl; None where we wrote none."""
    row = db.execute("SELECT complete FROM published WHERE path = ?", (path,)).fetchone()
    return bool(row[0]) if row else None


def publish(db: sqlite3.Connection, path: str, crawl: int, complete: bool) -> None:
    """Remember that `path` now holds the export of `crawl`; `complete`: only a complete one may replace it."""
    db.execute("INSERT OR REPLACE INTO published VALUES (?, ?, ?)", (path, crawl, int(complete)))


def forget(db: sqlite3.Connection, path: str) -> None:
    """There is no export of ours at `path` any more."""
    db.execute("DELETE FROM published WHERE path = ?", (path,))


def published_until(db: sqlite3.Connection, path: str) -> float | None:
    """When the last run of the crawl ended whose export stands at `path`; None where that is not known."""
    row = db.execute(
        "SELECT max(r.ended) FROM published p JOIN runs r ON r.crawl = p.crawl WHERE p.path = ?", (path,)
    ).fetchone()
    until: float | None = row[0]
    return until


def written(db: sqlite3.Connection, path: str) -> str | None:
    """SHA-256 of the bytes that were last written to a file; None where that is not known."""
    row = db.execute("SELECT digest FROM written WHERE path = ?", (path,)).fetchone()
    return row[0] if row else None


def wrote(db: sqlite3.Connection, path: str, digest: str) -> None:
    """Remember what was written to a file."""
    db.execute("INSERT OR REPLACE INTO written VALUES (?, ?)", (path, digest))


def _unfinished(db: sqlite3.Connection) -> tuple[int | None, str | None]:
    row = db.execute("SELECT id, what_hash FROM crawls WHERE finished IS NULL ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (None, None)


def _drop(db: sqlite3.Connection, which: str, crawl: int) -> None:
    gone = [row[0] for row in db.execute(f"SELECT id FROM crawls WHERE {which}", (crawl,))]  # noqa: S608 - ours
    for old in gone:
        # Pages in the order of the table: by their index, each would be taken from another place.
        for table in ("records", "edges", "pages NOT INDEXED", "cookies", "parameters", "runs"):
            db.execute(f"DELETE FROM {table} WHERE crawl = ?", (old,))  # noqa: S608 - fixed names
        db.execute("DELETE FROM crawls WHERE id = ?", (old,))


def _recover(db: sqlite3.Connection, crawl: int) -> int:
    """Queue again what was in flight when the last run died, but no page with which too many have died."""
    crashed = recover(db, crawl)
    db.execute(
        f"UPDATE pages SET state = 'failed', code = 'crash', detail = ? WHERE crawl = ? AND {TRIED} AND crashes >= ?",  # noqa: S608 - fixed
        (f"the program died {MAX_CRASHES} times with this page in flight", crawl, MAX_CRASHES),
    )
    return crashed


def _insert(db: sqlite3.Connection, sql: str, *values: object) -> int:
    row = db.execute(sql, values).lastrowid
    assert row is not None
    return row


class _transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")  # not deferred: an upgrade from read to write ignores the busy timeout

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
