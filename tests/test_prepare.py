"""What the server of the worker processes holds, by what the job says."""

from __future__ import annotations

import pytest

from crawler.config import load
from crawler.runner import assemble
from crawler.strategies import worker_process
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
