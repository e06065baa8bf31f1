"""Every strategy at every parse stage gives the same tables, rows, order, failures and workbook, and cleans up."""

import itertools
import json
import threading
from dataclasses import replace

import psutil
import pytest

import crawler
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.jobs import crawl, digest, fetched, log_lines, write_job
from tests.support.usable import USABLE, places

SITE = DemoOptions(books=60, errors=0.05, port=0)
NOTED_LATE = 0.02  # seconds: a busy machine lets the server note a request late


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    log = folder / "log.jsonl"
    with DemoServer(replace(SITE, log=str(log))) as server:
        yield server.url, folder, log


@pytest.fixture(scope="module")
def expected(site):
    """What the baseline gives; also held against the truth of the demo site."""
    url, folder, _ = site
    return run_one(url, folder / "baseline", "serial", "worker")


def run_one(url, folder, strategy, place):
    flags = {"strategy": strategy, "workers": 4, "parse": place}
    job = write_job(folder, url, fetch=flags, polite={"delay": 0})
    return outcome(folder / "out", job)


def outcome(out, *arguments):
    """Tables, rows, order and workbook as one digest, and what the report says of pages and failures."""
    done = crawl("run", *arguments, "--json", timeout=600)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    return digest(out), report["pages"], report["causes"], report["records"]


@pytest.mark.parametrize(("strategy", "place"), [(each, place) for each in USABLE for place in places(each)])
def test_the_same_whatever_runs_it(site, expected, tmp_path, strategy, place):
    assert run_one(site[0], tmp_path, strategy, place) == expected


def test_the_baseline_is_the_truth(site, expected):
    _, pages, causes, records = expected
    assert records == {"books": 60, "authors": 24}
    assert causes == {"http-404": 1, "robots": 1}
    assert pages["left"] == 0


@pytest.mark.parametrize("strategy", USABLE)
def test_no_thread_and_no_child_stays_behind(site, tmp_path, strategy):
    job = crawler.load(write_job(tmp_path, site[0], fetch={"strategy": strategy, "workers": 2}))
    before = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    report = crawler.run(job)
    assert report.records == {"books": 60, "authors": 24}
    assert set(threading.enumerate()) <= before
    left = {c for c in set(psutil.Process().children(recursive=True)) - children if c.status() != psutil.STATUS_ZOMBIE}
    assert all("forkserver" in " ".join(c.cmdline()) or "resource_tracker" in " ".join(c.cmdline()) for c in left)


@pytest.mark.parametrize("strategy", USABLE)
def test_the_delay_and_robots_txt_hold(site, tmp_path, strategy):
    url, _, log = site
    skip = len(log.read_text().splitlines())
    job = write_job(
        tmp_path, url, fetch={"strategy": strategy, "workers": 8}, polite={"delay": 0.2}, limits={"pages": 8}
    )
    assert crawl("run", job, "--quiet").returncode == 0
    lines = log_lines(log, skip)
    times = [line["monotonic"] for line in lines]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 0.2 - NOTED_LATE
    assert len(fetched(lines)) == 8
    assert not [line for line in lines if line["path"].startswith("/staff")]
