"""Worker processes find in memory what they need: an import in each of them costs as much as many pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.strategies.registry import STRATEGIES, missing, preload
from tests.support.badserver import answer, pages, serve

FORKED = [name for name, entry in STRATEGIES.items() if entry.loads is not None]


@pytest.mark.parametrize(
    ("name", "client"),
    [(name, "requests") for name in FORKED] + [("processes", "curl"), ("processes-threads", "curl")],
)
def test_a_worker_imports_nothing_itself(name, client):
    if what := missing(name) or (client == "curl" and missing("curl")):
        pytest.skip(what)
    with serve(pages({"/1": answer(b"<p>One")})) as server:
        command = [sys.executable, "-m", "tests.strategies.late", name, client, f"{server.url}1"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=180)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_no_worker_of_curl_carries_requests_along():
    assert not [module for module in preload("processes-curl", "requests") or () if "requests" in module]
    assert preload("threads", "requests") is None
    assert preload("gevent", "requests") is None  # spawned, not forked
