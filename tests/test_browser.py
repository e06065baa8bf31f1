"""Whole jobs with pages in a browser: every strategy and parse stage, kills, recordings, and what may be missing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any

import psutil
import pytest

import crawler
from crawler.demo.browser_pages import listed
from crawler.demo.catalogue import Stock, book_path
from crawler.demo.options import DemoOptions
from crawler.errors import ConfigError
from crawler.fetch import browser
from tests.support.browser import Answer, browsers, drivers, needs_chromium, site
from tests.support.jobs import ROOT
from tests.support.usable import USABLE

BOOKS = 8
USUAL = ("threads", "processes", "asyncio", "curl")
LINKS = (
    "<ul id=l></ul><script>for(let i=0;i<%d;i++){let a=document.createElement('a');a.href='/%s/'+i;l.append(a)}"
    "</script>"
)
KINDS = {
    "list": {"browser": True, "follow": [{"css": "a[href^='/p']", "to": "book"}]},
    "book": {
        "browser": {"wait": "h1:not(:empty)"},
        "fields": {"title": "h1"},
        "follow": [{"css": "a", "to": "plain"}],
    },
    "plain": {"fields": {"name": "h2"}},
}


class Shop:
    """A listing that a script makes, books that scripts make, and a plain page behind each book.

    Attributes:
        first: called once, when that path is first asked for.
    """

    def __init__(self) -> None:
        self.first: dict[str, Callable[[], object]] = {}

    def __call__(self, path: str) -> Answer | str:
        if path in self.first:
            self.first.pop(path)()
        kind, _, number = path.strip("/").partition("/")
        if path == "/":
            return LINKS % (BOOKS, "p")
        if kind == "p":
            script = f"document.querySelector('h1').textContent='book {number}'"
            return f"<h1></h1><a href=/q/{number}>more</a><script>{script}</script>"
        return f"<h2>plain {number}</h2>" if kind == "q" else (404, {}, b"")


@pytest.fixture
def shop() -> Iterator[tuple[Shop, str, list[str]]]:
    made = Shop()
    with site(made) as (base, seen):
        yield made, base, seen.requests  # type: ignore[misc]  # paths and headers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the job, beside an empty one for temporary files: the path of the latter must be short."""
    get_temp_dir()  # that of `multiprocessing` lasts as long as this process
    with tempfile.TemporaryDirectory(prefix="k") as temporary:
        monkeypatch.setenv("TMPDIR", temporary)
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        yield tmp_path


def written(folder: Path, base: str, **fetch: object) -> Path:
    job = {
        "name": "shop",
        "start": f"{base}/",
        "pages": KINDS,
        "fetch": fetch,
        "polite": {"delay": 0, "robots": False},
        "output": ["out.jsonl"],
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps(job))
    return path


def rows(folder: Path) -> dict[str, list[Any]]:
    found = {}
    for table, column in (("book", "title"), ("plain", "name")):
        lines = (folder / f"out.{table}.jsonl").read_text().splitlines()
        found[table] = [json.loads(line)[column] for line in lines]
    return found


EXPECTED = {
    "book": [f"book {number}" for number in range(BOOKS)],
    "plain": [f"plain {number}" for number in range(BOOKS)],
}
STAGES = [
    ("threads", "pool"),
    ("threads", "worker"),
    ("curl", "callback"),
    ("processes", "callback"),
]


def see_whole(report: crawler.Report, folder: Path, requests: list[Any]) -> None:
    """All rows are there, and each page was asked for once."""
    assert (report.exit_code, dict(report.causes)) == (0, {})
    assert rows(folder) == EXPECTED
    pages = [path for path, _ in requests if path != "/favicon.ico"]
    assert sorted(pages) == sorted({*pages})


@needs_chromium
@pytest.mark.long  # for one of them see the test of recordings
@pytest.mark.parametrize(
    ("strategy", "parse"),
    [*((name, "auto") for name in USABLE), ("threads", "barrier"), *(pair for pair in STAGES if pair[0] in USABLE)],
)
def test_every_strategy_and_parse_stage_gives_the_same_rows(
    shop: Any, tmp_path: Path, strategy: str, parse: str
) -> None:
    _, base, requests = shop
    report = crawler.run(crawler.load(written(tmp_path, base, strategy=strategy, parse=parse, workers=4)))
    see_whole(report, tmp_path, requests)


