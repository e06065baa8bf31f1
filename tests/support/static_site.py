"""A folder of pages served on loopback from a process of its own, with one line of JSON for each request."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go in two writes: 40 ms a page otherwise
    log: Path

    def log_request(self, code: object = "-", size: object = "-") -> None:
        line = json.dumps({"path": self.path, "status": int(str(int(code))), "monotonic": time.monotonic()})  # type: ignore[call-overload]
        with self.log.open("a") as file:
            file.write(line + "\n")

    def log_error(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path, log: Path) -> Iterator[str]:
    """URL of the folder while the block lasts."""
    log.touch()
    command = [sys.executable, "-m", "tests.support.static_site", str(folder), str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Handler.log = Path(sys.argv[2])
    with Server(("127.0.0.1", 0), partial(Handler, directory=sys.argv[1])) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
