"""Cookies that servers set: each goes back only to the host that set it, whatever `Domain` it asked for.

They are kept in memory, for one thread: a site that needs one cookie to answer at all works, and no site can
follow a run or another host. Session logins belong in the config (`cookies:`).
"""

from __future__ import annotations

from http.cookiejar import CookieJar

import requests
from requests.cookies import MockRequest, MockResponse, RequestsCookieJar, get_cookie_header
from urllib3.response import BaseHTTPResponse

from crawler import urls

__all__ = ["Cookies"]

MOST_OF_A_HOST = 20
MOST_HOSTS = 100
LONGEST = 4_096  # name and value; RFC 6265, section 6.1, asks for no more


class Cookies:
    """The cookies of one thread, a jar for each origin."""

    def __init__(self) -> None:
        self._jars: dict[str, RequestsCookieJar] = {}

    def header(self, request: requests.PreparedRequest, origin: str) -> str | None:
        """Return the value of the header Cookie for a request, None when there is none to send."""
        jar = self._jars.get(origin)
        if not jar:
            return None
        value: str | None = get_cookie_header(jar, request)  # type: ignore[no-untyped-call]  # its stub has none
        return value

    def keep(self, request: requests.PreparedRequest, raw: BaseHTTPResponse) -> None:
        """Take up what the server set, as far as it may."""
        original = getattr(raw, "_original_response", None)
        if original is None or original.msg is None:
            return
        origin = urls.origin(request.url or "")
        jar = self._jars.get(origin)
        if jar is None:
            if len(self._jars) >= MOST_HOSTS:
                del self._jars[next(iter(self._jars))]
            jar = self._jars[origin] = RequestsCookieJar()
        asked = MockRequest(request)
        for cookie in jar.make_cookies(MockResponse(original.msg), asked)[:MOST_OF_A_HOST]:  # type: ignore[arg-type]  # requests' own stand-ins for urllib's
            if len(cookie.name) + len(cookie.value or "") <= LONGEST:
                jar.set_cookie_if_ok(cookie, asked)  # type: ignore[arg-type]  # as above
        for extra in list(CookieJar.__iter__(jar))[:-MOST_OF_A_HOST]:
            jar.clear(extra.domain, extra.path, extra.name)
