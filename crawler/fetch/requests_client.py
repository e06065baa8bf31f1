"""The client on requests: one session a thread, each request prepared by hand and sent by the adapter directly.

`Session.request` merges settings, hooks and the environment anew for each request; here all that is constant, and
it costs as much as the rest of a request together.
"""

from __future__ import annotations

import threading
import time

import requests
from urllib3.response import BaseHTTPResponse

from crawler import urls
from crawler.errors import FetchError
from crawler.fetch.adapter import Adapter
from crawler.fetch.attempt import attempt
from crawler.fetch.client import ROBOTS, ROBOTS_BYTES
from crawler.fetch.detour import detour
from crawler.fetch.failures import by_proxy, explain
from crawler.fetch.headers import request_headers, with_cookies
from crawler.fetch.judge import judge
from crawler.fetch.settings import ClientSettings
from crawler.fetch.spares import Spares
from crawler.model import Failure, Moved, Request, Response

__all__ = ["RequestsFetch"]


class RequestsFetch:
    """See `crawler.fetch.client.Fetch`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._public, self._private = request_headers(settings)
        self._timeouts = (settings.connect_timeout, settings.timeout)
        self._spares = Spares()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []

    def __call__(self, request: Request) -> Response | Moved | Failure:
        """Fetch once; whatever happens is returned."""
        early = request.not_before - time.monotonic()
        if early > 0:  # clocks of processes may differ by a little
            time.sleep(early)
        start = attempt.begin(self._settings, self._spares, request.not_after)
        try:
            if start > request.not_after:
                raise FetchError("late", "its turn was over before it could be sent")
            return self._ask(request, start)
        except Exception as exc:  # a page that breaks a library must not break the run
            error = explain(exc)
        if self._settings.proxy and not attempt.received:
            error = by_proxy(error)
        return Failure(error.code, error.detail, elapsed=time.monotonic() - start)

    def close(self) -> None:
        """Close the idle connections of all threads."""
        self._spares.close()
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _ask(self, request: Request, start: float) -> Response | Moved | Failure:
        robots = request.kind == ROBOTS
        url = urls.resolve("", request.url)
        origin = urls.origin(url)
        end = url.index("/", 8)
        server, attempt.target = url[:end], url[end:]
        base = self._private if origin in self._settings.origins else self._public
        headers = with_cookies({"Host": server[server.index("/") + 2 :], **base}, request.cookies)
        if self._settings.connect_to:
            server, more = detour(server, self._settings.connect_to)
            headers |= more
        elif self._settings.proxy and server.startswith("http:"):
            attempt.target = url
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = "GET", f"{server}{url[end:]}"
        prepared.headers = headers  # type: ignore[assignment]  # a plain dict is enough
        raw = self._send(prepared)
        try:
            return judge(url, raw, start, ROBOTS_BYTES if robots else self._settings.page_bytes, robots)
        finally:
            if not raw.closed or raw.connection is not None:  # not read to its end: of no use to anybody else
                raw.close()
                raw.release_conn()

    def _send(self, prepared: requests.PreparedRequest) -> BaseHTTPResponse:
        adapter = self._session.get_adapter(prepared.url or "")
        try:
            answer = adapter.send(prepared, stream=True, timeout=self._timeouts)
        except Exception as exc:
            # The server closed an idle connection just when it was used again: it never saw the request.
            if attempt.connected or attempt.received or explain(exc).code not in ("closed", "reset"):
                raise
            answer = adapter.send(prepared, stream=True, timeout=self._timeouts)
        raw: BaseHTTPResponse = answer.raw
        return raw

    @property
    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        return self._open() if session is None else session

    def _open(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        adapter = Adapter(self._settings)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        self._local.session = session
        with self._lock:
            self._sessions.append(session)
        return session
