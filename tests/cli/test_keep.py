"""A workbook that a person has changed, or has open, is never destroyed unseen."""

import errno
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import openpyxl
import pytest
import ruamel.yaml

from crawler.export.atomic import opened_by
from crawler.store import schema
from tests.support.badserver import answer, serve

OFFICE = shutil.which("soffice")


class Site:
    """A list of books that a test can change between two runs."""

    def __init__(self):
        self.titles = ["Blue"]

    def __call__(self, connection):
        while head := connection.request():
            page = "".join(f"<li>{title}</li>" for title in self.titles).encode()
            robots = b"robots.txt" in head.split(b"\r\n")[0]
            connection.say(answer(b"", status=b"404 Not Found") if robots else answer(b"<ul>" + page + b"</ul>"))


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def job(tmp_path, site):
    with serve(site) as server:
        yield _write(tmp_path, server.origin)


def _write(folder, origin, name="own", output="out/books.xlsx", **more):
    job = {
        "name": name,
        "start": f"{origin}/",
        "pages": {"list": {"table": "books", "each": "li", "fields": {"title": {"keep_space": True}}}},
        "polite": {"delay": 0, "contact": "a@b.example"},
        "output": output,
        **more,
    }
    path = folder / f"{name}.yaml"
    with path.open("w") as file:
        ruamel.yaml.YAML().dump(job, file)
    return path


@pytest.fixture
def run(cli, job, site):
    """A run of the next night: the site has another book."""

    def again(*arguments):
        site.titles.append(f"Book {len(site.titles)}")
        return cli("run", job, *arguments)

    return again


def out(job, pattern="*.xlsx"):
    return sorted(path.name for path in (job.parent / "out").glob(pattern))


def book(job, name="books.xlsx"):
    return openpyxl.load_workbook(job.parent / "out" / name)


def add_note(job, name="books.xlsx"):
    workbook = book(job, name)
    workbook["books"]["D2"] = "ask Ann"
    workbook.create_sheet("My plan")["A1"] = "buy"
    workbook.save(job.parent / "out" / name)


def kept(job, suffix="xlsx"):
    (path,) = (job.parent / "out").glob(f"*.edited-*.{suffix}")
    return path


def touch(path, seconds):
    """Make a file look as if it was written so many seconds from now."""
    os.utime(path, (time.time() + seconds,) * 2)


# ---- changed


def test_a_sheet_and_a_note_that_the_user_added_are_kept_and_the_quiet_run_says_so(job, run):
    assert run("--quiet") == (0, "", "")
    add_note(job)
    done = run("--quiet")
    name = kept(job).name
    assert re.fullmatch(r"books\.edited-\d{4}-\d\d-\d\d\.xlsx", name)
    assert (done.code, done.out, done.err.count("\n")) == (0, "", 1)
    assert name in done.err
    assert "books.xlsx was changed after it was written" in done.err
    assert book(job, name)["My plan"]["A1"].value == "buy"
    assert book(job, name)["books"]["D2"].value == "ask Ann"
    assert book(job).sheetnames == ["books", "Summary", "Problems"]
    assert book(job)["books"].max_row == 4


def test_a_file_that_nobody_touched_makes_no_copy(job, run):
    for _ in range(3):
        assert run("--quiet") == (0, "", "")
    assert out(job) == ["books.xlsx"]


def test_every_copy_stays(job, run):
    run()
    for _ in range(3):
        add_note(job)
        run()
    assert len(out(job, "books.edited-*.xlsx")) == 3
    for name in out(job, "books.edited-*.xlsx"):
        assert "My plan" in book(job, name).sheetnames


def test_the_end_of_a_run_and_its_json_name_the_copy(job, run):
    run()
    add_note(job)
    assert "kept        " in run().out
    add_note(job)
    (one,) = json.loads(run("--json").out)["kept"]
    assert Path(one["copy"]).exists()
    assert one["file"] == str(job.parent / "out" / "books.xlsx")
    assert one["why"] == "was changed after it was written"


def test_export_keeps_it_too(cli, job, run):
    run()
    add_note(job)
    done = cli("export", job)
    assert done.code == 0
    assert "that file is kept as " in done.err
    assert "My plan" in book(job, kept(job).name).sheetnames


def test_a_file_that_this_job_never_wrote_is_kept(job, run):
    (job.parent / "out").mkdir()
    theirs = job.parent / "out" / "books.xlsx"
    theirs.write_bytes(b"somebody else's")
    done = run("--quiet")
    assert "books.xlsx was not written by this job" in done.err
    assert kept(job).read_bytes() == b"somebody else's"
    assert run("--quiet").err == ""


