"""Lists that are paged by a form: all rows, in order, each once; also after a kill, and under every strategy."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

import crawler
from crawler.cli.show import end_summary
from tests.support.jobs import crawl, kill, start
from tests.support.postback_site import PAGES, TITLES, WAYS, job, postback_site
from tests.support.usable import USABLE


def run(folder: Path, text: str) -> tuple[crawler.Report, list[object]]:
    config = folder / "books.yaml"
    config.write_text(text)
    report = crawler.run(crawler.load(config))
    return report, [row["title"] for row in report.rows("books")]


@pytest.mark.parametrize("way", WAYS)
def test_every_way(tmp_path: Path, way: str) -> None:
    with postback_site(way) as site:
        report, rows = run(tmp_path, job(site))
    assert rows == TITLES
    assert (report.exit_code, report.unmatched) == (0, ())
    moved = way in ("moved", "kept")
    assert report.pages == {
        "done": PAGES, "moved": (PAGES - 1) * moved, "failed": 0, "skipped": 0, "left": 0
    }  # fmt: skip
    assert len(site.asked) == PAGES + (PAGES - 1) * moved
    if way == "moved":  # after 302 a POST goes on as a GET, without a body
        assert site.asked[1].startswith("POST /move ")
        assert site.asked[2] == "GET /at?page=2"
    if way == "kept":  # after 307 as it was
        assert site.asked[2].startswith("POST /list __VIEWSTATE=")


def test_a_rule_for_the_next_page_that_matches_nowhere_is_named(tmp_path: Path) -> None:
    with postback_site() as site:
        report, rows = run(tmp_path, job(site).replace("a.next", "a.nxt"))
    assert rows == TITLES[:3]
    assert report.unmatched == ("pages.list.follow[0]",)
    assert "pages.list.follow[0] with next: true matched on no page" in " ".join(end_summary(report, "x").split())


@pytest.mark.parametrize("strategy", ["threads", "gevent", "processes", "mp-pool", "processes-asyncio"])
def test_the_same_under_strategies_of_each_kind(tmp_path: Path, strategy: str) -> None:
    if strategy not in USABLE:
        pytest.skip("not installed")
    for way in ("form", "multipart", "moved"):
        folder = tmp_path / way
        folder.mkdir()
        with postback_site(way) as site:
            report, rows = run(folder, job(site, strategy=strategy))
        assert rows == TITLES
        assert len(site.asked) == PAGES + (PAGES - 1) * (way == "moved")
        assert report.exit_code == 0


def test_a_form_that_leads_elsewhere_is_not_sent(tmp_path: Path) -> None:
    with postback_site() as other, postback_site(action=other.url + "/list") as site:
        report, rows = run(tmp_path, job(site))
    assert rows == TITLES[:3]
    assert report.dropped == {"form-off-site": 1}
    assert not other.asked


def test_pages_of_one_address_are_told_apart_by_what_is_sent(tmp_path: Path) -> None:
    with postback_site() as site:
        run(tmp_path, job(site))
    (state,) = tmp_path.rglob("*.sqlite")
    with sqlite3.connect(state) as db:
        rows = db.execute("SELECT url, ask FROM pages ORDER BY id").fetchall()
    assert {url for url, _ in rows} == {f"{site.url}/list"}
    assert len({ask for _, ask in rows}) == PAGES
    assert json.loads(rows[1][1])["form"][0] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("strategy", ["threads", "processes", "asyncio", "curl"])
def test_killed_and_resumed(tmp_path: Path, strategy: str) -> None:
    if strategy not in USABLE:
        pytest.skip("not installed")
    with postback_site("moved") as site:
        config = tmp_path / "books.yaml"
        config.write_text(job(site, strategy=strategy).replace("delay: 0,", "delay: 100ms,"))
        for asked in (2, 5):
            process = start("run", config, "--quiet")
            until = time.monotonic() + 20
            while len(site.asked) < asked and process.poll() is None and time.monotonic() < until:
                time.sleep(0.005)
            kill(process)
        done = crawl("run", config, "--quiet")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line)["title"] for line in (tmp_path / "out" / "books.jsonl").read_text().splitlines()]
    assert rows == TITLES
    assert len(site.asked) <= 2 * PAGES - 1 + 2  # what was in flight is asked for again
