"""From a Request to what a client sends: URL, headers, limits. The same for every client.

A client connects to the server that `connect_to` gives, sends its headers, and treats the answer as one of the real
URL: redirects are resolved against that, and it is the `url` of the Response.

What depends on the host alone is worked out once for each host.
"""

from __future__ import annotations

from base64 import b64encode
from time import monotonic
from typing import NamedTuple

from crawler import urls
from crawler.errors import FetchError
from crawler.fetch import response_head
from crawler.fetch.addresses import check_for_proxy, check_literal
from crawler.fetch.body import ACCEPTED
from crawler.fetch.client import ROBOTS, ROBOTS_BYTES, ClientSettings
from crawler.fetch.outcome import GOOD, KEPT
from crawler.fetch.proxy import is_socks
from crawler.model import FILE, Request, shown

__all__ = ["Endpoint", "PreparedRequest", "RequestPreparer", "connect_to", "request_headers", "with_cookies"]


def connect_to(server: str, to: tuple[str, int]) -> tuple[str, dict[str, str]]:
    """Return the server that is connected to in place of another, and headers that say which was meant.

    It is asked by http for an https URL as well; X-Forwarded-Proto tells it which it was.

    Args:
        server: scheme, host and port of a clean URL, `https://example.com`.
    """
    scheme, _, named = server.partition("://")
    host, port = to
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"http://{place}", {"Host": named, "X-Forwarded-Proto": scheme}


def request_headers(settings: ClientSettings) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers for every host, and those for the job's own origins: only these may hold secrets."""
    public = {
        "User-Agent": settings.user_agent,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding": ACCEPTED,
    }
    own = {name.title(): value for name, value in settings.headers.items()}
    private = public | own
    if settings.cookies:
        pairs = [f"{name}={value}" for name, value in settings.cookies.items()]
        private["Cookie"] = "; ".join([private["Cookie"], *pairs] if "Cookie" in private else pairs)
    if settings.auth:
        private["Authorization"] = "Basic " + b64encode(":".join(settings.auth).encode()).decode("ascii")
    return public, private


def with_cookies(headers: dict[str, str], cookies: str) -> dict[str, str]:
    """Return the headers with these cookies behind those that they have."""
    if not cookies:
        return headers
    return headers | {"Cookie": f"{headers['Cookie']}; {cookies}" if "Cookie" in headers else cookies}


MAX_PLACES = 1_000


class Endpoint(NamedTuple):
    """A host that is asked.

    Attributes:
        host: without brackets.
        headers: for every request to it; never changed.
        secure: its certificate is checked.
        lines: the headers as they are sent.
    """

    origin: str
    host: str
    port: int
    headers: dict[str, str]
    secure: bool
    lines: list[bytes]


class PreparedRequest(NamedTuple):
    """A request as it is sent.

    Attributes:
        url: absolute and clean.
        server: `scheme://host:port` that is connected to, mostly that of the URL.
        target: what stands in the request line, byte for byte: path and query, or the whole URL for a proxy of http.
        headers: never changed.
        lines: the headers as they are sent.
        most: bytes of its decoded body.
        cut: a larger body is cut.
        kept: names of headers of the answer that are kept.
        proxy: URL of the proxy that it goes through, may hold a password.
        method: GET or POST.
        body: empty for none.
        good: statuses of pages.
    """

    url: str
    server: str
    target: str
    place: Endpoint
    headers: dict[str, str]
    lines: list[bytes]
    most: int
    cut: bool
    not_after: float
    kept: frozenset[str]
    proxy: str | None
    method: str = "GET"
    body: bytes = b""
    good: frozenset[int] = GOOD

    def __repr__(self) -> str:
        return shown(self, ("headers", "lines", "place", "proxy", "body", "target"))


class RequestPreparer:
    """Prepares requests, from any thread."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._public, self._private = request_headers(settings)
        self._kept = KEPT | settings.kept_headers
        response_head.use(settings.kept_headers)
        self._places: dict[str, Endpoint] = {}

    def __call__(self, request: Request) -> PreparedRequest:
        """Prepare a request.

        Raises:
            FetchError: `late`, or `address-blocked` where the host is itself an address.
            BadUrl: it is no URL of http or https.
        """
        if monotonic() > request.not_after:
            raise FetchError("late", "its time slot expired before it could be sent")
        url = urls.resolve("", request.url)
        message = request.message
        # What is played back was recorded by the URL without its secrets.
        other = message.url if message is not None and not self._settings.connect_to else ""
        asked_url = urls.resolve("", other) if other else url
        end = asked_url.index("/", 8)
        server, target = asked_url[:end], asked_url[end:]
        place = self._places.get(server) or self._new_place(server)
        robots = request.kind == ROBOTS
        most = ROBOTS_BYTES if robots else self._settings.page_bytes
        if request.kind == FILE:
            most = self._settings.file_bytes
        headers = with_cookies(place.headers, request.cookies)
        if message is not None and message.headers:
            headers = headers | dict(message.headers)
        if self._settings.connect_to:
            server, more = connect_to(server, self._settings.connect_to)
            headers = headers | more
            if message is not None and message.mark:
                headers["X-Crawler-Request"] = message.mark
        settings = self._settings
        proxy = settings.proxy_of(request) if settings.proxies else settings.proxy
        if proxy and not is_socks(proxy) and server.startswith("http:"):
            target = asked_url
        lines = place.lines if headers is place.headers else _lines(headers)
        plain = PreparedRequest(
            url, server, target, place, headers, lines, most, robots, request.not_after, self._kept, proxy
        )
        if message is None:
            return plain
        good = GOOD | message.statuses if message.statuses else GOOD
        return plain._replace(method=message.method, body=message.body, good=good)

    def _new_place(self, start: str) -> Endpoint:
        settings = self._settings
        origin = urls.origin(start + "/")
        scheme, _, named = start.partition("://")
        host, port = _split(named, 443 if scheme == "https" else 80)
        if settings.proxy:
            check_for_proxy(host, port, settings)
        elif not settings.connect_to:
            check_literal(host, port, settings)
        bare = f"[{host}]" if ":" in host else host
        secure = settings.insecure_hosts.isdisjoint((bare, f"{bare}:{port}"))
        headers = {"Host": named} | (self._private if origin in settings.origins else self._public)
        place = Endpoint(origin, host, port, headers, secure, _lines(headers))
        if len(self._places) >= MAX_PLACES:
            self._places.clear()
        self._places[start] = place
        return place


def _split(named: str, default: int) -> tuple[str, int]:
    host, colon, port = named.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = named, ""
    return host.strip("[]"), int(port) if port else default


def _lines(headers: dict[str, str]) -> list[bytes]:
    return [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
