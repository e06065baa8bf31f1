"""What the state of a job holds: its newest crawl, and the rows of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crawler.errors import StateError
from crawler.store import runs
from crawler.store.result import StoredResult
from crawler.store.schema import open_database

if TYPE_CHECKING:
    from crawler.config import Job
    from crawler.model import Problem, Row, Table

__all__ = ["newest_crawl", "open_existing", "problems", "result_of", "rows"]


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


def rows(job: Job, table: str, *, flat: bool = False) -> Iterator[dict[str, Any]]:
    """The rows of a table of the newest crawl, in the site's order, each with every column.

    Args:
        flat: give values that pandas and the like can calculate with, under the names of the columns in a csv file:
            money is two columns, `price` with the amount and `price_currency`, and decimal numbers are `float`.

    Raises:
        KeyError: the job has no such table.
        StateError: there is no state yet, or it is damaged.
    """
    asked = {each.name: each for each in job.tables}[table]
    with closing(open_existing(job)) as db:
        found = result_of(job, db, newest_crawl(job, db).id).rows(table)
        if flat:
            yield from _flat(asked, found)
            return
        for row in found:
            yield {column.name: row.values.get(column.name) for column in asked.columns}


def _flat(table: Table, found: Iterator[Row]) -> Iterator[dict[str, Any]]:
    from crawler.export.flatten import FlatTable  # late: most runs ask for no rows

    flat = FlatTable(table)
    for count, columns in flat.batches(found):
        values = [[float(one) if type(one) is Decimal else one for one in column] for column in columns]
        for index in range(count):
            yield {name: column[index] for name, column in zip(flat.names, values, strict=True)}


def problems(job: Job) -> Iterator[Problem]:
    """Pages of the newest crawl that failed, were skipped, are left or were read with a doubt; cells with notes.

    Raises:
        StateError: there is no state yet, or it is damaged.
    """
    with closing(open_existing(job)) as db:
        yield from result_of(job, db, newest_crawl(job, db).id).problems()
