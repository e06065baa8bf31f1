"""Nights of a job: the site changes between two runs, and the published files are safe."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

import crawler
from crawler.cli.main import main
from tests.support.nightly import shop, write_config
from tests.support.old_state import as_version
from tests.support.workbook import opened

BOOKS = range(1, 61)


class Night(NamedTuple):
    """What a run did, under --quiet."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def server():
    with shop() as site:
        yield site


class Job:
    """The job of a shop in a folder."""

    def __init__(self, folder: Path, site, capsys) -> None:
        self.folder, self.site, self._capsys = folder, site, capsys
        self.config = write_config(folder, site.base)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def __call__(self, *arguments: str) -> Night:
        self._capsys.readouterr()
        code = main([arguments[0], str(self.config), *arguments[1:]])
        return Night(code, *self._capsys.readouterr())

    def night(self, *arguments: str) -> Night:
        return self("run", "--quiet", *arguments)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.out.iterdir() if path.suffix in (".xlsx", ".csv")}

    def rows(self, name: str = "shop.csv") -> int:
        return len((self.out / name).read_text(encoding="utf-8-sig").splitlines()) - 1

    def crawls(self) -> list[tuple[str | None, int]]:
        """Verdict and number of records of each crawl that is kept."""
        with closing(sqlite3.connect(self.out / "shop.state.sqlite")) as db:
            return db.execute(
                "SELECT verdict, (SELECT count(*) FROM records r WHERE r.crawl = c.id) FROM crawls c ORDER BY id"
            ).fetchall()


