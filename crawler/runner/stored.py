"""What the state of a job holds: its newest crawl, and the rows of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from crawler.errors import StateError
from crawler.store import runs
from crawler.store.result import StoredResult
from crawler.store.schema import open_database

if TYPE_CHECKING:
    from crawler.config import Job
    from crawler.model import Value

__all__ = ["newest_crawl", "open_existing", "result_of", "rows"]


def result_of(job: Job, db: sqlite3.Connection, crawl: int) -> StoredResult:
    """Return the result of a crawl; paths of files are those from the folder of the first output."""
    if not job.has_files:
        return StoredResult(db, crawl, job.tables, job.keys)
    from crawler.runner.files import file_names, prefix  # late: most jobs have none

    result = StoredResult(db, crawl, job.tables, job.keys, names=file_names(job))
    result.folder = prefix(job.files_path, next(iter(job.outputs), job.folder / job.name))
    return result


def open_existing(job: Job) -> sqlite3.Connection:
    """Open the state of a job that has run.

    Raises:
        StateError: there is none yet, or it is damaged.
    """
    if not job.state_path.exists():
        raise StateError(f"{job.state_path}: this job has no state file yet; run the job first")
    return open_database(job.state_path)


def newest_crawl(job: Job, db: sqlite3.Connection) -> runs.CrawlRow:
    """Return the newest crawl, finished or not.

    Raises:
        StateError: there is none yet.
    """
    newest = runs.newest_crawl(db)
    if newest is None:
        raise StateError(f"{job.state_path}: nothing was crawled yet; run the job first")
    return newest


def rows(job: Job, table: str) -> Iterator[dict[str, Value]]:
    """The rows of a table of the newest crawl, in the site's order, each with every column.

    Raises:
        KeyError: the job has no such table.
        StateError: there is no state yet, or it is damaged.
    """
    columns = {each.name: each.columns for each in job.tables}[table]
    with closing(open_existing(job)) as db:
        crawl = newest_crawl(job, db).id
        for row in result_of(job, db, crawl).rows(table):
            yield {column.name: row.values.get(column.name) for column in columns}
