"""State files as older versions wrote them."""

import sqlite3
from contextlib import closing

from crawler.store import schema


def as_version_1(path):
    """Put in the place of a state file what version 1 would have written of it."""
    old = path.with_name("version-1.sqlite")
    with closing(sqlite3.connect(old)) as db:
        db.executescript(
            f"{schema._VERSION_1} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1;"
        )
        db.execute("ATTACH ? AS new", (str(path),))
        for (table,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            names = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
        db.execute(
            "UPDATE pages SET state = 'sent' "
            "WHERE id IN (SELECT value FROM new.crawls c, json_each(c.under_way) WHERE c.id = pages.crawl)"
        )
        db.commit()
    old.replace(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
