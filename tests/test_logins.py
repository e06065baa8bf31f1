"""Sites behind a login: all rows whenever the session is lost, under every strategy, and never a login page as one."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

import crawler
from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.runner.summary import outcome
from tests.support.jobs import crawl
from tests.support.killing import Requests, resumed_exactly
from tests.support.login_site import PASSWORD, TITLES, WAYS, LoginSite, job, login_site, token_job
from tests.support.usable import USABLE

SECRETS = [f"canary-{name}".encode() for name in ("password", "session", "token", "visitor")]
ENV = {"PASSWORD": PASSWORD}
USUAL = ("threads", "processes", "curl")


def run(folder: Path, text: str) -> tuple[crawler.Report, list[object]]:
    config = folder / "books.yaml"
    config.write_text(text)
    report = crawler.run(crawler.load(config, env=ENV))
    return report, [row["title"] for row in report.rows("books")]


def written(folder: Path) -> set[str]:
    return {file.name for file in (folder / "out").iterdir() if ".sqlite" not in file.name}


def is_whole(site: LoginSite, report: crawler.Report, rows: list[object]) -> None:
    assert rows == TITLES
    assert report.exit_code == 0
    assert report.pages == {"done": len(TITLES) + 1, "moved": 0, "failed": 0, "skipped": 0, "left": 0}
    # A session that was over is renewed once, however many pages came back without it.
    assert site.logins <= 1 + len(site.lost)


@pytest.mark.parametrize("way", WAYS)
def test_a_session_that_lasts(tmp_path: Path, way: str) -> None:
    with login_site(way=way) as site:
        report, rows = run(tmp_path, job(site))
    is_whole(site, report, rows)
    assert site.logins == 1
    assert site.asked[:3] == ["GET /login", "POST /login", "GET /welcome"]


@pytest.mark.parametrize("every", range(1, 11))
@pytest.mark.parametrize("way", WAYS)
def test_a_session_that_is_lost_after_every_kth_page(tmp_path: Path, way: str, every: int) -> None:
    with login_site(every, way) as site:
        report, rows = run(tmp_path, job(site))
    is_whole(site, report, rows)
    assert site.logins >= (len(TITLES) + 1) // every


@pytest.mark.parametrize(
    "strategy", [pytest.param(name, marks=() if name in USUAL else pytest.mark.long) for name in USABLE]
)
def test_the_same_under_every_strategy(tmp_path: Path, strategy: str) -> None:
    for every, way in ((1, "page"), (3, "redirect"), (5, "status")):
        with login_site(every, way) as site:
            folder = tmp_path / way
            folder.mkdir()
            report, rows = run(folder, job(site, strategy=strategy))
        is_whole(site, report, rows)


def test_nothing_else_goes_out_while_the_steps_run(tmp_path: Path) -> None:
    with login_site(2, "status") as site:
        report, rows = run(tmp_path, job(site, strategy="serial"))
    is_whole(site, report, rows)
    begins = [place for place, one in enumerate(site.asked) if one == "GET /login"]
    assert len(begins) == 7
    assert all(site.asked[at : at + 3] == ["GET /login", "POST /login", "GET /welcome"] for at in begins)


def test_a_redirect_of_an_earlier_run_is_forgotten(tmp_path: Path) -> None:
    """It led to the login, which is not looked at any more: the page itself is asked for."""
    config = tmp_path / "books.yaml"
    stopper = crawler.Stopper()

    def observe(stats: crawler.Stats) -> None:
        if stats.moved:
            stopper.stop("interrupted")

    with login_site(len(TITLES), "redirect") as site:
        config.write_text(job(site, strategy="serial").replace("delay: 0,", "delay: 50ms,"))
        loaded = crawler.load(config, env=ENV)
        first = crawler.run(loaded, observe=observe, stopper=stopper)
        assert (first.ending, site.logins) == ("interrupted", 1)
        assert first.pages["moved"]
        report = crawler.run(loaded)
    assert [row["title"] for row in report.rows("books")] == TITLES
    assert report.pages == {"done": len(TITLES) + 1, "moved": 0, "failed": 0, "skipped": 0, "left": 0}
    assert (site.logins, site.asked.count("GET /login")) == (2, 2)


def test_the_limit_of_pages_counts_none_twice(tmp_path: Path) -> None:
    with login_site(2, "redirect") as site:
        report, _ = run(tmp_path, job(site) + "limits: {pages: 9}\n")
    assert (report.pages["done"], report.pages["moved"], report.pages["failed"]) == (9, 0, 0)


@pytest.mark.parametrize("place", PARSE_STAGES)
def test_the_same_wherever_pages_are_parsed(tmp_path: Path, place: str) -> None:
    for strategy in ("threads",) if place == "barrier" else ("threads", "processes"):
        with login_site(3, "redirect") as site:
            folder = tmp_path / strategy
            folder.mkdir()
            report, rows = run(folder, job(site, strategy=strategy, parse=place))
        is_whole(site, report, rows)


@pytest.mark.parametrize("every", [1, 2, 4])
@pytest.mark.parametrize("strategy", ["serial", "threads"])
def test_a_token_is_asked_for_once_for_each_loss(tmp_path: Path, strategy: str, every: int) -> None:
    with login_site(every, "status") as site:
        report, rows = run(tmp_path, token_job(site, strategy=strategy))
    is_whole(site, report, rows)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("expect", [True, False])
def test_a_wrong_password_ends_the_run_with_one_line(tmp_path: Path, way: str, expect: bool) -> None:
    with login_site(way=way) as site:
        report, rows = run(tmp_path, job(site, password="wrong", expect=expect))
    assert not rows
    assert (report.exit_code, report.ending, report.pages["left"]) == (3, "session", 1)
    (why,) = report.closed_hosts.values()
    assert outcome(report).startswith("the login failed" if expect else "the session was lost")
    if expect:
        assert "session.expect" in why
        assert not any(one == "GET /list" for one in site.asked)
    else:
        assert "lost three times in a row" in why
        assert site.asked.count("GET /list") == 3


def test_a_login_that_failed_leaves_no_file_that_looks_like_a_result(tmp_path: Path) -> None:
    with login_site() as site:
        assert run(tmp_path, job(site, password="wrong"))[0].exit_code == 3
        assert written(tmp_path) == {"books.partial.xlsx", "books.partial.jsonl"}
        assert run(tmp_path, job(site))[1] == TITLES
    assert written(tmp_path) == {"books.xlsx", "books.jsonl"}


def test_a_session_that_is_never_good_leaves_what_was_read(tmp_path: Path) -> None:
    """A page that looks like the login whatever one does."""
    with login_site(way="page") as site:
        text = job(site).replace('lost: {css: "form#login"}', "lost: {css: h1}")
        report, rows = run(tmp_path, text)
    assert not rows
    assert (report.exit_code, report.ending) == (3, "session")
    assert site.logins == 3


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("form#login", "form#other"), "there is no form 'form#other'"),
        (("/login", "/nowhere"), "http-401"),
        (("expect: a.logout", "expect: a.admin"), "session.expect"),
    ],
)
def test_steps_that_fail_say_why(tmp_path: Path, change: tuple[str, str], part: str) -> None:
    with login_site(way="status") as site:
        report, _ = run(tmp_path, job(site).replace(*change))
    (why,) = report.closed_hosts.values()
    assert part in why
    assert "canary" not in why


@pytest.mark.parametrize(
    ("strategy", "seeds"),
    [("threads", range(1, 2))]
    + [
        pytest.param(name, range(25), marks=pytest.mark.long)
        for name in ("threads", "processes", "asyncio", "curl")
        if name in USABLE
    ],
)
@pytest.mark.parametrize("text", [job, token_job])
def test_a_killed_crawl_is_resumed_with_all_its_pages(
    tmp_path: Path, text: Callable[..., str], strategy: str, seeds: range
) -> None:
    """Sessions end at random: kills come among pages, while the steps run, and right behind them."""
    requests, ways, chance = Requests(), cycle(WAYS), random.Random(7)

    def titles(folder: Path) -> list[str]:
        return [json.loads(line)["title"] for line in (folder / "out" / "books.jsonl").read_text().splitlines()]

    def no_secrets(folder: Path) -> None:
        for path in (one for one in folder.rglob("*") if one.is_file()):
            content = path.read_bytes()
            assert not [secret for secret in SECRETS if secret in content], path

    with login_site(lambda: chance.randint(1, 5)) as site:
        site.on_request = requests

        def written(folder: Path) -> Path:
            site.way = next(ways)
            config = folder / "books.yaml"
            config.write_text(text(site, strategy=strategy))
            return config

        resumed_exactly(tmp_path, requests, written, titles, seeds, env=ENV, look=no_secrets)
    assert titles(tmp_path / "whole") == TITLES
    if len(seeds) > 20:
        steps = {"GET /token"} if text is token_job else {"GET /login", "POST /login", "GET /welcome"}
        assert steps & {site.asked[at] for at in requests.struck}
        assert steps & {site.asked[at - 1] for at in requests.struck if site.asked[at] not in steps}


@pytest.mark.parametrize("text", [job, token_job])
def test_nothing_of_the_session_is_written_down(tmp_path: Path, text: object) -> None:
    for way in WAYS:
        with login_site(4, way) as site:
            folder = tmp_path / way
            folder.mkdir()
            config = folder / "books.yaml"
            config.write_text(text(site))  # type: ignore[operator]  # both take a site
            done = crawl("run", config, "--record", folder / "tape", env=ENV)
        assert done.returncode == 0, done.stderr
        assert "canary" not in done.stdout + done.stderr
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            if path.suffix != ".gz":
                assert b"canary" not in path.read_bytes(), path
            else:  # the page of a login to which a redirect led has a hidden field
                content = gzip.decompress(path.read_bytes())
                assert not [secret for secret in SECRETS if secret in content], path
        (state,) = folder.rglob("*.sqlite")
        with sqlite3.connect(state) as db:
            assert not db.execute("SELECT name, value FROM cookies").fetchall()
