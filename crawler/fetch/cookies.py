"""Cookies that servers set: each goes back only to the host that set it, whatever `Domain` it asked for.

They are kept in memory, for one thread: a site that needs one cookie to answer at all works, and no site can
follow a run or another host. Session logins belong in the config (`cookies:`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crawler import urls

if TYPE_CHECKING:  # imported where the first cookie comes: most sites set none
    from email.message import Message
    from http.cookiejar import CookieJar

__all__ = ["Cookies"]

MOST_OF_A_HOST = 20
MOST_HOSTS = 100
LONGEST = 4_096  # name and value; RFC 6265, section 6.1, asks for no more


class _Answer:
    """What a cookie jar looks at in an answer."""

    def __init__(self, values: Iterable[str]) -> None:
        from email.message import Message

        self._message = Message()
        for value in values:
            self._message["Set-Cookie"] = value.replace("\r", " ").replace("\n", " ")

    def info(self) -> Message:
        return self._message


class Cookies:
    """The cookies of one thread, a jar for each origin."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def header(self, url: str, origin: str) -> str | None:
        """Return the value of the header Cookie for a URL, None when there is none to send."""
        jar = self._jars.get(origin)
        if not jar:
            return None
        from urllib.request import Request

        request = Request(url)  # noqa: S310 - holds the URL for the jar; nothing is opened
        jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def keep(self, url: str, values: Iterable[str]) -> None:
        """Take up what the server set at this URL, as far as it may.

        Args:
            values: of the headers Set-Cookie.
        """
        from http.cookiejar import CookieJar
        from urllib.request import Request

        origin = urls.origin(url)
        jar = self._jars.get(origin)
        if jar is None:
            if len(self._jars) >= MOST_HOSTS:
                del self._jars[next(iter(self._jars))]
            jar = self._jars[origin] = CookieJar()
        request, answer = Request(url), _Answer(values)  # noqa: S310 - as above
        stand_in: Any = answer
        for cookie in jar.make_cookies(stand_in, request)[:MOST_OF_A_HOST]:
            if len(cookie.name) + len(cookie.value or "") <= LONGEST:
                jar.set_cookie_if_ok(cookie, request)
        for extra in list(jar)[:-MOST_OF_A_HOST]:
            jar.clear(extra.domain, extra.path, extra.name)

    def together(self, headers: dict[str, str], url: str, origin: str) -> dict[str, str]:
        """Return the headers with the cookies for a URL behind those that they have."""
        cookie = self.header(url, origin)
        if not cookie:
            return headers
        return headers | {"Cookie": f"{headers['Cookie']}; {cookie}" if "Cookie" in headers else cookie}
