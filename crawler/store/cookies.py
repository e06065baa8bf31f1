"""The cookie jar of a crawl in the state file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TypeAlias

__all__ = ["CookieRow", "CookieTable"]

CookieRow: TypeAlias = tuple[str, str, str, bool, float | None, int, int]
"""Name, value, path, secure, expires, created, changed; see `crawler.fetch.cookies.Cookie`."""


class CookieTable:
    """The cookies of one crawl. Changes belong into a transaction of `crawler.store.pages.Pages`."""

    def __init__(self, db: sqlite3.Connection, crawl: int) -> None:
        self._db, self._crawl = db, crawl

    def load(self) -> Iterator[tuple[str, list[CookieRow]]]:
        """Every host with its cookies, the host that came first in front."""
        rows = self._db.execute(
            "SELECT host, name, value, path, secure, expires, created, changed FROM cookies WHERE crawl = ? "
            "ORDER BY min(created) OVER (PARTITION BY host), host, created",
            (self._crawl,),
        ).fetchall()
        for host, group in groupby(rows, key=lambda row: str(row[0])):
            yield host, [(row[1], row[2], row[3], bool(row[4]), *row[5:]) for row in group]

    def newest(self) -> int:
        """The version of the jar when it was last saved: no page was asked with a newer one."""
        return int(self._db.execute("SELECT jar FROM crawls WHERE id = ?", (self._crawl,)).fetchone()[0])

    def save(self, host: str, cookies: Iterable[CookieRow], version: int) -> None:
        """Write the cookies of a host in place of those that it had, and the version of the jar."""
        self._db.execute("UPDATE crawls SET jar = ? WHERE id = ?", (version, self._crawl))
        self._db.execute("DELETE FROM cookies WHERE crawl = ? AND host = ?", (self._crawl, host))
        self._db.executemany(
            "INSERT INTO cookies (crawl, host, name, value, path, secure, expires, created, changed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(self._crawl, host, *cookie) for cookie in cookies],
        )
