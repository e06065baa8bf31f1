"""The tables of the state file, and how it is opened.

A `crawl` goes through the site once, over one or several `runs` of the program. A row of `pages` is a URL under one
page kind; `edges` are the links between pages in document order, from which the order of the rows is computed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from crawler.errors import OutputError, StateError

__all__ = ["APPLICATION_ID", "VERSION", "open_database", "open_read_only"]

APPLICATION_ID = 0x63726177  # "craw"
_VERSION_1 = """
CREATE TABLE crawls (
    id        INTEGER PRIMARY KEY,
    what_hash TEXT NOT NULL,               -- of the config's start, pages and demo: what the crawl is
    started   REAL NOT NULL,               -- seconds since 1970
    finished  REAL                         -- NULL while there is something left
);
CREATE TABLE runs (
    id       INTEGER PRIMARY KEY,
    crawl    INTEGER NOT NULL REFERENCES crawls(id),
    started  REAL NOT NULL,
    ended    REAL,                         -- NULL for a run that was killed
    pid      INTEGER NOT NULL,
    ending   TEXT,                         -- finished, interrupted, terminated, time, left
    report   TEXT                          -- JSON
);
CREATE TABLE pages (
    id       INTEGER PRIMARY KEY,
    crawl    INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    url      TEXT NOT NULL,
    key      BLOB NOT NULL,                -- hash of kind, canonical URL and ask
    host     TEXT NOT NULL,
    state    TEXT NOT NULL DEFAULT 'queued',  -- queued, sent, waiting, done, moved, failed, skipped
    lane     INTEGER NOT NULL,             -- 0 has links to follow, 1 has none, 2 was in flight in a crash: goes alone
    depth    INTEGER NOT NULL,
    hops     INTEGER NOT NULL DEFAULT 0,   -- redirects that led here in a row
    anywhere INTEGER NOT NULL DEFAULT 0,   -- may be redirected to another site
    attempts INTEGER NOT NULL DEFAULT 0,   -- requests answered or failed
    crashes  INTEGER NOT NULL DEFAULT 0,   -- times the program or a worker died with this page in flight
    due      REAL,                         -- of a waiting page: when to try again, seconds since 1970
    code     TEXT,                         -- why it failed or was skipped
    detail   TEXT,
    status   INTEGER,
    bytes    INTEGER,
    elapsed  REAL,
    at       REAL,                         -- when the outcome came
    UNIQUE (crawl, key)
);
CREATE INDEX frontier ON pages (crawl, host, lane, id) WHERE state = 'queued';
CREATE INDEX troubles ON pages (crawl, state) WHERE state NOT IN ('done', 'queued');
CREATE TABLE edges (
    parent   INTEGER NOT NULL,             -- 0 for start URLs
    position INTEGER NOT NULL,
    child    INTEGER NOT NULL,
    crawl    INTEGER NOT NULL,
    step     INTEGER NOT NULL,             -- depth it adds: 0 for the next page of a list and for redirects
    carry    TEXT,                         -- JSON of the row's fields that belong to the child's records
    notes    TEXT,
    PRIMARY KEY (crawl, parent, position)
) WITHOUT ROWID;
CREATE INDEX incoming ON edges (child);
CREATE TABLE records (
    id       INTEGER PRIMARY KEY,
    crawl    INTEGER NOT NULL,
    page     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    tbl      TEXT NOT NULL,
    data     TEXT NOT NULL,                -- JSON object
    notes    TEXT,                         -- JSON list of [field, code, detail]
    UNIQUE (page, position)
);
CREATE TABLE published (
    path     TEXT PRIMARY KEY,             -- an export this job wrote
    crawl    INTEGER NOT NULL,
    complete INTEGER NOT NULL              -- 0 while its crawl had something left
);
"""
_VERSION_2 = """
ALTER TABLE pages ADD COLUMN jar INTEGER NOT NULL DEFAULT 0;  -- version of the cookie jar when it was last asked for
ALTER TABLE pages ADD COLUMN asked_again INTEGER NOT NULL DEFAULT 0;  -- times that it was because a cookie had come
CREATE TABLE cookies (
    crawl    INTEGER NOT NULL,
    host     TEXT NOT NULL,                -- that set it, the only one to get it back
    name     TEXT NOT NULL,
    path     TEXT NOT NULL,
    value    TEXT NOT NULL,
    secure   INTEGER NOT NULL,             -- 1: over https only
    expires  REAL,                         -- seconds since 1970; NULL: with the crawl
    created  INTEGER NOT NULL,             -- version of the jar
    changed  INTEGER NOT NULL,             -- version of the jar
    PRIMARY KEY (crawl, host, name, path)
) WITHOUT ROWID;
ALTER TABLE pages ADD COLUMN sign TEXT;        -- of what was found on it, where a list can repeat itself
ALTER TABLE pages ADD COLUMN chain INTEGER;    -- id of the first page of its list
ALTER TABLE pages ADD COLUMN repeats INTEGER;  -- pages in a row, this one with them, that the list has shown before
CREATE INDEX signs ON pages (crawl, sign) WHERE sign IS NOT NULL;
CREATE TABLE parameters (
    crawl   INTEGER NOT NULL,
    host    TEXT NOT NULL,
    name    TEXT NOT NULL,                 -- of a parameter of URLs that looks like a session
    session INTEGER NOT NULL,              -- 1: it is one and tells no pages apart; 0: it is none
    joined  INTEGER NOT NULL DEFAULT 0,    -- links to a page that is known under another session
    PRIMARY KEY (crawl, host, name)
) WITHOUT ROWID;
ALTER TABLE crawls ADD COLUMN verdict TEXT;  -- good or suspect; NULL for one that was not compared yet
ALTER TABLE crawls ADD COLUMN figures TEXT;  -- JSON: rows and fill of each table when its files were last written
UPDATE crawls SET verdict = 'good' WHERE finished IS NOT NULL;
ALTER TABLE pages ADD COLUMN dropped TEXT;   -- JSON: links on it not followed, by reason; `where TABLE`: rows
CREATE TABLE written (
    path     TEXT PRIMARY KEY,             -- a file this job wrote
    digest   TEXT NOT NULL                 -- SHA-256 of its bytes: tells whether a person has changed it since
);

