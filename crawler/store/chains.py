"""Detect lists that repeat themselves, and pages that are the same under every new session.

A chain is a list and its further pages: those that a rule with `next` leads to, or that the page before links to and
whose address has the same shape. What counts is what the rules found (`Page.sign`), not bytes: the clock on a page, and
the number of its next page, are others each time.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from crawler.model import RICH, Failure, Note, Page
from crawler.store.queued import Queued
from crawler.store.records import IS_OF, forget_records, to_stored
from crawler.url_parameters import grown, sessions, shape, without

__all__ = ["Chains"]

MAX_GUESSED = 10  # pages in a row that show what the list has shown before, where it is not certain that it is a list
MAX_POOR = 100  # pages in a row that show the same, where that is nothing or one thing: a calendar may have a gap
_SAME = Note("", "page-repeats", "it has the same content as an earlier page of the list")


class _Before(NamedTuple):
    id: int
    url: str
    chain: int
    sign: str
    repeats: int
    step: int


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of one crawl; used inside a transaction.

    Attributes:
        keep: names, in lower case, of parameters that are no session whatever they look like.
        counted: page kinds whose lists are asked for by number, offset or cursor.
    """

    db: sqlite3.Connection
    crawl: int
    keep: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()

    def judge(self, page: Queued, found: Page) -> tuple[Page, Failure | None]:
        """Return the page as it is to be kept: without its links where its list repeats itself.

        Beside it stands the failure `trap` for a page that was read before, under another session.
        """
        rich = found.sign.startswith(RICH)
        twin = self._twin(page, found) if rich else None
        if twin is not None:
            why = f"the same page as {twin}, under a session that changes with every page"
            return found, Failure("trap", why, found.status, None, found.elapsed)
        before = self._before(page)
        chain = min((each.chain for each in before), default=page.id)
        first = self._first(page, found, before, chain, rich)
        repeats = 1 + max(each.repeats for each in before) if first and before else 0
        self.db.execute(
            "UPDATE pages SET sign = ?, chain = ?, repeats = ? WHERE id = ?", (found.sign, chain, repeats, page.id)
        )
        onward = _onward(page, found, before)
        if repeats and rich and not onward and page.kind in self.counted:
            return self._once(page, found, chain), None
        over = bool(repeats) and rich and self._is_over(chain, found)
        if not over and (not repeats or not onward or repeats < _most(page, onward, before, rich)):
            return found, None
        why = f"it has the same content as {first}" if rich else f"{repeats} pages in a row repeat content or are empty"
        note = Note("", "page-repeats", f"{why}; its links are not followed")
        if not rich:
            return found._replace(links=(), notes=(*found.notes, note)), None
        self._forget(before)
        self._forget_alike(page, found, chain)
        return found._replace(records=(), links=(), notes=(*found.notes, note)), None

    def _once(self, page: Queued, found: Page, chain: int) -> Page:
        """Of pages that show the same and lead no further, let only the first of the list keep its rows.

        All pages of a list may be asked for at once, so the first need not be the first to arrive.
        """
        alike = self.db.execute(
            "SELECT id, url FROM pages WHERE crawl = ? AND sign = ? AND chain = ? AND id != ? ORDER BY id",
            (self.crawl, found.sign, chain, page.id),
        ).fetchall()
        certain = self._is_certain(found, chain)
        first, url = min((page.id, page.url), alike[0])
        what = "its rows are left out" if certain else "its rows are kept, for they may be others that look the same"
        note = Note("", "page-repeats", f"it has the same content as {url}; {what}")
        if first != page.id:
            found = found._replace(records=(), links=()) if certain else found
            return found._replace(notes=(*found.notes, note))
        for other, _ in alike:
            if certain:
                self.db.execute("DELETE FROM edges WHERE crawl = ? AND parent = ?", (self.crawl, other))
            self._note(other, note, forget=certain)
        return found

    def _is_certain(self, found: Page, chain: int) -> bool:
        """Tell whether what a page shows can be no other part of the list that happens to look the same.

        It cannot where most of it differs within the page, or where it is shorter than the first page: only the last
        page of a list is.
        """
        told = [*(to_stored(record).values for record in found.records), *(link.url for link in found.links)]
        different = len(set(told))
        if different > 1 and 2 * different > len(told):
            return True
        is_of = IS_OF.format(page="?1")
        (most,) = self.db.execute(f"SELECT count(*) FROM records r WHERE {is_of}", (chain,)).fetchone()  # noqa: S608 - fixed names
        return len(found.records) < most and not found.left_out

    def _before(self, page: Queued) -> list[_Before]:
        """The pages in front of this one in its chain; redirects between them do not count."""
        rows = self.db.execute(
            "WITH RECURSIVE front (id, step) AS (SELECT parent, step FROM edges WHERE child = ? AND kin = 1 "
            "UNION SELECT e.parent, max(e.step, f.step) FROM front f JOIN pages m ON m.id = f.id AND m.state = 'moved' "
            "JOIN edges e ON e.child = m.id AND e.kin = 1) "
            "SELECT p.id, p.url, p.chain, p.sign, p.repeats, f.step FROM front f JOIN pages p ON p.id = f.id "
            "WHERE p.kind = ? AND p.chain IS NOT NULL AND p.id != ?",
            (page.id, page.kind, page.id),
        )
        found = [_Before(*row) for row in rows]
        return [each for each in found if not each.step or shape(each.url) == shape(page.url)]

    def _first(self, page: Queued, found: Page, before: list[_Before], chain: int, rich: bool) -> str | None:
        """Address of the page that shows the same: anywhere in the chain, or just before where that means little."""
        if not rich:
            return next((each.url for each in before if each.sign == found.sign), None)
        row = self.db.execute(
            "SELECT url FROM pages WHERE crawl = ? AND sign = ? AND chain = ? AND id != ? ORDER BY id LIMIT 1",
            (self.crawl, found.sign, chain, page.id),
        ).fetchone()
        return row[0] if row else None

    def _twin(self, page: Queued, found: Page) -> str | None:
        """Address of a page of which this is the same but for a session."""
        found_names = sessions(page.url, [link.url for link in found.links])
        names = [name for name in found_names if name.lower() not in self.keep]
        if not names:
            return None
        rows = self.db.execute(
            "SELECT url FROM pages WHERE crawl = ? AND sign = ? AND kind = ? AND id != ? ORDER BY id LIMIT 20",
            (self.crawl, found.sign, page.kind, page.id),
        )
        mine = without(page.url, names)
        return next((url for (url,) in rows if without(url, names) == mine), None)

    def _forget(self, before: list[_Before]) -> None:
        """Take back the rows of the pages just before that showed nothing new either."""
        while repeated := max((each for each in before if each.repeats), key=lambda each: each.repeats, default=None):
            self._note(repeated.id, _SAME, forget=True)
            one = Queued(repeated.id, repeated.url, self._kind(repeated.id), "", 0, 0, 0, 0, 0, 0)
            before = [each for each in self._before(one) if each.repeats < repeated.repeats]

    def _is_over(self, chain: int, found: Page) -> bool:
        """Tell whether the list was cut where it showed the same: this page was in flight then."""
        row = self.db.execute(
            "SELECT 1 FROM pages WHERE crawl = ? AND sign = ? AND chain = ? AND code LIKE '%page-repeats%' LIMIT 1",
            (self.crawl, found.sign, chain),
        ).fetchone()
        return row is not None

    def _forget_alike(self, page: Queued, found: Page, chain: int) -> None:
        """Take back the rows of all other pages of the list that repeat the same, on whichever way they were found."""
        rows = self.db.execute(
            "SELECT id FROM pages WHERE crawl = ? AND sign = ? AND chain = ? AND repeats AND id != ?",
            (self.crawl, found.sign, chain, page.id),
        )
        for (other,) in rows.fetchall():
            self._note(other, _SAME, forget=True)

    def _note(self, page: int, note: Note, *, forget: bool) -> None:
        """Write a note on a page that was read before, and take back its rows."""
        if forget:
            forget_records(self.db, page)
        self.db.execute(
            "UPDATE pages SET code = coalesce(code, ?), detail = coalesce(detail, ?) WHERE id = ?",
            (note.code, note.detail, page),
        )

    def _kind(self, page: int) -> str:
        return str(self.db.execute("SELECT kind FROM pages WHERE id = ?", (page,)).fetchone()[0])


def _onward(page: Queued, found: Page, before: list[_Before]) -> list[str]:
    """Where the chain goes on."""
    behind = {page.url, *(each.url for each in before)}
    return [
        link.url
        for link in found.links
        if link.kind == page.kind and (link.url not in behind or (link.next and link.ask is not None))
    ]


def _most(page: Queued, onward: list[str], before: list[_Before], rich: bool) -> int:
    """How many pages in a row are too many."""
    if not rich:
        return MAX_POOR
    last = max(before, key=lambda each: each.repeats)
    if len(onward) > 1:
        return MAX_GUESSED  # a tree may look like this: the same box of books on each of its branches
    if not last.step:
        return 1
    step = grown(last.url, page.url)
    return 1 if step and grown(page.url, onward[0]) == step else MAX_GUESSED
