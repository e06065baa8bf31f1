"""Connections are kept: no strategy opens more of them to a host than it has workers."""

from __future__ import annotations

import os

import pytest

from crawler.fetch.client import ClientSettings
from crawler.model import Request
from crawler.strategies.port import Plan
from crawler.strategies.registry import make_strategy
from tests.support.badserver import answer, pages, serve
from tests.support.then import Then
from tests.support.usable import USABLE

NAMES = [name for name in ("threads", "processes-threads", "asyncio", "gevent", "curl") if name in USABLE]
WIDTH, BURST = 4, 12
PATIENCE = 20.0  # seconds for what must come; a busy machine is no mistake


@pytest.mark.parametrize("name", NAMES)
def test_single_requests_and_bursts_share_as_many_connections_as_there_are_workers(name: str) -> None:
    """A strategy that starts a worker anew after a pause asks over a new connection."""
    site = {f"/{n}": answer(b"%d" % n) for n in range(2 * BURST)}
    settings = ClientSettings("x", timeout=10.0, connections=WIDTH, allow_private=True)
    with serve(pages(site, delay=0.005)) as server:
        strategy = make_strategy(name, Plan(WIDTH, "requests", settings, Then(os.getpid())))
        asked = [Request(n, f"{server.url}{n}", "page") for n in range(2 * BURST)]
        try:
            for request in asked[:BURST]:
                assert strategy.submit(request).result(PATIENCE)[:2] == (request.id, 200)
            futures = [strategy.submit(request) for request in asked[BURST:]]
            assert [future.result(PATIENCE)[1] for future in futures] == [200] * BURST
        finally:
            strategy.close()
    assert server.connections <= WIDTH
    assert len(server.requests) == 2 * BURST