-- What is in flight stands in one row for each crawl, not in the state of each page.
ALTER TABLE crawls ADD COLUMN under_way TEXT NOT NULL DEFAULT '[]';  -- JSON: ids of pages that were asked for
UPDATE crawls SET under_way = (SELECT json_group_array(id) FROM pages WHERE crawl = crawls.id AND state = 'sent');
UPDATE pages SET state = 'queued' WHERE state = 'sent';
ALTER TABLE crawls ADD COLUMN jar INTEGER NOT NULL DEFAULT 0;  -- version of the cookie jar when it was last saved

-- Indexes that hold none of the pages that were read without a remark. SQLite takes one for a query that has its WHERE.
DROP INDEX troubles;
CREATE INDEX troubles ON pages (crawl, state) WHERE state NOT IN ('done', 'queued') OR code IS NOT NULL;
CREATE INDEX tried ON pages (crawl) WHERE state = 'queued' AND (attempts > 0 OR crashes > 0);
CREATE INDEX hopped ON pages (crawl) WHERE hops > 0;
CREATE INDEX dropped ON pages (crawl, dropped) WHERE dropped IS NOT NULL;

ALTER TABLE edges ADD COLUMN kin INTEGER;    -- 1: from a page of the same kind, or a start; only these are looked for
DROP INDEX incoming;
UPDATE edges SET kin = 1 WHERE parent = 0
    OR (SELECT kind FROM pages WHERE id = edges.parent) = (SELECT kind FROM pages WHERE id = edges.child);
CREATE INDEX incoming ON edges (child) WHERE kin IS NOT NULL;

