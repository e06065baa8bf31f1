"""The ids of records: those of a page lie side by side, in the order in which they stand there.

So a page needs no index to its records, and rows that are read page after page come in order.
"""

from __future__ import annotations

import sqlite3

__all__ = ["IS_OF", "first_record", "forget_records"]

_BITS = 24  # for the position: sixteen million records of one page would not fit into memory

IS_OF = f"r.id BETWEEN ({{page}} << {_BITS}) AND ({{page}} << {_BITS}) + {(1 << _BITS) - 1}"
"""SQL: whether the record `r` is one of a page, whose id is put in the place of `{page}`."""


def first_record(page: int) -> int:
    """Id of the first record of a page; the following ones count on from it."""
    return page << _BITS


def forget_records(db: sqlite3.Connection, page: int) -> None:
    """Remove all records of a page."""
    db.execute("DELETE FROM records WHERE id >= ? AND id < ?", (first_record(page), first_record(page + 1)))
