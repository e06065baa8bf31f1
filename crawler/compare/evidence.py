"""What a finished run left in its state file: its records as facts, and how long its pages took to come."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from crawler.compare.records import digest, facts, read_line, write_line
from crawler.compare.statistics import quantile
from crawler.compare.task import STATE
from crawler.config import Job
from crawler.store import runs
from crawler.store.result import StoredResult
from crawler.store.schema import open_database

__all__ = ["FACTS", "STEPS", "Evidence", "read_evidence"]

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
    """

    digest: str
    latency: tuple[float, ...]
    p99: float
    mean_latency: float
    hosts: int
    asked: int
    busiest: int


def read_evidence(job: Job, folder: Path, base: str) -> Evidence:
    """Read the state file in `folder`; the facts are written beside it.

    Raises:
        StateError: it is damaged.
    """
    with closing(open_database(folder / STATE)) as db:
        newest = runs.newest_crawl(db)
        crawl = newest.id if newest else 0
        result = StoredResult(db, crawl, job.tables, job.keys)
        with open(folder / FACTS, "w", encoding="utf-8") as file:
            file.writelines(map(write_line, facts(result, base)))
        times = [took for (took,) in db.execute(_TIMES)]
        each = db.execute("SELECT sum(attempts) FROM pages WHERE attempts > 0 GROUP BY host").fetchall()
        asked = [count for (count,) in each]
    with open(folder / FACTS, encoding="utf-8") as file:
        found = digest(map(read_line, file))
    steps = tuple(quantile(times, step / STEPS) for step in range(STEPS + 1))
    mean = fmean(times) if times else 0.0
    return Evidence(found, steps, quantile(times, 0.99), mean, len(asked), sum(asked), max(asked, default=0))
