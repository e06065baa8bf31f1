"""A page in the queue, with what this crawl and the last one know about it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from crawler.model import SITEMAP, Message

__all__ = ["ALONE", "COLUMNS", "LEFT_OUT", "TRIED", "WITNESS", "Past", "Queued"]


ALONE = 2  # the lane of pages that were in flight in a crash
WITNESS = 3  # of a page that is asked for again only to see whether its host answers; in no queue, not in the store

LEFT_OUT = "where "  # with the name of a table: a key in `pages.dropped` for the rows of it that `where` left out

COLUMNS = "id, url, kind, host, lane, depth, hops, anywhere, attempts, crashes, jar, asked_again, ask"

TRIED = "state = 'queued' AND (attempts > 0 OR crashes > 0)"
"""SQL: pages in a queue that were asked for before, in the words of their index."""


@dataclass(slots=True)
class Queued:
    """A page to be visited, as the frontier holds it.

    Attributes:
        jar: version of the cookie jar when it was last asked for.
        asked_again: times that it was asked for again because a cookie had come.
        ask: JSON of `crawler.model.Ask`; None for nothing.
        message: what is sent for it; made when it goes out, and never stored.
        session: version of the session that it was last asked with, or that its redirect was; 0 for none.
        before: attempts in earlier runs.
        excused: in which of its host's troubles a failure of it last counted as the host's; None for never.
    """

    id: int
    url: str
    kind: str
    host: str
    lane: int
    depth: int
    hops: int
    anywhere: int
    attempts: int
    crashes: int
    jar: int = 0
    asked_again: int = 0
    ask: str | None = None
    message: Message | None = None
    session: int = 0
    before: int = 0
    excused: int | None = None

    @property
    def is_new(self) -> bool:
        """Whether it was never asked for, and so counts for the limit of pages when it is."""
        return not (self.attempts or self.crashes)

    @property
    def tried(self) -> int:
        """Attempts in this run that count for `retries`: one that a cookie was missing in does not."""
        return max(0, self.attempts - self.before - self.asked_again)


class Past:
    """Looks into the state of one crawl."""

    def __init__(self, db: sqlite3.Connection, crawl: int) -> None:
        self._db, self._crawl = db, crawl

    def is_start(self, page: Queued) -> bool:
        """Whether it is a start page, one that a start page redirects to, or a sitemap."""
        if page.kind.startswith(SITEMAP):
            return True
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

    def redirected_from(self, page: Queued) -> str:
        """URL of the page from which redirects led to this one; "" for none."""
        url, one, seen = "", page.id, {page.id}
        while True:
            row = self._db.execute(
                "SELECT p.id, p.url FROM edges e JOIN pages p ON p.id = e.parent "
                "WHERE e.child = ? AND e.kin = 1 AND p.state = 'moved' ORDER BY p.id LIMIT 1",
                (one,),
            ).fetchone()
            if row is None or row[0] in seen:
                return url
            one, url = row
            seen.add(one)

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
