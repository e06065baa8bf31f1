"""What is named as `module:name`, or brought by another package, is used as ours is; what is wrong with it is said."""

import os
import subprocess
import sys

import pytest

import crawler
from crawler import plugins
from crawler.config.reference import schema
from crawler.errors import ConfigError
from tests.support.jobs import ROOT, crawl
from tests.support.plugin import install

JOB = """
name: theirs
start: http://shop.example/a
pages:
  page:
    fields:
      title: {css: h1, type: "%(type)s"}
      weight: {css: p, type: "%(weight)s"}
fetch: {client: "%(client)s", strategy: "%(strategy)s", workers: 2}
polite: {robots: false, delay: 0, contact: https://example.com/me}
output: out.%(suffix)s
"""
OURS = {"type": "text", "weight": "text", "client": "requests", "strategy": "threads", "suffix": "csv"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])  # a job that is loaded adds its folder
    plugins.entry_points.cache_clear()
    yield install(tmp_path)
    plugins.entry_points.cache_clear()


def job(folder, **values):
    path = folder / "job.yaml"
    path.write_text(JOB % {**OURS, **values})
    return path


def complaint(folder, **values):
    done = crawl("check", job(folder, **values))
    assert done.returncode == 2
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("nowhere:Thing", "the client x cannot be loaded: there is no module 'nowhere'"),
        ("crawler.nowhere:Thing", "the client x cannot be loaded: there is no module 'crawler.nowhere'"),
        ("crawler.clock:Thing", "has no 'Thing'"),
        ("crawler.clock", "is not of the form module:name"),
        (":Thing", "is not of the form module:name"),
    ],
)
def test_what_cannot_be_loaded_is_said_plainly(path, what):
    with pytest.raises(ConfigError, match=what):
        plugins.load(path, "the client x")


def test_a_module_that_raises_is_named(tmp_path, monkeypatch):
    (tmp_path / "raising_module.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="raising_module raises ZeroDivisionError: division by zero"):
        plugins.load("raising_module:x", "the type x")


def test_no_entry_points_are_read_for_a_job_that_needs_none(folder):
    script = (
        "import sys, crawler; from importlib import metadata; "
        "metadata.entry_points = lambda **group: sys.exit(f'they were read for {group}'); "
        f"crawler.load({str(job(folder))!r})"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("strategy", ["threads", "processes", "processes-threads", "queue-processes"])
def test_a_client_and_a_type_may_lie_beside_the_config(folder, strategy):
    path = job(folder, client="their_client:Fixed", weight="their_type:kilos", strategy=strategy)
    done = crawl("run", path, "--quiet")
    assert done.returncode == 0, done.stderr
    assert (folder / "out.csv").read_text("utf-8-sig").split() == ["title,weight", "Emma,12"]


def test_a_text_that_a_type_returns_is_the_value(folder):
    done = crawl("run", job(folder, client="their_client:Fixed", type="their_type:shout"), "--quiet")
    assert done.returncode == 0, done.stderr
    assert "EMMA,12 kg" in (folder / "out.csv").read_text()


def test_what_is_no_value_of_such_a_type_stays_text_with_a_note(folder):
    job_ = crawler.load(job(folder, client="their_client:Fixed", type="their_type:kilos"))
    report = crawler.run(job_)
    assert report.notes == 1
    assert [row["title"] for row in report.rows("page")] == ["Emma"]


@pytest.mark.parametrize(
    ("body", "why"),
    [("raise KeyError(text)", "raised KeyError"), ("return 1.5", "gave float"), ("return [text]", "gave list")],
)
def test_a_type_that_fails_is_the_cause_of_the_page(folder, body, why):
    (folder / "bad_type.py").write_text(f"def read(text):\n    {body}\n")
    done = crawl("run", job(folder, client="their_client:Fixed", type="bad_type:read"), "--json")
    assert '"hook": 1' in done.stdout
    assert why in (crawl("show", folder / "job.yaml", "failed").stdout + done.stderr + done.stdout)


def test_the_place_of_a_wrong_name_is_said(folder):
    assert "job.yaml:9:" in complaint(folder, client="nowhere:Thing")
    assert "there is no module 'nowhere' beside the config" in complaint(folder, strategy="nowhere:Thing")
    assert "job.yaml:8:" in complaint(folder, weight="nowhere:thing")
    assert "expected a name or module:name" in complaint(folder, weight="a b:c")
    assert "expected a name or module:name" in complaint(folder, client="their_client:")
    assert "did you mean 'money'" in complaint(folder, weight="mony")


def test_a_wrong_attribute_is_said_before_anything_is_fetched(folder):
    for values in ({"client": "their_client:Nobody"}, {"weight": "their_type:nobody"}, {"strategy": "their_type:Nope"}):
        done = crawl("run", "--quiet", job(folder, **values))
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert "nobody" in done.stderr.lower() or "Nope" in done.stderr


def test_check_runs_no_code_that_a_config_names(folder):
    (folder / "tells.py").write_text("open('it_ran', 'w').close()\nX = x = str\n")
    for values in ({"client": "tells:X"}, {"weight": "tells:x"}, {"strategy": "tells:X"}):
        done = crawl("check", job(folder, **values))
        assert done.returncode == 0, done.stderr
        assert not [*folder.rglob("it_ran"), *ROOT.glob("it_ran")]


def crawl_with(folder, *arguments):
    return crawl(*arguments, env={"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])})


def test_another_package_brings_all_four(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("job")
    path = job(place, client="fixed", strategy="their-pool", weight="kilos", suffix="count")
    assert crawl_with(folder, "check", path).returncode == 0
    done = crawl_with(folder, "run", path, "--quiet")
    assert done.returncode == 0, done.stderr
    assert (place / "out.count").read_text() == "page 1\nEmma 12\n"


def test_what_another_package_brings_is_among_the_names_of_a_complaint(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("job")
    for values, near in (({"client": "fixt"}, "fixed"), ({"strategy": "their-pol"}, "their-pool")):
        assert f"did you mean '{near}'?" in crawl_with(folder, "check", job(place, **values)).stderr
    assert "kilos" in crawl_with(folder, "check", job(place, weight="pounds")).stderr
    assert ".count" in crawl_with(folder, "check", job(place, suffix="txt")).stderr


def test_editors_hear_of_it(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    assert "kilos" in str(schema()["definitions"]["FieldSpec"]["anyOf"][1]["properties"]["type"])
