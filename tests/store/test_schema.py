import sqlite3
import stat

import pytest

from crawler.errors import OutputError, StateError
from crawler.store import runs, schema
from crawler.store.schema import VERSION, open_database


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "books.state.sqlite"


def test_a_new_state_can_be_opened_again(path):
    open_database(path).close()
    db = open_database(path)
    assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_the_state_is_readable_for_its_owner_alone(path):
    open_database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_fault_211_a_foreign_database_is_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(StateError, match="not a state file"):
        open_database(path)
    assert path.read_bytes() == before


def test_fault_210_a_newer_version_is_left_alone(path):
    db = open_database(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer version"):
        open_database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["garbage", "holes", "cut"])
def test_fault_208_a_damaged_state_is_told_and_left_alone(path, damage):
    db = open_database(path)
    db.executemany("INSERT INTO crawls (what_hash, started) VALUES (?, 1)", [("x" * 500,) for _ in range(500)])
    db.close()
    whole = path.read_bytes()
    path.write_bytes(
        {"garbage": b"x" * 9000, "holes": whole[:8192] + b"\xff" * 8192 + whole[16384:], "cut": whole[:20000]}[damage]
    )
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"damaged .* not changed"):
        open_database(path)
    assert path.read_bytes() == before


def test_a_state_that_is_a_folder_is_told(tmp_path):
    with pytest.raises(OutputError, match="cannot be"):
        open_database(tmp_path)


def test_an_empty_file_becomes_a_state(path):
    path.parent.mkdir()
    path.touch()
    open_database(path).close()
    open_database(path).close()


def test_fault_217_a_program_killed_before_its_first_commit_leaves_a_usable_file(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
    db.close()
    assert path.stat().st_size > 0
    open_database(path).close()


def test_a_state_of_an_older_version_is_brought_to_this_one(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.executescript(
            f"{schema._VERSION_1} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1;"
            "INSERT INTO crawls (what_hash, started) VALUES ('kept', 1);"
        )
    old.close()
    with open_database(path) as db, open_database(path.with_name("new.sqlite")) as new:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert db.execute("SELECT what_hash FROM crawls").fetchone() == ("kept",)
        columns = "SELECT m.name, p.name, p.type FROM sqlite_master m, pragma_table_info(m.name) p ORDER BY 1, 2"
        assert db.execute(columns).fetchall() == new.execute(columns).fetchall()
    db.close()
    new.close()


def test_nothing_of_a_state_of_version_1_is_lost(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.executescript(
            f"{schema._VERSION_1} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1;"
            "INSERT INTO crawls (what_hash, started) VALUES ('x', 1);"
            "INSERT INTO pages (id, crawl, kind, url, key, host, lane, depth, state, attempts) VALUES"
            " (1, 1, 'list', 'u1', 'k1', 'h', 0, 0, 'done', 1), (2, 1, 'list', 'u2', 'k2', 'h', 0, 0, 'sent', 0),"
            " (3, 1, 'book', 'u3', 'k3', 'h', 1, 1, 'sent', 0), (4, 1, 'book', 'u4', 'k4', 'h', 1, 1, 'waiting', 2);"
            "INSERT INTO edges (crawl, parent, position, child, step) VALUES (1, 0, 0, 1, 0), (1, 1, 0, 2, 0),"
            " (1, 1, 1, 3, 1), (1, 1, 2, 4, 1);"
            "INSERT INTO records (id, crawl, page, position, tbl, data, notes) VALUES"
            " (7, 1, 1, 1, 'b', '{\"t\":2}', NULL), (9, 1, 1, 0, 'b', '{\"t\":1}', '[[\"t\",\"c\",\"d\"]]');"
        )
    old.close()
    db = open_database(path)
    records = db.execute("SELECT page, position, crawl, tbl, data, notes FROM records ORDER BY id").fetchall()
    assert records == [(1, 0, 1, "b", '{"t":1}', '[["t","c","d"]]'), (1, 1, 1, "b", '{"t":2}', None)]
    assert db.execute("SELECT child, kin FROM edges ORDER BY child").fetchall() == [
        (1, 1),
        (2, 1),
        (3, None),
        (4, None),
    ]
    assert {row[0] for row in db.execute("SELECT state FROM pages")} == {"done", "queued", "waiting"}
    start = runs.begin(db, "x", fresh=False, pid=1, now=2.0)
    assert (start.resumed, start.crashed) == (True, 2)  # what was under way goes alone, as if this version had died
    assert db.execute("SELECT id, state, crashes, lane FROM pages ORDER BY id").fetchall() == [
        (1, "done", 0, 0),
        (2, "queued", 1, 2),
        (3, "queued", 1, 2),
        (4, "waiting", 0, 1),
    ]
    db.close()
