"""What a worker process has to do with its parent: it ends with it, and hears of no signal that is meant for all."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest

from crawler.fetch.client import ClientSettings
from crawler.model import Request
from crawler.strategies import worker_process
from crawler.strategies.port import Plan
from crawler.strategies.registry import STRATEGIES, make_strategy, missing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions and no masks")
FOR_ALL = {signal.SIGINT, signal.SIGTERM}


def session(request: Request, fetched: Any) -> tuple[int, bool, set[signal.Signals]]:
    """A `then`: the session of this process, whether it ignores Ctrl-C, and the signals that it does not hear."""
    ignores = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return os.getsid(0), ignores, signal.pthread_sigmask(signal.SIG_BLOCK, set())


@pytest.mark.parametrize("name", [name for name, entry in STRATEGIES.items() if entry.processes])
def test_a_worker_has_a_session_of_its_own(name: str) -> None:
    if what := missing(name):
        pytest.skip(what)
    settings = ClientSettings("x", timeout=5.0, connections=1, allow_private=True)
    strategy = make_strategy(name, Plan(1, "requests", settings, session))
    found, ignores, masked = strategy.submit(Request(1, "http://127.0.0.1:9/", "page")).result(30)
    strategy.close()
    assert found != os.getsid(0)
    assert ignores
    assert not FOR_ALL & masked  # the main process ends a worker by SIGTERM


def test_what_starts_is_deaf_and_we_are_not() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    with worker_process.deaf():
        assert signal.pthread_sigmask(signal.SIG_BLOCK, set()) >= FOR_ALL
    assert signal.pthread_sigmask(signal.SIG_BLOCK, set()) == before
