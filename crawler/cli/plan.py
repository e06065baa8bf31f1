"""What a job will do, as plain data: what `check --json` prints and what the text of `check` is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from crawler.cli import manners
from crawler.cli.engines import Served, found_by, served
from crawler.cli.foresee import foresee
from crawler.config import Job
from crawler.errors import StateError
from crawler.export import check_target
from crawler.extract.plan import FollowPlan, KindPlan, TablePlan
from crawler.strategies.registry import entry, refusal

__all__ = ["make_plan"]

FIRST = 5  # start URLs that are shown

Plain = dict[str, Any]


def make_plan(job: Job, config: str) -> Plain:
    """Everything; `exit_code` is the one the next run would end with before its first request, 0 where it starts."""
    kinds = {name: KindPlan(rule, job.recipe.engine) for name, rule in job.recipe.kinds.items()}
    outputs = [_output(path) for path in job.outputs]
    state = _state(job)
    fetch = _fetch(job)
    return {
        "schema": 1,
        "exit_code": 2 if any(part["problem"] for part in [fetch, *outputs]) else 6 if state["problem"] else 0,
        "name": job.name,
        "config": config,
        "start": _start(job),
        "pages": [_kind(job, name, plan) for name, plan in kinds.items()],
        "tables": _tables(job, kinds),
        "fetch": fetch,
        "polite": {**job.polite.plain(), "in_words": manners.manners(job, fetch["workers"])},
        "limits": {**job.limits.plain(), "in_words": manners.limits(job)},
        "outputs": outputs,
        "state": state,
        "warnings": list(job.warnings),
    }


def _start(job: Job) -> Plain:
    kinds = Counter(kind for _, kind in job.start_pages())
    return {
        "count": kinds.total(),
        "kinds": dict(kinds),
        "first": [url for url, _ in islice(job.start_pages(), FIRST)],
        "demo": job.demo is not None,
    }


def _fetch(job: Job) -> Plain:
    fetch = job.fetch
    strategy = entry(fetch.strategy)
    parse = strategy.place if fetch.parse == "auto" else fetch.parse
    return {
        "strategy": fetch.strategy,
        "workers": strategy.workers(fetch.workers, given="workers" in fetch.given),
        "parse": parse,
        "engine": fetch.engine,
        "client": fetch.client,
        "problem": refusal(fetch.strategy, parse, fetch.client) or None,
    }


def _kind(job: Job, name: str, plan: KindPlan) -> Plain:
    return {
        "kind": name,
        "tables": [table.rule.table for table in plan.tables],
        "python": plan.rule.python,
        "follow": [_follow(job, follow) for follow in plan.follow],
    }


def _follow(job: Job, plan: FollowPlan) -> Plain:
    rule = plan.rule
    use = _served_follow(job, plan)
    return {
        "to": rule.to,
        "css": rule.css,
        "each": rule.each,
        "next": rule.next,
        "same_site": rule.same_site,
        "carry": [field.name for field in rule.carry],
        "engine": use.engine,
        "why": use.why,
    }


def _served_follow(job: Job, plan: FollowPlan) -> Served:
    rule = plan.rule
    selectors = [rule.css, rule.each, *(field.css for field in rule.carry)]
    return served(job.recipe.engine, selectors)


def _tables(job: Job, kinds: dict[str, KindPlan]) -> list[Plain]:
    sources = list(_sources(job, kinds))
    return [
        {
            "name": table.name,
            "key": list(job.keys.get(table.name, ())),
            "kinds": [name for name, plan in kinds.items() if any(t.rule.table == table.name for t in plan.tables)],
            "each": [t.rule.each for plan in kinds.values() for t in plan.tables if t.rule.table == table.name],
            "columns": [
                {
                    "name": column.name,
                    "type": column.type,
                    "found_by": [source for home, name, source in sources if (home, name) == (table.name, column.name)],
                }
                for column in table.columns
            ],
        }
        for table in job.tables
    ]


def _sources(job: Job, kinds: dict[str, KindPlan]) -> Iterator[tuple[str, str, Plain]]:
    """Table, column, and from where its values come; a column may have several sources."""
    for kind, plan in kinds.items():
        for table in plan.tables:
            for name, source in _own(job, kind, table, plan.rule.python):
                yield table.rule.table, name, source
    for kind, plan in kinds.items():
        for follow in plan.follow:
            use = _served_follow(job, follow)
            homes = [table.rule.table for table in kinds[follow.rule.to].tables]
            for field in follow.rule.carry:
                for home in homes:
                    yield home, field.name, _source(kind, found_by(field), use, carried=True)


def _own(job: Job, kind: str, table: TablePlan, hook: str | None) -> Iterator[tuple[str, Plain]]:
    for field in table.rule.fields:
        if hook:
            yield field.name, _source(kind, f"python {hook}", Served("bs4", "a python: hook is given BeautifulSoup"))
        elif field.page_url:
            yield field.name, _source(kind, found_by(field), Served(""))
        else:
            yield field.name, _source(kind, found_by(field), served(job.recipe.engine, [field.css]))


def _source(kind: str, rule: str, use: Served, *, carried: bool = False) -> Plain:
    return {"kind": kind, "rule": rule, "carried": carried, "engine": use.engine, "why": use.why}


def _output(path: Path) -> Plain:
    return {"path": str(path), "exists": path.exists(), "problem": check_target(path)}


def _state(job: Job) -> Plain:
    try:
        coming = foresee(job)
    except StateError as error:
        return {"path": str(job.state_path), "problem": str(error), "next_run": None, "in_words": ""}
    return {
        "path": str(job.state_path),
        "problem": None,
        "next_run": {"what": coming.what, "read": coming.read, "left": coming.left},
        "in_words": coming.sentence,
    }
