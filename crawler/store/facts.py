"""Counts of a crawl as the store has them."""

from __future__ import annotations

import sqlite3

__all__ = ["causes", "states"]


def states(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Pages done, moved, failed, skipped and left."""
    counts = dict.fromkeys(("done", "moved", "failed", "skipped", "left"), 0)
    for state, count in db.execute("SELECT state, count(*) FROM pages WHERE crawl = ? GROUP BY state", (crawl,)):
        counts[state if state in counts else "left"] += count
    return counts


def causes(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Failed and skipped pages by cause, the most frequent first."""
    rows = db.execute(
        "SELECT code, count(*) FROM pages WHERE crawl = ? AND state IN ('failed', 'skipped') "
        "GROUP BY code ORDER BY count(*) DESC, code",
        (crawl,),
    )
    return dict(rows.fetchall())
