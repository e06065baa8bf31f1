"""From a Request to what a client sends: URL, headers, limits. The same for every client.

What depends on the host alone is worked out once for each host.
"""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple

from crawler import urls
from crawler.errors import FetchError
from crawler.fetch.addresses import check_for_proxy, check_literal
from crawler.fetch.client import ROBOTS, ROBOTS_BYTES
from crawler.fetch.detour import detour
from crawler.fetch.headers import request_headers, with_cookies
from crawler.fetch.settings import ClientSettings
from crawler.model import Request

__all__ = ["Asked", "Asking", "Place"]

MOST_PLACES = 1_000


class Place(NamedTuple):
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


class Asked(NamedTuple):
    """A request as it is sent.

    Attributes:
        url: absolute and clean.
        server: `scheme://host:port` that is connected to, mostly that of the URL.
        target: what stands in the request line, byte for byte: path and query, or the whole URL for a proxy of http.
        headers: never changed.
        lines: the headers as they are sent.
        most: bytes of its decoded body.
        cut: a larger body is cut.
    """

    url: str
    server: str
    target: str
    place: Place
    headers: dict[str, str]
    lines: list[bytes]
    most: int
    cut: bool
    not_after: float


class Asking:
    """Prepares requests, from any thread."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._public, self._private = request_headers(settings)
        self._places: dict[str, Place] = {}

    def __call__(self, request: Request) -> Asked:
        """Prepare a request.

        Raises:
            FetchError: `late`, or `address-blocked` where the host is itself an address.
            BadUrl: it is no URL of http or https.
        """
        if monotonic() > request.not_after:
            raise FetchError("late", "its turn was over before it could be sent")
        url = urls.resolve("", request.url)
        end = url.index("/", 8)
        server, target = url[:end], url[end:]
        place = self._places.get(server) or self._new_place(server)
        robots = request.kind == ROBOTS
        most = ROBOTS_BYTES if robots else self._settings.page_bytes
        headers = with_cookies(place.headers, request.cookies)
        if self._settings.connect_to:
            server, more = detour(server, self._settings.connect_to)
            headers = headers | more
        elif self._settings.proxy and server.startswith("http:"):
            target = url
        lines = place.lines if headers is place.headers else _lines(headers)
        return Asked(url, server, target, place, headers, lines, most, robots, request.not_after)

    def _new_place(self, start: str) -> Place:
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
        place = Place(origin, host, port, headers, secure, _lines(headers))
        if len(self._places) >= MOST_PLACES:
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
