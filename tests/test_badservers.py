"""Every misbehaving server of the catalogue beside good pages, in one run: each bad URL ends under one name."""

import json
import sqlite3
from contextlib import ExitStack, closing

import pytest

from tests.support.badserver import FAULTS, answer, pages, serve
from tests.support.jobs import crawl
from tests.support.tricks import TRICKS, open_tricks
from tests.support.usable import CLIENTS

GOOD = 60
JOB = """
name: matrix
start: {start}
pages:
  index:
    follow: [{{css: a, to: page, same_site: false}}]
  page:
    table: pages
    fields: {{title: title}}
fetch: {{strategy: {strategy}, workers: 8, timeout: 0.8, connect_timeout: 0.5, retries: 1, allow_private: true,
  insecure_hosts: [127.0.0.1]}}
polite: {{robots: false, delay: 0, per_host: 8}}
limits: {{failures: 100%, page_bytes: 2MB}}
output: out/pages.jsonl
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with ExitStack() as stack:
        tricks = stack.enter_context(open_tricks(tmp_path_factory.mktemp("certificates")))
        bad = tricks | {name: stack.enter_context(serve(script)).url for name, script in FAULTS.items()}
        site = {f"/{n}": answer(f"<title>good {n}</title>".encode()) for n in range(GOOD)}
        links = [f"/{n}" for n in range(GOOD)] + list(bad.values())
        site["/"] = answer("".join(f"<a href='{link}'>x</a>" for link in links).encode())
        yield stack.enter_context(serve(pages(site))).url, bad


@pytest.fixture(scope="module")
def outcomes(web, tmp_path_factory):
    """What became of every page under each strategy."""
    start, _bad = web
    found = {}
    for strategy in CLIENTS:
        folder = tmp_path_factory.mktemp(strategy)
        job = folder / "matrix.yaml"
        job.write_text(JOB.format(start=start, strategy=strategy))
        done = crawl("run", job, "--json")
        assert "Traceback" not in done.stderr
        report = json.loads(done.stdout)
        with closing(sqlite3.connect(folder / "out" / "matrix.state.sqlite")) as db:
            rows = {url: rest for url, *rest in db.execute("SELECT url, state, code, attempts FROM pages")}
        found[strategy] = report, rows, (folder / "out" / "pages.jsonl").read_text().splitlines()
    return found


@pytest.mark.parametrize("strategy", CLIENTS)
def test_every_good_page_is_read_beside_the_bad_ones(outcomes, strategy):
    report, _, rows = outcomes[strategy]
    assert [json.loads(row)["title"] for row in rows if "good " in row][:GOOD] == [f"good {n}" for n in range(GOOD)]
    assert report["pages"]["left"] == 0


@pytest.mark.parametrize("strategy", CLIENTS)
def test_every_page_ends_in_exactly_one_state(web, outcomes, strategy):
    report, rows, _ = outcomes[strategy]
    counts = report["pages"]
    assert len(rows) == 1 + GOOD + len(web[1]) == sum(counts.values())
    assert all(code for state, code, _ in rows.values() if state in ("failed", "skipped"))
    assert not [code for _, code, _ in rows.values() if code in ("internal", "hang", "crash", "parse-error")]


@pytest.mark.parametrize("strategy", CLIENTS)
def test_the_outcomes_are_the_same_under_every_strategy(outcomes, strategy):
    assert outcomes[strategy][1] == outcomes["threads"][1]


@pytest.mark.parametrize("strategy", CLIENTS)
def test_a_page_that_was_cut_short_is_asked_for_again_and_never_kept(web, outcomes, strategy):
    _, rows, _ = outcomes[strategy]
    wrong = {}
    for name in TRICKS.keys() & web[1].keys():
        found, want = rows[web[1][name]], TRICKS[name].want
        if found != (["done", None, 1] if want == "whole" else ["failed", want, 2]):
            wrong[name] = found
    assert not wrong
