"""Real pages recorded from a slow server, replayed without it."""

from __future__ import annotations

import random
import sqlite3
import statistics
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.jobs import ROOT, crawl, digest
from tests.support.sites import need_site


class Slow(SimpleHTTPRequestHandler):
    """Answers after 20 to 80 ms; every page always after the same time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked += 1
        time.sleep(random.Random(self.path).uniform(0.02, 0.08))
        super().do_GET()

    def log_message(self, *arguments):
        pass


@contextmanager
def slow(folder):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Slow, directory=folder)) as server:
        server.asked, server.daemon_threads, server.block_on_close = 0, True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def latencies(state):
    with closing(sqlite3.connect(state)) as db:
        return dict(db.execute("SELECT url, elapsed FROM pages WHERE state = 'done'"))


@pytest.mark.long
def test_the_books_site_is_replayed_as_slowly_as_it_was(tmp_path):
    with slow(need_site("books_toscrape")) as server:
        start = f"http://127.0.0.1:{server.server_address[1]}/catalogue/page-48.html"
        settings = ["polite.delay=0", "polite.per_host=8", f"output={tmp_path / 'out' / 'books.jsonl'}"]
        flags = ["--start", start, "--quiet", "--workers", "6", *(f"--set={setting}" for setting in settings)]
        job = ROOT / "configs" / "books_toscrape.yaml", *flags
        crawl("run", *job, "--record", tmp_path / "rec")
        before, asked = latencies(next((tmp_path / "out").glob("*.sqlite"))), server.asked
        assert asked > len(before) >= 60
        records = digest(tmp_path / "out")
        crawl("run", *job, "--replay", tmp_path / "rec")
        assert server.asked == asked, "the original was asked"
    assert digest(tmp_path / "out") == records
    after = latencies(tmp_path / "rec" / "replay.state.sqlite")
    assert before.keys() == after.keys()
    for share in (50, 95):
        recorded, replayed = (statistics.quantiles(each.values(), n=100)[share - 1] for each in (before, after))
        assert replayed == pytest.approx(recorded, rel=0.1)
    off = sorted(abs(after[url] / before[url] - 1) for url in before)
    assert off[len(off) // 2] < 0.1
