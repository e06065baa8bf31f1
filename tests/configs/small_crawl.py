"""A crawl in thirty lines: what a shipped config finds, without the frontier, the store and the strategies."""

from __future__ import annotations

import http.client
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urljoin, urlsplit

import crawler.config
from crawler.config import Job
from crawler.extract.parser import Parser
from crawler.model import Failure, Response

CONFIGS = Path(__file__).parents[2] / "configs"
Pages = dict[str, str]


@dataclass
class Found:
    """Records of each table with carried fields joined, in the order of the site; failures by path; note codes."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def load(name: str) -> Job:
    return crawler.config.load(CONFIGS / name)


def crawl(job: Job, base: str, skip: str = "/robots.txt") -> Found:
    """Crawl `base`, an origin on loopback, in place of the site of the config; paths that begin with `skip` are out."""
    found = Found()
    analyse = Parser(job.recipe)
    todo: deque[tuple[str, str, dict[str, Any]]] = deque(
        (urljoin(base, _target(start.url)), start.kind, {}) for start in job.start_pages(base)
    )
    seen = {url for url, _, _ in todo}
    while todo:
        url, kind, carry = todo.popleft()
        response = fetch(url)
        found.visits[_target(url)] += 1
        if response.status in (301, 302):
            todo.appendleft((urljoin(url, response.headers["location"]), kind, carry))
            continue
        outcome = analyse(kind, response) if response.status == 200 else Failure(f"http-{response.status}")
        if isinstance(outcome, Failure):
            found.failures[_target(url)] = outcome.code
            continue
        for record in outcome.records:
            found.tables[record.table].append({**record.values, **carry})
            found.notes += [(record.table, note.field, note.code) for note in record.notes]
        for link in outcome.links:
            if link.url not in seen and not _target(link.url).startswith(skip):
                seen.add(link.url)
                todo.append((link.url, link.kind, dict(link.carry)))
    return found


def fetch(url: str) -> Response:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", _target(url))
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(url, answer.status, headers, answer.read())
    finally:
        connection.close()


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@contextmanager
def serve(pages: Pages) -> Iterator[str]:
    """Serve these pages by path with query; the origin of the server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            body = (page or "gone").encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