@needs_chromium
@pytest.mark.parametrize(
    ("strategy", "victims", "times"),
    [
        ("threads", browsers, 2),
        ("threads", drivers, 1),
        pytest.param("threads", drivers, 2, marks=pytest.mark.long),
        *(
            pytest.param(name, victims, 2, marks=pytest.mark.long)
            for name in USUAL[1:]
            if name in USABLE
            for victims in (browsers, drivers)
        ),
    ],
)
def test_a_browser_that_is_killed_loses_no_page(
    shop: Any, folder: Path, strategy: str, victims: Callable[[], list[psutil.Process]], times: int
) -> None:
    made, base, _ = shop
    before = {each.pid for each in victims()}
    killed: list[int] = []

    def kill() -> None:
        for each in victims():
            if each.pid not in before:
                killed.append(each.pid)
                each.kill()

    made.first = dict.fromkeys(("/p/2", "/p/5")[:times], kill)
    report = crawler.run(crawler.load(written(folder, base, strategy=strategy, workers=4)))
    assert len(set(killed)) == times
    assert (report.exit_code, dict(report.causes)) == (0, {})
    assert rows(folder) == EXPECTED
    assert {each.pid for each in victims()} == before
    assert os.listdir(tempfile.gettempdir()) == []


@needs_chromium
@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_driver_that_is_killed_again_and_again_stalls_nothing(shop: Any, folder: Path, seed: int) -> None:
    """It dies while it starts, opens a page, reads one, and closes one; by threads, so that nothing waits for it."""
    _, base, _ = shop
    chance, over, killed = random.Random(seed), threading.Event(), list[int]()
    before = set(psutil.Process().children(recursive=True))

    def kill() -> None:
        """Kill each driver at some time of its life, six of them."""
        while len(killed) < 6 and not over.wait(0.02):
            for each in drivers():
                if each.pid not in killed and each not in before:
                    over.wait(chance.choice((chance.uniform(0, 0.5), chance.uniform(0, 8.0))))
                    with suppress(psutil.Error):
                        killed.append(each.pid)
                        each.kill()

    path = written(folder, base, strategy=chance.choice([name for name in USUAL if name in USABLE]), workers=4)
    reports: list[crawler.Report] = []
    crawling = threading.Thread(target=lambda: reports.append(crawler.run(crawler.load(path))), daemon=True)
    killing = threading.Thread(target=kill, daemon=True)
    crawling.start()
    killing.start()
    crawling.join(240)
    over.set()
    killing.join(20)
    (report,) = reports
    assert killed
    assert set(report.causes) <= {"browser-died", "browser-failed"}
    assert report.pages["failed"] == sum(report.causes.values())
    if report.exit_code == 0:
        assert rows(folder) == EXPECTED
    else:  # a page that failed at all its tries is asked for again
        assert report.pages["failed"] or report.pages["left"]
    assert [each for each in (*drivers(), *browsers()) if each not in before] == []
    assert os.listdir(tempfile.gettempdir()) == []
    if report.exit_code:
        assert crawler.run(crawler.load(path)).exit_code == 0
        assert rows(folder) == EXPECTED


@needs_chromium
def test_a_crawler_that_is_killed_leaves_no_browser_and_goes_on(shop: Any, tmp_path: Path) -> None:
    made, base, _ = shop
    path = written(tmp_path, base)
    with tempfile.TemporaryDirectory(prefix="k") as temporary:
        env = {**os.environ, "TMPDIR": temporary}
        command = [sys.executable, "-m", "crawler", "run", str(path), "-q"]
        for at in ("/p/3", ""):
            process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
            made.first = {at: lambda: process.send_signal(signal.SIGSTOP)} if at else {}  # noqa: B023 - called within
            below: list[psutil.Process] = []
            while at and at in made.first and process.poll() is None:
                time.sleep(0.01)
            if at:
                below = psutil.Process(process.pid).children(recursive=True)
                process.kill()
            process.wait(120)
            _, alive = psutil.wait_procs(below, timeout=20)
            assert alive == []
        assert process.returncode == 0
        assert os.listdir(temporary) == [], "also what the killed ones had left"
    assert rows(tmp_path) == EXPECTED


