"""Clients by name. A client turns a Request into what the server made of it; it never raises for that."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from crawler.errors import ConfigError
from crawler.fetch.settings import ClientSettings
from crawler.model import Failure, Moved, Request, Response

__all__ = ["CLIENTS", "ROBOTS", "ROBOTS_BYTES", "Fetch", "make_fetch"]

CLIENTS = {"requests": "crawler.fetch.requests_client:RequestsFetch"}
"""Name of a client, and where its class is; imported only when it is used."""

ROBOTS = "robots.txt"
"""Kind of a request whose body is cut where it is too large: its first ROBOTS_BYTES are returned, not a failure."""

ROBOTS_BYTES = 512_000
"""500 KiB, as RFC 9309, section 2.5, asks for at least."""


class Fetch(Protocol):
    """Fetches one URL once: no redirect is followed, no failure is tried again."""

    def __call__(self, request: Request) -> Response | Moved | Failure:
        """Return a Response (status 200, 203, or 204 and 205 with an empty body), Moved, or a Failure.

        May be called from many threads at once. Takes `settings.timeout` seconds at most, and the wait until
        `request.not_before`.
        """

    def close(self) -> None:
        """Close the idle connections of all threads."""


def make_fetch(name: str, settings: ClientSettings) -> Fetch:
    """Return the client of that name.

    Raises:
        ConfigError: there is no such client.
    """
    if name not in CLIENTS:
        raise ConfigError(f"unknown client {name!r}; known: {', '.join(sorted(CLIENTS))}")
    module, _, attribute = CLIENTS[name].partition(":")
    fetch: Fetch = getattr(import_module(module), attribute)(settings)
    return fetch
