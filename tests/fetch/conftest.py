"""A client with small limits, and a way to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crawler.fetch.client import Fetch, make_fetch
from crawler.fetch.settings import ClientSettings
from crawler.model import Failure, Moved, Request, Response

Client = Callable[..., Fetch]


@pytest.fixture
def client() -> Iterator[Client]:
    """Make clients; each may connect to loopback, gives up after 0.5 s, and is closed at the end."""
    made: list[Fetch] = []

    def make(**changes: Any) -> Fetch:
        kept: dict[str, Any] = {
            "user_agent": "crawler/0 (+test)",
            "timeout": 0.5,
            "connect_timeout": 0.4,
            "page_bytes": 200_000,
            "private_hosts": frozenset({"127.0.0.1", "[::1]", "localhost"}),
        }
        made.append(make_fetch("requests", ClientSettings(**kept | changes)))
        return made[-1]

    yield make
    for fetch in made:
        fetch.close()


@pytest.fixture
def get(client: Client) -> Callable[..., Response | Moved | Failure]:
    """Fetch one URL with a new client: get(url, timeout=1)."""

    def ask(url: str, **changes: Any) -> Response | Moved | Failure:
        return client(**changes)(Request(1, url, "page"))

    return ask
