"""Every strategy at every parse stage gives the same tables, rows, order, failures and workbook, and cleans up."""

import itertools
import json
import threading
from dataclasses import replace
from statistics import median

import psutil
import pytest

import crawler
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.jobs import FIXED, crawl, digest, fetched, log_lines, write_job
from tests.support.usable import USABLE, places

SITE = DemoOptions(books=30, errors=0.05, port=0)
FEW = ("threads", "processes", "asyncio", "curl")  # one for each client, and one with processes
DELAY = 0.1  # seconds
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


def run_here(job):
    """The same of a run in this process, which leaves no thread and no child behind."""
    before = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    report = crawler.run(crawler.load(job))
    assert set(threading.enumerate()) <= before
    left = {c for c in set(psutil.Process().children(recursive=True)) - children if c.status() != psutil.STATUS_ZOMBIE}
    assert all("forkserver" in " ".join(c.cmdline()) or "resource_tracker" in " ".join(c.cmdline()) for c in left)
    return digest(job.parent / "out"), report.pages, report.causes, report.records


def pairs():
    """Every strategy with every place. A pool and a barrier take what a future brings, and know of no strategy: so
    they are left to the long run where the strategy is not one of a few."""
    for each in USABLE:
        for place in places(each):
            long = place in ("pool", "barrier") and each not in FEW
            yield pytest.param(each, place, marks=[pytest.mark.long] * long)


@pytest.mark.parametrize(("strategy", "place"), [*pairs()])
def test_the_same_whatever_runs_it(site, expected, tmp_path, monkeypatch, strategy, place):
    """In this process: that the command line gives the same under each strategy is seen where runs are stopped."""
    for name, value in FIXED.items():
        monkeypatch.setenv(name, value)
    flags = {"strategy": strategy, "workers": 4, "parse": place}
    assert run_here(write_job(tmp_path, site[0], fetch=flags, polite={"delay": 0})) == expected


def test_the_baseline_is_the_truth(site, expected):
    _, pages, causes, records = expected
    assert records == {"books": 30, "authors": 24}
    assert causes == {"http-404": 1, "robots": 1}
    assert pages["left"] == 0


@pytest.mark.parametrize("strategy", USABLE)
def test_the_delay_and_robots_txt_hold(site, tmp_path, strategy):
    url, _, log = site
    skip = len(log.read_text().splitlines())
    job = write_job(
        tmp_path, url, fetch={"strategy": strategy, "workers": 8}, polite={"delay": DELAY}, limits={"pages": 6}
    )
    crawler.run(crawler.load(job))
    lines = log_lines(log, skip)
    times = [line["monotonic"] for line in lines]
    # Not each for itself: a busy machine notes one late, and the next is then too near to it.
    assert median(b - a for a, b in itertools.pairwise(times)) >= DELAY - NOTED_LATE
    assert times[-1] - times[0] >= DELAY * (len(times) - 1) - 5 * NOTED_LATE
    assert len(fetched(lines)) == 6
    assert not [line for line in lines if line["path"].startswith("/staff")]