CREATE TABLE found (
    id       INTEGER PRIMARY KEY,          -- of its page and its position there: the records of a page need no index
    crawl    INTEGER NOT NULL,
    tbl      TEXT NOT NULL,
    data     TEXT NOT NULL,                -- JSON object
    notes    TEXT,                         -- JSON list of [field, code, detail]
    page     INTEGER AS (id >> 24),
    position INTEGER AS (id & 0xffffff)
);
INSERT INTO found (id, crawl, tbl, data, notes)
    SELECT (page << 24) + position, crawl, tbl, data, notes FROM records ORDER BY page, position;
DROP TABLE records;
ALTER TABLE found RENAME TO records;
CREATE INDEX noted ON records (crawl) WHERE notes IS NOT NULL;
"""
_VERSION_3 = """
ALTER TABLE pages ADD COLUMN ask TEXT;       -- JSON: what it is asked for with, beside its URL; NULL for nothing
ALTER TABLE edges ADD COLUMN duplicates TEXT; -- rows or collect: what further links to the same page do; NULL: nothing
"""
_STEPS = (_VERSION_1, _VERSION_2, _VERSION_3)  # step n makes a file of version n out of one of the version before it
VERSION = len(_STEPS)


def open_database(path: Path) -> sqlite3.Connection:
    """Open the state file, made new where there is none, in autocommit mode.

    Raises:
        StateError: it is corrupt, of a newer version, or another program's file. It is left untouched.
        OutputError: it cannot be opened or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists() or path.stat().st_size == 0
        if fresh:
            path.touch(mode=0o600)  # records may hold what only a logged-in user sees
        db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        try:
            _prepare(db, path, fresh)
        except BaseException:
            db.close()
            raise
    except sqlite3.DatabaseError as error:
        raise _as_stop(error, path) from error
    except OSError as error:
        raise OutputError(f"{path}: the state file cannot be opened: {error.strerror or error}") from error
    return db


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open an existing state file without touching it; a run may be at work on it.

    Raises:
        StateError: it is of a newer version, or another program's file.
        sqlite3.Error: it cannot be read.
    """
    # Without a log beside it nobody works on the state, and SQLite need not make the files for sharing it.
    quiet = not path.with_name(path.name + "-wal").exists()
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if quiet else ''}", uri=True, timeout=2)
    try:
        _check_ours(path, *_marks(db))
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, fresh: bool) -> None:
    application, version = _marks(db)
    if application == 0 and version == 0:  # a program killed before its first commit leaves a file without tables
        fresh = fresh or not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    _check_ours(path, APPLICATION_ID if fresh else application, version)
    db.execute("PRAGMA journal_mode = WAL")
    # A killed program loses nothing under NORMAL; a power cut may lose the last commits, never a part of one.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA wal_autocheckpoint = 4000")
    if not fresh and (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StateError(_corrupt(path, " ".join(found.split())))
    if version < VERSION:
        db.executescript(
            f"BEGIN IMMEDIATE; {''.join(_STEPS[version:])} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {VERSION}; COMMIT;"
        )


def _marks(db: sqlite3.Connection) -> tuple[int, int]:
    """Whose file it is, and of which version."""
    return db.execute("PRAGMA application_id").fetchone()[0], db.execute("PRAGMA user_version").fetchone()[0]


def _check_ours(path: Path, application: int, version: int) -> None:
    if application != APPLICATION_ID:
        raise StateError(f"{path}: not a state file of crawler; choose another one with `state:` in the config")
    if version > VERSION:
        raise StateError(
            f"{path}: written by a newer version of crawler (state version {version}, this one knows {VERSION}); "
            "update crawler, or name another state file with `state:`"
        )


def _as_stop(error: sqlite3.DatabaseError, path: Path) -> StateError | OutputError:
    if isinstance(error, sqlite3.OperationalError):
        return OutputError(f"{path}: the state file cannot be used: {error}")
    return StateError(_corrupt(path, str(error)))


def _corrupt(path: Path, why: str) -> str:
    return (
        f"{path}: the state file is damaged ({why}); it was not changed. "
        f"Move it away to start over; to save what is still readable: sqlite3 {path} .dump"
    )
