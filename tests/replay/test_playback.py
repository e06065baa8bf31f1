"""A run over a recording: the same records, about the same latencies, and the original is left alone."""

from __future__ import annotations

import json
import sqlite3
import statistics
from contextlib import ExitStack, closing

import pytest

import crawler
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError
from crawler.replay.playback import Replay
from crawler.replay.server import ReplayServer
from tests.support.badserver import FAULTS, answer, keep_alive, pages, serve
from tests.support.jobs import ROOT, crawl_here, digest, write_job
from tests.support.usable import USABLE

CLIENTS = [name for name in ("serial", "threads", "processes", "asyncio", "gevent", "curl") if name in USABLE]


def outcomes(state):
    with closing(sqlite3.connect(state)) as db:
        rows = db.execute("SELECT url, state, code, status, detail, attempts FROM pages ORDER BY url").fetchall()
        return rows, sorted(each[0] for each in db.execute("SELECT elapsed FROM pages WHERE elapsed > 0"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The shop, recorded while it was slow; it is closed now."""
    folder = tmp_path_factory.mktemp("shop")
    with DemoServer(DemoOptions(books=30, latency=0.05, port=0)) as server:
        path = write_job(folder, server.url, fetch={"workers": 3}, polite={"delay": 0})
        done = crawl_here("run", path, "--json", "--record", folder / "rec")
        assert done.returncode == 0, done.stderr
    return path, folder, json.loads(done.stdout)


@pytest.mark.parametrize("strategy", CLIENTS)
def test_the_records_are_those_of_the_site_under_every_strategy(shop, tmp_path, strategy):
    path, folder, before = shop
    job = crawler.load(path, overrides=[f"fetch.strategy={strategy}", "fetch.workers=3"])
    files = tuple(tmp_path / output.name for output in job.outputs)
    after = crawler.run(job, fresh=True, replay=Replay(folder / "rec", latency=0, outputs=files))
    assert digest(tmp_path, ".jsonl") == digest(folder / "out", ".jsonl")
    assert (dict(after.pages), dict(after.causes), dict(after.records)) == (
        before["pages"], before["causes"], before["records"],
    )  # fmt: skip


def test_every_answer_takes_as_long_as_it_did(shop, tmp_path):
    """That it takes no longer is measured by the long test: a busy machine would fail it here."""
    path, folder, _ = shop
    assert crawl_here("run", path, "--quiet", "--fresh", "--replay", folder / "rec").returncode == 0
    rows, recorded = outcomes(folder / "out" / "demo.state.sqlite")
    again, replayed = outcomes(folder / "rec" / "replay.state.sqlite")
    assert rows == again
    assert statistics.median(replayed) >= 0.9 * statistics.median(recorded)


def test_state_and_files_of_the_real_job_stay_as_they_are(shop):
    path, folder, _ = shop
    before = {each: each.read_bytes() for each in (folder / "out").iterdir() if each.is_file()}
    done = crawl_here("run", path, "--json", "--fresh", "--replay", folder / "rec")
    assert {each: each.read_bytes() for each in before} == before
    names = ["demo.xlsx", "demo.books.jsonl", "demo.authors.jsonl"]
    assert json.loads(done.stdout)["files"] == [str(folder / "rec" / "output" / name) for name in names]
    assert digest(folder / "rec" / "output", ".jsonl") == digest(folder / "out", ".jsonl")


def test_files_go_where_the_command_line_says(shop, tmp_path):
    path, folder, _ = shop
    target = tmp_path / "mine.xlsx"
    done = crawl_here("run", path, "--quiet", "--fresh", "--replay", folder / "rec", "--set", f"output={target}")
    assert done.returncode == 0
    assert target.stat().st_size


def test_politeness_holds_as_it_is_configured(shop):
    path, folder, _ = shop
    job = crawler.load(path, overrides=["polite.delay=0.1", "limits.pages=6"])
    report = crawler.run(job, fresh=True, replay=Replay(folder / "rec", latency=0))
    assert report.timing.crawl >= 0.5


def test_the_original_is_not_connected_to(tmp_path):
    site = {"/": answer(b"<title>a</title><a href=/b>b</a><b href=/new>new</b>"), "/b": answer(b"<title>b</title>")}
    kind = "{table: t, fields: {title: title}, follow: [{css: a, to: page}]}"
    with serve(pages(site)) as server:
        path = tmp_path / "t.yaml"
        text = f"name: t\nstart: {server.url}\npages: {{page: {kind}}}\n"
        path.write_text(text + "polite: {delay: 0}\noutput: t.jsonl\n")
        crawler.run(crawler.load(path), record=tmp_path / "rec")
        asked = server.connections
        assert asked
        path.write_text(path.read_text().replace("css: a,", "css: 'a, b',"))
        report = crawler.run(crawler.load(path), replay=tmp_path / "rec")
        assert server.connections == asked
    assert report.causes == {"http-404": 1}
    assert report.records == {"t": 2}


FAST = ("closed", "reset", "truncated", "chunk-not-hex", "junk", "not-gzip", "headers-150", "silent", "status-2000")


def test_failures_that_no_answer_can_be_come_again(tmp_path):
    """Under the codes and details of the recording, though the servers are gone."""
    with ExitStack() as stack:
        bad = [stack.enter_context(serve(FAULTS[name])).url for name in FAST]
        bad += ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://169.254.1.1:1/"]
        links = "".join(f"<a href='{url}'>x</a>" for url in [*bad, "/loop", "/away"]).encode()
        moved = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
        site = {
            "/": answer(links), "/loop": moved % b"/loop", "/away": moved % b"javascript:alert(1)",
        }  # fmt: skip
        start = stack.enter_context(serve(pages(site))).url
        path = tmp_path / "t.yaml"
        path.write_text(
            f"name: t\nstart: {start}\n"
            "pages: {page: {table: t, fields: {title: title}, follow: [{css: a, to: page, same_site: false}]}}\n"
            "fetch: {timeout: 0.5, connect_timeout: 0.5, retries: 0, allow_private: true}\n"
            "polite: {robots: false, delay: 0}\nlimits: {failures: 100%}\noutput: t.jsonl\n"
        )
        before = crawler.run(crawler.load(path), record=tmp_path / "rec")
    after = crawler.run(crawler.load(path), replay=Replay(tmp_path / "rec", latency=0))
    assert dict(after.causes) == dict(before.causes)
    assert outcomes(tmp_path / "rec" / "replay.state.sqlite")[0] == outcomes(before.state)[0]
    assert sum(before.causes.values()) == len(bad) + 2


def test_first_tries_fail_again_where_that_is_wanted(tmp_path):
    with DemoServer(DemoOptions(books=12, errors=0.2, port=0)) as server:
        job = crawler.load(write_job(tmp_path, server.url, polite={"delay": 0}))
        before = crawler.run(job, record=tmp_path / "rec")
    assert before.retries
    after = crawler.run(job, replay=Replay(tmp_path / "rec", latency=0, errors=True))
    assert after.retries == before.retries
    assert crawler.run(job, replay=Replay(tmp_path / "rec", latency=0)).retries == 0


def test_a_job_with_a_demo_site_needs_it_no_more(tmp_path, monkeypatch):
    text = (ROOT / "configs" / "demo.yaml").read_text().replace("demo:\n", "demo:\n  port: 0\n", 1)
    (tmp_path / "demo.yaml").write_text(text.replace("../output/", "output/"))
    job = crawler.load(tmp_path / "demo.yaml", overrides=["polite.delay=0"])
    before = crawler.run(job, record=tmp_path / "rec")
    monkeypatch.setattr("crawler.demo.process.DemoServer.start", None)
    after = crawler.run(job, replay=tmp_path / "rec")
    assert dict(after.pages) == dict(before.pages)
    assert dict(after.records) == dict(before.records)


def test_no_secret_is_sent_to_the_player(tmp_path, monkeypatch):
    sent = []
    site = {"/": answer(b"<title>a</title>")}

    def script(connection):
        keep_alive(lambda path, number: site.get(path, answer(b"", status=b"404 No")))(connection)

    with serve(script) as server:
        path = tmp_path / "t.yaml"
        path.write_text(
            f"name: t\nstart: {server.url}\npages: {{page: {{table: t, fields: {{title: title}}}}}}\n"
            "fetch: {headers: {X-Key: hidden}, cookies: {a: hidden}}\npolite: {delay: 0}\noutput: t.jsonl\n"
        )
        job = crawler.load(path)
        crawler.run(job, record=tmp_path / "rec")
        sent = [seen for seen in server.requests if b"hidden" in seen.head]
        assert sent
        del server.requests[:]
        monkeypatch.setattr("crawler.replay.server.ReplayServer.address", ("127.0.0.1", server.port))
        crawler.run(job, replay=tmp_path / "rec")
        assert server.requests
        assert not [seen for seen in server.requests if b"hidden" in seen.head]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_a_folder_without_a_recording_is_refused(tmp_path, make):
    make(tmp_path / "rec")
    path = write_job(tmp_path, "http://127.0.0.1:1")
    with pytest.raises(ConfigError, match="no recording; make one: crawler run CONFIG --record"):
        crawler.run(crawler.load(path), replay=tmp_path / "rec")


def test_a_server_that_runs_already_and_a_state_of_ones_own_are_used(shop, tmp_path):
    path, folder, before = shop
    job = crawler.load(path)
    with ReplayServer(folder / "rec", latency=0) as server:
        for number in range(2):
            state, files = tmp_path / f"{number}.sqlite", (tmp_path / f"{number}.jsonl",)
            replay = Replay(folder / "rec", address=server.address, state=state, outputs=files)
            assert dict(crawler.run(job, replay=replay).records) == before["records"]
            assert state.exists()
        assert server.stats()["requests"] == 2 * (before["requests"] + 1)
        assert server.stats()["unknown"] == 0
