"""What the server of the worker processes holds, by what the job says."""

from __future__ import annotations

import pytest

import crawler
from crawler.config import load
from crawler.runner import assemble
from crawler.strategies import worker_process
from tests.support.badserver import answer, pages, serve
from tests.support.jobs import write_job

SOUP = "crawler.extract.soup"


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    def of(**changes):
        asked = []
        monkeypatch.setattr(worker_process, "prepare", lambda modules: asked.extend(modules))
        assemble.prepare_children(load(write_job(tmp_path, "http://a.test", **changes)))
        return asked

    return of


def test_threads_need_no_server(prepared):
    assert prepared(fetch={"strategy": "threads"}) == []


def test_processes_need_the_client_of_the_job(prepared):
    assert "crawler.fetch.requests_client" in prepared(fetch={"strategy": "processes"})
    assert "crawler.fetch.curl_client" in prepared(fetch={"strategy": "processes", "client": "curl"})


def test_a_second_pool_fetches_nothing(prepared):
    modules = prepared(fetch={"strategy": "threads", "parse": "pool"})
    assert "crawler.strategies.pool" in modules
    assert not [module for module in modules if "client" in module]


@pytest.mark.parametrize(
    ("fetch", "title", "wanted"),
    [
        ({}, "h1", False),
        ({}, "h1:-soup-contains('a')", True),  # no selector for lexbor
        ({"engine": "bs4"}, "h1", True),
        ({"engine": "lexbor"}, "h1", False),
    ],
)
def test_beautifulsoup_is_there_for_rules_that_need_it(prepared, fetch, title, wanted):
    book = {"book": {"table": "books", "fields": {"title": title}}}
    modules = prepared(fetch={"strategy": "processes", **fetch}, pages=book)
    assert (SOUP in modules) is wanted


def test_workers_that_only_fetch_need_no_parser(prepared):
    modules = prepared(fetch={"strategy": "processes", "parse": "callback", "engine": "bs4"})
    assert modules
    assert SOUP not in modules


LATE = """
import sys
before = set(sys.modules)  # when a worker unpickles its plan


def read(text):
    return " ".join(sorted(set(sys.modules) - before))
"""
JOB = """
name: late
start: ["{base}/1", "{base}/2"]
pages:
  page:
    fields:
      late: {{css: title, type: "late_imports_of_a_worker:read"}}
      number: {{css: title, regex: '\\d'}}
      day: {{css: p, type: date, format: "%d %B %Y"}}
fetch: {{strategy: processes, workers: 1}}
polite: {{robots: false, delay: 0}}
output: pages.jsonl
"""


def test_the_second_page_finds_nothing_that_a_worker_imported_for_the_first(tmp_path):
    page = answer(b"<title>Page 1</title><p>3 May 2024</p>")
    (tmp_path / "late_imports_of_a_worker.py").write_text(LATE)
    with serve(pages({"/1": page, "/2": page})) as server:
        (tmp_path / "job.yaml").write_text(JOB.format(base=server.origin))
        report = crawler.run(crawler.load(tmp_path / "job.yaml"))
    rows = [(row["late"], row["number"], str(row["day"])) for row in report.rows("page")]
    assert rows == [("", "1", "2024-05-03")] * 2
