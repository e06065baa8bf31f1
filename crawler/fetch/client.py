"""Clients by name, and their settings. A client turns a Request into a result; it never raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from crawler import plugins
from crawler.errors import ConfigError
from crawler.fetch.proxy import is_socks
from crawler.model import Failure, Moved, Request, Response, shown

__all__ = [
    "CLIENTS",
    "ROBOTS",
    "ROBOTS_BYTES",
    "AsyncFetch",
    "ClientSettings",
    "Entry",
    "Fetch",
    "Transfers",
    "check_client",
    "client_module",
    "make_async_fetch",
    "make_fetch",
    "make_transfers",
]


class ClientSettings(NamedTuple):
    """How requests are made.

    Attributes:
        user_agent: sent with every request, to every host.
        timeout: seconds a request may take in all, from connecting to the last byte.
        connect_timeout: seconds to connect.
        page_bytes: most bytes of a decoded body; more is the failure `too-large`.
        file_bytes: the same for a file, a page of the kind `(file)`.
        connections: connections kept open to a host, the number of workers.
        headers, cookies, auth: sent only to `origins`; may hold secrets, so never shown in a repr.
        origins: scheme://host:port of the start URLs.
        proxy: URL of a proxy, may hold a password. The environment's proxies and .netrc are never used.
        proxies: several, of which each request says which; then `proxy` is the first.
        private_hosts: hosts that the config names, which may be loopback or private addresses.
        allow_private: every host may be a private address.
        insecure_hosts: hosts whose certificate is not checked.
        kept_headers: of an answer, beside those that are always kept; in lower case.
        connect_to: host and port that every connection goes to, by plain http, whatever a URL names, past the guard
            on addresses; no name is looked up. See `crawler.fetch.prepare`. Not together with `proxy`.
        traced: each outcome says when its request did what (`crawler.model.Trail`).
    """

    user_agent: str
    timeout: float = 30.0
    connect_timeout: float = 10.0
    page_bytes: int = 10_000_000
    connections: int = 16
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}
    auth: tuple[str, str] | None = None
    origins: frozenset[str] = frozenset()
    proxy: str | None = None
    private_hosts: frozenset[str] = frozenset()
    allow_private: bool = False
    insecure_hosts: frozenset[str] = frozenset()
    connect_to: tuple[str, int] | None = None
    kept_headers: frozenset[str] = frozenset()
    file_bytes: int = 0
    proxies: tuple[str, ...] = ()
    traced: bool = False

    @property
    def uses_socks(self) -> bool:
        """Whether a proxy is one of SOCKS."""
        return any(is_socks(one) for one in (*self.proxies, self.proxy or ""))

    def proxy_of(self, request: Request) -> str | None:
        """The proxy that a request goes through."""
        return self.proxies[request.proxy % len(self.proxies)] if self.proxies else self.proxy

    @property
    def most_sent(self) -> int:
        """Bytes that may come over the wire: chunks and headers cost bytes too, but not more than the content."""
        return 2 * max(self.page_bytes, self.file_bytes) + 1_000_000

    def __repr__(self) -> str:
        return shown(self, ("headers", "cookies", "auth", "proxy", "proxies"))


class Entry(NamedTuple):
    """A line of the registry.

    Attributes:
        path: `module:Class`, imported only when it is used. The class is built from ClientSettings, see `Fetch`.
        about: when to choose it.
    """

    path: str
    about: str


CLIENTS: dict[str, Entry] = {
    "requests": Entry("crawler.fetch.requests_client:RequestsFetch", "the default"),
    "curl": Entry("crawler.fetch.curl_client:CurlFetch", "of the extra `curl`, which needs less CPU"),
}

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


class AsyncFetch(Protocol):
    """The same for an event loop. Built, called and closed in one loop."""

    async def __call__(self, request: Request) -> Response | Moved | Failure:
        """As `Fetch.__call__`; many may be in flight at once."""

    async def close(self) -> None:
        """Close all connections."""


class Transfers(Protocol):
    """The same for many requests that one thread has in flight. Only `wake` may be called from another."""

    def __len__(self) -> int:
        """How many are in flight."""

    def add(self, request: Request, done: Callable[[Response | Moved | Failure], None]) -> None:
        """Begin a request; `done` is called with what came of it, mostly within `perform`."""

    def perform(self, timeout: float) -> None:
        """Wait until something moves, or is woken, `timeout` seconds at most; then do what can be done."""

    def listen(self, number: int) -> None:
        """Let `perform` return, too, when this socket can be read; its bytes are left to the caller."""

    def wake(self) -> None:
        """Let `perform` return now, or the next time."""

    def close(self) -> None:
        """Hang up; requests in flight are forgotten."""


def make_fetch(name: str, settings: ClientSettings) -> Fetch:
    """Return the client of that name: one of ours, of another installed package, or `module:Class` of the user's own.

    Raises:
        ConfigError: there is no such client, or it needs what is not installed.
    """
    fetch: Fetch = plugins.load(_path(name), f"the client {name}")(settings)
    if not settings.traced:
        return fetch
    from crawler.fetch.trail import TracedFetch  # late, as below: few runs are traced

    return TracedFetch(fetch)


def check_client(name: str) -> None:
    """Import a client that is not one of ours: what is wrong with it is better said before workers start.

    Raises:
        ConfigError: there is no such client, or it cannot be loaded.
    """
    if name not in CLIENTS:
        plugins.load(_path(name), f"the client {name}")


def client_module(name: str) -> str:
    """The module that a worker must import for a client.

    Raises:
        ConfigError: there is no such client.
    """
    return plugins.module_of(_path(name))


def _path(name: str) -> str:
    if ":" in name:
        return name
    if name in CLIENTS:
        return CLIENTS[name].path
    others = plugins.entry_points(plugins.CLIENTS)
    if name in others:
        return others[name]
    raise ConfigError(f"unknown client {name!r}; known: {', '.join(sorted([*CLIENTS, *others]))}")


def make_async_fetch(settings: ClientSettings) -> AsyncFetch:
    """Return the client for an event loop, on aiohttp. Call it in that loop.

    Raises:
        ConfigError: aiohttp is not installed.
    """
    fetch: AsyncFetch = plugins.load("crawler.fetch.aiohttp_client:AiohttpFetch", "the client of asyncio")(settings)
    if not settings.traced:
        return fetch
    from crawler.fetch.trail import TracedAsyncFetch

    return TracedAsyncFetch(fetch)


def make_transfers(settings: ClientSettings) -> Transfers:
    """Return the client that has many transfers in flight in one thread, on pycurl.

    Raises:
        ConfigError: pycurl is not installed.
    """
    transfers: Transfers = plugins.load("crawler.fetch.curl_client:Transfers", "the client of curl")(settings)
    if not settings.traced:
        return transfers
    from crawler.fetch.trail import TracedTransfers

    return TracedTransfers(transfers)
