"""Sections as values: frozen, equal by their keys, and the same after a trip to another process."""

from __future__ import annotations

import copy
import pickle

import pytest

from crawler.config.diagnostics import BadConfig, Diagnostics
from crawler.config.document import DemoSpec, Document, FetchSpec
from crawler.config.loader import override
from crawler.config.schema import Location
from crawler.config.syntax import parse
from crawler.config.yaml_data import plain
from crawler.config.yaml_tree import YamlSource
from crawler.serving.latency import Latency


def test_nothing_changes_a_section():
    fetch = FetchSpec(workers=4)
    with pytest.raises(AttributeError, match="FetchSpec is frozen"):
        fetch.workers = 5
    more = fetch.changed(workers=5, retries=0)
    assert (more.workers, more.retries, fetch.workers, fetch.given) == (5, 0, 4, {"workers"})
    assert more.given == {"workers", "retries"}


def test_equal_whether_a_default_is_written_or_not():
    assert FetchSpec() == FetchSpec(workers=16) == copy.deepcopy(FetchSpec())
    assert FetchSpec() != FetchSpec(workers=4)
    assert FetchSpec() != DemoSpec()
    assert pickle.loads(pickle.dumps(FetchSpec(workers=4))) == FetchSpec(workers=4)


def test_plain_data():
    demo = DemoSpec(books=5, latency=Latency("range", 1.0, 2.0))
    assert demo.plain(defaults=False) == {"books": 5, "latency": ("range", 1.0, 2.0)}
    assert demo.plain(defaults=False, without={"latency"}) == {"books": 5}
    assert DemoSpec(**demo.plain()) == demo


def complaints(text, *settings):
    source = YamlSource("job.yaml", text.split("\n"))
    report = Diagnostics(source)
    report.root = parse(source, report)
    for setting in settings:
        override(report, setting)
    Document.read(plain(report), Location(report, Document, {}))
    with pytest.raises(BadConfig) as caught:
        report.stop()
    return {(one.key, one.what) for one in caught.value.complaints}


def test_a_mistake_in_one_place_hides_none_in_another():
    text = """
name: a
start: https://a.example/
pages:
  list:
    follow:
      - {css: a, to: '', same_site: 5, next: 6}
      - {to: list, zzz: red}
  book: {fields: {x: {css: h1, replace: [{'(': a}, {b: '\\3'}]}}}
fetch: {workers: 0, headers: {X: [1]}}
"""
    assert complaints(text, "demo.seed=-1") == {
        ("pages.list.follow[0].to", "a name is empty"),
        ("pages.list.follow[0].same_site", "expected text, got 5"),
        ("pages.list.follow[0].next", "expected true or false, got 6"),
        ("pages.list.follow[1].zzz", "unknown key"),
        ("pages.book.fields.x.replace[0].(", "not a regular expression: missing )"),
        ("pages.book.fields.x.replace[1].b", "the replacement is wrong: invalid group reference"),
        ("fetch.workers", "must be at least 1 and at most 1000, got 0"),
        ("fetch.headers.X", "expected text, got something else"),
        ("", "must be at least 0 and at most 2147483648, got -1"),
    }
