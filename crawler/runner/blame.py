"""Explain why a crawl is suspect: the rule of the config that found less, and the first page on which it did.

Asked only of a crawl that is suspect, so it may take its time: it looks at single pages of this crawl and of the
last good one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from crawler.config import Job
from crawler.config.field_spec import FieldSpec
from crawler.config.tables import Field, Home, field_rule, homes
from crawler.errors import one_line
from crawler.extract.described import found_by, links_found_by, rows_found_by
from crawler.extract.rules import FollowRule, TableRule
from crawler.model import SITEMAP, Row
from crawler.runner.protect import Doubt
from crawler.store.records import IS_OF
from crawler.store.result import StoredResult

__all__ = ["Blame"]


_LOST = ("no-rows", "fewer-rows")
_FAILED = "failed"
_BAD = "('failed', 'queued', 'waiting')"
_REDIRECTED = "redirected to"
_SEVERAL = 3
_SHORT = 60  # characters of a value that are shown


class _Fewer(NamedTuple):
    """A page that gives less than it did."""

    url: str
    now: int
    then: int


class Blame:
    """Explains doubts.

    Args:
        result: of the crawl; the temporary tables that it has made are read.
        last: the last good crawl; 0 for none.
        closed: hosts that were suspended, and why.
    """

    def __init__(
        self, db: sqlite3.Connection, job: Job, result: StoredResult, crawl: int, last: int, closed: Mapping[str, str]
    ) -> None:
        self._db, self._job, self._result = db, job, result
        self._crawl, self._last, self._closed = crawl, last, closed

    def explained(self, doubts: list[Doubt]) -> list[Doubt]:
        """The same doubts with rule and page; what follows from another one is left out, so that a cause has a line."""
        cut = next((doubt.what for doubt in doubts if doubt.code == "limit"), "")
        found = [self._explained(doubt, cut) for doubt in doubts]
        lost = [doubt for doubt in found if doubt.code in _LOST]
        followers = {"limit"} if lost else set()
        followers |= {"failures"} if any(_FAILED in doubt.rule for doubt in lost) else set()
        walled = {doubt.table for doubt in lost if _REDIRECTED in doubt.rule}
        followers |= {"redirected", "failures"} if walled else set()
        return [
            doubt for doubt in found if doubt.code not in followers and not (doubt.column and doubt.table in walled)
        ]

    def _explained(self, doubt: Doubt, cut: str) -> Doubt:
        if doubt.code in _LOST:
            rule, since = (cut, "") if cut else self._of_table(doubt.table)
            return replace(doubt, rule=rule, since=since)
        if doubt.code == "failures":
            rule, since = self._failed()
            return replace(doubt, rule=rule, since=since)
        if doubt.code == "redirected":
            found = self._redirected(set(self._job.pages))
            return replace(doubt, since=found[1] if found else "")
        if doubt.code == "one-value":
            value, since = self._frequent(doubt)
            doubt = replace(doubt, what=f"{doubt.what}: {value}" if value else doubt.what, since=since)
        if doubt.column:
            return replace(doubt, rule=self._of_column(doubt.table, doubt.column))
        return doubt

    # ---- a column

    def _of_column(self, table: str, column: str) -> str:
        fields = [
            (home, field)
            for home in homes(self._job.document)
            if home.table == table
            for field in home.columns
            if field.name == column
        ]
        return " or ".join(dict.fromkeys(_source(home, field, self._job) for home, field in fields))

    def _frequent(self, doubt: Doubt) -> tuple[str, str]:
        """The value that most rows have and the page of the first of them, told from two rows in a row that have it."""
        before: Row | None = None
        for row in self._result.rows(doubt.table):
            value = row.values.get(doubt.column)
            if before is not None and value is not None and value == before.values.get(doubt.column):
                return f"'{one_line(str(value), _SHORT)}'", before.url
            before = row
        return "", ""

    # ---- a table

    def _of_table(self, table: str) -> tuple[str, str]:
        """What keeps rows out of a table, and the first page where it does."""
        places = [home for home in homes(self._job.document) if home.table == table]
        kinds = {home.kind for home in places}
        ways: tuple[Callable[[], tuple[str, str] | None], ...] = (
            self._left_alone,
            self._start,
            lambda: self._redirected(kinds),
            lambda: self._failed_kinds(kinds),
            lambda: self._unreached(kinds),
        )
        return next((found for way in ways if (found := way())), None) or self._rows_of(places)

    def _left_alone(self) -> tuple[str, str] | None:
        """Hosts that were suspended."""
        if not self._closed:
            return None
        hosts = "; ".join(f"{host} was suspended: {why}" for host, why in self._closed.items())
        return f"pages {_FAILED}: {hosts}", self._failed()[1]

    def _start(self) -> tuple[str, str] | None:
        """A start page that failed, or was redirected to one that did or that gave nothing."""
        row = self._db.execute(
            "SELECT s.url, s.kind, p.url, p.code, p.detail FROM edges e JOIN pages s ON s.id = e.child "
            "LEFT JOIN final f ON f.page = s.id JOIN pages p ON p.id = coalesce(f.target, s.id) "
            "WHERE e.crawl = ? AND e.parent = 0 AND (p.state IN ('failed', 'skipped', 'waiting') OR "
            "(s.id <> p.id AND p.code LIKE '%no-match%')) ORDER BY e.position LIMIT 1",
            (self._crawl,),
        ).fetchone()
        if row is None:
            return None
        start, kind, final, code, detail = row
        way = "" if start == final else f", {_REDIRECTED} {final},"
        fix = "; if it has moved, correct start" if code == "off-site" else ""
        fix += ", or write same_site: false beside its url" if fix and not kind.startswith(SITEMAP) else ""
        return f"the start page{way} {_FAILED}: {_cause(code, detail)}{fix}", start

    def _redirected(self, kinds: set[str]) -> tuple[str, str] | None:
        """Pages that should have given rows and were redirected to one address."""
        for kind in sorted(kinds):
            row = self._db.execute(
                "SELECT count(*), t.url, min(p.id) FROM final f JOIN pages p ON p.id = f.page "
                "JOIN pages t ON t.id = f.target WHERE p.kind = ? AND p.hops = 0 "
                "GROUP BY f.target ORDER BY count(*) DESC LIMIT 1",
                (kind,),
            ).fetchone()
            if row and row[0] >= _SEVERAL:
                (first,) = self._db.execute("SELECT url FROM pages WHERE id = ?", (row[2],)).fetchone()
                return f"{row[0]:,} pages of kind '{kind}' are {_REDIRECTED} {row[1]}", first
        return None

    def _failed_kinds(self, kinds: set[str]) -> tuple[str, str] | None:
        """Pages that should have given rows and failed, or are left, where they are many."""
        for kind in sorted(kinds):
            read, bad = self._db.execute(
                f"SELECT sum(state = 'done'), sum(state IN {_BAD}) FROM pages "  # noqa: S608 - fixed
                "WHERE crawl = ? AND kind = ?",
                (self._crawl, kind),
            ).fetchone()
            if bad and bad * 4 > read:
                rule, since = self._failed(kind)
                return f"{bad:,} of {bad + read:,} pages of kind '{kind}' {rule}", since
        return None

    def _failed(self, kind: str = "") -> tuple[str, str]:
        """The cause of the first page that failed, and that page."""
        row = self._db.execute(
            f"SELECT p.code, p.detail, p.url FROM pages p LEFT JOIN ranked k ON k.page = p.id "  # noqa: S608 - fixed
            f"WHERE p.crawl = ? AND p.state IN {_BAD} AND ? IN (p.kind, '') ORDER BY k.n IS NULL, k.n, p.id LIMIT 1",
            (self._crawl, kind),
        ).fetchone()
        return (f"{_FAILED}: {_cause(row[0], row[1])}", row[2]) if row else ("", "")

    def _unreached(self, kinds: set[str]) -> tuple[str, str] | None:
        """A follow rule on the way to these kinds that found fewer links on a page than last time, or none."""
        for name, rule in self._leading_to(kinds):
            if rule.to == name and not self._last:
                continue  # the last page of a list has no next one
            fewer = self._first_with_fewer("edges", name, rule.to)
            if fewer:
                each = rows_found_by(rule)
                rows = f" in rows '{each}'" if each else ""
                links = self._counts(fewer, "links")
                found = f"selector '{rule.css}'" if rule.css else f"rule '{links_found_by(rule)}'"
                return f"{found}{rows}: {links} to pages of kind '{rule.to}'", fewer.url
        return self._shorter_sitemap(kinds | {name for name, _ in self._leading_to(kinds)})

    def _shorter_sitemap(self, kinds: set[str]) -> tuple[str, str] | None:
        """A sitemap that lists fewer addresses of these kinds than last time."""
        for name, rule in self._job.sitemaps.items():
            if self._last and rule.to in kinds and (fewer := self._first_with_fewer("edges", name, rule.to)):
                what = f"addresses of kind '{rule.to}'"
                return f"the sitemap lists {self._counts(fewer, what)}", fewer.url
        return None

    def _leading_to(self, kinds: set[str]) -> list[tuple[str, FollowRule]]:
        """Follow rules that lead to these kinds, those that do so straight first."""
        every = [(name, rule) for name, kind in self._job.recipe.kinds.items() for rule in kind.follow]
        known = set(kinds)
        while more := {name for name, rule in every if rule.to in known} - known:
            known |= more
        leading = [(name, rule) for name, rule in every if rule.to in known]
        return sorted(leading, key=lambda found: found[1].to not in kinds)

    def _rows_of(self, places: list[Home]) -> tuple[str, str]:
        for home in places:
            fewer = self._first_with_fewer("records", home.kind, home.table)
            if fewer:
                return f"{_rows_source(home, self._job)}: {self._counts(fewer, 'rows')}", fewer.url
        return "", ""

    def _counts(self, fewer: _Fewer, what: str) -> str:
        """`0 links instead of 20`."""
        return f"{fewer.now:,} {what}" + (f" instead of {fewer.then:,}" if self._last else "")

    def _first_with_fewer(self, what: str, kind: str, aim: str) -> _Fewer | None:
        """The first page of a kind with fewer links to a kind, or records of a table, than last time; or with none."""
        count = {
            "edges": "SELECT count(*) FROM edges e JOIN pages c ON c.id = e.child "
            "WHERE e.crawl = {page}.crawl AND e.parent = {page}.id AND c.kind = :aim",
            "records": f"SELECT count(*) FROM records r WHERE {IS_OF.format(page='{page}.id')} "  # noqa: S608 - fixed
            "AND r.tbl = :aim",
        }[what]
        now, then = count.format(page="p"), count.format(page="q")
        row = self._db.execute(
            f"SELECT p.url, ({now}) AS found, CASE WHEN q.id IS NULL THEN :least ELSE ({then}) END AS before "  # noqa: S608
            "FROM ranked k JOIN pages p ON p.id = k.page AND p.kind = :kind "
            "LEFT JOIN pages q ON q.crawl = :last AND q.key = p.key "
            "WHERE p.crawl = :crawl AND p.state IN ('done', 'failed') AND found < before ORDER BY k.n LIMIT 1",
            {"aim": aim, "kind": kind, "crawl": self._crawl, "last": self._last, "least": 0 if self._last else 1},
        ).fetchone()
        return _Fewer(*row) if row else None


def _cause(code: str | None, detail: str | None) -> str:
    return f"{code or 'not asked for'} ({one_line(detail)})" if detail else code or "not asked for"


def _source(home: Home, field: Field, job: Job) -> str:
    """Where the value of a field stands, as the config says it."""
    parts = list(_taken(field)) or [_rows_source(home, job)]
    if field.spec.regex:
        parts.append(f"regex '{field.spec.regex}'")
    return ", ".join(parts)


def _taken(field: Field) -> Iterator[str]:
    spec = field.spec
    rule = field_rule(field)
    if not (rule.plain or _is_bare(spec)):
        yield f"rule '{found_by(rule)}'"
        return
    if spec.css:
        yield f"selector '{spec.css}'"
    elif spec.label:
        yield f"label '{spec.label}'"
    elif spec.url:
        yield "the address of the page"
    if spec.attr:
        yield f"attribute '{spec.attr}'"


def _is_bare(spec: FieldSpec) -> bool:
    """Whether it says nothing of where the value stands, as the fields of a function do."""
    return not spec.sources()


def _rows_source(home: Home, job: Job) -> str:
    """Where the rows of a table stand."""
    hook = job.pages[home.kind].python
    if hook:
        return f"function '{hook}'"
    here = home.context
    where = f", with where: {', '.join(home.spec.where)}" if home.spec.where else ""
    if here.each is not None:
        return f"selector '{here.each}'{where}"
    if here.levels:
        return f"rows '{rows_found_by(TableRule(home.table, (), levels=here.levels))}'{where}"
    fields = (next(_taken(field), "") for field in home.fields)
    return f"pages of kind '{home.kind}': {', '.join(list(dict.fromkeys(filter(None, fields)))[:3])}{where}"