@pytest.fixture
def job(tmp_path, server, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    server.new_night()
    return Job(tmp_path, server, capsys)


@pytest.fixture
def good(job):
    """The job after its first good night."""
    assert job.night() == (0, "", "")
    assert job.rows() == 60
    return job


def list_renamed(site):
    site.renamed = {"class=book": "class=item"}


def price_renamed(site):
    site.renamed = {"class=price": "class=cost"}


def half_without_price(site):
    site.price = lambda number: f"£{number}" if number % 2 else ""


def price_in_words(site):
    site.price = lambda number: f"ask for number {number}"


def start_in_trouble(site):
    site.answers["/list-1.html"] = (500, "oops")


def five_books(site):
    site.books = 5


def next_renamed(site):
    site.renamed = {"class=next": "class=more"}


def all_to_the_login(site):
    site.every = "/login"


def books_to_the_login(site):
    site.answers = {f"/book-{n}.html": "/login" for n in BOOKS}


def login_instead_of_books(site):
    site.answers = {f"/book-{n}.html": (200, "<h1>Please log in</h1><p class=price>£1</p>") for n in BOOKS}


def many_not_found(site):
    site.answers = {f"/book-{n}.html": (404, "") for n in range(1, 8)}


def no_stock(site):
    site.renamed = {"class=stock": "class=amount"}


SUSPECT = [
    (list_renamed, "books: no rows, 60 last time; selector 'a.title' in rows 'li.book': 0 links instead of", "list-1"),
    (price_renamed, "books.price: blank in 60 of 60 rows, in 0 of 60 last time; selector 'p.price'", "book-1"),
    (half_without_price, "books.price: blank in 30 of 60 rows, in 0 of 60 last time; selector 'p.price'", "book-2"),
    (price_in_words, "books.price: not-money in 60 of 60 rows, in 0 of 60 last time; selector 'p.price'", "book-1"),
    (no_stock, "books.stock: blank in 60 of 60 rows, in 0 of 60 last time; selector '.stock'", "book-1"),
    (start_in_trouble, "books: no rows, 60 last time; the start page failed: http-500", "list-1"),
    (five_books, "books: 5 rows, 60 last time; selector 'a.title' in rows 'li.book': 5 links instead of 20", "list-1"),
    (next_renamed, "books: 20 rows, 60 last time; selector 'a.next': 0 links instead of 1", "list-1"),
    (all_to_the_login, "books: no rows, 60 last time; the start page, redirected to BASE/login, failed", "list-1"),
    (books_to_the_login, "books: no rows, 60 last time; 60 pages of kind 'book' are redirected to BASE/log", "book-1"),
    (login_instead_of_books, "books.title: one value in 60 of 60 rows, in 1 of 60 last time: 'Please log", "book-1"),
    (many_not_found, "of 63 pages 7 failed, 0 failed last time; limits.failures allows 5%; failed: http-404", "book-1"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said", "since"), SUSPECT, ids=[change.__name__ for change, *_ in SUSPECT])
def test_a_bad_night_leaves_the_published_files_alone_and_says_why(good, change, said, since):
    before = good.files()
    change(good.site)
    night = good.night()
    assert (night.code, night.out) == (3, "")
    (line,) = [line for line in night.err.splitlines() if said.replace("BASE", good.site.base) in line]
    assert line.endswith(f"; since {good.site.base}/{since}.html")
    assert f"crawler accept {good.config}" in night.err
    after = good.files()
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"shop.suspect.xlsx", "shop.suspect.csv"}


def test_what_follows_from_one_cause_is_not_said_again(good):
    books_to_the_login(good.site)
    assert good.night().err.count("  suspect  ") == 1


def test_a_site_that_refuses_the_connection(good):
    before = good.files()
    good.config.write_text(good.config.read_text().replace(good.site.base, "http://127.0.0.1:9"))
    night = good.night()
    assert night.code == 3
    assert "books: no rows, 60 last time; pages failed: 127.0.0.1:9 was suspended" in night.err
    assert "(refused)" in night.err
    assert {name: good.files()[name] for name in before} == before


def test_a_site_that_does_not_change_is_silence(good):
    assert good.night() == (0, "", "")
    assert good.crawls() == [("good", 60)]


def test_a_few_more_failures_are_one_line_and_published(good):
    good.site.answers = {f"/book-{n}.html": (404, "") for n in (7, 8, 9)}
    night = good.night()
    assert night == (0, "", "shop: 3 of 63 pages failed, 0 last time: 3 http-404\n")
    assert good.rows() == 57
    assert good.night() == (0, "", "")


def test_json_keeps_stdout_and_the_causes_go_to_stderr(good):
    price_renamed(good.site)
    night = good("run", "--json", "--quiet")
    report = json.loads(night.out)
    assert (report["verdict"], report["exit_code"], report["records"]) == ("suspect", 3, {"books": 60})
    assert [doubt["where"] if "where" in doubt else doubt["column"] for doubt in report["doubts"]] == ["price"]
    assert report["figures"]["tables"]["books"]["columns"]["price"]["filled"] == 0
    assert report["last"]["figures"]["tables"]["books"]["columns"]["price"]["filled"] == 60
    assert night.err.startswith(f"shop: {report['doubts'][0]['line']}\n")
    assert f"crawler accept {good.config}" in night.err


# ---- accept


def test_accept_publishes_and_is_compared_with_from_then_on(good):
    price_renamed(good.site)
    good.night()
    suspect = (good.out / "shop.suspect.csv").read_bytes()
    done = good("accept")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("shop: accepted; later crawls are compared with this one\n")
    assert good.files().keys() == {"shop.xlsx", "shop.csv"}
    assert (good.out / "shop.csv").read_bytes() == suspect
    assert good.crawls() == [("good", 60)]
    assert good.night() == (0, "", "")


def test_there_is_nothing_to_accept(good):
    done = good("accept")
    assert (done.code, done.out) == (2, "")
    assert "there is nothing to accept: the last crawl, of 20" in done.err
    assert "is good, and its files are published" in done.err


def test_accept_before_any_run(job):
    assert job("accept").code == 6


def test_an_unfinished_crawl_cannot_be_accepted(good):
    assert good.night("--set", "limits.time=1ms").code == 3
    done = good("accept")
    assert done.code == 2
    assert "has pages left, and `crawler run` resumes it" in done.err


def test_accept_of_what_a_refused_connection_left_begins_anew(good):
    config = good.config.read_text()
    good.config.write_text(config.replace(good.site.base, "http://127.0.0.1:9"))
    good.night()
    assert good("accept").code == 0
    assert good.crawls() == [("good", 0)]
    status = good("status")
    assert "resumes with" not in status.out
    good.config.write_text(config)
    assert good.night().code == 0
    assert good.rows() == 60


def test_a_later_good_crawl_removes_what_was_suspect(good):
    five_books(good.site)
    good.night()
    assert good.crawls() == [("good", 60), ("suspect", 5)]
    theirs = good.out / "other.suspect.xlsx"
    theirs.write_bytes(b"not ours")
    good.site.new_night()
    assert good.night() == (0, "", "")
    assert good.files().keys() == {"shop.xlsx", "shop.csv", "other.suspect.xlsx"}
    assert good.crawls() == [("good", 60)]


def test_a_suspect_file_of_the_user_is_not_removed(good):
    theirs = good.out / "shop.suspect.xlsx"
    theirs.write_bytes(b"not ours")
    assert good.night() == (0, "", "")
    assert theirs.read_bytes() == b"not ours"


def test_only_the_newest_suspect_crawl_is_kept(good):
    five_books(good.site)
    good.night()
    good.site.books = 7
    good.night()
    assert good.crawls() == [("good", 60), ("suspect", 7)]
    good("accept")
    assert good.rows() == 7


def test_the_last_good_records_can_be_written_again(good):
    before = good.files()
    five_books(good.site)
    good.night()
    (good.out / "shop.csv").unlink()
    assert good("export").code == 0
    assert good.rows("shop.suspect.csv") == 5
    assert not (good.out / "shop.csv").exists()
    assert good("export", "--last-good").code == 0
    assert good.files()["shop.csv"] == before["shop.csv"]
    other = good.folder / "other.csv"
    assert good("export", str(other)).code == 0
    assert len(other.read_text().splitlines()) == 6


def test_there_is_no_last_good_crawl_to_write(job):
    price_renamed(job.site)
    job.night()
    done = job("export", "--last-good")
    assert done.code == 6
    assert "there is no good crawl yet" in done.err


def test_a_file_that_somebody_took_away_is_not_made_of_suspect_data(good):
    (good.out / "shop.xlsx").unlink()
    five_books(good.site)
    assert good.night().code == 3
    assert good.files().keys() == {"shop.csv", "shop.suspect.xlsx", "shop.suspect.csv"}


# ---- first runs


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (price_renamed, "books.price: blank in all 60 rows; selector 'p.price'; since"),
        (list_renamed, "books: no rows; selector 'a.title' in rows 'li.book': 0 links to pages of kind 'book'; since"),
        (start_in_trouble, "books: no rows; the start page failed: http-500"),
        (books_to_the_login, "books: no rows; 60 pages of kind 'book' are redirected to"),
        (price_in_words, "books.price: not-money in all 60 rows"),
    ],
)
def test_a_first_run_that_looks_wrong_is_told_and_written_where_nothing_is(job, change, said):
    change(job.site)
    night = job.night()
    assert (night.code, night.out) == (3, "")
    assert said in night.err
    assert job.files().keys() == {"shop.xlsx", "shop.csv"}
    assert job.night().code == 3  # still nothing good to compare with, and its own file may be replaced
    assert job.files().keys() == {"shop.xlsx", "shop.csv"}
    job.site.new_night()
    assert job.night() == (0, "", "")
    assert job.rows() == 60


