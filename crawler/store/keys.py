"""The key of a page, which is the same for all its URLs; it knows which parameters hold a session."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from hashlib import blake2b

from crawler import urls
from crawler.model import FILE
from crawler.url_parameters import suspects

__all__ = ["Keys", "file_key"]


def file_key(url: str) -> bytes:
    """Return the key of a file: of its address alone, for rows find it by that, whatever was learned since."""
    return blake2b(f"{FILE} {url}".encode(), digest_size=16).digest()


class Keys:
    """The keys of one crawl.

    What a page shows of a parameter holds for its host, from then on. That it tells pages apart outweighs that it is a
    session: a page that is read twice costs less than one that is never read.

    Args:
        ignore: names of parameters that never tell pages apart.
        keep: names of those that always do.

    Attributes:
        dropped: links to a page that is known under another session id, by the reason `session`.
    """

    def __init__(self, db: sqlite3.Connection, crawl: int, ignore: Collection[str], keep: Collection[str]) -> None:
        self._db, self._crawl = db, crawl
        self._ignore, self._keep = (frozenset(map(str.lower, names)) for names in (ignore, keep))
        self._learned: dict[str, dict[str, bool]] = {}
        self.dropped: Counter[str] = Counter()
        for host, name, session in db.execute("SELECT host, name, session FROM parameters WHERE crawl = ?", (crawl,)):
            self._learned.setdefault(host, {})[name] = bool(session)

    def of(self, kind: str, url: str, ask: str | None = None) -> bytes:
        """Return the key of a URL under a page kind, without its session.

        Args:
            ask: JSON of what the page is asked for with.
        """
        sessions = self._sessions(url) if self._learned else None
        return self._hash(kind, url, self._ignore | sessions if sessions else self._ignore, ask)

    def whole(self, kind: str, url: str, ask: str | None = None) -> bytes:
        """Return the key of a URL with what may be a session."""
        return self._hash(kind, url, self._ignore, ask)

    def joined(self, kind: str, url: str, known: int) -> None:
        """Count a link to a page that was known where only the session tells the two URLs apart."""
        if self._learned and (names := self._sessions(url)):
            (other,) = self._db.execute("SELECT url FROM pages WHERE id = ?", (known,)).fetchone()
            if self.whole(kind, url) != self.whole(kind, other):
                self._count("session", urls.host(url), min(names))

    def learn(self, host: str, found: Mapping[str, bool]) -> None:
        """Take up what a page said of its host; pages that are known get the keys that they have now."""
        learned = self._learned.setdefault(host, {})
        for name, session in found.items():
            before = learned.get(name)
            if before in (session, False):
                continue
            learned[name] = session
            self._db.execute(
                "INSERT INTO parameters (crawl, host, name, session) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET session = excluded.session",
                (self._crawl, host, name, int(session)),
            )
            if session or before:
                self._rewrite(host, name)

    def _rewrite(self, host: str, name: str) -> None:
        rows = self._db.execute(
            "SELECT id, kind, url, ask FROM pages WHERE crawl = ? AND host = ? AND instr(lower(url), ?)",
            (self._crawl, host, f"{name}="),
        ).fetchall()
        for page, kind, url, ask in rows:  # of two that are one now, the second keeps its key
            self._db.execute("UPDATE OR IGNORE pages SET key = ? WHERE id = ?", (self.of(kind, url, ask), page))

    def _sessions(self, url: str) -> frozenset[str]:
        learned = self._learned.get(urls.host(url))
        return frozenset(name for name in suspects(url) if learned.get(name)) if learned else frozenset()

    def _hash(self, kind: str, url: str, ignore: frozenset[str], ask: str | None) -> bytes:
        if kind == FILE:
            return file_key(url)
        identity = urls.identity(url, ignore, self._keep)
        whole = f"{kind} {identity}" if ask is None else f"{kind} {identity} {ask}"  # no clean URL has a space
        return blake2b(whole.encode(), digest_size=16).digest()

    def _count(self, reason: str, host: str, name: str) -> None:
        self.dropped[reason] += 1
        self._db.execute(
            "UPDATE parameters SET joined = joined + 1 WHERE crawl = ? AND host = ? AND name = ?",
            (self._crawl, host, name),
        )
