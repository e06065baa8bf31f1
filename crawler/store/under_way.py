"""Pages that were asked for and have not come back.

They stand in one row of the crawl that is written once a turn. So a page is written when it is queued and when it has
come back, and not a third time when it goes out.
"""

from __future__ import annotations

import json
import sqlite3

__all__ = ["UnderWay", "recover"]


class UnderWay(set[int]):
    """The ids of the pages of one crawl that are under way in this run."""

    def __init__(self, db: sqlite3.Connection, crawl: int) -> None:
        super().__init__()
        self._db, self._crawl = db, crawl
        self._written = "[]"

    def save(self) -> None:
        """Write them down, where they have changed; inside a transaction."""
        text = json.dumps(sorted(self))
        if text != self._written:
            self._db.execute("UPDATE crawls SET under_way = ? WHERE id = ?", (text, self._crawl))
            self._written = text


def recover(db: sqlite3.Connection, crawl: int) -> int:
    """Queue again what was under way when the last run died; returns how many pages that were.

    They go last and alone, for one of them may be what killed it.
    """
    crashed = db.execute(
        "UPDATE pages SET state = 'queued', crashes = crashes + 1, lane = 2 "
        "WHERE id IN (SELECT value FROM crawls c, json_each(c.under_way) WHERE c.id = ?)",
        (crawl,),
    ).rowcount
    db.execute("UPDATE crawls SET under_way = '[]' WHERE id = ?", (crawl,))
    return crashed
