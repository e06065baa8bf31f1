"""`crawler.compare`, as programs call it."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

import crawler
from crawler.compare.outcome import Comparison
from tests.support.jobs import ROOT, write_job

DATA = {
    "name": "shelf",
    "demo": {"books": 12},
    "start": "/catalogue/page-1.html",
    "pages": {
        "list": {"follow": [{"css": "h3 a", "to": "book"}, {"css": ".next a", "to": "list"}]},
        "book": {"table": "books", "fields": {"title": "h1"}},
    },
    "polite": {"delay": 0},
    "output": ["out/shelf.jsonl"],
}


def test_a_comparison_of_a_job_from_a_dict(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("crawler.compare.noise.MAX_SHARE", 99.0)  # no round is repeated, however busy this machine is
    told = []
    found = crawler.compare(
        crawler.load(DATA),
        strategies="threads",
        baseline="threads/2/callback",
        workers=[2],
        repeat=1,
        budget="1s",  # none is left to check the advice
        latency=0.09,
        out="reports",
        tell=told.append,
    )
    assert isinstance(found, Comparison)
    assert {one.name for one in found.ranked} == {"threads/2/callback"}
    assert {run.records for one in found.ranked for run in one.runs} == {12}
    assert "latency 90ms" in found.site
    assert found.verdict()
    (where,) = (one.where for one in found.ranked)
    assert where.sentence.startswith("2 threads spent ")
    assert where.short.count(" %") == 2
    assert where.sentence.startswith(where.short)
    assert capfd.readouterr().out == ""
    assert any("threads/2/callback" in line for line in told)
    written = json.loads((tmp_path / "reports" / "results.json").read_text())
    assert written == json.loads(json.dumps(found.as_json()))
    assert os.listdir(tmp_path) == ["reports"]  # the job's own state and outputs are not touched


def load_demo(tmp_path):
    return crawler.load(write_job(tmp_path, "http://site.example", polite={"delay": 1}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategies": "thraeds"}, "there is no 'thraeds'"),
        ({"strategies": []}, "must each name at least one"),
        ({"workers": 0}, "workers: expected numbers from 1 to 1000"),
        ({"workers": "9" * 5000}, "workers: expected numbers from 1 to 1000"),
        ({"parse": "nowhere"}, "parse: there is no 'nowhere'"),
        ({"repeat": 0}, "repeat: expected 1 to 200, got 0"),
        ({"budget": "long"}, "budget: expected a duration"),
        ({"budget": 0}, "budget: expected more than 0 seconds"),
        ({"matters": "300%"}, "matters: expected 0 to 1, got 3.0"),
        ({"latency": "soon"}, "latency: expected a duration"),
        ({"books": 5}, "only for a job with a `demo:` section"),
        ({"replay": "nowhere"}, "nowhere: no recording"),
        ({}, "this would crawl a real site: .* give yes=True"),
    ],
)
def test_wrong_arguments(tmp_path, arguments, message):
    with pytest.raises(crawler.ConfigError, match=message):
        crawler.compare(load_demo(tmp_path), **arguments)


def test_a_job_that_was_changed_is_not_compared_as_it_was(tmp_path, monkeypatch):
    job = load_demo(tmp_path)
    with pytest.raises(crawler.ConfigError, match=r"each measured run reads the job anew, and .*job.yaml now gives"):
        crawler.compare(replace(job, starts=()))
    monkeypatch.chdir(tmp_path)
    job = crawler.load(DATA)
    monkeypatch.chdir(ROOT)
    with pytest.raises(crawler.ConfigError, match="the dict that it was loaded from now gives another"):
        crawler.compare(job)


def test_compare_is_a_function_whatever_is_imported():
    code = (
        "import crawler, inspect, crawler.compare.task\n"
        "print(callable(crawler.compare), 'strategies' in inspect.signature(crawler.compare).parameters)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True"
