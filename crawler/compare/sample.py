"""`python -m crawler.compare.sample`: how long parsing takes; and what a comparison asks of a real site.

Standard input is a Task as JSON, whose folder holds the state of a finished run: some pages of each kind are fetched
once more, as politely as in a run, and parsed three times; the shortest time counts.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from crawler import urls
from crawler.clock import duration
from crawler.compare.task import RESULT, STATE, Task
from crawler.config import Job
from crawler.crawl.robots import read_robots
from crawler.errors import StateError, Stop
from crawler.extract.parser import Parser
from crawler.fetch.client import Fetch, make_fetch
from crawler.fetch.cookies import Jar, empty_jar
from crawler.model import Request, Response
from crawler.replay.playback import Playback
from crawler.replay.source import PageSource
from crawler.runner.assemble import client_settings
from crawler.store.schema import open_database, open_read_only

__all__ = ["FREE", "MAX_PAGES", "Cost", "cost", "main"]


MAX_PAGES = 24
_TIMES = 3
_MAX_SECONDS = 20.0


def main() -> int:
    """Take the sample; its figures go to `sample.json` in the folder."""
    task = Task.of(json.load(sys.stdin))
    try:
        replay = task.recording()
        figures = _figures(task.job(), Playback(replay) if replay else PageSource(), _chosen(Path(task.folder) / STATE))
    except Stop as error:
        print(error, file=sys.stderr)
        return error.exit_code
    (Path(task.folder) / f"sample-{RESULT}").write_text(json.dumps(figures), encoding="utf-8")
    return 0


def _chosen(state: Path) -> dict[str, tuple[float, list[str]]]:
    """For each page kind its share of the pages that were read, and URLs of some of them, evenly spread."""
    with closing(open_database(state)) as db:
        found = db.execute("SELECT kind, url FROM pages WHERE state = 'done' ORDER BY id").fetchall()
    kinds: dict[str, list[str]] = {}
    for kind, url in found:
        kinds.setdefault(kind, []).append(url)
    most = max(2, MAX_PAGES // max(1, len(kinds)))
    return {kind: (len(of) / len(found), of[:: -(-len(of) // most)]) for kind, of in kinds.items()}


def _figures(job: Job, origin: PageSource, kinds: Mapping[str, tuple[float, list[str]]]) -> dict[str, Any]:
    """Means over all pages: seconds of CPU to fetch one, seconds of CPU and of the clock to parse it."""
    parse = Parser(job.recipe)
    starts = [url for _, some in kinds.values() for url in some]
    means = [0.0, 0.0, 0.0]
    count = 0
    settings = origin.settings(client_settings(job, starts, 1))
    with closing(origin.fetch(make_fetch("requests", settings))) as fetch:
        jar, crawl_delay = empty_jar(settings), _crawl_delay(job, fetch, starts)
        for kind, (share, some) in kinds.items():
            delay = max((job.polite.for_host(urls.host(url)).delay for url in some), default=0.0)
            times = list(_times(parse, fetch, jar, kind, some, max(delay, crawl_delay)))
            count += len(times)
            for place, values in enumerate(zip(*times, strict=True)):
                means[place] += share * fmean(values)
    names = ("fetch_cpu", "parse_cpu", "parse_wall")
    return {"pages": count, "crawl_delay": crawl_delay, **dict(zip(names, means, strict=True))}


def _times(
    parse: Parser, fetch: Fetch, jar: Jar, kind: str, some: list[str], delay: float
) -> Iterator[tuple[float, float, float]]:
    until = time.monotonic() + _MAX_SECONDS + len(some) * delay
    for url in some:
        time.sleep(delay)
        began = time.thread_time()
        response = fetch(Request(0, url, kind, cookies=jar.header(urls.host(url), url)))
        fetched = time.thread_time() - began
        jar.take(url, response.set_cookies)
        if isinstance(response, Response):
            yield fetched, *min(_timed(parse, kind, response) for _ in range(_TIMES))
        if time.monotonic() > until:
            break


def _timed(parse: Parser, kind: str, response: Response) -> tuple[float, float]:
    cpu, wall = time.thread_time(), time.perf_counter()
    parse(kind, response)
    return time.thread_time() - cpu, time.perf_counter() - wall


def _crawl_delay(job: Job, fetch: Fetch, some: list[str]) -> float:
    """What the robots.txt of the first page's host asks for, 0 for nothing."""
    polite = job.polite.for_host(urls.host(some[0])) if some else job.polite
    if not polite.robots or not some:
        return 0.0
    origin = urls.origin(some[0])
    asked = read_robots(fetch, origin, user_agent=job.user_agent, pause=lambda: time.sleep(polite.delay)).delay
    return min(asked or 0.0, job.polite.max_crawl_delay)


if __name__ == "__main__":
    raise SystemExit(main())


FREE = 300
"""Requests that may be sent without asking first."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests and seconds of all runs together; `is_known` when an earlier crawl tells how many pages there are.

    `pages` is None when nothing tells it: no earlier crawl, and no limit.
    """

    runs: int
    pages: int | None
    delay: float
    is_known: bool

    @property
    def requests(self) -> int | None:
        """Of all runs, and of the sample; None where nothing tells it."""
        return None if self.pages is None else self.runs * self.pages + MAX_PAGES

    def __str__(self) -> str:
        requests = self.requests
        if requests is None:
            return f"{self.runs} runs x as many pages as the site has (no limits.pages is given)"
        pages = f"{self.pages:,} pages" if self.is_known else f"at most {self.pages:,} pages (limits.pages)"
        text = f"{self.runs} runs x {pages} = {'' if self.is_known else 'at most '}{requests:,} requests"
        if self.delay:
            text += f", one every {duration(self.delay, exact=True)}: {duration(requests * self.delay)}"
        return text


def cost(job: Job, runs: int) -> Cost:
    """Of `runs` runs. How many pages there are is known from the job's state file, which is only read."""
    known = _last_crawl(job)
    bounds = [bound for bound in (known, job.limits.pages) if bound]
    return Cost(runs, min(bounds, default=None), job.polite.delay, bool(known))


def _last_crawl(job: Job) -> int:
    with suppress(sqlite3.Error, StateError), closing(open_read_only(job.state_path)) as db:
        last = "SELECT count(*) FROM pages WHERE crawl = (SELECT max(id) FROM crawls)"
        return int(db.execute(last).fetchone()[0])
    return 0
