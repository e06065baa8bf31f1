"""Pages that hang or kill the worker that has them: the run ends, the page is named, all other pages are read."""

import sqlite3
from contextlib import closing

import pytest

import crawler
from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.runner import assemble
from tests.support.badserver import answer, pages, serve

HOOK = """
import os, time

def read(page, url):
    if url.endswith("/bad"):
        {deed}
    return {{"records": [{{"title": page.title.get_text()}}], "links": []}}
"""
HANG = "while not os.path.exists('{flag}'): time.sleep(0.01)"
DIE = "os._exit(1)"
RAISE = "raise StopIteration('odd')"
EXIT = "raise SystemExit(3)"

JOB = """
name: deeds
start: ["{base}/1", "{base}/2", "{base}/bad", "{base}/3", "{base}/4"]
pages:
  page: {{table: pages, fields: {{title: title}}, python: "hook_{name}:read"}}
fetch: {{strategy: {strategy}, workers: 2, parse: {place}, timeout: 1, retries: 0}}
polite: {{robots: false, delay: 0}}
output: pages.jsonl
"""


@pytest.fixture
def run(tmp_path, request):
    site = {f"/{name}": answer(f"<title>{name}</title>".encode()) for name in ("1", "2", "3", "4", "bad")}
    flag = tmp_path / "flag"
    with serve(pages(site)) as server:

        def run(deed, strategy, place):
            name = f"{abs(hash((request.node.name, str(tmp_path))))}"
            (tmp_path / f"hook_{name}.py").write_text(HOOK.format(deed=deed.format(flag=flag)))
            path = tmp_path / "job.yaml"
            base = server.url.rstrip("/")
            path.write_text(JOB.format(base=base, name=name, strategy=strategy, place=place))
            report = crawler.run(crawler.load(path))
            titles = [row["title"] for row in report.rows("pages")]
            with closing(sqlite3.connect(report.state)) as db:
                code, detail = db.execute("SELECT code, detail FROM pages WHERE url LIKE '%/bad'").fetchone()
            return titles, code, detail

        yield run
    flag.touch()


@pytest.mark.parametrize(
    ("strategy", "place"), [("processes", "worker"), ("threads", "pool"), ("processes-threads", "worker")]
)
def test_fault_220_a_page_that_kills_its_worker_is_set_aside_after_three(run, strategy, place):
    titles, code, detail = run(DIE, strategy, place)
    assert titles == ["1", "2", "3", "4"]
    assert (code, "3 workers" in detail) == ("crash", True)


@pytest.mark.parametrize(
    ("strategy", "place", "expected"),
    [
        ("threads", "callback", "hang"),
        ("threads", "worker", "hang"),
        ("threads", "pool", "crash"),  # the worker ends itself
        ("processes", "worker", "crash"),
        ("processes-threads", "worker", "hang"),
        pytest.param("processes-threads", "callback", "hang", marks=pytest.mark.long),
    ],
)
def test_fault_186_a_page_that_hangs_is_given_up(run, monkeypatch, strategy, place, expected):
    monkeypatch.setattr(assemble, "PARSE_SECONDS", 0.2)
    titles, code, _ = run(HANG, strategy, place)
    assert titles == ["1", "2", "3", "4"]
    assert code == expected


@pytest.mark.parametrize("deed", [RAISE, EXIT])
@pytest.mark.parametrize("place", PARSE_STAGES)
@pytest.mark.parametrize("strategy", ["threads", "processes"])
def test_fault_187_whatever_a_hook_raises_fails_its_page_alone(run, strategy, place, deed):
    titles, code, detail = run(deed, strategy, place)
    assert titles == ["1", "2", "3", "4"]
    assert code in ("hook", "parse-error")
    assert "StopIteration" in detail or "SystemExit" in detail
