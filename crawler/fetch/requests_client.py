"""The client on requests: one session a thread, each request prepared by hand and sent by the adapter directly.

`Session.request` merges settings, hooks and the environment anew for each request; here all that is constant, and
it costs as much as the rest of a request together.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import requests
from urllib3 import Timeout
from urllib3.response import BaseHTTPResponse

from crawler.fetch.attempt import UnusedSockets, attempt
from crawler.fetch.client import ClientSettings
from crawler.fetch.connections import Adapter
from crawler.fetch.failures import by_proxy, to_fetch_error
from crawler.fetch.outcome import broken, read_outcome
from crawler.fetch.prepare import RequestPreparer
from crawler.fetch.trail import with_trail
from crawler.model import Failure, Moved, Request, Response

__all__ = ["RequestsFetch"]

_NEVER: Any = Timeout(None)  # the types of requests do not know that it takes one
"""Our sockets keep the time."""


class RequestsFetch:
    """See `crawler.fetch.client.Fetch`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._asking = RequestPreparer(settings)
        self._spares = UnusedSockets()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._closed = False

    def __call__(self, request: Request) -> Response | Moved | Failure:
        """Fetch once; whatever happens is returned."""
        early = request.not_before - time.monotonic()
        if early > 0:  # clocks of processes may differ by a little
            time.sleep(early)
        start = attempt.begin(self._settings, self._spares, request.not_after)
        try:
            fetched = self._ask(request, start)
        except Exception as exc:  # a page that breaks a library must not break the run
            fetched = self._failed(exc, start)
        return with_trail(fetched, attempt.trail)

    def close(self) -> None:
        """Close the idle connections of all threads; a request that is under way closes its own."""
        self._closed = True
        self._spares.close()
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _ask(self, request: Request, start: float) -> Response | Moved | Failure:
        asked = self._asking(request)
        attempt.target, attempt.proxy = asked.target, asked.proxy
        prepared = requests.PreparedRequest()
        prepared.method = asked.method
        prepared.url = asked.target if asked.target.startswith("http") else f"{asked.server}{asked.target}"
        prepared.headers = asked.headers  # type: ignore[assignment]  # a plain dict is enough
        if asked.method != "GET":
            prepared.body = asked.body
            prepared.headers = {**asked.headers, "Content-Length": str(len(asked.body))}  # type: ignore[assignment]
        raw = self._send(prepared)
        try:
            return read_outcome(asked.url, raw, start, asked.most, asked.cut, asked.kept, asked.good)
        finally:
            raw.close()
            raw.release_conn()
            if self._closed:
                self._session.close()

    def _failed(self, exc: Exception, start: float) -> Failure:
        error = to_fetch_error(exc)
        if self._settings.proxy and not attempt.received:
            error = by_proxy(error)
        return broken(error, attempt.status, time.monotonic() - start)

    def _send(self, prepared: requests.PreparedRequest) -> BaseHTTPResponse:
        adapter = self._session.get_adapter(prepared.url or "")
        try:
            answer = adapter.send(prepared, stream=True, timeout=_NEVER)
        except Exception as exc:
            # The server closed an idle connection just when it was used again: it never saw the request.
            if attempt.connected or attempt.received or to_fetch_error(exc).code not in ("closed", "reset"):
                raise
            answer = adapter.send(prepared, stream=True, timeout=_NEVER)
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