def test_a_first_run_may_be_accepted(job):
    price_renamed(job.site)
    job.night()
    assert job("accept").code == 0
    assert job.night() == (0, "", "")


def test_a_first_run_does_not_replace_a_file_that_is_there(good):
    before = good.files()
    for path in good.out.glob("shop.state.*"):
        path.unlink()
    price_renamed(good.site)
    assert good.night().code == 3
    assert {name: good.files()[name] for name in before} == before
    good.site.new_night()
    night = good.night()
    assert (night.code, night.out) == (0, "")
    kept = "was not written by this job; that file is kept as"  # not said where the new one has the same bytes
    assert all(kept in line for line in night.err.splitlines())
    assert {name for name in good.files() if ".edited-" not in name} == {"shop.xlsx", "shop.csv"}


# ---- settings


def test_protection_can_be_switched_off(good):
    five_books(good.site)
    assert good.night("--set", "protect=false") == (0, "", "")
    assert good.rows() == 5


def test_a_column_may_be_allowed_to_be_blank(good):
    price_renamed(good.site)
    assert good.night("--set", "protect.allow_blank=books.price") == (0, "", "")
    assert "price 0 % (100 % last time)" not in good("status").err


# ---- a config that changed


def test_only_what_both_configs_have_is_compared(good):
    text = good.config.read_text().replace("      price: {css: p.price, type: money}\n", "      badge: .badge\n")
    good.config.write_text(text)
    night = good.night()
    assert night.code == 3
    assert "books.badge: blank in all 60 rows; selector '.badge'" in night.err
    assert "books.price" not in night.err
    assert "the config changed since the last good crawl" in night.err


