"""A trace of real crawls: under every strategy and parse stage, in the format, and true."""

import errno
import json
import os
import stat
from concurrent.futures import Future
from pathlib import Path

import pytest

import crawler
from crawler.api import _is_of_the_job
from crawler.crawl.inbox import Stopper
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError
from crawler.fetch.client import ClientSettings, make_fetch
from crawler.fetch.requests_client import RequestsFetch
from crawler.model import Message, Moved, Request, Trail
from crawler.trace.read import read
from crawler.trace.tracer import Tracer
from tests.support import traces
from tests.support.jobs import crawl_here, write_job
from tests.support.usable import USABLE

LATENCY = 0.02
WORKERS = 3
MAIN = [name for name in ("threads", "processes", "asyncio", "curl") if name in USABLE]
OTHERS = [name for name in USABLE if name not in MAIN]

FORKING = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

class Forked(ProcessPoolExecutor):
    def __init__(self, workers):
        super().__init__(workers, multiprocessing.get_context("fork"))
"""


@pytest.fixture(scope="module")
def shop():
    with DemoServer(DemoOptions(books=20, latency=LATENCY)) as server:
        yield server.url


def run(folder, base, strategy, parse="auto", pages=12, **options):
    """Crawl with a trace; return the report, and the trace as it was read."""
    changes = {"fetch": {"strategy": strategy, "workers": WORKERS, "parse": parse}, "output": "out.jsonl"}
    limits = {"limits": {"pages": pages}} if pages else {}
    job = crawler.load(write_job(folder, base, **changes, **limits))
    report = crawler.run(job, trace=folder / "trace.json", **options)
    return report, traces.load(folder / "trace.json")


def check(report, trace):
    """Every request and every page of the report stands in the trace, and its times in their order."""
    about, fetches = trace["otherData"], traces.fetches(trace)
    assert (about["requests"], about["left_out"]) == (report.requests, 0)
    assert sorted(event["args"]["n"] for event in fetches) == list(range(1, report.requests + 1))
    parsed = [event for event in fetches if event["args"]["result"] == "200"]
    assert len(parsed) == len(traces.named(trace, "parse")) == report.pages["done"]
    assert sum(event["args"]["requests"] for event in traces.named(trace, "commit")) == report.requests
    for event in fetches:
        facts = event["args"]
        steps = [facts["queued"], event["ts"], facts["sent"], facts["first_byte"], facts["last_byte"]]
        assert [*steps, facts["committed"]] == sorted([*steps, facts["committed"]])
        assert facts["first_byte"] - facts["sent"] >= 0.9e6 * LATENCY  # the server waits so long
    most = max(event["args"]["requests"] for event in traces.named(trace, "in flight"))
    assert most <= about["workers"]
    return most


@pytest.mark.parametrize("strategy", MAIN)
def test_a_whole_crawl(shop, tmp_path, strategy):
    report, trace = run(tmp_path, shop, strategy, pages=None)
    assert check(report, trace) > 1
    assert {event["args"]["url"] for event in traces.fetches(trace)} >= {row["url"] for row in report.rows("books")}
    assert report.trace == read(tmp_path / "trace.json").sentence()


@pytest.mark.parametrize("strategy", OTHERS)
def test_every_strategy(shop, tmp_path, strategy):
    check(*run(tmp_path, shop, strategy))


@pytest.mark.parametrize(
    ("strategy", "parse"),
    [("threads", "worker"), ("threads", "pool"), ("threads", "barrier"), ("curl", "pool"), ("processes", "callback")],
)
def test_every_parse_stage_says_who_parsed(shop, tmp_path, strategy, parse):
    report, trace = run(tmp_path, shop, strategy, parse)
    check(report, trace)
    fetched = {event["pid"] for event in traces.fetches(trace)}
    parsed = {event["pid"] for event in traces.named(trace, "parse")}
    assert (fetched == parsed) == (parse in ("worker", "barrier"))


@pytest.mark.parametrize("strategy", ["threads", "processes"])
def test_each_worker_has_a_line_of_its_own(shop, tmp_path, strategy):
    _, trace = run(tmp_path, shop, strategy)
    workers = {(event["pid"], event["tid"]) for event in traces.fetches(trace)}
    assert 1 < len(workers) <= WORKERS
    assert len({pid for pid, _ in workers}) == (len(workers) if strategy == "processes" else 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
def test_a_forked_worker_is_not_taken_for_the_process_that_forked_it(shop, tmp_path):
    (tmp_path / "forking.py").write_text(FORKING)
    _, trace = run(tmp_path, shop, "forking:Forked", pages=4)
    main = next(event["pid"] for event in traces.named(trace, "commit"))
    assert main not in {event["pid"] for event in traces.fetches(trace)}


def test_failures_and_redirects_stand_there_with_what_is_known_of_them(tmp_path):
    job = write_job(tmp_path, "http://127.0.0.1:1", fetch={"retries": 0}, polite={"robots": False})
    crawler.run(crawler.load(job), trace=tmp_path / "t.json")
    (fetch,) = traces.fetches(traces.load(tmp_path / "t.json"))
    assert fetch["args"]["result"] == "refused"
    assert not {"sent", "first_byte", "last_byte"} & fetch["args"].keys()
    assert traces.named(json.loads((tmp_path / "t.json").read_text()), "network") == []


def test_a_stopped_run_writes_what_there_is_and_the_next_one_traces_its_own_part(shop, tmp_path):
    stopper = Stopper()
    report, trace = run(
        tmp_path,
        shop,
        "threads",
        pages=None,
        stopper=stopper,
        observe=lambda tally: tally.done and stopper.stop("interrupted"),
    )
    assert 0 < trace["otherData"]["requests"] == report.requests
    rest, trace = run(tmp_path, shop, "threads", pages=None)
    assert rest.resumed
    assert trace["otherData"]["requests"] == rest.requests


def test_a_path_that_cannot_be_written_is_refused_before_anything_is_fetched(tmp_path):
    (tmp_path / "file").write_text("")
    job = write_job(tmp_path, "http://127.0.0.1:1")
    ended = crawl_here("run", job, "--trace", tmp_path / "file" / "t.json")
    assert ended.returncode == 2
    assert "the trace cannot be written" in ended.stderr
    assert "export" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "why"), [("-", "not to standard output"), ("", "is a directory"), (".", "a directory")]
)
def test_a_name_that_is_no_file_is_refused(tmp_path, name, why):
    ended = crawl_here("run", write_job(tmp_path, "http://127.0.0.1:1"), "--trace", name)
    assert ended.returncode == 2
    assert why in ended.stderr


def test_a_pipe_or_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    ended = crawl_here("run", write_job(tmp_path, "http://127.0.0.1:1"), "--trace", tmp_path / "pipe")
    assert ended.returncode == 2
    assert "is a device or a pipe" in ended.stderr
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize(
    "name",
    ["job.yaml", "out.jsonl", "out.books.jsonl", "out.partial.jsonl", "job.state.sqlite", "job.state.sqlite-wal"],
)
def test_a_trace_replaces_no_file_of_the_job(tmp_path, name):
    job = crawler.load(write_job(tmp_path, "http://127.0.0.1:1", output="out.jsonl", state="job.state.sqlite"))
    text = (tmp_path / "job.yaml").read_bytes()
    assert not _is_of_the_job(tmp_path / "out.json", job)
    with pytest.raises(ConfigError, match="would replace this file of the job"):
        crawler.run(job, trace=tmp_path / name)
    assert (tmp_path / "job.yaml").read_bytes() == text


def test_a_full_disk_ends_the_trace_and_not_the_run(tmp_path):
    (tmp_path / "t.json").write_text("older")
    tracer = Tracer(tmp_path / "t.json")

    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    tracer._file = Full()
    feed(tracer, 5)
    tracer.close()
    assert "the trace could not be written: No space left" in tracer.why
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("t.json", "older")]


def test_no_secret_of_a_request_is_written(tmp_path):
    tracer = Tracer(tmp_path / "t.json")
    request = Request(1, "http://h/<${KEY}>", "page", cookies="c=hidden-1", message=Message(url="http://h/hidden-2"))
    feed(tracer, 1, request)
    tracer.close()
    assert "hidden" not in (tmp_path / "t.json").read_text()
    assert "http://h/<${KEY}>" in (tmp_path / "t.json").read_text()


def test_a_trace_is_bounded_and_says_what_it_lacks(tmp_path):
    tracer = Tracer(tmp_path / "t.json", limit=3_000)
    most = feed(tracer, 10_000)
    tracer.about(strategy="threads", workers=1)
    tracer.close()
    trace = traces.load(tmp_path / "t.json")
    assert (trace["otherData"]["requests"], trace["otherData"]["left_out"]) == (3_000, 7_000)
    assert len(traces.fetches(trace)) == 3_000
    assert most < 5_000  # events in memory
    assert "7,000 more" in read(tmp_path / "t.json").sentence()


def test_a_request_that_is_given_up_holds_nothing_back(tmp_path):
    tracer = Tracer(tmp_path / "t.json")
    hung = Future()
    tracer.handed_out(hung, Request(1, "http://h/hangs", "page"))
    feed(tracer, 3_000)
    tracer.gave_up(hung)
    feed(tracer, 3_000)
    assert len(tracer._entries) < 5_000
    tracer.close()
    (found,) = traces.named(traces.load(tmp_path / "t.json"), "request")
    assert found["args"]["result"] == "given up"


def feed(tracer, number, request=None):
    """Tell a tracer of requests, one after another; return how many events were in memory at most."""
    request = request or Request(1, "http://h/", "page")
    most = 0
    for _ in range(number):
        future = Future()
        tracer.handed_out(future, request)
        taken = tracer._zero + tracer._committed / 1e6
        future.set_result(Moved(301, "http://h/x", trail=Trail(taken, taken, taken, taken, taken, tracer._main)))
        tracer.turn()
        tracer.came_back(future, future.result())
        tracer.committed()
        most = max(most, len(tracer._entries))
    return most


def test_a_thread_that_has_the_number_of_one_that_ended_is_another_worker(tmp_path):
    tracer = Tracer(tmp_path / "t.json")
    for native, name in ((100, "early"), (101, "fetch_7")):
        future, now = Future(), tracer._zero
        tracer.handed_out(future, Request(1, "http://h/", "page"))
        tracer.turn()
        tracer.came_back(future, Moved(301, "http://h/x", trail=Trail(now, now, now, now, now, (1, 7, native, name))))
        tracer.committed()
    tracer.close()
    assert [track.name for track in read(tmp_path / "t.json").workers] == ["early", "fetch_7"]


def test_a_run_without_a_trace_has_nothing_of_it(shop):
    settings = ClientSettings("test/1", private_hosts=frozenset({shop.partition("//")[2]}))
    traced, fetch = make_fetch("requests", settings._replace(traced=True)), make_fetch("requests", settings)
    assert traced(Request(1, shop + "/", "page")).trail.first
    traced.close()
    assert type(fetch) is RequestsFetch
    assert fetch(Request(1, shop + "/", "page")).trail is None
    fetch.close()


def test_the_command_says_where_the_time_went_and_draws_it(shop, tmp_path):
    job = write_job(tmp_path, shop, output="out.jsonl")
    trace = tmp_path / "run.json"
    ended = crawl_here("run", job, "--trace", trace, "--set", "limits.pages=5")
    assert "of their time" in ended.stdout
    assert read(trace).sentence() in ended.stdout
    drawn = crawl_here("timeline", trace)
    assert drawn.stdout == f"{trace}: {read(trace).sentence()}\ndrawn in {tmp_path / 'run.html'}\n"
    assert "<svg" in Path(tmp_path / "run.html").read_text()
    refused = crawl_here("timeline", trace, "-o", tmp_path / "run.png")
    assert refused.returncode == 2
    assert ".svg" in refused.stderr
    trace.rename(tmp_path / "run.html")
    assert crawl_here("timeline", tmp_path / "run.html").returncode == 2
    assert read(tmp_path / "run.html")


def test_what_is_no_trace_is_refused(tmp_path):
    for name, text in (("a", "{}"), ("b", '{"displayTimeUnit":"ms","traceEvents":[\n'), ("c", "\xff")):
        (tmp_path / name).write_text(text, encoding="latin-1")
        with pytest.raises(ConfigError, match="this is no trace"):
            read(tmp_path / name)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none")
