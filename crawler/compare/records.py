"""What a run found, as lines that can be compared, and how long its pages took: read from its state file.

A fact is a JSON list `[table, page, place, text]`: the row number `place` of a page in a table and its values as text.
Pages that failed, were skipped or are left are facts of the tables `(failed)`, `(skipped)` and `(left)`.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from crawler.compare.significance import quantile
from crawler.compare.task import STATE
from crawler.config import Job
from crawler.model import Result
from crawler.runner.stored import result_of
from crawler.store import runs
from crawler.store.schema import open_database

__all__ = [
    "FACTS",
    "STEPS",
    "Difference",
    "Evidence",
    "Fact",
    "difference",
    "digest",
    "facts",
    "read_evidence",
    "read_line",
    "write_line",
]


_TROUBLE = ("failed", "skipped", "left")
_TROUBLE_TABLES = {f"({state})" for state in _TROUBLE}
_MAX_LENGTH = 160


class Fact(NamedTuple):
    """One row, or one page that gave none."""

    table: str
    page: str
    place: int
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How two runs differ.

    Attributes:
        missing, extra, changed: rows of a page.
        doubled: extra rows that their page has already.
        swapped: rows of a page that has those of another page instead of its own.
        moved: rows that are in another place.
        troubled: pages that failed, were skipped or are left in one of both only.
        tables: rows that are missing, by table.
        example: the first one, for a person.
    """

    missing: int = 0
    extra: int = 0
    changed: int = 0
    moved: int = 0
    example: str = ""
    doubled: int = 0
    swapped: int = 0
    troubled: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        tables = ", ".join(f"{name} {count:,}" for name, count in self.tables.items())
        counts = {
            f"missing ({tables})" if tables else "missing": self.missing,
            "extra": self.extra,
            "doubled": self.doubled,
            "changed": self.changed,
            "swapped with those of other pages": self.swapped,
            "in another order": self.moved,
            f"{'page' if self.troubled == 1 else 'pages'} failed, skipped or left otherwise": self.troubled,
        }
        return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def facts(result: Result, base: str = "") -> Iterator[Fact]:
    """All facts of a crawl in the site's order. `base`, where the site was served, is left out of every text."""
    places: Counter[tuple[str, str]] = Counter()
    for table in result.tables:
        names = [column.name for column in table.columns]
        for row in result.rows(table.name):
            notes = [[note.field, note.code] for note in row.notes]
            text = json.dumps([*(repr(row.values.get(name)) for name in names), notes], ensure_ascii=False)
            place = places[table.name, row.url]
            places[table.name, row.url] += 1
            yield Fact(table.name, _without(row.url, base), place, _without(text, base))
    for problem in result.problems():
        if problem.state in _TROUBLE:
            yield Fact(f"({problem.state})", _without(problem.url, base), 0, problem.code)


def _without(text: str, base: str) -> str:
    return text.replace(base, "") if base else text


def write_line(fact: Fact) -> str:
    """One line of JSON."""
    return json.dumps(fact, ensure_ascii=False) + "\n"


def read_line(line: str) -> Fact:
    """The fact of a line."""
    return Fact(*json.loads(line))


def digest(found: Iterable[Fact]) -> str:
    """sha256 over facts and their order."""
    total = hashlib.sha256()
    for fact in found:
        total.update(write_line(fact).encode())
    return total.hexdigest()


def difference(expected: Iterable[Fact], found: Iterable[Fact]) -> Difference | None:
    """How `found` differs from what the baseline found; None where both are the same, order included."""
    should = {fact[:3]: fact.text for fact in expected}
    has = {fact[:3]: fact.text for fact in found}
    missing = [key for key in should if key not in has]
    extra = [key for key in has if key not in should]
    changed = [key for key in should if key in has and has[key] != should[key]]
    common = [key for key in should if key in has]
    moved = sum(a != b for a, b in zip(common, (key for key in has if key in should), strict=True))
    if not (missing or extra or changed or moved):
        return None
    rows, others = _by_page(should), _Others(should)
    within = {key for key in changed if has[key] in rows[key[:2]]}
    swapped = [key for key in changed if key not in within and others.have(key[0], should[key], has[key])]
    doubled = [key for key in extra if has[key] in rows.get(key[:2], ())]
    gone = [key for key in missing if not _is_trouble(key)]
    troubled = sum(map(_is_trouble, (*missing, *extra, *changed)))
    new = sum(not _is_trouble(key) for key in extra)
    return Difference(
        missing=len(gone),
        extra=new - len(doubled),
        changed=sum(not _is_trouble(key) for key in changed) - len(within) - len(swapped),
        moved=moved + len(within),
        example=_example(gone or missing, extra, changed, should, has),
        doubled=len(doubled),
        swapped=len(swapped),
        troubled=troubled,
        tables=dict(Counter(key[0] for key in gone)),
    )


def _by_page(facts: Mapping[_Key, str]) -> dict[tuple[str, str], set[str]]:
    """The texts of the rows of each table and page; what became of pages is no row."""
    found: dict[tuple[str, str], set[str]] = {}
    for key, text in facts.items():
        found.setdefault(key[:2], set()).add(text)
    return found


