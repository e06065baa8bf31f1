"""Ctrl-C, SIGTERM, a time limit and the death of a worker: a clean end, and an exact way on."""

import json
import os
import signal
import time
from contextlib import suppress

import psutil
import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.strategies.registry import entry
from tests.support.jobs import crawl, digest, log_lines, start, write_job
from tests.support.usable import USABLE

SIGNALS = [
    *((signal.SIGINT, 130, strategy) for strategy in USABLE),
    *((signal.SIGTERM, 143, strategy) for strategy in ("serial", "threads", "processes")),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    log = folder / "log.jsonl"
    with DemoServer(DemoOptions(books=60, latency=0.03, port=0, log=str(log))) as server:
        job = write_job(folder / "reference", server.url)
        assert crawl("run", job, "--quiet").returncode == 0
        yield server.url, log, folder / "reference" / "out"


def when_requests(log, more, process):
    """Wait until the site has had so many more requests."""
    before, until = len(log_lines(log)), time.monotonic() + 30
    while len(log_lines(log)) < before + more:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)  # a poll, not a guess


@pytest.mark.parametrize(("number", "code", "strategy"), SIGNALS)
def test_fault_176_one_signal_ends_the_run_in_good_order(shop, tmp_path, strategy, number, code):
    url, log, expected = shop
    job = write_job(tmp_path, url, fetch={"strategy": strategy, "workers": 4})
    process = start("run", job)
    family = psutil.Process(process.pid)
    when_requests(log, 20, process)
    children = family.children(recursive=True)
    began = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert time.monotonic() - began < 5
    assert b"Traceback" not in err
    assert not psutil.wait_procs(children, timeout=5)[1], "children stayed behind"
    assert (tmp_path / "out" / "demo.xlsx").exists()
    done = crawl("run", job, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["resumed"]) == (0, True)
    assert digest(tmp_path / "out") == digest(expected)


@pytest.fixture(scope="module")
def calm_shop(tmp_path_factory):
    """Slow enough that a run is still under way when its workers have been looked up on a busy machine."""
    log = tmp_path_factory.mktemp("calm") / "log.jsonl"
    with DemoServer(DemoOptions(books=40, latency=0.15, port=0, log=str(log))) as server:
        job = write_job(log.parent / "reference", server.url)
        assert crawl("run", job, "--quiet").returncode == 0
        yield server.url, log, log.parent / "reference" / "out"


@pytest.fixture(scope="module")
def slow_shop(tmp_path_factory):
    log = tmp_path_factory.mktemp("slow") / "log.jsonl"
    with DemoServer(DemoOptions(books=60, latency=8, port=0, log=str(log))) as server:
        yield server.url, log


@pytest.mark.parametrize("strategy", USABLE)
def test_fault_177_a_second_signal_ends_it_at_once(slow_shop, tmp_path, strategy):
    url, log = slow_shop
    job = write_job(tmp_path, url, fetch={"strategy": strategy, "workers": 2}, polite={"robots": False})
    process = start("run", job)
    family = psutil.Process(process.pid)
    when_requests(log, 1, process)
    children = family.children(recursive=True)
    process.send_signal(signal.SIGINT)
    while b"stopping" not in process.stderr.readline():
        assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - began < 1
    assert not psutil.wait_procs(children, timeout=5)[1], "children stayed behind"


def workers(family):
    """Worker processes: children of the fork server, and spawned ones."""
    return [
        child
        for child in family.children(recursive=True)
        if child.ppid() != family.pid or "spawn_main" in " ".join(child.cmdline())
    ]


@pytest.mark.parametrize("strategy", [name for name in USABLE if entry(name).processes])
def test_fault_184_workers_that_are_killed_cost_no_page(calm_shop, tmp_path, strategy):
    url, log, expected = calm_shop
    job = write_job(tmp_path, url, fetch={"strategy": strategy, "workers": 4})
    process = start("run", job, "--json")
    family = psutil.Process(process.pid)
    killed = 0
    for _ in range(2):
        when_requests(log, 5, process)
        for worker in workers(family)[:1]:
            with suppress(ProcessLookupError):  # one of `semaphore-processes` may have ended by itself
                os.kill(worker.pid, signal.SIGKILL)
                killed += 1
    out, err = process.communicate(timeout=60)
    assert killed
    assert process.returncode == 0, err
    assert json.loads(out)["pages"]["failed"] == 1  # the dead link, as always
    assert digest(tmp_path / "out") == digest(expected)


def test_a_time_limit_ends_cleanly_exports_and_is_gone_on_with(shop, tmp_path):
    url, _, expected = shop
    slow = {"fetch": {"workers": 1}, "limits": {"time": "2s", "failures": 0}}
    job = write_job(tmp_path, url, **slow)
    done = crawl("run", job, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ending"]) == (3, "time")
    assert 0 < report["records"]["books"] < 60
    assert (tmp_path / "out" / "demo.xlsx").exists()
    assert crawl("run", job, "--set", "limits.time=60s", "--set", "limits.failures=5%", "--quiet").returncode == 0
    assert digest(tmp_path / "out", ".jsonl") == digest(expected, ".jsonl")  # the Summary sheet tells the limit


def test_an_unfinished_crawl_never_replaces_a_whole_workbook(shop, tmp_path):
    url, _, expected = shop
    job = write_job(tmp_path, url)
    assert crawl("run", job, "--quiet").returncode == 0
    before = digest(tmp_path / "out")
    cut = crawl("run", job, "--set", "limits.time=1s", "--set", "fetch.workers=1", "--quiet")
    assert cut.returncode == 3
    parts = {path.name for path in (tmp_path / "out").glob("*.partial.*")}
    assert parts == {"demo.partial.xlsx", "demo.partial.books.jsonl", "demo.partial.authors.jsonl"}
    (tmp_path / "parts").mkdir()
    for name in parts:
        (tmp_path / "out" / name).rename(tmp_path / "parts" / name)
    assert digest(tmp_path / "out") == before == digest(expected)
    assert crawl("run", job, "--quiet").returncode == 0
    assert not list((tmp_path / "out").glob("*.partial.*"))


def test_fault_194_a_second_run_is_refused_at_once(shop, tmp_path):
    url, log, _ = shop
    job = write_job(tmp_path, url, fetch={"workers": 1})
    process = start("run", job)
    when_requests(log, 3, process)
    second = crawl("run", job)
    assert second.returncode == 5
    assert f"process {process.pid}" in second.stderr
    process.kill()
    process.communicate()
    assert crawl("run", job, "--quiet").returncode == 0
