"""What a client must know: plain, picklable, sent to every worker once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from crawler.model import shown

__all__ = ["ClientSettings"]


class ClientSettings(NamedTuple):
    """How requests are made.

    Attributes:
        user_agent: sent with every request, to every host.
        timeout: seconds a request may take in all, from connecting to the last byte.
        connect_timeout: seconds to connect.
        page_bytes: most bytes of a decoded body; more is the failure `too-large`.
        connections: connections kept open to a host, the number of workers.
        headers, cookies, auth: sent only to `origins`; may hold secrets, so never shown in a repr.
        origins: scheme://host:port of the start URLs.
        proxy: URL of a proxy, may hold a password. The environment's proxies and .netrc are never used.
        private_hosts: hosts that the config names, which may be loopback or private addresses.
        allow_private: every host may be a private address.
        insecure_hosts: hosts whose certificate is not checked.
        connect_to: host and port that every connection goes to, by plain http, whatever a URL names, past the guard
            on addresses; no name is looked up. See `crawler.fetch.detour`. Not together with `proxy`.
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

    def __repr__(self) -> str:
        return shown(self, ("headers", "cookies", "auth", "proxy"))
