"""What a comparison would ask of a site that is not ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass

from crawler.clock import duration
from crawler.compare.sample import MOST_PAGES
from crawler.config import Job

__all__ = ["FREE", "Cost", "cost"]

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
        return None if self.pages is None else self.runs * self.pages + MOST_PAGES

    def __str__(self) -> str:
        requests = self.requests
        if requests is None:
            return f"{self.runs} runs x as many pages as the site has (no limits.pages is given)"
        pages = f"{self.pages:,} pages" if self.is_known else f"at most {self.pages:,} pages (limits.pages)"
        text = f"{self.runs} runs x {pages} = {'' if self.is_known else 'at most '}{requests:,} requests"
        if self.delay:
            text += f", one every {self.delay:g} s: {duration(requests * self.delay)}"
        return text


def cost(job: Job, runs: int) -> Cost:
    """Of `runs` runs. How many pages there are is known from the job's state file, which is only read."""
    known = _last_crawl(job)
    bounds = [bound for bound in (known, job.limits.pages) if bound]
    return Cost(runs, min(bounds, default=None), job.polite.delay, bool(known))


def _last_crawl(job: Job) -> int:
    with suppress(sqlite3.Error):
        uri = f"{job.state_path.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as db:
            last = "SELECT count(*) FROM pages WHERE crawl = (SELECT max(id) FROM crawls)"
            return int(db.execute(last).fetchone()[0])
    return 0
