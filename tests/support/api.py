"""Crawl a small API, given as a function from request to answer, with a config whose HOST is that of the API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import crawler
from crawler.store.result import StoredResult
from crawler.store.schema import open_database
from tests.support.badserver import Seen, Server, answer, serve

Body = bytes | str | dict[str, Any] | list[Any]
Said = Body | tuple[int, dict[str, str], Body]
Reply = Callable[[Seen], Said]


class Crawled(NamedTuple):
    """What came of it: rows by table, problems, the requests in the order of their arrival, the report."""

    rows: dict[str, list[dict[str, Any]]]
    problems: list[tuple[str, str, str]]
    requests: list[Seen]
    report: Any

    def sent(self) -> list[tuple[str, str, str]]:
        """Method, target and body of each request."""
        return [(one.method, one.path, one.body.decode()) for one in self.requests]


def as_answer(said: Said) -> bytes:
    status, headers, body = said if isinstance(said, tuple) else (200, {}, said)
    kind = b"text/html" if isinstance(body, str | bytes) else b"application/json"
    data = json.dumps(body).encode() if isinstance(body, dict | list) else body
    data = data.encode() if isinstance(data, str) else data
    more = [f"{name}: {value}".encode() for name, value in headers.items()]
    head = answer(data, *more, status=f"{status} X".encode())
    return head.replace(b"text/html", kind, 1)


def api(reply: Reply, before: Callable[[Any], object] = lambda conn: None) -> Any:
    """Serve an API until the block ends; `before` may hold an answer back."""
    lock = threading.Lock()

    def script(conn: Any) -> None:
        while conn.request():
            seen = conn.server.requests[conn.number]
            before(conn)
            with lock:
                said = as_answer(reply(seen))
            conn.say(said)

    return serve(script)


def crawl_api(folder: Path, reply: Reply, config: str, strategy: str = "threads", **limits: Any) -> Crawled:
    """Crawl an API; `config` has what stands under `start:` and behind it."""
    with api(reply) as server:
        return crawl_served(folder, server, config, strategy, **limits)


def crawl_served(
    folder: Path, server: Server, config: str, strategy: str = "threads", fetch: str = "", **limits: Any
) -> Crawled:
    path = write_job(folder, server.origin, config, strategy, fetch, **limits)
    job = crawler.load(path)
    report = crawler.run(job)
    rows = {table.name: list(report.rows(table.name)) for table in job.tables}
    db = open_database(job.state_path)
    problems = [(one.state, one.code, one.where) for one in StoredResult(db, 1, job.tables, job.keys).problems()]
    db.close()
    return Crawled(rows, problems, list(server.requests), report)


def write_job(
    folder: Path, origin: str, config: str, strategy: str = "threads", fetch: str = "", **limits: Any
) -> Path:
    """Write the config into the folder; return its path. `fetch` has more keys of that section."""
    path = folder / "job.yaml"
    config = config.strip().replace("HOST", origin)
    path.write_text(
        f"name: job\nstart: {config}\nfetch: {{strategy: {strategy}, workers: 4, retries: 2{fetch}}}\n"
        f"polite: {{delay: 0, robots: false}}\noutput: out.jsonl\nlimits: {json.dumps(limits)}\n"
    )
    return path
