"""Every form of the demo shop in one job: one digest under every strategy at every parse stage, exact after kill -9."""

from dataclasses import replace

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.forms import write_forms_job
from tests.support.jobs import FIXED
from tests.support.killing import WORKERS, Target
from tests.support.usable import USABLE, places
from tests.test_conformance import outcome, run_here

SITE = DemoOptions(books=60, errors=0.05, port=0)
SAMPLE = [
    ("threads", "callback"),
    ("threads", "pool"),
    ("processes", "worker"),
    ("asyncio", "barrier"),
    ("processes-asyncio", "callback"),
]
"""Each parse stage, and pages that are fetched and read in threads, processes and event loops."""
KILLED = ("serial", "threads", "processes", "curl", "processes-curl")


def job_of(url, folder, strategy, place):
    return write_forms_job(folder, url, fetch={"strategy": strategy, "workers": 4, "parse": place})


@pytest.fixture(scope="module")
def site():
    with DemoServer(SITE) as server:
        yield server.url


@pytest.fixture(scope="module")
def expected(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("baseline")
    return outcome(folder / "out", job_of(site, folder, "serial", "worker"))


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    for name, value in FIXED.items():
        monkeypatch.setenv(name, value)


def test_the_baseline_has_all_rows(expected):
    _, pages, causes, records = expected
    assert causes == {"http-404": 1, "no-match": 1, "robots": 1}
    assert pages["left"] == 0
    of_files = {"files_stock": 60, "files_shelves": 54}
    of_scripts = {"scripts_books": 20, "scripts_readings": 6, "scripts_branches": 3}
    of_pages = {"books": 60, "authors": 24, "schema_books": 59, "table_prices": 60, "sitemap_books": 60}
    of_questions = {"post_books": 60, "hops_places": 68, "hops_books": 60, "cursor_books": 60, "offset_stock": 60}
    assert records == {"api_books": 52, "feed_news": 20, **of_pages, **of_scripts, **of_files, **of_questions}


@pytest.mark.parametrize(("strategy", "place"), [pair for pair in SAMPLE if pair[0] in USABLE])
def test_the_same_under_a_sample(site, expected, tmp_path, strategy, place):
    assert run_here(job_of(site, tmp_path, strategy, place)) == expected


@pytest.mark.long
@pytest.mark.parametrize(("strategy", "place"), [(each, place) for each in USABLE for place in places(each)])
def test_the_same_whatever_runs_it(site, expected, tmp_path, strategy, place):
    assert run_here(job_of(site, tmp_path, strategy, place)) == expected


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    log = folder / "log.jsonl"
    with DemoServer(replace(SITE, errors=0, latency=0.01, log=str(log))) as server:

        def arguments(out, strategy):
            output = [str(out / "demo.xlsx"), str(out / "demo.jsonl")]
            fetch = {"strategy": strategy, "workers": WORKERS}
            return [write_forms_job(out / "job", server.url, fetch=fetch, output=output)]

        target = Target(arguments, log)
        target.measure(folder / "reference")
        yield target


@pytest.mark.parametrize(
    ("strategy", "kills"), [("threads", 1), *(pytest.param(name, 15, marks=pytest.mark.long) for name in KILLED)]
)
def test_a_killed_crawl_is_gone_on_with_exactly(shop, tmp_path, strategy, kills):
    shop.kill_many(tmp_path, strategy, range(kills))
