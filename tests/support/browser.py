"""Sites for the tests of the browser, and what is left of one; `needs_chromium` skips where there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

from crawler.fetch.browser import browser_refusal

needs_chromium = pytest.mark.skipif(bool(browser_refusal()), reason=browser_refusal() or "Chromium is there")


Answer = tuple[int, Mapping[str, str], bytes]
Pages = Mapping[str, str | Answer | None] | Callable[[str], str | Answer | None]


class Seen:
    """What a server was asked for.

    Attributes:
        requests: path and headers, in order.
        hung: set when a request that gets no answer has come.
        release: lets such requests end.
        answer: what to answer; may be changed.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, Mapping[str, str]]] = []
        self.hung, self.release = threading.Event(), threading.Event()
        self.answer: Callable[[str], str | Answer | None] = lambda path: None

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests if path != "/favicon.ico"]

    def headers(self, path: str) -> Mapping[str, str]:
        return next(headers for each, headers in self.requests if each == path)


@contextmanager
def site(pages: Pages) -> Iterator[tuple[str, Seen]]:
    """Serve pages by path, text as HTML; None gets no answer. Gives the origin, and what was asked for."""
    seen = Seen()
    seen.answer = pages if callable(pages) else lambda path: pages.get(path, (404, {}, b"gone"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.requests.append((self.path, dict(self.headers)))
            found = seen.answer(self.path)
            if found is None:
                seen.hung.set()
                seen.release.wait(60)
                self.close_connection = True
                return
            status, headers, body = found if isinstance(found, tuple) else (200, {}, found.encode())
            self.send_response(status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                for one in value.split("\n"):
                    self.send_header(name, one)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):  # the browser was killed, or has what it wanted
                super().handle()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            seen.release.set()
            server.shutdown()


def browsers() -> list[psutil.Process]:
    """The main processes of browsers below this process."""
    return _below(
        lambda line: any("--remote-debugging" in each for each in line) and not any("--type=" in each for each in line)
    )


def drivers() -> list[psutil.Process]:
    """The processes below this one by which playwright drives browsers."""
    return _below(lambda line: "run-driver" in line)


def _below(wanted: Callable[[list[str]], bool]) -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if wanted(child.cmdline()):
                found.append(child)
    return found
