"""The headers of requests, the same with every client."""

from __future__ import annotations

from base64 import b64encode

from crawler.fetch.decode import ACCEPTED
from crawler.fetch.settings import ClientSettings

__all__ = ["request_headers", "with_cookies"]


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
