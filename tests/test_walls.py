"""Sites that want their cookies back: all rows under every strategy, in the site's order, each once; then resumed."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

import crawler
from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.replay.playback import Replay
from tests.support.jobs import crawl, kill, start
from tests.support.usable import CLIENTS, USABLE
from tests.support.walls import PATHS, WAYS, Answer, Ask, Wall, Way, hopeless, job, move, title, walled

MAX = 3 * (len(PATHS) + 2)
"""Requests to a site where each page is refused, sent to be checked, and read."""


def run(folder: Path, *starts: str, **fetch: object) -> tuple[crawler.Report, list[object]]:
    config = folder / "walls.yaml"
    config.write_text(job(*starts, **fetch))
    report = crawler.run(crawler.load(config))
    return report, [row["title"] for row in report.rows("books")]


def starts_of(wall: Wall, way: Way, *, together: bool) -> list[str]:
    """The front page, which leads to the books; or these all at once, and the front page last."""
    return [wall.url + path for path in ([*PATHS, "/"] if together else ["/"])]


@pytest.mark.parametrize(("strategy", "together"), [("threads", False), ("threads", True), ("serial", True)])
@pytest.mark.parametrize("way", WAYS)
def test_every_wall_lets_us_through(tmp_path: Path, way: Way, strategy: str, together: bool) -> None:
    with walled(way) as wall:
        report, rows = run(tmp_path, *starts_of(wall, way, together=together), strategy=strategy)
    assert rows == [title(way, path) for path in PATHS]
    assert report.pages == {"done": len(PATHS) + 1, "moved": 0, "failed": 0, "skipped": 0, "left": 0}
    assert report.exit_code == 0
    assert len(wall.paths) <= MAX


@pytest.mark.parametrize(
    ("strategy", "place"),
    [
        *(pytest.param(name, "auto", marks=[pytest.mark.long] * (name not in CLIENTS)) for name in USABLE),
        *(("processes", place) for place in PARSE_STAGES),
    ],
)
def test_the_same_through_all_walls_under_every_strategy(tmp_path: Path, strategy: str, place: str) -> None:
    with ExitStack() as stack:
        walls = [(way, stack.enter_context(walled(way))) for way in WAYS]
        starts = [url for n, (way, wall) in enumerate(walls) for url in starts_of(wall, way, together=n % 2 == 0)]
        report, rows = run(tmp_path, *starts, strategy=strategy, parse=place)
    first, second = WAYS[::2], WAYS[1::2]  # books that are starts come before those that are links
    assert rows == [title(way, path) for ways in (first, second) for way in ways for path in PATHS]
    assert report.pages["done"] == len(WAYS) * (len(PATHS) + 1)
    assert (report.pages["failed"], report.causes) == (0, {})


@pytest.mark.parametrize("strategy", ["serial", "threads"])
def test_a_wall_without_a_door_is_a_redirect_loop(tmp_path: Path, strategy: str) -> None:
    with walled(hopeless) as wall:
        report, rows = run(tmp_path, *starts_of(wall, hopeless, together=True), strategy=strategy)
    assert not rows
    assert report.causes == {"redirect-loop": len(PATHS) + 1}
    assert len(wall.paths) == 3 * (len(PATHS) + 1)


def test_a_circle_without_cookies_is_given_up_at_once(tmp_path: Path) -> None:
    def circle(ask: Ask) -> Answer | None:
        return move({"/": "/a", "/a": "/b", "/b": "/a"}[ask.path])

    with walled(circle) as wall:
        report, _ = run(tmp_path, wall.url + "/")
    assert report.causes == {"redirect-loop": 1}
    assert wall.paths == ["/", "/a", "/b"]


def test_a_page_behind_a_wall_keeps_its_place_and_what_its_link_carries(tmp_path: Path) -> None:
    def page(ask: Ask) -> Answer | None:
        if ask.path == "/":
            return Answer(body="".join(f'<p><i>{n}</i><a href="/b{n:02}.html">x</a></p>' for n in (5, 1, 3)))
        if ask.path == "/b01.html" and "ok" not in ask.cookies:
            return move("/check")
        return move("/b01.html", "ok=1") if ask.path == "/check" else None

    with walled(page) as wall:
        config = json.loads(job(wall.url + "/"))
        config["pages"]["list"]["follow"] = [{"each": "p", "css": "a", "carry": {"place": "i"}, "to": "book"}]
        path = tmp_path / "walls.yaml"
        path.write_text(json.dumps(config))
        rows = [*crawler.run(crawler.load(path)).rows("books")]
    assert [(row["title"], row["place"]) for row in rows] == [(f"page /b{n:02}.html", str(n)) for n in (5, 1, 3)]


def test_a_redirect_with_a_target_of_its_own_is_not_followed_twice(tmp_path: Path) -> None:
    def language(ask: Ask) -> Answer | None:
        if ask.path == "/start/":
            return move("/", "lang=en; Path=/")
        return None

    with walled(language) as wall:
        report, rows = run(tmp_path, wall.url + "/start/")
    assert len(rows) == len(PATHS)
    assert wall.paths.count("/start/") == 1
    assert report.pages["moved"] == 1


def test_cookies_of_the_config_are_not_replaced_by_the_server_nor_kept(tmp_path: Path) -> None:
    def echo(ask: Ask) -> Answer | None:
        cookies = ("sid=canary-of-the-config; Path=/", "own=1; Path=/")
        return Answer(cookies=cookies, body=f"<h1>{ask.path}</h1>") if ask.path != "/" else None

    config = {"sid": "canary-of-the-config"}
    with walled(echo) as wall:
        report, _ = run(tmp_path, *(wall.url + path for path in PATHS), strategy="serial", cookies=config)
        stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    pages = [sent for path, sent in wall.asked if path != "/robots.txt"]
    assert pages[0] == "sid=canary-of-the-config"
    assert pages[-1] == "sid=canary-of-the-config; own=1"
    assert report.exit_code == 0
    assert not [content for content in stored if b"canary" in content]


def test_a_killed_run_resumes_with_the_jar_that_was_committed(tmp_path: Path) -> None:
    """The process is killed when a book is asked for that is never answered: what came before is committed."""
    config = tmp_path / "walls.yaml"

    def first(ask: Ask) -> Answer | None:
        if ask.path == "/":
            return Answer(
                cookies=("sid=1; Path=/", "old=1; Path=/; Max-Age=60"), body="<a class=b href=/b00.html>x</a>"
            )
        if ask.path == "/b00.html" and "second" not in ask.memory:
            ask.memory["second"] = "run"
            kill(process[0])
            saved.extend(cookies(tmp_path))
            looked.set()
        return None if "sid" in ask.cookies else Answer(403)

    saved, looked = list[tuple[object, ...]](), threading.Event()
    with walled(first) as wall:
        config.write_text(job(wall.url + "/"))
        process = [start("run", config, "--quiet")]
        assert looked.wait(60)
        assert [(name, value) for name, value, _ in saved] == [("old", "1"), ("sid", "1")]
        before = len(wall.asked)
        assert crawl("run", config, "--quiet").returncode == 0
    assert [each for each in wall.asked[before:] if each[0] != "/robots.txt"] == [("/b00.html", "sid=1; old=1")]
    assert cookies(tmp_path) == []


def cookies(folder: Path) -> list[tuple[object, ...]]:
    (state,) = folder.rglob("*.sqlite")
    db = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    try:
        return db.execute("SELECT name, value, path FROM cookies ORDER BY name").fetchall()
    finally:
        db.close()


@pytest.mark.parametrize("way", [way for way in WAYS if way.__name__ in ("itself", "check", "forbidden")])
def test_a_recording_holds_no_cookie_and_plays_what_came_behind_the_wall(tmp_path: Path, way: Way) -> None:
    folder, config = tmp_path / "recording", tmp_path / "walls.yaml"
    with walled(way) as wall:
        config.write_text(job(*starts_of(wall, way, together=True)))
        crawler.run(crawler.load(config), record=folder)
    recorded = (tmp_path / "out" / "books.jsonl").read_text()
    assert recorded.count("\n") == len(PATHS)
    answers = [gzip.decompress(path.read_bytes()).lower() for path in folder.rglob("*.gz")]
    assert len(answers) > len(PATHS)
    assert not [answer for answer in answers if b"cookie" in answer or b"sid" in answer]
    for errors in (False, True):
        report = crawler.run(crawler.load(config), replay=Replay(folder, errors=errors))
        assert (report.causes, report.pages["done"]) == ({}, len(PATHS) + 1)
        assert (folder / "output" / "books.jsonl").read_text() == recorded
