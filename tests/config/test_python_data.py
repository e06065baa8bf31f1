"""A job from a dict: what a file would say, checked in the same way."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

import crawler
from crawler.config.diagnostics import Diagnostics
from crawler.config.python_data import SOURCE, nodes_of, plain_copy
from crawler.config.yaml_data import plain
from tests.support.jobs import ROOT

SIMPLE = {"name": "x", "start": "https://example.com/", "pages": {"page": {"fields": {"title": "h1"}}}}

scalars = st.none() | st.booleans() | st.integers(-(10**50), 10**50) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_is_given_is_what_is_read(data):
    data = {f"{key}_": value for key, value in data.items()}  # below `start` and the like some values stay text
    report = Diagnostics(SOURCE)
    report.root = nodes_of(data, report)
    merge_keys = "<<" in str(data)
    assert merge_keys or plain(report) == data
    assert plain_copy(data) == data


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_a_dict_gives_the_job_of_its_file(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    data = YAML(typ="safe", pure=True).load(path.read_text())
    assert crawler.load(data) == crawler.load(path)


def test_paths_are_relative_to_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = crawler.load({**SIMPLE, "output": [Path("out") / "x.xlsx"]})
    assert (job.folder, job.outputs) == (tmp_path, (tmp_path / "out" / "x.xlsx",))


def test_overrides_and_starts_change_a_dict_as_they_change_a_file():
    data = {**SIMPLE, "fetch": {"workers": 3}}
    job = crawler.load(data, overrides=["fetch.workers=8"], starts=["https://example.org/"])
    assert (job.fetch.workers, job.starts[0].url) == (8, "https://example.org/")
    assert data["fetch"] == {"workers": 3}


def test_a_dict_that_changes_later_changes_no_job():
    data = {**SIMPLE, "fetch": {"workers": 3}}
    job = crawler.load(data)
    data["fetch"]["workers"] = 4
    assert job.source.config["fetch"]["workers"] == 3


HOLDS_ITSELF = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"fetch": {"workers": "many"}}, "fetch.workers: expected a whole number, got 'many'"),
        ({"pages": {"p": {"fields": {"t": {"css": "h1", "typ": 3}}}}}, "pages.p.fields.t.typ: unknown key"),
        ({"limits": {"pages": {1, 2}}}, "limits.pages: a config cannot hold a value of type set; it holds text"),
        ({"start": HOLDS_ITSELF}, "start: nested more than 50 levels deep"),
        ({3: 4}, "3: unknown key"),
    ],
)
def test_complaints_name_the_key(change, complaint):
    with pytest.raises(crawler.ConfigError) as caught:
        crawler.load({**SIMPLE, **change})
    assert str(caught.value).startswith(complaint)


def test_no_complaint_shows_a_secret():
    secret = "hunter\n2"
    with pytest.raises(crawler.ConfigError) as caught:
        crawler.load({**SIMPLE, "fetch": {"headers": {"Authorization": secret}, "workers": 0}})
    assert "hunter" not in str(caught.value)
    assert "hunter" not in repr(crawler.load({**SIMPLE, "fetch": {"headers": {"Authorization": "hunter2"}}}))
    assert os.environ.get("NOT_SET") is None
    with pytest.raises(crawler.ConfigError, match="NOT_SET is not set"):
        crawler.load({**SIMPLE, "fetch": {"headers": {"Authorization": "${NOT_SET}"}}})