def test_the_same_bytes_again_lose_nothing_and_make_no_copy(cli, job, run, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    run()
    for state in job.parent.rglob("*.sqlite*"):
        state.unlink()
    assert cli("run", job, "--quiet") == (0, "", "")
    assert out(job) == ["books.xlsx"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_csv_and_jsonl_are_kept_table_by_table(cli, tmp_path, site, suffix):
    tables = {name: {"each": "li", "fields": {"title": {"keep_space": True}}} for name in ("books", "others")}
    with serve(site) as server:
        job = _write(tmp_path, server.origin, output=f"out/b.{suffix}", pages={"list": {"tables": tables}})
        cli("run", job)
        with (tmp_path / "out" / f"b.others.{suffix}").open("a") as file:
            file.write("mine\n")
        site.titles.append("Red")
        done = cli("run", job, "--quiet")
    assert len(done.err.splitlines()) == 1
    assert kept(job, suffix).name.startswith("b.others.edited-")
    assert kept(job, suffix).read_text().endswith("mine\n")


def test_a_changed_partial_file_is_kept_when_the_whole_one_replaces_it(cli, tmp_path, site):
    with serve(site) as server:
        job = _write(tmp_path, server.origin)
        cli("run", job)
        parts = [*job.parent.rglob("*.sqlite")]
        with sqlite3.connect(parts[0]) as db:
            db.execute("INSERT INTO published VALUES (?, 1, 0)", (str(tmp_path / "out" / "books.partial.xlsx"),))
        db.close()
        (tmp_path / "out" / "books.partial.xlsx").write_bytes(b"a part, with my notes")
        touch(tmp_path / "out" / "books.partial.xlsx", 60)
        done = cli("run", job, "--quiet")
    assert "books.partial.edited-" in done.err
    assert kept(job).read_bytes() == b"a part, with my notes"
    assert "books.partial.xlsx" not in out(job)


def test_a_link_stays_one_and_its_file_is_kept_beside_it(job, run):
    run()
    real = job.parent / "elsewhere" / "real.xlsx"
    real.parent.mkdir()
    (job.parent / "out" / "books.xlsx").rename(real)
    (job.parent / "out" / "books.xlsx").symlink_to(real)
    add_note(job)
    run()
    assert (job.parent / "out" / "books.xlsx").is_symlink()
    (copy,) = real.parent.glob("real.edited-*.xlsx")
    assert "My plan" in openpyxl.load_workbook(copy).sheetnames


# ---- what cannot be kept is not replaced


def test_without_second_names_it_is_copied(job, run, monkeypatch):
    def no_links(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    run()
    add_note(job)
    before = (job.parent / "out" / "books.xlsx").read_bytes()
    run()
    assert kept(job).read_bytes() == before


def test_what_cannot_be_kept_is_not_replaced(job, run, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    run()
    add_note(job)
    before = (job.parent / "out" / "books.xlsx").read_bytes()
    monkeypatch.setattr(os, "link", full)
    done = run("--quiet")
    assert done.code == 4
    assert "cannot be kept as books.edited-" in " ".join(done.err.split())
    assert (job.parent / "out" / "books.xlsx").read_bytes() == before
    assert out(job) == ["books.xlsx"]


def test_a_file_that_could_not_be_replaced_leaves_no_copy(job, run, monkeypatch):
    run()
    add_note(job)

    def held(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", held)
    assert run("--quiet").code == 4
    assert out(job) == ["books.xlsx"]


@pytest.mark.parametrize(("at", "copies"), [("link", 0), ("replace", 1)])
def test_of_several_files_what_was_replaced_is_told_and_the_rest_stands(cli, tmp_path, site, monkeypatch, at, copies):
    tables = {name: {"each": "li", "fields": {"title": {"keep_space": True}}} for name in ("books", "others")}
    with serve(site) as server:
        job = _write(tmp_path, server.origin, output="out/b.csv", pages={"list": {"tables": tables}})
        cli("run", job)
        for name in tables:
            with (tmp_path / "out" / f"b.{name}.csv").open("a") as file:
                file.write("mine\n")
        site.titles.append("Red")
        real, calls = getattr(os, at), []

        def second_fails(*arguments):
            calls.append(arguments)
            if len(calls) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments)

        monkeypatch.setattr(os, at, second_fails)
        done = cli("run", job, "--json")
    assert done.code == 4
    assert [Path(one["copy"]).name for one in json.loads(done.out)["kept"]] == out(job, "*.edited-*.csv")
    stands = [path for path in (tmp_path / "out").glob("*.csv") if path.read_text().endswith("mine\n")]
    assert len(out(job, "*.edited-*.csv")) == copies
    assert len(stands) == 2  # at its place, or as the copy of what was replaced


# ---- the state of an older version


def older(job):
    """Make the state as version 1 wrote it: without the bytes of files."""
    (path,) = job.parent.rglob("*.sqlite")
    db = sqlite3.connect(path)
    old = sqlite3.connect(":memory:")
    old.executescript(schema._VERSION_1)
    names = {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if name not in names and not name.startswith("sqlite_"):
            db.execute(f"DELETE FROM {name}")
    db.commit()
    db.close()


def test_a_state_of_version_1_makes_no_copy_of_what_nobody_touched(job, run):
    run()
    older(job)
    assert run("--quiet") == (0, "", "")
    assert out(job) == ["books.xlsx"]


def test_a_state_of_version_1_keeps_what_was_touched_since(job, run):
    run()
    older(job)
    add_note(job)
    touch(job.parent / "out" / "books.xlsx", 60)
    run()
    assert "My plan" in book(job, kept(job).name).sheetnames


# ---- open


EXCEL = b"\x08Ann Brun".ljust(55, b" ") + b"\x08\0" + "Ann Brün".ljust(54).encode("utf-16-le")
LIBRE = b"Ann\\, the 2nd\\; boss,ann,desk-7,29.11.2026 10:22,file:///home/ann/.config/libreoffice/4;"


@pytest.mark.parametrize(
    ("name", "content", "who"),
    [
        ("~$books.xlsx", EXCEL, "Excel (Ann Brün)"),
        ("~$books.xlsx", b"\x03Ann".ljust(54), "Excel (Ann)"),
        ("~$books.xlsx", b"", "Excel"),
        ("~$books.xlsx", b"\xff\xff", "Excel"),
        (".~lock.books.xlsx#", LIBRE, "LibreOffice (Ann, the 2nd; boss on desk-7)"),
        (".~lock.books.xlsx#", b",ann,desk-7,29.11.2026 10:22,;", "LibreOffice (ann on desk-7)"),
        (".~lock.books.xlsx#", b"", "LibreOffice"),
        (".~lock.books.xlsx#", b"\x1b[2Jann\n" + b"\0" * 9000, "LibreOffice ([2Jann)"),
    ],
)
def test_a_file_that_is_open_is_kept_and_it_is_said_who_has_it(job, run, name, content, who):
    run()
    before = (job.parent / "out" / "books.xlsx").read_bytes()
    lock = job.parent / "out" / name
    lock.write_bytes(content)
    assert opened_by(job.parent / "out" / "books.xlsx") == who
    done = run("--quiet")
    assert done.code == 0
    assert f"books.xlsx seems to be open in {who}" in done.err
    assert kept(job).read_bytes() == before
    assert lock.read_bytes() == content


def test_a_lock_file_that_was_left_behind_does_no_harm(job, run):
    run()
    (job.parent / "out" / ".~lock.books.xlsx#").write_bytes(LIBRE)
    touch(job.parent / "out" / ".~lock.books.xlsx#", -3600)
    for _ in range(2):
        assert run("--quiet") == (0, "", "")
    assert out(job, "*.edited-*") == []


def test_a_file_that_is_open_for_nights_is_kept_once(job, run):
    run()
    lock = job.parent / "out" / ".~lock.books.xlsx#"
    lock.write_bytes(LIBRE)
    run()
    touch(lock, -3600)
    assert run("--quiet") == (0, "", "")
    assert len(out(job, "*.edited-*")) == 1


def test_changed_and_open_is_said_in_one_line(job, run):
    run()
    add_note(job)
    (job.parent / "out" / ".~lock.books.xlsx#").write_bytes(LIBRE)
    (line,) = run("--quiet").err.splitlines()
    assert "was changed after it was written and seems to be open in LibreOffice (Ann, the 2nd; boss on desk-7)" in line


@pytest.mark.long
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_itself(job, run, tmp_path):
    run()
    file = job.parent / "out" / "books.xlsx"
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    office = subprocess.Popen([OFFICE, home, "--headless", "--norestore", file], start_new_session=True)
    try:
        end = time.monotonic() + 60
        lock = file.with_name(".~lock.books.xlsx#")
        while not lock.exists() and time.monotonic() < end:
            time.sleep(0.1)
        assert "books.xlsx seems to be open in LibreOffice" in run("--quiet").err
    finally:
        os.killpg(office.pid, 9)
        office.wait()
    assert lock.exists()
