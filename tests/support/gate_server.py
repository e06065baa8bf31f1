"""A web server of this machine that counts what it is asked, and that can hold its answers back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HELD = 30.0  # seconds: no answer is held back longer, whatever a test does


class GateServer:
    """Answers under /held/ come when the gate opens, all others after `delay` seconds.

    Attributes:
        asked: how often each path was asked for.
        most: most requests that were being answered at a time.
        heads: the headers of each request.
    """

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.asked: Counter[str] = Counter()
        self.most = 0
        self.heads: list[str] = []
        self.gate = threading.Event()
        self._now = 0
        self._lock = threading.Condition()
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arrive(self, path: str, head: str) -> None:
        with self._lock:
            self._now += 1
            self.asked[path] += 1
            self.heads.append(head)
            self.most = max(self.most, self._now)
            self._lock.notify_all()

    def leave(self) -> None:
        with self._lock:
            self._now -= 1

    def wait_for(self, number: int, timeout: float = 20) -> bool:
        """Wait until so many requests are being answered."""
        with self._lock:
            return self._lock.wait_for(lambda: self._now >= number, timeout)


@contextmanager
def gate_server(delay: float = 0.03) -> Iterator[GateServer]:
    found = GateServer(delay)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.arrive(self.path, str(self.headers))
            if self.path.startswith("/held/"):
                found.gate.wait(HELD)
            else:
                time.sleep(found.delay)
            found.leave()  # before the answer goes out: whoever has it may ask again at once
            body = b"<h1>page</h1>"
            try:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # nobody waits for it any more
                self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        request_queue_size = 100
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="gate-server", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
