"""What the next run of a job will do, told from its state without touching it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.config import Job
from crawler.errors import StateError
from crawler.store.counts import states
from crawler.store.runs import last_run, newest_crawl
from crawler.store.schema import APPLICATION_ID, VERSION

__all__ = ["NextRun", "foresee"]


@dataclass(frozen=True, slots=True)
class NextRun:
    """What the next run does.

    Attributes:
        what: `begin`, `go-on`, or `begin-anew` where the config now describes another crawl than the unfinished one.
        sentence: the same for a person.
        read, left: pages of the newest crawl.
    """

    what: str
    sentence: str
    read: int = 0
    left: int = 0


def foresee(job: Job) -> NextRun:
    """Compare a job with its state.

    Raises:
        StateError: the state is damaged, of a newer version, or not ours.
    """
    path = job.state_path
    if not path.exists() or not path.stat().st_size:
        return NextRun("begin", "begins a crawl; this job has no state yet")
    try:
        with closing(_read_only(path)) as db:
            return _compared(job, db)
    except sqlite3.Error as error:
        raise StateError(f"{path}: the state cannot be read: {error}") from None


def _read_only(path: Path) -> sqlite3.Connection:
    # Without a log beside it nobody works on the state, and SQLite need not make the files for sharing it.
    quiet = not path.with_name(path.name + "-wal").exists()
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if quiet else ''}", uri=True, timeout=2)
    try:
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StateError(f"{path}: this is not a state file of crawler; name another with `state:` in the config")
        if db.execute("PRAGMA user_version").fetchone()[0] > VERSION:
            raise StateError(f"{path}: written by a newer version of crawler; update crawler")
    except BaseException:
        db.close()
        raise
    return db


def _compared(job: Job, db: sqlite3.Connection) -> NextRun:
    newest, last = newest_crawl(db), last_run(db)
    if newest is None or last is None:
        return NextRun("begin", "begins a crawl; nothing was crawled yet")
    counts = states(db, newest.id)
    read, left = counts["done"], counts["left"]
    when = datetime.fromtimestamp(last.started).strftime("%Y-%m-%d %H:%M")
    if newest.finished:
        how = "is suspect: see `crawler status`" if newest.verdict == "suspect" else "has ended"
        return NextRun("begin", f"begins a new crawl; the last one, of {when}, {how} ({read:,} pages read)", read)
    about = f"{read:,} pages read, {left:,} left"
    if not last.ending:
        about += "; its last run was killed, or is still under way"
    if newest.what_hash.split(" ")[0] != job.what_hash:
        why = f"the config describes another crawl than the unfinished one of {when}"
        return NextRun("begin-anew", f"begins anew, because {why} ({about}), which is thrown away", read, left)
    return NextRun("go-on", f"goes on with the crawl of {when} ({about}); --fresh begins anew", read, left)
