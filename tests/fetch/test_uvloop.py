"""aiohttp on uvloop reads pages and names failures as it does on the loop of the standard library."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.fetch.client import ClientSettings
from crawler.model import Request, Response
from tests.support.badserver import FAULTS, answer, in_turn, serve
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


@pytest.mark.parametrize("size", range(600_000, 1_000_000, 50_000))
def test_a_large_page_that_comes_faster_than_it_is_read_comes_whole(size: int) -> None:
    """uvloop reads so much at once that aiohttp stops its parser with the end of some of these pages in it."""
    pytest.importorskip("uvloop", reason="uvloop is not installed")
    client = make_client("uvloop", ClientSettings("x", timeout=5.0, page_bytes=2_000_000, allow_private=True))
    with serve(in_turn(answer(b"x" * size))) as server:
        found = client(Request(1, server.url, "page"))
    client.close()
    assert isinstance(found, Response), found
    assert len(found.body) == size
