"""The cookies of a run: one jar in the main thread, so that it is the same whatever strategy fetches.

A page is given its cookies when it goes out; what its answer sets is taken in with its outcome and saved in the same
transaction. So a run that resumes after a kill has the jar of what was committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from crawler.fetch.cookies import Cookie, Jar
from crawler.store.cookies import CookieTable
from crawler.store.queued import Queued

__all__ = ["RunCookies"]

MAX_ASKED_AGAIN = 2


class RunCookies:
    """Owned by the main thread; used inside a store transaction.

    Args:
        table: where the jar is kept; None for a jar that ends with the run.
    """

    def __init__(self, jar: Jar | None = None, table: CookieTable | None = None) -> None:
        self._jar, self._table = Jar() if jar is None else jar, table
        if table is not None:
            for host, rows in table.load():
                self._jar.restore(host, [Cookie(*row, saved=row[4]) for row in rows])
            self._jar.version = max(self._jar.version, table.newest())
        self._private: frozenset[str] = frozenset()

    @property
    def version(self) -> int:
        """Counts the changes; 0 where no server has set a cookie."""
        return self._jar.version

    def give(self, page: Queued) -> str:
        """Return the header Cookie for a page that goes out now."""
        page.jar = self._jar.version
        return self._jar.header(page.host, page.url)

    def take(self, page: Queued, lines: tuple[str, ...]) -> None:
        """Take in what the answer to a page has set."""
        self._jar.take(page.url, lines, page.jar)

    def take_session(self, answers: Iterable[tuple[str, tuple[str, ...]]], hosts: Collection[str]) -> None:
        """Take in what the steps of a session have set: URL and lines of each answer.

        Cookies of these hosts are not saved any more, whoever sets them: they may be as good as the password.
        """
        self._private |= frozenset(hosts)
        self._jar.unsaved |= self._private
        for url, lines in answers:
            self._jar.take(url, lines)

    def save(self) -> None:
        """Write down what has changed since the last time."""
        if self._table is not None and self._jar.unsaved:
            for host in sorted(self._jar.unsaved):
                kept = [] if host in self._private else self._jar.cookies(host)
                self._table.save(host, [_row(cookie) for cookie in kept], self._jar.version)
        self._jar.unsaved.clear()

    def worth_asking(self, page: Queued) -> bool:
        """Tell whether a page that was refused may be asked for again: it had gone out before a new cookie came."""
        return page.asked_again < MAX_ASKED_AGAIN and self._jar.is_new(page.host, page.url, page.jar)

    def opens(self, target: Queued, page: Queued) -> bool:
        """Tell whether `target` may be asked for again when `page`, to which it had led, leads back to it.

        It may when other cookies would be sent now. Where there is a page between, it may once with the same: what a
        site remembers under a cookie changes without the cookie.
        """
        if target.asked_again >= MAX_ASKED_AGAIN:
            return False
        if self._jar.is_changed(target.host, target.url, target.jar):
            return True
        between = page.id != target.id and not target.asked_again
        return between and bool(self._jar.header(target.host, target.url))


def _row(cookie: Cookie) -> tuple[str, str, str, bool, float | None, int, int]:
    return cookie.name, cookie.value, cookie.path, cookie.secure, cookie.expires, cookie.created, cookie.changed
