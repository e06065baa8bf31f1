"""What a crawl, and the one before it, have seen of a page or a host: asked for only when something fails."""

from __future__ import annotations

import sqlite3

from crawler.store.queued import Queued

__all__ = ["Past"]


class Past:
    """Looks into the state of one crawl."""

    def __init__(self, db: sqlite3.Connection, crawl: int) -> None:
        self._db, self._crawl = db, crawl

    def is_start(self, page: Queued) -> bool:
        """Whether it is a start page, or one that a start page redirects to."""
        todo, seen = [page.id], set()
        while todo:
            one = todo.pop()
            seen.add(one)
            parents = self._db.execute(
                "SELECT e.parent, p.state FROM edges e LEFT JOIN pages p ON p.id = e.parent "
                "WHERE e.child = ? AND e.kin = 1",
                (one,),
            ).fetchall()
            if any(parent == 0 for parent, _ in parents):
                return True
            todo += [parent for parent, state in parents if state == "moved" and parent not in seen]
        return False

    def is_hopeless(self, page: Queued) -> bool:
        """Whether other pages of the crawl were read, and this one failed in an earlier run or in the crawl before.

        So a start page that is down for good does not keep the crawl of all others from being finished.
        """
        read = self._db.execute(
            "SELECT 1 FROM pages WHERE crawl = ? AND state = 'done' LIMIT 1", (self._crawl,)
        ).fetchone()
        if read is None:
            return False
        key = self._db.execute("SELECT key FROM pages WHERE id = ?", (page.id,)).fetchone()[0]
        before = self._db.execute(
            "SELECT 1 FROM pages WHERE crawl < ? AND key = ? AND state = 'failed' LIMIT 1", (self._crawl, key)
        ).fetchone()
        return page.before > 0 or before is not None

    def is_known(self, host: str) -> bool:
        """Whether the host is that of a start page, or has answered in this crawl."""
        found = self._db.execute(
            "SELECT 1 FROM pages WHERE crawl = ? AND host = ? AND (state IN ('done', 'moved') "
            "OR id IN (SELECT child FROM edges WHERE crawl = ? AND parent = 0)) LIMIT 1",
            (self._crawl, host, self._crawl),
        ).fetchone()
        return found is not None