@needs_chromium
def test_a_recording_is_replayed_without_a_browser(shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, base, requests = shop
    job = crawler.load(written(tmp_path, base))
    see_whole(crawler.run(job, record=tmp_path / "rec"), tmp_path, requests)
    asked = len(requests)
    monkeypatch.setattr(browser, "browser_path", lambda path="": None)
    monkeypatch.setattr("crawler.runner.assemble.browser_refusal", lambda path="": "there is none")
    report = crawler.run(job, replay=tmp_path / "rec", fresh=True)
    assert report.exit_code == 0
    assert dict(report.records) == {"book": BOOKS, "plain": BOOKS}
    assert len(requests) == asked


@needs_chromium
def test_the_demo_config_reads_every_page_that_a_script_makes(tmp_path: Path) -> None:
    changes = ["demo.books=45", "demo.port=0", f"output={tmp_path / 'demo.jsonl'}"]
    report = crawler.run(crawler.load(ROOT / "configs" / "demo_browser.yaml", overrides=changes))
    assert (report.exit_code, dict(report.causes)) == (0, {})
    stock = Stock(DemoOptions(books=45))
    books = [stock.book(number) for number in listed(stock)]
    expected = [(book.title.text, book.shelf, book_path(book.number, book.title)) for book in books]
    for table in ("made_by_script", "made_later", "by_scrolling", "by_clicking"):
        lines = (tmp_path / f"demo.{table}.jsonl").read_text("utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        assert [(row["title"], row["shelf"], "/" + row["url"].split("/", 3)[3]) for row in found] == expected


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("playwright", ("needs the extra browser", "pip install")),
        ("chromium", ("there is no Chromium", "playwright install", "browser.path")),
    ],
)
def test_what_is_missing_is_said_before_anything_is_fetched(
    shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, words: tuple[str, ...]
) -> None:
    _, base, requests = shop
    monkeypatch.setattr(browser, "find_spec", lambda name: None if missing == "playwright" else object())
    monkeypatch.setattr(browser, "browser_path", lambda path="": None)
    with pytest.raises(ConfigError) as error:
        crawler.run(crawler.load(written(tmp_path, base)))
    assert all(word in str(error.value) for word in words)
    assert requests == []


@needs_chromium
def test_redirects_and_cookies_are_those_of_the_crawl(tmp_path: Path) -> None:
    """The jar of the run is the only one: each page has a window of its own, and plain pages get the cookie, too."""
    refused: list[str] = []
    with site({}) as (base, seen):

        def answer(path: str) -> Answer | str:
            told = seen.requests[-1][1].get("Cookie", "")
            if path == "/":
                return 302, {"Location": "/list", "Set-Cookie": "sid=7; HttpOnly"}, b""
            if path != "/favicon.ico" and "sid=7" not in told:
                refused.append(path)
            more = path.replace("p", "q")
            return LINKS % (2, "p") if path == "/list" else f"<h1>{path}</h1><a href='{more}'></a><h2>x</h2>"

        seen.answer = answer
        report = crawler.run(crawler.load(written(tmp_path, base)))
    assert (report.exit_code, refused) == (0, [])
    assert rows(tmp_path) == {"book": ["/p/0", "/p/1"], "plain": ["x", "x"]}


@pytest.mark.parametrize("proxy", ["https://proxy.example:8443", "http://proxy.example:8080"])
def test_a_proxy_that_the_browser_cannot_use_is_refused(tmp_path: Path, proxy: str) -> None:
    path = written(tmp_path, "http://shop.example", proxy=proxy)
    if proxy.startswith("http:"):
        crawler.load(path)
        return
    with pytest.raises(ConfigError, match="pages with browser: cannot use this proxy") as error:
        crawler.load(path)
    assert "proxy.example" not in str(error.value)


def test_a_path_that_is_no_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find_spec", lambda name: object())
    (tmp_path / "text").write_text("no program")
    assert f"browser.path: {tmp_path / 'text'} is no program" in browser.browser_refusal(str(tmp_path / "text"))
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert browser.browser_refusal(str(program)) == ""


def test_the_browsers_that_playwright_downloaded_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert browser.browser_path() is None
    for number in (1100, 1200):
        program = tmp_path / f"chromium-{number}" / "chrome-linux" / "chrome"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    assert browser.browser_path() == str(program)
    (tmp_path / "chromium").symlink_to(program)
    assert browser.browser_path() == str(tmp_path / "chromium")
