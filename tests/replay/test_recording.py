from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import crawler
from crawler.crawl.loop import Stopper
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError
from crawler.replay.cassette import ANSWERS
from tests.support.jobs import crawl, kill, start, write_job
from tests.support.usable import USABLE

CLIENTS = [name for name in ("serial", "threads", "processes", "asyncio", "curl") if name in USABLE]
"""The strategies of the notes, and one for each HTTP client."""


@pytest.fixture(scope="module")
def site():
    with DemoServer(DemoOptions(books=20, port=0)) as server:
        yield server.url


def recorded(folder: Path) -> dict[str, tuple[dict[str, Any], bytes]]:
    """Every answer by its file, without what depends on the clock."""
    found = {}
    for path in (folder / ANSWERS).iterdir():
        line, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
        head = json.loads(line)
        for answer in [head["answer"], *head["tries"]]:
            answer.pop("elapsed")
            answer.get("headers", {}).pop("date", None)
        found[path.name] = head, body
    return found


def record(folder: Path, url: str, **fetch: Any) -> Path:
    path = write_job(folder, url, fetch=fetch, polite={"delay": 0}, output=["out.jsonl"])
    crawler.run(crawler.load(path), record=folder / "rec")
    return folder / "rec"


@pytest.fixture(scope="module")
def expected(site, tmp_path_factory):
    return recorded(record(tmp_path_factory.mktemp("expected"), site, strategy="serial"))


@pytest.mark.parametrize("place", ["worker", "callback"])
@pytest.mark.parametrize("strategy", CLIENTS)
def test_the_same_is_recorded_whatever_runs_it(site, tmp_path, expected, strategy, place):
    assert recorded(record(tmp_path, site, strategy=strategy, workers=2, parse=place)) == expected


def test_pages_redirects_failures_and_robots_are_there(expected):
    heads = {urlsplit(head["url"]).path: head["answer"] for head, _ in expected.values()}
    kinds = [answer["kind"] for answer in heads.values()]
    assert (kinds.count("moved"), kinds.count("failure")) == (1, 1)
    assert heads["/robots.txt"]["kind"] == "response"


def test_first_tries_that_failed_are_noted(tmp_path):
    with DemoServer(DemoOptions(books=6, errors=0.3, port=0)) as server:
        heads = [head for head, _ in recorded(record(tmp_path, server.url, workers=8)).values()]
    tries = [each for head in heads for each in head["tries"]]
    assert {each["code"] for each in tries} == {"http-503"}
    assert all(head["attempt"] - len(head["tries"]) == 1 for head in heads)


def test_no_secret_of_the_config_is_recorded(tmp_path, site):
    secrets = {"headers": {"X-Key": "hidden-1"}, "cookies": {"sid": "hidden-2"}}
    folder = record(tmp_path, site, **secrets, auth={"user": "hidden-3", "password": "hidden-4"})
    content = [gzip.decompress(path.read_bytes()) for path in (folder / ANSWERS).iterdir()]
    assert content
    assert not [each for each in content if b"hidden-" in each]
    assert b"hidden" not in (folder / "recording.json").read_bytes()


def stopped_after(pages):
    stopper = Stopper()
    return stopper, lambda tally: stopper.stop("interrupted") if tally.requests >= pages else None


def test_a_recording_that_was_interrupted_is_gone_on_with(tmp_path, site):
    job = crawler.load(write_job(tmp_path, site, fetch={"workers": 2}, polite={"delay": 0}, output=["out.jsonl"]))
    stopper, observe = stopped_after(5)
    crawler.run(job, record=tmp_path / "rec", stopper=stopper, observe=observe)
    assert len(recorded(tmp_path / "rec")) < 20
    report = crawler.run(job, record=tmp_path / "rec")
    assert report.resumed
    assert len(recorded(tmp_path / "rec")) == report.pages["done"] + 3  # robots.txt, a redirect, a failure


def test_a_crawl_that_began_unrecorded_begins_anew(tmp_path, site):
    job = crawler.load(write_job(tmp_path, site, fetch={"workers": 2}, polite={"delay": 0}, output=["out.jsonl"]))
    stopper, observe = stopped_after(5)
    crawler.run(job, stopper=stopper, observe=observe)
    report = crawler.run(job, record=tmp_path / "rec")
    assert not report.resumed
    assert len(recorded(tmp_path / "rec")) == report.pages["done"] + 3


@pytest.mark.parametrize("strategy", ["threads", "processes"])
def test_a_kill_leaves_no_half_answer(tmp_path, strategy):
    with DemoServer(DemoOptions(books=400, port=0, page_weight=100_000)) as server:
        fetch = {"strategy": strategy, "workers": 4}
        path = write_job(tmp_path, server.url, fetch=fetch, polite={"delay": 0}, output=["out.jsonl"])
        process = start("run", path, "--quiet", "--record", tmp_path / "rec")
        answers = tmp_path / "rec" / ANSWERS
        until = time.monotonic() + 20
        while len(list(answers.glob("*.gz")) if answers.exists() else []) < 40 and time.monotonic() < until:
            time.sleep(0.002)
        assert kill(process)
        names = [path.name for path in answers.glob("*.gz")]
        assert len(names) >= 40
        for name in names:
            body = gzip.decompress((answers / name).read_bytes())
            assert len(body) > 100_000 or b"robots.txt" in body or b'"moved"' in body
        (answers / ".left.1.2.tmp").write_bytes(b"half")
        job = crawler.load(path, overrides=["limits.pages=1"])
        crawler.run(job, fresh=True, record=tmp_path / "rec")
    assert not list(answers.glob(".*"))


def test_a_place_where_nothing_can_be_written_is_refused_before_anything_is_fetched(tmp_path, site):
    (tmp_path / "file").write_text("")
    job = crawler.load(write_job(tmp_path, site, output=["out.jsonl"]))
    with pytest.raises(ConfigError, match="no recording can be written here"):
        crawler.run(job, record=tmp_path / "file" / "rec")


def test_record_and_replay_together_are_refused(tmp_path, site):
    path = write_job(tmp_path, site)
    with pytest.raises(ConfigError, match="choose one"):
        crawler.run(crawler.load(path), record=tmp_path, replay=tmp_path)
    done = crawl("run", path, "--record", "a", "--replay", "b")
    assert done.returncode == 2
    assert "remove one of them" in done.stderr
