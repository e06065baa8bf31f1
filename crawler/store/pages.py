"""Pages and their outcomes. Everything that a page yields is written in one transaction.

Pages in flight stand in one row of the crawl that is written once a turn. So a page is written when it is queued and
when it has come back, and not a third time when it goes out.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from crawler import urls
from crawler.errors import OutputError
from crawler.model import Ask, Failure, Link, Moved, Page
from crawler.store import counts, refused
from crawler.store.chains import Chains
from crawler.store.keys import Keys
from crawler.store.queued import ALONE, COLUMNS, LEFT_OUT, Past, Queued
from crawler.store.records import dump_ask, dump_notes, dump_values, first_record, load_ask, to_stored

__all__ = ["Pages", "UnderWay", "recover"]


class UnderWay(set[int]):
    """The ids of the pages of one crawl that are in flight in this run."""

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
    """Queue again what was in flight when the last run died; returns how many pages that were.

    They go last and alone, for one of them may be what killed it.
    """
    crashed = db.execute(
        "UPDATE pages SET state = 'queued', crashes = crashes + 1, lane = 2 "
        "WHERE id IN (SELECT value FROM crawls c, json_each(c.under_way) WHERE c.id = ?)",
        (crawl,),
    ).rowcount
    db.execute("UPDATE crawls SET under_way = '[]' WHERE id = ?", (crawl,))
    return crashed


_Added = tuple[int, list[Queued]]
MAX_HOPS = 20  # RFC 9110 15.4 names no number; browsers stop at 20


class Admission(Protocol):
    """What `crawler.crawl.admission` decides."""

    max_depth: int | None

    def refusal(self, url: str, kind: str, depth: int, since: Queued | None) -> tuple[str, str | None] | None: ...

    def is_too_deep(self, depth: int) -> bool: ...


class Pages:
    """The pages of one crawl.

    Args:
        lanes: for each page kind 0 when it has links to follow, 1 when not.
        admission: decides which links are queued.
        chains: whether lists that repeat themselves are cut.
        now: wall clock, seconds since 1970.
        ignore, keep: names of parameters that never, or always, tell pages apart.
        posting: page kinds that are asked for by POST.
        counted: page kinds whose lists are asked for by number, offset or cursor.
        elsewhere: for each page kind the hosts to which its pages may be redirected, beside their own.

    Attributes:
        past: what the crawl has seen of pages and hosts.
        keys: of its pages.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        crawl: int,
        *,
        lanes: Mapping[str, int],
        admission: Admission,
        chains: bool = True,
        now: Callable[[], float],
        ignore: Collection[str] = (),
        keep: Collection[str] = (),
        posting: Collection[str] = (),
        counted: Collection[str] = (),
        elsewhere: Mapping[str, Mapping[str, bool]] = {},
    ) -> None:
        self._db, self._crawl, self._lanes = db, crawl, lanes
        self._write = db.cursor().execute  # always the same cursor: a new one is a fifth of the cost of a statement
        self._admission, self._now = admission, now
        self.past = Past(db, crawl)
        keep_always = frozenset(map(str.lower, keep))
        self._chains = Chains(db, crawl, keep_always, frozenset(counted)) if chains else None
        self.keys = Keys(db, crawl, ignore, keep)
        self._under_way = UnderWay(db, crawl)
        self._posting, self._elsewhere = frozenset(posting), elsewhere

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are written together, or none of them.

        Raises:
            OutputError: the state cannot be written (disk full, removed, locked); nothing of it was.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._under_way.save()
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise OutputError(
                f"the state file could not be written ({error}); what was committed is safe; run again to resume"
            ) from error

    # ---- what is to be visited

    def add_starts(self, starts: Iterable[Link]) -> None:
        """Queue the start pages; those that are known stay as they are."""
        for position, start in enumerate(starts):
            ask, anywhere = dump_ask(start.ask), int(start.anywhere)
            child, _ = self._add(start.url, start.kind, depth=0, hops=0, anywhere=anywhere, ask=ask)
            self._edge(0, position, child, start)

    def hosts(self) -> list[str]:
        """Hosts that have queued pages, in the order of their first page."""
        rows = self._db.execute(
            "SELECT host FROM pages WHERE crawl = ? AND state = 'queued' GROUP BY host ORDER BY min(id)",
            (self._crawl,),
        )
        return [row[0] for row in rows]

    def queued(self, host: str, lane: int, limit: int) -> list[Queued]:
        """The next queued pages of a host, without those in flight; those in a crash by number of crashes."""
        sql = (
            f"SELECT {COLUMNS} FROM pages WHERE crawl = ? AND state = 'queued' AND host = ? AND lane = ? "  # noqa: S608 - fixed names
            f"ORDER BY {'crashes, id' if lane == ALONE else 'id'} LIMIT ?"
        )
        rows = self._db.execute(sql, (self._crawl, host, lane, limit + len(self._under_way)))
        return [Queued(*row) for row in rows if row[0] not in self._under_way][:limit]

    def waiting(self) -> list[tuple[float, Queued]]:
        """Pages that an earlier run was to try again, with the time when; each run has all its tries."""
        sql = (
            f"SELECT due, {COLUMNS} FROM pages WHERE crawl = ? "  # noqa: S608 - fixed names
            "AND state = 'waiting' AND state NOT IN ('done', 'queued')"
        )
        waiting = [(row[0], Queued(*row[1:])) for row in self._db.execute(sql, (self._crawl,))]
        return [(due, replace(page, before=page.attempts)) for due, page in waiting]

    def asked_for(self) -> int:
        """Number of pages that were ever requested."""
        return counts.asked_for(self._db, self._crawl)

    def counts(self) -> dict[str, int]:
        """Number of pages in each state."""
        return counts.counts(self._db, self._crawl)

    # ---- what became of them; each inside a transaction

    def sent(self, page: Queued) -> None:
        """It is in flight from now on."""
        self._under_way.add(page.id)

    def back(self, page: Queued) -> None:
        """It was not sent after all."""
        self._under_way.discard(page.id)
        self._db.execute("UPDATE pages SET state = 'queued' WHERE id = ?", (page.id,))

    def lost(self, page: Queued) -> list[Queued]:
        """The session was lost: it was no attempt. Where redirects led to it, these are forgotten.

        Returns: what is queued again: the page itself, or the pages that were redirected to it.
        """
        self._under_way.discard(page.id)
        first = refused.undo_redirects(self._db, self._crawl, page)
        if not any(each is page for each in first):
            return first
        self.back(page)
        return first

    def lost_redirects(self, hosts: Collection[str]) -> None:
        """Forget redirects of an earlier run to pages of these hosts that were not read: its session is over."""
        for host in hosts:
            rows = self._db.execute(
                f"SELECT {COLUMNS} FROM pages WHERE crawl = ? AND host = ? AND hops > 0 "  # noqa: S608 - fixed names
                "AND state IN ('queued', 'waiting')",
                (self._crawl, host),
            ).fetchall()
            for row in rows:
                refused.undo_redirects(self._db, self._crawl, Queued(*row))

    def crashed(self, page: Queued) -> None:
        """A worker died with it in flight."""
        self._under_way.discard(page.id)
        page.crashes, page.lane = page.crashes + 1, ALONE
        self._db.execute(
            "UPDATE pages SET state = 'queued', crashes = ?, lane = ? WHERE id = ?", (page.crashes, ALONE, page.id)
        )

    def later(self, page: Queued, failure: Failure, due: float, *, counts: bool = True) -> None:
        """It failed and is tried again at `due`; where it was not the page's fault, this was no attempt."""
        page.attempts -= not counts
        self._close(page, "waiting", failure.code, failure.detail, failure.status, failure.elapsed)
        self._db.execute("UPDATE pages SET due = ? WHERE id = ?", (due, page.id))

    def failed(self, page: Queued, failure: Failure) -> None:
        """It failed for good."""
        self._close(page, "failed", failure.code, failure.detail, failure.status, failure.elapsed)

    def unasked(self, page: Queued, failure: Failure) -> None:
        """It failed for good before it was asked for."""
        page.attempts -= 1
        self.failed(page, failure)

    def give_up(self, page: Queued) -> None:
        """It was to be tried again, but is not: its last failure stands."""
        self._db.execute("UPDATE pages SET state = 'failed' WHERE id = ?", (page.id,))

    def skipped(self, page: Queued, failure: Failure) -> None:
        """It brought nothing that is wanted."""
        self._close(page, "skipped", failure.code, failure.detail, failure.status, failure.elapsed)

    def refused(self, page: Queued, code: str, detail: str | None = None) -> None:
        """It is not visited."""
        page.attempts -= 1
        self._close(page, "skipped", code, detail)

    def done(self, page: Queued, found: Page) -> list[Queued]:
        """Write its records and links; returns the pages that are new in the queue."""
        if found.sign and self._chains is not None:
            found, trap = self._chains.judge(page, found)
            if trap is not None:
                self.skipped(page, trap)
                return []
        codes = ", ".join(dict.fromkeys([note.code for note in found.notes])) or None
        details = ", ".join(dict.fromkeys([note.detail for note in found.notes if note.detail])) or None
        lost = found.dropped
        if found.left_out:
            lost = {**lost, **{f"{LEFT_OUT}{table}": rows for table, rows in found.left_out.items()}}
        dropped = json.dumps(lost, sort_keys=True) if lost else None
        self._close(page, "done", codes, details, found.status, found.elapsed, found.bytes, dropped)
        for number, record in enumerate(found.records, first_record(page.id)):
            self._write(
                "INSERT INTO records (id, crawl, tbl, data, notes) VALUES (?, ?, ?, ?, ?)",
                (number, self._crawl, *to_stored(record)),
            )
        if found.sessions:
            self.keys.learn(page.host, found.sessions)
        if found.links:
            self._refresh_depth(page)
        new: list[Queued] = []
        for position, link in enumerate(found.links):
            new += self._link(page, position, link)
        return new

    def moved(
        self, page: Queued, found: Moved, opens: Callable[[Queued, Queued], bool] = lambda target, page: False
    ) -> list[Queued]:
        """It is a redirect: its one link is the target, a page of the same kind and depth.

        Args:
            opens: whether a target that had itself led here may be asked for again.
        """
        ask = self._after(page, found)
        key = self.keys.of(page.kind, found.location, ask)
        back = refused.came_from(self._db, page, key)
        if back is not None:  # to be given a session is no circle
            key = self.keys.whole(page.kind, found.location, ask)
            back = refused.came_from(self._db, page, key)
        if page.hops >= MAX_HOPS or (back is not None and not opens(back, page)):
            failure = Failure("redirect-loop", f"redirected to {found.location}", found.status, None, found.elapsed)
            self.failed(page, failure)
            return []
        self._close(page, "moved", None, f"redirected to {found.location}", found.status, found.elapsed)
        if back is not None:
            refused.ask_again(self._db, self._crawl, back)
            if back is not page:
                self._edge(page.id, 0, back.id)
            return [back]
        self._refresh_depth(page)
        child, new = self._add(found.location, page.kind, page.depth, page.hops + 1, page.anywhere, key=key, ask=ask)
        for target in new:
            target.session = page.session
        self._edge(page.id, 0, child)
        return new + self._lift(child, page.depth)

    def ask_refused(self, version: int, worth_asking: Callable[[Queued], bool]) -> list[tuple[Queued, str]]:
        """Queue again what was refused, with the state that each page had; where nothing was, clean up after it."""
        found = refused.refused(self._db, self._crawl, version, worth_asking)
        for page, _ in found:
            refused.ask_again(self._db, self._crawl, page)
        if not found:
            refused.forget_detours(self._db, self._crawl)
        return found

    def skip_queued(self, code: str, detail: str | None = None) -> int:
        """Skip all that is still queued or waiting."""
        return self._db.execute(
            "UPDATE pages SET state = 'skipped', code = ?, detail = ?, at = ? "
            "WHERE crawl = ? AND state IN ('queued', 'waiting')",
            (code, detail, self._now(), self._crawl),
        ).rowcount

    # ---- inner steps

    def _close(
        self,
        page: Queued,
        state: str,
        code: str | None,
        detail: str | None,
        status: int = 0,
        elapsed: float = 0.0,
        size: int | None = None,
        dropped: str | None = None,
    ) -> None:
        page.attempts += 1
        self._under_way.discard(page.id)
        self._write(
            "UPDATE pages SET state = ?, attempts = ?, code = ?, detail = ?, status = ?, elapsed = ?, bytes = ?, "
            "dropped = ?, at = ?, jar = ? WHERE id = ?",
            (state, page.attempts, code, detail, status, elapsed, size, dropped, self._now(), page.jar, page.id),
        )

    def _after(self, page: Queued, found: Moved) -> str | None:
        """What the target of a redirect is asked for with: after 301 to 303 a POST goes on as a GET (RFC 9110 15.4)."""
        if found.status in (307, 308):
            return page.ask
        ask = load_ask(page.ask)
        if page.kind in self._posting:
            return dump_ask((ask or Ask())._replace(plain=True, form=None))
        return page.ask if ask is None or ask.form is None else dump_ask(ask._replace(form=None))

    def _link(self, page: Queued, position: int, link: Link) -> list[Queued]:
        depth = page.depth + _step(link)
        ask = dump_ask(link.ask) if link.ask is not None else None
        child, new = self._add(link.url, link.kind, depth, 0, int(link.anywhere), page, ask=ask)
        self._edge(page.id, position, child, link, kin=link.kind == page.kind)
        if new:
            return new
        freed = self._free(child) if link.anywhere else []
        return freed + self._lift(child, depth)

    def may_move(self, page: Queued, location: str) -> bool:
        """Whether a page may be redirected there: on its site, to a host that is named for its kind, or to any site.

        A link that was found by now may let it go anywhere.
        """
        named = self._elsewhere.get(page.kind, {})
        if urls.same_site(page.url, location) or urls.of_host(named, urls.host(location)):
            return True
        if not page.anywhere:
            page.anywhere = self._db.execute("SELECT anywhere FROM pages WHERE id = ?", (page.id,)).fetchone()[0]
        return bool(page.anywhere)

    def _free(self, page_id: int) -> list[Queued]:
        """Let a known page, and what it was redirected to, be redirected to another site.

        So it does not matter whether the link that lets it came first: what was stopped there is asked for again.
        """
        again, todo = [], [page_id]
        while todo:
            one = todo.pop()
            sql = f"SELECT {COLUMNS}, state, code FROM pages WHERE id = ? AND NOT anywhere"  # noqa: S608 - fixed names
            row = self._db.execute(sql, (one,)).fetchone()
            if row is None:
                continue
            page, state, code = Queued(*row[:-2]), row[-2], row[-1]
            page.anywhere = 1
            self._db.execute("UPDATE pages SET anywhere = 1 WHERE id = ?", (one,))
            if state == "moved":
                rows = self._db.execute("SELECT child FROM edges WHERE crawl = ? AND parent = ?", (self._crawl, one))
                todo += [child for (child,) in rows.fetchall()]
            elif code == "off-site" and state == "skipped":
                self._db.execute("UPDATE pages SET state = 'queued', code = NULL, detail = NULL WHERE id = ?", (one,))
                again.append(page)
        return again

    def _add(
        self,
        url: str,
        kind: str,
        depth: int,
        hops: int,
        anywhere: int,
        since: Queued | None = None,
        key: bytes | None = None,
        ask: str | None = None,
    ) -> _Added:
        """Id of the page and, where it is new in the queue, the page itself."""
        key = key or self.keys.of(kind, url, ask)
        known = self._db.execute("SELECT id FROM pages WHERE crawl = ? AND key = ?", (self._crawl, key)).fetchone()
        if known:
            self.keys.joined(kind, url, known[0])
            return known[0], []
        code, detail = self._admission.refusal(url, kind, depth, since) or (None, None)
        host, lane = urls.host(url[: url.find("/", 8) + 1] or url), self._lanes[kind]  # a host is parsed only once
        row = self._write(
            "INSERT INTO pages (crawl, kind, url, key, host, state, lane, depth, hops, anywhere, code, detail, ask) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(self._crawl, kind, url, key, host, "skipped" if code else "queued"),
                *(lane, depth, hops, anywhere, code, detail, ask),
            ),
        ).lastrowid
        assert row is not None
        return row, [] if code else [Queued(row, url, kind, host, lane, depth, hops, anywhere, 0, 0, ask=ask)]

    def _edge(self, parent: int, position: int, child: int, link: Link | None = None, *, kin: bool = True) -> None:
        carry = dump_values(link.carry) if link and link.carry else None
        notes = dump_notes(link.notes) if link and link.notes else None
        self._write(
            "INSERT OR IGNORE INTO edges (parent, position, child, crawl, step, carry, notes, kin, duplicates) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(parent, position, child, self._crawl, _step(link) if parent else 0, carry, notes),
                *(1 if kin else None, link.duplicates if carry and link and link.duplicates != "first" else None),
            ),
        )

    def _refresh_depth(self, page: Queued) -> None:
        """Read its depth again: a shorter way may have been found since the page was queued."""
        if self._admission.max_depth is not None:
            page.depth = self._db.execute("SELECT depth FROM pages WHERE id = ?", (page.id,)).fetchone()[0]

    def _lift(self, page_id: int, depth: int) -> list[Queued]:
        """A shorter way to a known page was found: its depth and that of all behind it follow.

        So the depth of a page, and what a depth limit lets through, does not hang on which worker was faster.
        """
        if self._admission.max_depth is None:
            return []
        new, todo = [], [(page_id, depth)]
        while todo:
            one, depth = todo.pop()
            row = self._db.execute(f"SELECT {COLUMNS}, state, code FROM pages WHERE id = ?", (one,)).fetchone()  # noqa: S608 - fixed names
            page, state, code = Queued(*row[:-2]), row[-2], row[-1]
            if page.depth <= depth:
                continue
            self._db.execute("UPDATE pages SET depth = ? WHERE id = ?", (depth, one))
            page.depth = depth
            if state == "skipped" and code == "depth" and not self._admission.is_too_deep(depth):
                self._db.execute("UPDATE pages SET state = 'queued', code = NULL WHERE id = ?", (one,))
                new.append(page)
            children = self._db.execute(
                "SELECT child, step FROM edges WHERE crawl = ? AND parent = ?", (self._crawl, one)
            )
            todo += [(child, depth + step) for child, step in children.fetchall()]
        return new


def _step(link: Link | None) -> int:
    """The depth that a link adds: none to the next page of a list, nor by a redirect."""
    return 0 if link is None or link.next else 1
