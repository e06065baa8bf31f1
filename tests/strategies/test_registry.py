"""What the registry says of a strategy."""

import select

import pytest

from crawler.strategies.registry import entry, missing


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
