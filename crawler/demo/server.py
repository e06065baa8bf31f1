"""The demo site on a port of this machine: ready pages, errors on the first try, statistics."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import IO

from crawler.demo.asked import BUSY
from crawler.demo.catalogue import SeededRandom
from crawler.demo.load import Load
from crawler.demo.options import DemoOptions
from crawler.demo.site import Site
from crawler.errors import ConfigError
from crawler.serving.http import HttpRequest, HttpResponse, plain
from crawler.serving.latency import Latency
from crawler.serving.server import HOST, Handler, RenderedResponse, listen
from crawler.serving.server import serve as serve_desk

__all__ = ["DemoHandler", "serve"]


CACHE_BYTES = 32_000_000
STATS = "/_stats"
FINE = 2**32
TOO_MANY = 429


class DemoHandler(Handler):
    """Answers requests and counts them."""

    name = "crawler-demo"
    most_body = 16_384

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site
        options = site.options
        self._latency = options.latency
        self._load = Load(options.capacity, options.rate, options.slows_beyond)
        self._statuses: Counter[int] = Counter()
        self._cache: dict[str, RenderedResponse] = {}
        self._cached_bytes = 0
        self._failed: set[str] = set()
        self._asked: Counter[str] = Counter()
        self._log: IO[str] | None = None
        if options.log:
            self._log = open(options.log, "a", encoding="utf-8", buffering=1)  # noqa: SIM115  # closed by close()

    def close(self) -> None:
        """Close the log."""
        if self._log:
            self._log.close()

    def answer(self, ask: HttpRequest) -> RenderedResponse:
        """The answer to a request; it is counted and logged now, when it arrives."""
        if ask.target == STATS:
            return self.ready(HttpResponse(200, {"Content-Type": "application/json"}, self._stats()))
        if self._load.refuses(time.monotonic()):
            self._count(ask, TOO_MANY)
            return self.ready(plain(TOO_MANY))
        page = _page(ask)
        ready = self._cache.get(page) or self._make(ask, page)
        if ready.shaky and page not in self._failed:
            self._failed.add(page)
            ready = self.ready(BUSY if ask.method == "POST" else plain(503))
        self._count(ask, ready.status)
        return ready

    def delay(self, ask: HttpRequest, ready: RenderedResponse) -> float:
        """Seconds until the answer may go out."""
        if ask.target == STATS:
            return 0.0
        wait = self._drawn(_page(ask), self._latency) if isinstance(self._latency, Latency) else self._latency
        if ready.status == TOO_MANY:
            return wait  # a refusal needs no slot
        return self._load.delay(wait, self.waiting + 1, time.monotonic())

    def _drawn(self, page: str, latency: Latency) -> float:
        """Every run meets the same times, whatever the order in which it asks: only so are runs comparable."""
        self._asked[page] += 1
        drawn = SeededRandom(self.site.options.seed, "latency", page, self._asked[page]).below(FINE)
        return latency.at((drawn + 0.5) / FINE)

    def _make(self, ask: HttpRequest, page: str) -> RenderedResponse:
        posts = ask.method == "POST"
        answer = self.site.posted(ask.target, ask.body) if posts else self.site.page(ask.target)
        shaky = answer.status == 200 and page != "/robots.txt" and self.site.fails_first(page)
        ready = self.ready(answer, shaky=shaky)
        self._keep(page, ready)
        return ready

    def _keep(self, page: str, ready: RenderedResponse) -> None:
        size = len(ready.body) + 1_000
        if ready.status >= 400 or size > CACHE_BYTES:
            return
        self._cache[page] = ready
        self._cached_bytes += size
        while self._cached_bytes > CACHE_BYTES:
            oldest = self._cache.pop(next(iter(self._cache)))
            self._cached_bytes -= len(oldest.body) + 1_000

    def _count(self, ask: HttpRequest, status: int) -> None:
        self._statuses[status] += 1
        if self._log:
            line = {
                "time": time.time(),
                "monotonic": time.monotonic(),
                "method": ask.method,
                "path": ask.target,
                "status": status,
                "agent": ask.agent,
            }
            if ask.body:
                line["body"] = ask.body.decode("latin-1")
            self._log.write(json.dumps(line) + "\n")

    def _stats(self) -> bytes:
        stats = {
            "requests": self._statuses.total(),
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
            "waiting": self.waiting,
            "most_waiting": self.most_waiting,
        }
        return json.dumps(stats).encode() + b"\n"


def _page(ask: HttpRequest) -> str:
    """What tells pages apart: the target, and the body of a POST."""
    return f"{ask.target} {ask.body.decode('latin-1')}" if ask.method == "POST" else ask.target


def serve(options: DemoOptions, ready: Callable[[str], None], *, parent: int | None = None) -> None:
    """Serve the demo site until the process ends or Ctrl-C raises KeyboardInterrupt.

    Args:
        options: size, behaviour and port of the site; a busy port is replaced by one of the next 20.
        ready: called with the URL of the site, as `http://127.0.0.1:8765`, once it takes requests.
        parent: process id of the owner: the process ends when its standard input ends or the owner is gone.

    Raises:
        ConfigError: no port is free, or the log cannot be written.
    """
    listener = listen(options.port, "demo.port")
    try:
        desk = DemoHandler(Site(options, f"http://{HOST}:{listener.getsockname()[1]}"))
    except OSError as error:
        raise ConfigError(f"demo.log: cannot be written: {error}") from error
    serve_desk(desk, listener, ready, parent=parent)
