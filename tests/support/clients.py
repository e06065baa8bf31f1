"""Every HTTP client behind one function."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from crawler.fetch.client import ClientSettings, Fetch, make_fetch
from crawler.model import Failure, Moved, Request, Response
from crawler.strategies.port import Plan
from crawler.strategies.registry import make_strategy

CLIENTS = ("requests", "curl", "aiohttp", "transfers")
"""`aiohttp` on the loop of the standard library, whose parts a test can replace; `transfers`: curl, many at once."""

_STRATEGIES = {"aiohttp": "asyncio", "uvloop": "asyncio", "transfers": "curl"}


class Driven:
    """A client that only a strategy can drive, called like the others."""

    def __init__(self, strategy: str, settings: ClientSettings, uvloop: bool) -> None:
        plan: Plan[Any] = Plan(16, "", settings, lambda request, fetched: fetched)
        with pytest.MonkeyPatch.context() as patch:
            if not uvloop:
                patch.setitem(sys.modules, "uvloop", None)
            self._strategy = make_strategy(strategy, plan)

    def __call__(self, request: Request) -> Response | Moved | Failure:
        found: Response | Moved | Failure = self._strategy.submit(request).result(20)
        return found

    def close(self) -> None:
        self._strategy.close()


def make_client(name: str, settings: ClientSettings) -> Fetch:
    """`uvloop` is aiohttp on uvloop."""
    return Driven(_STRATEGIES[name], settings, name == "uvloop") if name in _STRATEGIES else make_fetch(name, settings)
