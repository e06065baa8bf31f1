"""State files as older versions wrote them."""

import sqlite3
from contextlib import closing

from crawler.store import schema


def as_version(path, version):
    """Put in the place of a state file what an older version would have written of it."""
    old = path.with_name("older.sqlite")
    with closing(sqlite3.connect(old)) as db:
        db.executescript(
            f"{''.join(schema._STEPS[:version])} PRAGMA application_id = {schema.APPLICATION_ID}; "
            f"PRAGMA user_version = {version};"
        )
        db.execute("ATTACH ? AS new", (str(path),))
        for (table,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            names = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
        if version == 1:
            db.execute(
                "UPDATE pages SET state = 'sent' "
                "WHERE id IN (SELECT value FROM new.crawls c, json_each(c.under_way) WHERE c.id = pages.crawl)"
            )
        db.commit()
    old.replace(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
