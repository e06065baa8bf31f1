"""Ctrl-C, SIGTERM, a time limit and the death of a worker: a clean end, and an exact way on."""

import json
import signal
import time

import pytest

import crawler
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.strategies.registry import entry
from tests.support.family import family
from tests.support.jobs import FIXED, crawl, digest, start, write_job
from tests.support.stopping import (
    ended,
    interrupted_at_the_start,
    open_shop,
    robbed,
    stopped,
    stopped_as_a_service,
    when_requests,
)
from tests.support.usable import USABLE

ALIKE = ("processes-threads", "processes-asyncio", "queue", "semaphore")
"""They stop as another one does: the first two are of the same class as processes-curl, and like threads the others
wait for their threads, or leave them. tests/conformance/test_strategies.py has what they do by themselves."""


def usual(names):
    """Strategies as parameters; some only in the long run."""
    return [pytest.param(name, marks=[pytest.mark.long] * (name in ALIKE)) for name in names]


ALL = usual(USABLE)
PROCESSES = usual(name for name in USABLE if entry(name).processes)


@pytest.fixture(autouse=True)
def same_bytes(monkeypatch):
    """Runs in this process write the same workbooks as the command line."""
    for name, value in FIXED.items():
        monkeypatch.setenv(name, value)


def finish(job, *overrides):
    """Run a job to its end in this process, which takes less time than to start the program once more."""
    report = crawler.run(crawler.load(job, overrides=overrides))
    assert report.exit_code == 0
    return report


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with open_shop(tmp_path_factory.mktemp("shop"), books=60, latency=0.03) as shop:
        yield shop


@pytest.mark.parametrize(
    ("number", "code", "strategy"),
    [
        *(pytest.param(signal.SIGINT, 130, *each.values, marks=each.marks) for each in ALL),
        pytest.param(signal.SIGTERM, 143, "serial", marks=pytest.mark.long),
        (signal.SIGTERM, 143, "threads"),
        (signal.SIGTERM, 143, "processes"),
    ],
)
def test_fault_176_one_signal_ends_the_run_in_good_order(shop, tmp_path, strategy, number, code):
    job = write_job(tmp_path, shop.url, fetch={"strategy": strategy, "workers": 4})
    end = stopped(job, shop.log, number)
    assert (end.code, end.clean) == (code, True), end
    assert end.seconds < 60
    assert (tmp_path / "out" / "demo.xlsx").exists()
    assert finish(job).resumed
    assert digest(tmp_path / "out") == digest(shop.expected)


@pytest.mark.parametrize("strategy", PROCESSES)
def test_ctrl_c_while_the_workers_start_is_heard_by_the_main_process_alone(shop, tmp_path, strategy):
    settings = {"fetch": {"strategy": strategy, "workers": 2}, "polite": {"robots": False}}
    end = interrupted_at_the_start(write_job(tmp_path, shop.url, **settings))
    assert (end.code, end.clean) == (130, True), end


@pytest.mark.parametrize("strategy", PROCESSES)
def test_sigterm_for_every_process_ends_the_run_in_good_order(shop, tmp_path, strategy):
    job = write_job(tmp_path, shop.url, fetch={"strategy": strategy, "workers": 4})
    end = stopped_as_a_service(job, shop.log)
    assert (end.code, end.clean) == (143, True), end
    finish(job)
    assert digest(tmp_path / "out") == digest(shop.expected)


def test_a_pool_for_the_analysis_leaves_nothing_behind_either(shop, tmp_path):
    end = ended(write_job(tmp_path, shop.url, fetch={"parse": "pool"}, limits={"pages": 5}))
    assert (end.code, end.clean) == (0, True), end


@pytest.fixture(scope="module")
def calm_shop(tmp_path_factory):
    """Slow enough that a run is still under way when its workers have been looked up on a busy machine."""
    with open_shop(tmp_path_factory.mktemp("calm"), books=24, latency=0.15) as shop:
        yield shop


@pytest.fixture(scope="module")
def slow_shop(tmp_path_factory):
    log = tmp_path_factory.mktemp("slow") / "log.jsonl"
    with DemoServer(DemoOptions(books=60, latency=30, port=0, log=str(log))) as server:
        yield server.url, log


@pytest.mark.parametrize("strategy", ALL)
def test_fault_177_a_second_signal_ends_it_at_once(slow_shop, tmp_path, strategy):
    url, log = slow_shop
    job = write_job(tmp_path, url, fetch={"strategy": strategy, "workers": 2}, polite={"robots": False})
    with family("run", job) as run:
        when_requests(log, 1, run.process)
        run.note_semaphores()
        run.process.send_signal(signal.SIGINT)
        while b"stopping" not in run.process.stderr.readline():
            assert run.process.poll() is None
        began = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        _, err = run.process.communicate(timeout=20)
        assert time.monotonic() - began < 10  # the answers that are under way take longer
        assert (run.process.returncode, run.files(), run.left()) == (130, [], [])
        assert b"resource_tracker" not in err


@pytest.mark.parametrize("strategy", PROCESSES)
def test_fault_184_workers_that_are_killed_cost_no_page(calm_shop, tmp_path, strategy):
    job = write_job(tmp_path, calm_shop.url, fetch={"strategy": strategy, "workers": 4})
    end = robbed(job, calm_shop.log)
    assert (end.code, end.clean) == (0, True), end
    assert end.report["pages"]["failed"] == 1  # the dead link, as always
    assert digest(tmp_path / "out") == digest(calm_shop.expected)


def test_a_time_limit_ends_cleanly_exports_and_is_gone_on_with(shop, tmp_path):
    slow = {"fetch": {"workers": 1}, "limits": {"time": "2s", "failures": 0}}
    job = write_job(tmp_path, shop.url, **slow)
    done = crawl("run", job, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ending"]) == (3, "time")
    assert 0 < report["records"]["books"] < 60
    assert (tmp_path / "out" / "demo.xlsx").exists()
    finish(job, "limits.time=60s", "limits.failures=5%")
    assert digest(tmp_path / "out", ".jsonl") == digest(shop.expected, ".jsonl")  # the Summary sheet tells the limit


def test_an_unfinished_crawl_never_replaces_a_whole_workbook(shop, tmp_path):
    job = write_job(tmp_path, shop.url)
    finish(job)
    before = digest(tmp_path / "out")
    cut = crawler.run(crawler.load(job, overrides=["limits.time=1s", "fetch.workers=1"]))
    assert cut.exit_code == 3
    parts = {path.name for path in (tmp_path / "out").glob("*.partial.*")}
    assert parts == {"demo.partial.xlsx", "demo.partial.books.jsonl", "demo.partial.authors.jsonl"}
    (tmp_path / "parts").mkdir()
    for name in parts:
        (tmp_path / "out" / name).rename(tmp_path / "parts" / name)
    assert digest(tmp_path / "out") == before == digest(shop.expected)
    finish(job)
    assert not list((tmp_path / "out").glob("*.partial.*"))


def test_fault_194_a_second_run_is_refused_at_once(shop, tmp_path):
    job = write_job(tmp_path, shop.url, fetch={"workers": 1})
    process = start("run", job)
    when_requests(shop.log, 3, process)
    second = crawl("run", job)
    assert second.returncode == 5
    assert f"process {process.pid}" in second.stderr
    process.kill()
    process.communicate()
    finish(job)