class _Others:
    """Finds rows whose values stand in place of those of another row; what a link carried may have stayed."""

    def __init__(self, should: Mapping[_Key, str]) -> None:
        self._should = should
        self._columns: dict[tuple[str, int], dict[str, list[list[str]]]] = {}

    def have(self, table: str, was: str, now: str) -> bool:
        """Whether all values that differ, two or more, are those of one other row."""
        before, after = _values(was), _values(now)
        if len(before) != len(after):
            return False
        differ = [at for at, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        among = min((self._rows(table, at).get(after[at], []) for at in differ), key=len, default=[])
        return len(differ) > 1 and any(all(row[at] == after[at] for at in differ) for row in among)

    def _rows(self, table: str, at: int) -> dict[str, list[list[str]]]:
        """Rows by the value in one column."""
        if (table, at) not in self._columns:
            found = self._columns[table, at] = {}
            for row in (_values(text) for key, text in self._should.items() if key[0] == table):
                if at < len(row):
                    found.setdefault(row[at], []).append(row)
        return self._columns[table, at]


def _values(text: str) -> list[str]:
    """The values of a row as texts; [] for what is no row."""
    with suppress(ValueError):
        found = json.loads(text)
        return list(map(str, found)) if isinstance(found, list) else []
    return []


def _is_trouble(key: _Key) -> bool:
    return key[0] in _TROUBLE_TABLES


_Key = tuple[str, str, int]


def _example(
    missing: list[_Key], extra: list[_Key], changed: list[_Key], should: dict[_Key, str], has: dict[_Key, str]
) -> str:
    if missing:
        return _short(f"missing: {_where(missing[0])}: {_readable(should[missing[0]])}")
    if extra:
        return _short(f"extra: {_where(extra[0])}: {_readable(has[extra[0]])}")
    if changed:
        was, now = _apart(should[changed[0]], has[changed[0]])
        return _short(f"changed: {_where(changed[0])} {was} became {now}")
    return _short(f"the order, from {_where(next(a for a, b in zip(should, has, strict=True) if a != b))} on")


def _readable(text: str) -> str:
    """The texts and numbers of a row, so that a person knows which one it is; what is no row as it is."""
    try:
        *values, _ = json.loads(text)
    except ValueError:
        return text
    plain: list[str] = []
    for value in values:
        with suppress(ValueError, SyntaxError):
            found = ast.literal_eval(value)
            plain += map(str, found) if isinstance(found, tuple) else [str(found)] if found is not None else []
    return ", ".join(plain)


def _apart(was: str, now: str) -> tuple[str, str]:
    """The first value that differs, where both are lists of the same length."""
    try:
        pairs = zip(json.loads(was), json.loads(now), strict=True)
        return next((str(a), str(b)) for a, b in pairs if a != b)
    except (ValueError, TypeError, StopIteration):
        return was, now


def _where(key: _Key) -> str:
    return f"{key[0]} of {key[1]}" + (f" (row {key[2] + 1})" if key[2] else "")


def _short(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 3] + "..."


FACTS = "facts.jsonl"
STEPS = 20
# A page that robots.txt forbids was never asked for and took no time.
_TIMES = "SELECT elapsed FROM pages WHERE elapsed IS NOT NULL AND attempts > 0 ORDER BY elapsed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one run.

    Attributes:
        digest: sha256 over all facts and their order.
        latency: seconds from sending to the last byte, sorted quantiles from 0 % to 100 % in STEPS equal steps.
        p99, mean_latency: of the same.
        hosts: number of hosts that were asked.
        asked: requests to all hosts, robots.txt left out.
        busiest: requests to the host that was asked most.
        crashes: requests without a result, because a future raised, or a worker died or hung.
        details: of the first page that failed, was skipped or is left, by cause.
    """

    digest: str
    latency: tuple[float, ...]
    p99: float
    mean_latency: float
    hosts: int
    asked: int
    busiest: int
    crashes: int
    details: Mapping[str, str]


def read_evidence(job: Job, folder: Path, base: str) -> Evidence:
    """Read the state file in `folder`; the facts are written beside it.

    Raises:
        StateError: it is damaged.
    """
    with closing(open_database(folder / STATE)) as db:
        newest = runs.newest_crawl(db)
        crawl = newest.id if newest else 0
        result = result_of(job, db, crawl)
        with open(folder / FACTS, "w", encoding="utf-8") as file:
            file.writelines(map(write_line, facts(result, base)))
        times = [took for (took,) in db.execute(_TIMES)]
        details: dict[str, str] = {}
        for problem in result.problems():
            if problem.state in _TROUBLE:
                details.setdefault(problem.code, _short(problem.detail))
        crashes = int(db.execute("SELECT coalesce(sum(crashes), 0) FROM pages").fetchone()[0])
        each = db.execute("SELECT sum(attempts) FROM pages WHERE attempts > 0 GROUP BY host").fetchall()
        asked = [count for (count,) in each]
    with open(folder / FACTS, encoding="utf-8") as file:
        found = digest(map(read_line, file))
    steps = tuple(quantile(times, step / STEPS) for step in range(STEPS + 1))
    mean = fmean(times) if times else 0.0
    return Evidence(
        digest=found,
        latency=steps,
        p99=quantile(times, 0.99),
        mean_latency=mean,
        hosts=len(asked),
        asked=sum(asked),
        busiest=max(asked, default=0),
        crashes=crashes,
        details=details,
    )
