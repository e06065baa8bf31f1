"""Counts of a crawl as the store has them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

from crawler.store.queued import TRIED

__all__ = ["asked_for", "causes", "counts", "dropped", "dropped_first", "extracted", "kinds", "redirected", "states"]


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


def extracted(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Records of each table so far, those with the same key not yet joined."""
    return dict(db.execute("SELECT tbl, count(*) FROM records WHERE crawl = ? GROUP BY tbl", (crawl,)).fetchall())


def dropped(db: sqlite3.Connection, crawl: int) -> dict[str, int]:
    """Links that were not followed, by reason, the most frequent first."""
    counts: Counter[str] = Counter()
    for text, pages in db.execute(
        "SELECT dropped, count(*) FROM pages WHERE crawl = ? AND dropped IS NOT NULL GROUP BY dropped", (crawl,)
    ):
        for reason, links in json.loads(text).items():
            counts[reason] += links * pages
    (joined,) = db.execute("SELECT coalesce(sum(joined), 0) FROM parameters WHERE crawl = ?", (crawl,)).fetchone()
    if joined:
        counts["session"] += joined
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


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