# ---- limits


def test_a_limit_on_the_command_line_does_not_replace_the_whole_workbook(good):
    before = good.files()
    night = good.night("--set", "limits.pages=30")
    assert night.code == 3
    assert "limits.pages left 33 pages unread, none last time" in night.err
    assert {name: good.files()[name] for name in before} == before


def test_a_limit_of_the_config_is_named_and_no_alarm(job):
    limit = ("--set", "limits.pages=30")
    assert job.night(*limit) == (0, "", "")
    assert job.night(*limit) == (0, "", "")
    shown = job("run", *limit).out
    assert shown.startswith("shop: ended by limits.pages: 33 pages were not read\n")
    assert "complete" not in shown
    assert "limits.pages: 33 pages were not read" in job("status").out
    assert job("status", "--json").out.count('"limits.pages": 33') == 2


def test_without_a_limit_every_page_is_read(job):
    assert crawler.load(str(job.config)).limits.pages is None


# ---- stops


def test_an_interrupted_crawl_is_not_judged(good):
    five_books(good.site)
    night = good.night("--set", "limits.time=1ms")
    assert night.code == 3
    assert "suspect" not in night.err
    assert good.files().keys() == {"shop.xlsx", "shop.csv", "shop.partial.xlsx", "shop.partial.csv"}
    assert good.night().code == 3
    assert good.files().keys() == {"shop.xlsx", "shop.csv", "shop.suspect.xlsx", "shop.suspect.csv"}


KILL = """
import os, sys
from crawler.cli.main import main
import crawler.{module} as module
inner = module.{name}
def outer(*arguments, **options):
    {before}os.kill(os.getpid(), 9)
    found = inner(*arguments, **options)
    os.kill(os.getpid(), 9)
module.{name} = outer
main({arguments!r})
"""
STEPS = [("store.result", "table_figures"), ("runner.closing", "doubts"), ("runner.outputs", "export"),
         ("runner.outputs", "publish"), ("runner.closing", "publish_all"), ("store.runs", "end")]  # fmt: skip


def killed(module: str, name: str, before: bool, *arguments: str) -> None:
    """Run a command that is killed before or after a step."""
    code = KILL.format(module=module, name=name, before="" if before else "# ", arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("module", "name"), STEPS)
def test_a_run_killed_at_any_step_of_its_end(good, module, name, before):
    files = good.files()
    price_renamed(good.site)
    killed(module, name, before, "run", str(good.config), "-q")
    assert {name: good.files()[name] for name in files} == files
    assert good.night().code == 3
    assert {name: good.files()[name] for name in files} == files
    assert good.rows("shop.suspect.csv") == 60
    assert [verdict for verdict, _ in good.crawls()] == ["good", "suspect"]
    good.site.new_night()
    assert good.night() == (0, "", "")
    assert good.files().keys() == {"shop.xlsx", "shop.csv"}
    assert good.crawls() == [("good", 60)]


