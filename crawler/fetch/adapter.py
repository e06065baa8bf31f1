"""The transport adapter of requests, with our connections and without the work that every request would repeat.

Everything overridden here is documented by requests "for use when subclassing". `send` itself stays, so that
`responses` can mock it.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from crawler.fetch.addresses import check_for_proxy
from crawler.fetch.connections import POOLS
from crawler.fetch.settings import ClientSettings
from crawler.fetch.tls import context

__all__ = ["Adapter", "Bare"]


class Bare(requests.Response):
    """A response without the parts nobody looks at here: cookies, encoding, history."""

    def __init__(self, request: requests.PreparedRequest, raw: BaseHTTPResponse) -> None:
        self.request = request
        self.raw = raw
        self.status_code = raw.status
        self.headers = raw.headers  # type: ignore[assignment]  # as good as a copy of another class
        self.url = request.url or ""
        self.history = []
        self._content = False  # type: ignore[assignment]  # as requests marks a body that is not read
        self._content_consumed = False


class Adapter(HTTPAdapter):
    """Connections of one thread."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        # The pool manager holds them, at most so many; one that it drops is closed, and must not be held here.
        self._pools: WeakValueDictionary[str, HTTPConnectionPool] = WeakValueDictionary()
        super().__init__(settings.connections, settings.connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make connections of ours."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make connections of ours, through a proxy too."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        """Return the pool for the host of the request; `verify` and `proxies` are the same for all of a host."""
        url = request.url or ""
        origin = url[: url.index("/", 8)]
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = self._new_pool(origin)
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection alone: its TLS context decides."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what tells urllib3 the scheme, for a proxy of http. The request line is written by our connections."""
        url = request.url or ""
        return url[: url.index("/", 8) + 1] if self._settings.proxy and url.startswith("http:") else "/"

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Wrap the answer of urllib3."""
        return Bare(req, resp)

    def _new_pool(self, origin: str) -> HTTPConnectionPool:
        parsed = parse_url(origin)
        kwargs: dict[str, Any] = {}
        if parsed.scheme == "https":
            secure = self._settings.insecure_hosts.isdisjoint((parsed.host, parsed.netloc))
            kwargs["ssl_context"] = context(secure)
            kwargs["cert_reqs"] = "CERT_REQUIRED" if secure else "CERT_NONE"
        proxy = self._settings.proxy
        if proxy:
            check_for_proxy(parsed.host or "", parsed.port or 0, self._settings)
        manager = self.proxy_manager_for(proxy) if proxy else self.poolmanager
        pool: HTTPConnectionPool = manager.connection_from_host(
            parsed.host, parsed.port, parsed.scheme, pool_kwargs=kwargs
        )
        return pool
