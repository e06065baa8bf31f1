"""aiohttp on uvloop names failures as it does on the loop of the standard library."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.fetch.settings import ClientSettings
from crawler.model import Request
from tests.support.badserver import FAULTS, serve
from tests.support.clients import make_client

SLOW = {"silent", "drip-body", "drip-headers", "drip-chunks", "drip-error-page"}


@pytest.mark.parametrize("script", sorted(FAULTS.keys() - SLOW))
def test_the_same_codes_on_both_loops(script: str) -> None:
    pytest.importorskip("uvloop", reason="uvloop is not installed")
    settings = ClientSettings("x", timeout=5.0, page_bytes=200_000, allow_private=True)
    found: list[Any] = []
    for name in ("aiohttp", "uvloop"):
        client = make_client(name, settings)
        with serve(FAULTS[script]) as server:
            found.append(client(Request(1, server.url, "page")))
        client.close()
    assert found[0].code == found[1].code
