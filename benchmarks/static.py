"""`python -m benchmarks.static FOLDER PORT LATENCY`: files from memory, each answer held back for LATENCY seconds.

It waits on timers, so hundreds of slow connections cost it nothing. `GET /benchmarks-span` answers how many seconds
there were from the first request to the last answer, and begins anew. Files that do not end in `.html` are pages too:
their suffix names their charset.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from urllib.parse import unquote

from crawler.serving.http import HttpRequest, HttpResponse, plain
from crawler.serving.server import Handler, RenderedResponse, listen, serve

SPAN = "/benchmarks-span"


class Files(Handler):
    """Answers with the files of a folder; each is read once."""

    name = "benchmarks"

    def __init__(self, folder: Path, latency: float) -> None:
        super().__init__()
        self._folder, self._latency = folder, latency
        self._known: dict[str, RenderedResponse] = {}
        self._first = self._last = 0.0

    def answer(self, ask: HttpRequest) -> RenderedResponse:
        if ask.target == SPAN:
            span, self._first = self._last + self._latency - self._first, 0.0
            return self.ready(HttpResponse(200, {"Content-Type": "application/json"}, json.dumps(span).encode()))
        self._last = time.monotonic()
        self._first = self._first or self._last
        if ask.target not in self._known:
            file = self._folder / unquote(ask.target.partition("?")[0]).removeprefix("/")
            found = file.is_file()
            self._known[ask.target] = self.ready(
                HttpResponse(200, _headers(file), file.read_bytes()) if found else plain(404)
            )
        return self._known[ask.target]

    def delay(self, ask: HttpRequest, ready: RenderedResponse) -> float:
        return 0.0 if ask.target == SPAN else self._latency


def _headers(file: Path) -> dict[str, str]:
    known = "" if file.suffix == ".html" else f"; charset={file.suffix[1:]}"
    return {"Content-Type": f"text/html{known}"}


if __name__ == "__main__":
    desk = Files(Path(sys.argv[1]), float(sys.argv[3]))
    try:
        serve(desk, listen(int(sys.argv[2]), "port"), lambda url: None)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
