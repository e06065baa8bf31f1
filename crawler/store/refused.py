"""Pages that a site refused because a cookie was missing: find them and queue them again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from crawler.store.queued import COLUMNS, Queued
from crawler.store.records import IS_OF, forget_records

__all__ = ["ask_again", "came_from", "forget_detours", "refused", "undo_redirects"]

_REFUSED = f"""
WITH onward AS (
    SELECT e.parent, e.child
    FROM pages p JOIN edges e ON e.crawl = p.crawl AND e.parent = p.id
    WHERE p.crawl = :crawl AND p.state NOT IN ('done', 'queued') AND p.state = 'moved'
), common AS (
    SELECT child FROM edges WHERE crawl = :crawl AND child IN (SELECT child FROM onward)
    GROUP BY child HAVING count(DISTINCT parent) > 1
), led AS (
    SELECT p.id, t.url, substr(t.url, 1, instr(t.url || '?', '?') - 1) AS address, CASE t.state
        WHEN 'moved' THEN EXISTS (
            SELECT 1 FROM edges e WHERE e.crawl = p.crawl AND e.parent = t.id AND e.child IN common
        )
        ELSE NOT EXISTS (SELECT 1 FROM records r WHERE {IS_OF.format(page="t.id")})
            AND NOT EXISTS (SELECT 1 FROM edges o WHERE o.crawl = p.crawl AND o.parent = t.id)
        END AS lost
    FROM pages p JOIN edges e ON e.crawl = p.crawl AND e.parent = p.id JOIN pages t ON t.id = e.child
    WHERE p.crawl = :crawl AND p.state NOT IN ('done', 'queued') AND p.state = 'moved' AND p.status IN (302, 303, 307)
), shared AS (SELECT address FROM led GROUP BY address HAVING count(*) > 1)
SELECT {", ".join(f"p.{name}" for name in COLUMNS.split(", "))}, p.state, led.url,
    led.id IS NULL OR led.lost OR led.address IN shared
FROM pages p LEFT JOIN led ON led.id = p.id
WHERE p.crawl = :crawl AND p.state NOT IN ('done', 'queued') AND p.jar < :version
    AND (led.id IS NOT NULL OR (p.state = 'failed' AND p.status IN (401, 403)))
ORDER BY p.id
"""  # noqa: S608 - fixed names


def refused(
    db: sqlite3.Connection, crawl: int, version: int, worth_asking: Callable[[Queued], bool]
) -> list[tuple[Queued, str]]:
    """Pages that were refused before this version of the cookie jar, each with its state.

    A refusal is the status 401 or 403, or a temporary redirect to a login, a consent page or a check of cookies: to
    where nothing was found, where other pages were sent as well, from where it went on to a page that others lead to,
    or to an address that names the page to return to.

    Args:
        worth_asking: decides on each.
    """
    found = []
    for *columns, state, target, clear in db.execute(_REFUSED, {"crawl": crawl, "version": version}):
        page = Queued(*columns)
        if (clear or _names(target, page.url)) and worth_asking(page):
            found.append((page, str(state)))
    return found


def _names(target: str, url: str) -> bool:
    path = urlsplit(url).path
    return len(path) > 1 and unquote(path) in unquote(urlsplit(target).query)


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
                "SELECT e.parent FROM edges e JOIN pages p ON p.id = e.parent "
                "WHERE e.child = ? AND e.kin = 1 AND p.state = 'moved'",
                (one,),
            )
            if row[0] not in seen
        ]
    return None


def forget_detours(db: sqlite3.Connection, crawl: int) -> None:
    """Remove pages to which only redirects led that are forgotten: nobody should hear that a login has no records."""
    unreached = (
        "SELECT id FROM pages WHERE crawl = ? AND hops > 0 AND state IN ('done', 'moved', 'failed', 'skipped') "
        "AND id NOT IN (SELECT child FROM edges WHERE crawl = ?)"
    )
    while pages := [row[0] for row in db.execute(unreached, (crawl, crawl))]:  # one may have led to the next
        for page in pages:
            forget_records(db, page)
            db.execute("DELETE FROM edges WHERE crawl = ? AND parent = ?", (crawl, page))
            db.execute("DELETE FROM pages WHERE id = ?", (page,))


def undo_redirects(db: sqlite3.Connection, crawl: int, page: Queued) -> list[Queued]:
    """Queue again the pages from which redirects led to this one, and remove what nothing else leads to.

    Returns: those pages; the page itself where a link leads to it.
    """
    found: list[Queued] = []
    todo, seen = [page], {page.id}
    while todo:
        one = todo.pop()
        parents = db.execute(
            f"SELECT {', '.join(f'p.{name}' for name in COLUMNS.split(', '))} FROM edges e "  # noqa: S608 - fixed names
            "JOIN pages p ON p.id = e.parent WHERE e.child = ? AND e.kin = 1 AND p.state = 'moved'",
            (one.id,),
        ).fetchall()
        for row in parents:
            parent = Queued(*row)
            db.execute("DELETE FROM edges WHERE crawl = ? AND parent = ?", (crawl, parent.id))
            if parent.id not in seen:
                seen.add(parent.id)
                todo.append(parent)
        if db.execute("SELECT 1 FROM edges WHERE crawl = ? AND child = ? LIMIT 1", (crawl, one.id)).fetchone() is None:
            db.execute("DELETE FROM pages WHERE id = ?", (one.id,))
            continue
        found.append(one)
        if one is not page:
            one.attempts = max(0, one.attempts - 1)
            db.execute(
                "UPDATE pages SET state = 'queued', code = NULL, detail = NULL, attempts = ? WHERE id = ?",
                (one.attempts, one.id),
            )
    return found[::-1]
