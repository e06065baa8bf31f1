"""Pages that a site refused to a visitor without its cookie: how they are found, and queued again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from crawler.store.queued import COLUMNS, Queued

__all__ = ["ask_again", "came_from", "refused"]

_REFUSED = f"""
WITH led AS (
    SELECT p.id, substr(t.url, 1, instr(t.url || '?', '?') - 1) AS address,
        t.state <> 'moved' AND NOT EXISTS (SELECT 1 FROM records r WHERE r.page = t.id)
        AND NOT EXISTS (SELECT 1 FROM edges o WHERE o.crawl = p.crawl AND o.parent = t.id) AS nothing
    FROM pages p JOIN edges e ON e.crawl = p.crawl AND e.parent = p.id JOIN pages t ON t.id = e.child
    WHERE p.crawl = :crawl AND p.state = 'moved' AND p.status IN (302, 303, 307)
)
SELECT {COLUMNS}, state FROM pages WHERE crawl = :crawl AND jar < :version AND (
    (state = 'failed' AND status IN (401, 403))
    OR id IN (
        SELECT id FROM led
        WHERE nothing OR address IN (SELECT address FROM led GROUP BY address HAVING count(*) > 1)
    )
)
ORDER BY id
"""  # noqa: S608 - fixed names


def refused(
    db: sqlite3.Connection, crawl: int, version: int, worth_asking: Callable[[Queued], bool]
) -> list[tuple[Queued, str]]:
    """Pages that were refused before this version of the cookie jar, each with its state.

    A refusal is the status 401 or 403, or a temporary redirect to where nothing was found or where other pages were
    sent as well: a login, a consent page, a check of cookies. A redirect with a target of its own is none.

    Args:
        worth_asking: decides on each.
    """
    rows = db.execute(_REFUSED, {"crawl": crawl, "version": version})
    pages = ((Queued(*row[:-1]), str(row[-1])) for row in rows)
    return [(page, state) for page, state in pages if worth_asking(page)]


def ask_again(db: sqlite3.Connection, crawl: int, page: Queued) -> None:
    """Queue a page again; what its last answer led to is forgotten."""
    page.asked_again += 1
    db.execute(
        "UPDATE pages SET state = 'queued', code = NULL, detail = NULL, attempts = ?, asked_again = ? WHERE id = ?",
        (page.attempts, page.asked_again, page.id),
    )
    db.execute("DELETE FROM edges WHERE crawl = ? AND parent = ?", (crawl, page.id))


def came_from(db: sqlite3.Connection, page: Queued, key: bytes) -> Queued | None:
    """The page with this key, where it is `page` itself or redirected to it."""
    todo, seen = [page.id], set()
    while todo:
        one = todo.pop()
        seen.add(one)
        row = db.execute(f"SELECT {COLUMNS} FROM pages WHERE id = ? AND key = ?", (one, key)).fetchone()  # noqa: S608 - fixed names
        if row:
            return page if one == page.id else Queued(*row)
        todo += [
            row[0]
            for row in db.execute(
                "SELECT e.parent FROM edges e JOIN pages p ON p.id = e.parent WHERE e.child = ? AND p.state = 'moved'",
                (one,),
            )
            if row[0] not in seen
        ]
    return None