@pytest.mark.parametrize(
    ("module", "name"), [("runner.outputs", "export"), ("runner.outputs", "publish"), ("store.runs", "accept")]
)
def test_accept_that_is_killed_can_be_called_again(good, module, name):
    five_books(good.site)
    good.night()
    killed(module, name, name == "accept", "accept", str(good.config))
    assert good("accept").code == 0
    assert good.rows() == 5
    # One that was killed before it could say what it wrote may leave a copy too many, never one too few.
    assert {name for name in good.files() if ".edited-" not in name} == {"shop.xlsx", "shop.csv"}
    assert good.crawls() == [("good", 5)]


# ---- older states


def test_the_last_crawl_of_an_older_state_is_compared_with(good):
    """Version 1 knew no verdict and no figures: its finished crawl is good, and its records are counted."""
    as_version(good.out / "shop.state.sqlite", 1)
    price_renamed(good.site)
    night = good.night()
    assert night.code == 3
    assert "books.price: blank in 60 of 60 rows, in 0 of 60 last time" in night.err


# ---- what is said


def test_status_has_rows_and_columns_after_a_finished_crawl(good):
    report = json.loads(good("status", "--json").out)
    assert (report["records"], report["verdict"]) == ({"books": 60}, "good")
    assert report["figures"]["tables"]["books"]["columns"]["price"]["filled"] == 60


def test_status_of_a_suspect_crawl_says_why_and_what_to_do(good):
    half_without_price(good.site)
    good.night()
    said = good("status").out
    assert "suspect: the result looks wrong" in said.splitlines()[0]
    assert "books.price: blank in 30 of 60 rows" in said
    assert "books: price 50 % (100 % last time)" in said
    assert "crawler accept" in said


def test_the_summary_sheet_has_rows_and_columns_of_today_and_of_last_time(good, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    half_without_price(good.site)
    good.night()
    rows = [row[:4] for row in opened(good.out / "shop.suspect.xlsx")["Summary"].iter_rows(values_only=True)]
    assert ("books", 60, 60, None) in rows
    assert ("books.price", "50 %", "100 %", None) in rows
    assert ("books.title", "100 %", "100 %", None) in rows
    assert any(row[0] == "Suspect" and "books.price: blank in 30" in row[1] for row in rows)
    problems = list(opened(good.out / "shop.suspect.xlsx")["Problems"].iter_rows(values_only=True))
    assert problems[1][:2] == ("suspect", "blank")
    assert problems[1][5] == "books.price"


def test_no_problems_is_said_only_when_it_is_true(job):
    def problems():
        return [row[:2] for row in opened(job.out / "shop.xlsx")["Problems"].iter_rows(2, values_only=True)]

    job.night()
    assert problems()[0][0].startswith("No problems")
    job.site.extra = "<a class=title href='javascript:next()'>more</a><li class=book><a class=title href=''>x</a></li>"
    job.night()
    assert [row for row in problems() if row[0] == "links"] == [("links", "empty")]
    job.site.new_night()
    price_renamed(job.site)
    job.night()
    job("accept")
    assert problems() == [("table", "blank")]


def test_dropped_links_are_counted_over_all_runs_of_a_crawl(job):
    odd = "<a class=title href='javascript:x()'>x</a><a class=title href=//other.test/>y</a>"
    job.site.extra = f"<li class=book>{odd}</li>"
    assert job.night("--set", "limits.time=1ms").code == 3
    assert job.night().code == 0
    report = json.loads(job("status", "--json").out)
    assert report["dropped"] == {"off-site": 3, "scheme": 3}
    assert "not followed: 3 off-site, 3 scheme" in job("status").out
    rows = [row[:2] for row in opened(job.out / "shop.xlsx")["Summary"].iter_rows(values_only=True)]
    assert {("off-site", 3), ("scheme", 3)} <= set(rows)


def test_notes_of_carried_fields_are_counted(job):
    job.site.renamed = {"<i class=stock>7</i>": "<i class=stock>seven</i>"}
    job.night()
    assert json.loads(job("status", "--json").out)["notes"] == 1
