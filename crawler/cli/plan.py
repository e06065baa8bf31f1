"""What a run of a job would do, as plain data: the output of `check --json` and the basis of the text of `check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.clock import duration
from crawler.config import Job
from crawler.config.diagnostics import dotted
from crawler.config.document import PoliteSpec
from crawler.config.hosts_spec import host_name
from crawler.config.units import show_size
from crawler.errors import ExtractError, StateError
from crawler.export import check_target
from crawler.extract.compiled import CompiledPage
from crawler.extract.described import found_by, links_found_by, rows_found_by, selectors
from crawler.extract.lexbor import served_by
from crawler.extract.rules import FieldRule, FollowRule, PageRule, PaginateRule, RequestRule, TableRule
from crawler.model import Link
from crawler.numbers import short_number
from crawler.strategies.registry import entry, refusal

if TYPE_CHECKING:
    import sqlite3

__all__ = ["NextRun", "Served", "foresee", "limits_in_words", "make_plan", "manners", "served"]


@dataclass(frozen=True, slots=True)
class NextRun:
    """What the next run does.

    Attributes:
        what: `begin`, `go-on`, or `begin-anew` where the config now describes another crawl than the unfinished one.
        sentence: the same for a person.
        read, left: pages of the newest crawl.
    """

    what: str
    sentence: str
    read: int = 0
    left: int = 0


def foresee(job: Job) -> NextRun:
    """Compare a job with its state.

    Raises:
        StateError: the state is damaged, of a newer version, or not ours.
    """
    path = job.state_path
    if not path.exists() or not path.stat().st_size:
        return NextRun("begin", "starts a crawl; this job has no state file yet")
    import sqlite3  # late: a job that has not run has no state

    from crawler.store.schema import open_read_only

    try:
        with closing(open_read_only(path)) as db:
            return _compared(job, db)
    except sqlite3.Error as error:
        raise StateError(f"{path}: the state cannot be read: {error}") from None


def _compared(job: Job, db: sqlite3.Connection) -> NextRun:
    from crawler.store.counts import states
    from crawler.store.runs import last_run, newest_crawl

    newest, last = newest_crawl(db), last_run(db)
    if newest is None or last is None:
        return NextRun("begin", "starts a crawl; nothing has been crawled yet")
    counts = states(db, newest.id)
    read, left = counts["done"], counts["left"]
    when = datetime.fromtimestamp(last.started).strftime("%Y-%m-%d %H:%M")
    if newest.finished:
        how = "is suspect: see `crawler status`" if newest.verdict == "suspect" else "is finished"
        return NextRun("begin", f"starts a new crawl; the last one, of {when}, {how} ({read:,} pages read)", read)
    about = f"{read:,} pages read, {left:,} left"
    if not last.ending:
        about += "; its last run was killed or is still in progress"
    if newest.what_hash.split(" ")[0] != job.what_hash:
        why = f"the config changed since the unfinished crawl of {when}"
        return NextRun("begin-anew", f"starts over, because {why} ({about}); its rows are discarded", read, left)
    return NextRun("go-on", f"resumes the crawl of {when} ({about}); --fresh starts over", read, left)


def manners(job: Job, width: int) -> list[str]:
    """Sentences on pauses, requests at once and robots.txt.

    Args:
        width: requests at once that the strategy makes.
    """
    polite = job.polite
    return [*_pauses(job), *_at_once(width, polite.per_host, polite.delay), *_single_hosts(job), *_site(job)]


def _single_hosts(job: Job) -> list[str]:
    """A sentence for each host of `polite.hosts`."""
    return [f"{name}: {_of_host(job.polite.for_host(host_name(name)))}" for name in job.polite.hosts]


def _of_host(polite: PoliteSpec) -> str:
    pause = f"{duration(polite.delay, exact=True)} between requests" if polite.delay else "no delay between requests"
    obeyed = "obeyed" if polite.robots else "ignored"
    return f"{pause}, at most {polite.per_host} in flight, robots.txt is {obeyed} (polite.hosts)"


def _pauses(job: Job) -> list[str]:
    delay = job.polite.delay
    if not delay:
        return ["no delay between requests to a host"]
    pages, named = job.limits.pages or 1_000, " (limits.pages)" if job.limits.pages else ""
    return [
        f"{duration(delay, exact=True)} between requests to a host: at most {_often(1 / delay)}",
        f"so {pages:,} pages of one host{named} take at least {duration(pages * delay)}",
    ]


def _often(rate: float) -> str:
    for unit, seconds in (("second", 1), ("minute", 60)):
        if rate * seconds >= 1:
            return _requests(rate * seconds, f"a {unit}")
    return _requests(rate * 3600, "an hour")


def _requests(count: float, per: str) -> str:
    return f"{short_number(count)} {'request' if count == 1 else 'requests'} {per}"


def _at_once(width: int, per_host: int, delay: float) -> list[str]:
    most = min(width, per_host)
    if width == 1:
        return ["one request after another"]
    lines = [f"at most {most} requests in flight"]
    if width > per_host:
        lines = [f"{width} workers, but at most {per_host} requests in flight to one host (polite.per_host)"]
    if delay:
        lines.append(
            f"with this delay, so many are in flight only if responses take {duration(most * delay)} or longer"
        )
    return lines


def _site(job: Job) -> list[str]:
    polite = job.polite
    if not polite.robots:
        lines = ["robots.txt is ignored (polite.robots: false)"]
    elif polite.max_crawl_delay:
        lines = [f"robots.txt is obeyed, with its Crawl-delay up to {duration(polite.max_crawl_delay, exact=True)}"]
    else:
        lines = ["robots.txt is obeyed, except its Crawl-delay (polite.max_crawl_delay: 0)"]
    lines.append(
        f"Retry-After is obeyed up to {duration(polite.retry_after_cap, exact=True)}; pages of a server that asks for "
        "more are left for the next run"
    )
    return [*lines, f"the User-Agent is {job.user_agent}"]


def limits_in_words(job: Job) -> list[str]:
    """Where the crawl stops in any case."""
    limits = job.limits
    lines = ["no limit on the number of pages"]
    if limits.pages is not None:
        lines = [f"at most {limits.pages:,} {'page' if limits.pages == 1 else 'pages'}"]
    if limits.depth is not None:
        lines.append(f"at most {limits.depth:,} links from a start page; links to the next page of a list do not count")
    if limits.time is not None:
        lines.append(f"at most {duration(limits.time, exact=True)}; the next run resumes")
    lines.append(f"exit code 3 if more than {limits.failures * 100:.3g} % of the pages fail")
    return lines


class Served(NamedTuple):
    """A library, `lexbor` or `bs4`, and for bs4 under `engine: auto` the reason."""

    engine: str
    why: str = ""


def served(engine: str, selectors: Iterable[str | None]) -> Served:
    """What answers the selectors of a rule: BeautifulSoup where one of them needs it.

    Args:
        engine: of the config.
    """
    slow = next((css for css in selectors if css is not None and served_by(css, engine) == "bs4"), None)
    if slow is None:
        return Served("lexbor" if engine != "bs4" else "bs4")
    return Served("bs4", "" if engine == "bs4" else f"{slow}: lexbor does not support it")


FIRST = 5  # start URLs that are shown
MOST_OF_A_BODY = 300  # characters that are shown

Plain = dict[str, Any]


def make_plan(job: Job, config: str) -> Plain:
    """Everything; `exit_code` is the one the next run would end with before its first request, 0 where it starts."""
    kinds = {name: CompiledPage(rule, job.recipe.engine) for name, rule in job.recipe.kinds.items()}
    outputs = [_output(path) for path in job.outputs]
    state = _state(job)
    fetch = _fetch(job)
    return {
        "schema": 1,
        "exit_code": 2 if any(part["problem"] for part in [fetch, *outputs]) else 6 if state["problem"] else 0,
        "name": job.name,
        "config": config,
        "start": _start(job),
        "session": _session(job),
        "pages": [_kind(job, name, plan) for name, plan in kinds.items()],
        "tables": _tables(job, kinds),
        "fetch": fetch,
        "polite": {**job.polite.plain(), "in_words": manners(job, fetch["workers"])},
        "limits": {**job.limits.plain(), "in_words": limits_in_words(job)},
        "files": _files(job) if job.has_files else None,
        "outputs": outputs,
        "state": state,
        "warnings": list(job.warnings),
    }


def _start(job: Job) -> Plain:
    pages = job.start_pages(call=False)
    first = list(islice(pages, FIRST))
    kinds = Counter(start.kind for start in chain(first, pages))
    return {
        "count": kinds.total(),
        "kinds": dict(kinds),
        "first": [start.url for start in first],
        "requests": [_start_page(job, start) for start in first],
        "functions": [{"python": name, "kind": kind} for name, kind in job.start_functions],
        "demo": job.demo is not None,
    }


def _start_page(job: Job, start: Link) -> Plain:
    """What a start page is asked for with, and the values that are handed over to it."""
    request, message, body = job.requests.get(start.kind), None, ""
    if request is not None:
        try:
            message = request.message(start.url, start.ask, dict.fromkeys(job.variables, "***"), trusted=True)
        except ExtractError as error:
            body = f"({error.detail})"
    if message is not None:
        body = message.body.decode()
    return {
        "method": message.method if message else "GET",
        "url": start.url,
        "body": body if len(body) <= MOST_OF_A_BODY else f"{body[:MOST_OF_A_BODY]}...",
        "values": {**(start.ask.given if start.ask else {}), **start.carry},
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
        "proxies": len(fetch.proxy),
        "proxy_per_worker": fetch.proxy_per_worker,
        "browser": _browser(job) if job.rendered else None,
        "problem": refusal(fetch.strategy, parse, fetch.client, socks=job.uses_socks)
        or (_no_browser(job) if job.rendered else "")
        or None,
    }


def _session(job: Job) -> Plain | None:
    """The session without what its steps send."""
    session = job.document.session
    if session is None:
        return None
    expect = job.steps[-1].fields[-1] if session.expect else None
    return {
        "steps": [
            {
                "url": step.url,
                "method": "POST" if step.submit else step.verb,
                "submit": step.submit or None,
                "fill": list(step.fill),
                "fields": list(step.fields),
            }
            for step in session.steps
        ],
        "expect": None if expect is None else found_by(expect._replace(counted=False, all=False)),
        "lost": {
            "status": list(session.lost.status) if session.lost else [],
            "css": session.lost.css or None if session.lost else None,
        },
    }


def _browser(job: Job) -> Plain:
    from crawler.fetch.browser import browser_path  # late: few jobs need one

    path = browser_path(job.browser.path or "")
    return {"kinds": list(job.rendered), "pages": job.browser.pages, "timeout": job.browser.timeout, "path": path}


def _no_browser(job: Job) -> str:
    from crawler.fetch.browser import browser_refusal  # late, as above

    return browser_refusal(job.browser.path or "")


def _files(job: Job) -> Plain:
    """Where files go: the names, and sentences."""
    files = job.document.files
    name = files.name or "{hash}.{ext}"
    site = "on the site of their page" if files.same_site is True else "on any site"
    if isinstance(files.same_site, tuple):
        site = f"on the site of their page and on {', '.join(files.same_site)}"
    words = [f"saved in {job.files_path}, named {name}", f"up to {show_size(files.max_size)} each, {site}"]
    return {"folder": str(job.files_path), "name": name, "max_size": files.max_size, "in_words": words}


def _kind(job: Job, name: str, plan: CompiledPage) -> Plain:
    return {
        "kind": name,
        "format": plan.rule.format,
        "tables": [table.rule.table for table in plan.tables],
        "python": plan.rule.python,
        "follow": [_follow(job, follow.rule) for follow in plan.follow],
        "sitemap": plan.rule.sitemap._asdict() if plan.rule.sitemap else None,
        "request": _request(plan.rule),
    }


def _request(rule: PageRule) -> Plain | None:
    """How pages of a kind are asked for, as the config says it: secrets stand there by name."""
    asked = rule.request
    if asked is None or (asked == RequestRule(uses=asked.uses) and rule.paginate is None):
        return None
    return {
        "method": asked.method,
        "url": asked.url,
        "query": dict(asked.query),
        "headers": [name for name, _ in asked.headers],
        "body": "json" if asked.json else "form" if asked.form else None,
        "statuses": list(asked.statuses),
        "uses": list(asked.uses),
        "paginate": _paginate(rule.paginate) if rule.paginate else None,
    }


def _paginate(rule: PaginateRule) -> Plain:
    ends = next((name for name in ("page_count", "total", "more") if getattr(rule, name)), None)
    found = getattr(rule, ends) if ends else None
    return {
        "name": rule.name,
        "first": rule.first,
        "step": rule.step,
        "ends_by": ends,
        "found_by": found_by(found) if found else None,
        "cursor": found_by(rule.cursor) if rule.cursor else None,
        "most": rule.most,
    }


def _follow(job: Job, rule: FollowRule) -> Plain:
    use = _served_follow(job, rule)
    return {
        "to": rule.to,
        "css": links_found_by(rule),
        "each": rows_found_by(rule) or None,
        "of_rows": rule.of_rows,
        "where": [condition.name for condition in rule.where],
        "next": rule.next,
        "same_site": rule.same_site,
        "hosts": list(rule.hosts),
        "carry": list(dict.fromkeys([*(field.name for field in rule.carry), *rule.shown])),
        "by_request": rule.by_request,
        "duplicates": rule.duplicates,
        "engine": use.engine,
        "why": use.why,
    }


def _served_follow(job: Job, rule: FollowRule) -> Served:
    fields = (*filter(None, (rule.source,)), *rule.carry)
    css = [rule.css, rule.each, *selectors(fields), *selectors(rule.levels)]
    return served(job.recipe.engine, css) if any(css) else Served("")


def _tables(job: Job, kinds: dict[str, CompiledPage]) -> list[Plain]:
    sources = list(_sources(job, kinds))
    return [
        {
            "name": table.name,
            "key": list(job.keys.get(table.name, ())),
            "kinds": [name for name, plan in kinds.items() if any(t.rule.table == table.name for t in plan.tables)],
            "each": [
                rows_found_by(t.rule) for plan in kinds.values() for t in plan.tables if t.rule.table == table.name
            ],
            "where": [
                condition.name
                for plan in kinds.values()
                for t in plan.tables
                if t.rule.table == table.name
                for condition in t.rule.where
            ],
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


def _sources(job: Job, kinds: dict[str, CompiledPage]) -> Iterator[tuple[str, str, Plain]]:
    """Table, column, and from where its values come; a column may have several sources."""
    for kind, plan in kinds.items():
        for table in plan.tables:
            for name, source in _own(job, kind, table.rule, plan.rule.python):
                yield table.rule.table, name, source
    for kind, plan in kinds.items():
        for follow in plan.follow:
            use = _served_follow(job, follow.rule)
            homes = [table.rule.table for table in kinds[follow.rule.to].tables]
            for field in follow.rule.carry:
                for home in homes:
                    yield home, field.name, _source(kind, found_by(field), use, carried=True)
    for kind, names in job.document.started.items():
        for table in kinds[kind].tables:
            for name, (path, spec) in names.items():
                if not spec.hidden:
                    yield table.rule.table, name, _source(dotted(path), "carry", Served(""), carried=True)


def _own(job: Job, kind: str, table: TableRule, hook: str | None) -> Iterator[tuple[str, Plain]]:
    for field in table.fields:
        if hook:
            yield field.name, _source(kind, f"python {hook}", Served("bs4", "a python: hook is given BeautifulSoup"))
        else:
            yield field.name, _source(kind, found_by(field), _served_field(job, field))


def _served_field(job: Job, field: FieldRule) -> Served:
    """What finds it; nothing for a field that needs no tree of elements."""
    css = list(selectors([field]))
    if css or (field.plain and not field.page_url):
        return served(job.recipe.engine, css)
    return Served("lxml" if field.xpath is not None else "")


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
