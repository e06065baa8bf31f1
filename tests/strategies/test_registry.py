"""What the registry says of a strategy."""

import select
import sys

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.strategies import executor, registry
from crawler.strategies.registry import entry, missing, refusal
from tests.support.jobs import crawl, write_job


@pytest.mark.parametrize(
    ("name", "given", "workers"),
    [("serial", True, 1), ("serial", False, 1), ("threads", False, 16), ("auto", False, 64), ("auto", True, 16)],
)
def test_how_many_at_once(name, given, workers):
    assert entry(name).workers(16, given=given) == workers


@pytest.mark.parametrize(
    ("name", "place"),
    [("serial", "worker"), ("threads", "callback"), ("processes", "worker"), ("curl", "worker"), ("auto", "worker")],
)
def test_what_parse_auto_means(name, place):
    assert entry(name).place == place


def test_curl_says_what_it_needs_where_there_is_no_poll(monkeypatch):
    monkeypatch.delattr(select, "poll")
    assert missing("curl") == missing("processes-curl") == "needs poll(), which Windows does not have"
    assert not missing("threads")


def test_what_cannot_be_done_in_an_interpreter_beside_the_main_one_is_refused_with_a_way_out(monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda name: "")
    monkeypatch.setattr(executor, "unloadable", lambda module: f"{module} can be loaded only in the main one")
    start = "the strategy interpreters cannot be used here: "
    analysis = "pages cannot be parsed in its workers (crawler.extract.parser can be loaded only in the main one)"
    assert refusal("interpreters", "worker") == f"{start}{analysis}; use parse callback, or the strategy processes"
    assert refusal("interpreters", "pool", "curl").endswith("; use the client requests, or the strategy processes")
    assert not any(refusal("interpreters", place) for place in ("callback", "pool", "barrier"))
    assert not refusal("threads", "worker", "curl")


def test_a_strategy_of_the_users_own_is_not_refused():
    assert not refusal("my_module:Mine", "worker", "curl")


@pytest.mark.skipif(sys.version_info < (3, 14), reason="needs Python 3.14")
def test_interpreters_say_no_word_too_much_and_are_refused_before_anything_is_fetched(tmp_path):
    with DemoServer(DemoOptions(books=20, port=0)) as shop:
        job = write_job(tmp_path, shop.url, fetch={"strategy": "interpreters", "workers": 4})
        done = crawl("run", job, "--quiet")
        assert (done.returncode, done.stderr) == (0, "")
        refused = crawl("run", job, "--parse", "worker", "--fresh")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "use parse callback, or the strategy processes" in refused.stderr
    assert crawl("check", job, "--set", "fetch.parse=worker").returncode == 2
