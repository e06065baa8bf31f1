"""Servers that misbehave, on loopback: raw sockets, one thread for each connection.

A *script* is a function that is given a connected socket and says whatever it likes:

    with serve(FAULTS["truncated"]) as server:
        fetch(Request(1, server.url, "page"))
        assert server.requests == [...]

`FAULTS` is a catalogue of scripts by name. `pages` is a well-behaved script; `keep_alive` makes one of a function.
"""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

PAGE = b"<html><title>good</title></html>"


class Connection:
    """One accepted connection."""

    def __init__(self, sock: socket.socket, server: Server) -> None:
        self.sock, self.server = sock, server
        self.number = -1  # of its last request on the whole server
        self._buffer = b""

    def request(self) -> bytes:
        """Read the head of a request, note it, return it; b"" when the client is gone."""
        while b"\r\n\r\n" not in self._buffer:
            data = self.sock.recv(65_536)
            if not data:
                return b""
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        seen = Seen(head, monotonic(), self._body(int(Seen(head, 0.0).header("content-length") or 0)))
        with self.server.lock:
            self.number = len(self.server.requests)
            self.server.requests.append(seen)
        return head

    def _body(self, length: int) -> bytes:
        while len(self._buffer) < length:
            data = self.sock.recv(65_536)
            if not data:
                break
            self._buffer += data
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def say(self, *parts: bytes) -> None:
        self.sock.sendall(b"".join(parts))

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait(self, seconds: float = 30.0) -> bool:
        """Do nothing until the server is stopped (True) or the time is over."""
        return self.server.stopped.wait(seconds)

    def drip(self, data: bytes, gap: float) -> None:
        """Send byte by byte."""
        for byte in data:
            self.say(bytes([byte]))
            if self.wait(gap):
                return


Script = Callable[[Connection], None]


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    head: bytes
    at: float
    body: bytes = b""

    @property
    def method(self) -> str:
        return self.head.split(b" ")[0].decode("latin-1")

    @property
    def path(self) -> str:
        return self.head.split(b" ")[1].decode("latin-1")

    def header(self, name: str) -> str | None:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode("latin-1").lower() == name.lower():
                return value.strip().decode("latin-1")
        return None


@dataclass
class Server:
    """A running server. `requests` and `connections` tell what arrived, `ended` how many scripts are over."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0
    ended: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + "/"

    def wait_ended(self, count: int, seconds: float = 5.0) -> bool:
        """Wait until so many connections are done with."""
        until = monotonic() + seconds
        while self.ended < count and monotonic() < until:
            self.stopped.wait(0.005)
        return self.ended >= count

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.requests]


@contextmanager
def serve(script: Script, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Server]:
    """Run a script for every connection until the block ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family, backlog=128)
    server = Server(listener.getsockname()[1], host, "https" if tls else "http")
    open_socks: set[socket.socket] = set()

    def one(sock: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a reset drops what still waits to be sent
            if tls is not None:
                sock = tls.wrap_socket(sock, server_side=True)
            script(Connection(sock, server))
        with suppress(OSError):
            sock.close()
        with server.lock:
            server.ended += 1

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            open_socks.add(sock)
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in open_socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def answer(body: bytes = PAGE, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole HTTP answer with its length."""
    head = [b"HTTP/1.1 " + status, b"Content-Type: text/html", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def chunked(*chunks: bytes, headers: tuple[bytes, ...] = ()) -> bytes:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *headers]) + b"\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def once(*parts: bytes) -> Script:
    """Read a request, say this, close."""

    def script(conn: Connection) -> None:
        conn.request()
        conn.say(*parts)

    return script


def keep_alive(reply: Callable[[str, int], bytes]) -> Script:
    """Answer every request on the connection; `reply` gets its path and its number on the whole server (from 0)."""

    def script(conn: Connection) -> None:
        while conn.request():
            conn.say(reply(conn.server.requests[conn.number].path, conn.number))

    return script


def pages(site: Mapping[str, bytes], delay: float = 0.0) -> Script:
    """Serve whole answers by path; 404 for the others."""

    def reply(path: str, number: int) -> bytes:
        if delay:
            threading.Event().wait(delay)
        return site.get(path, answer(b"not found", status=b"404 Not Found"))

    return keep_alive(reply)


def in_turn(*answers: bytes) -> Script:
    """The first request gets the first answer, and so on; the last one for ever."""
    return keep_alive(lambda path, number: answers[min(number, len(answers) - 1)])


def _reset_at_once(conn: Connection) -> None:
    conn.request()  # else a client that is still sending may be told of the reset there, and then see a plain end
    conn.reset()


def _reset_in_body(conn: Connection) -> None:
    conn.request()
    conn.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x" * 5_000)
    conn.wait(0.05)
    conn.reset()


def _silent(conn: Connection) -> None:
    conn.request()
    conn.wait()


def _drip(head: bytes, rest: bytes) -> Script:
    def script(conn: Connection) -> None:
        conn.request()
        conn.say(head)
        conn.drip(rest, 0.05)

    return script


def _drip_chunks(conn: Connection) -> None:
    conn.request()
    conn.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1_000):
        conn.say(b"1\r\nx\r\n")
        if conn.wait(0.05):
            return


def _for_ever(head: bytes, piece: bytes) -> Script:
    def script(conn: Connection) -> None:
        conn.request()
        conn.say(head)
        while not conn.server.stopped.is_set():
            conn.say(piece)

    return script


def _close_at_once(conn: Connection) -> None:
    conn.sock.shutdown(socket.SHUT_RDWR)


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

FAULTS: dict[str, Script] = {
    "closed": _close_at_once,
    "closed-after-request": once(),
    "reset": _reset_at_once,
    "reset-in-body": _reset_in_body,
    "truncated": once(OK, b"Content-Length: 100\r\n\r\n", b"x" * 10),
    "truncated-head": once(OK, b"Content-Type: text/ht"),
    "two-lengths": once(OK, b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
    "chunk-not-hex": once(CHUNKED, b"5\r\nhello\r\nZZ\r\n"),
    "chunks-cut": once(CHUNKED, b"5\r\nhello\r\n"),
    "chunk-huge": _for_ever(CHUNKED + b"7fffffffffffffff\r\n", b"x" * 65_536),
    "chunk-negative": _for_ever(CHUNKED + b"-1\r\n", b"x" * 65_536),
    "chunk-line-endless": _for_ever(CHUNKED, b"1" * 65_536),
    "trailers-endless": _for_ever(CHUNKED + b"5\r\nhello\r\n0\r\n", b"X-Trailer: y\r\n" * 1_000),
    "body-endless": _for_ever(OK + b"\r\n", b"x" * 1_024),
    "headers-endless": _for_ever(OK, b"X-More: y\r\n" * 100),
    "header-70k": once(OK, b"X-A: ", b"a" * 70_000, b"\r\n\r\n"),
    "headers-150": once(OK, b"".join(b"X-%d: a\r\n" % n for n in range(150)), b"\r\n"),
    "drip-body": _drip(OK + b"Content-Length: 1000\r\n\r\n", b"x" * 1_000),
    "drip-headers": _drip(OK, b"X-Slow: " + b"y" * 1_000),
    "drip-chunks": _drip_chunks,
    "drip-error-page": _drip(b"HTTP/1.1 404 No\r\nContent-Length: 1000\r\n\r\n", b"x" * 1_000),
    "silent": _silent,
    "http-0.9": once(b"<html>no status line</html>"),
    "junk": once(b"\x16\x03\x01", os.urandom(500).replace(b"\n", b"x"), b"\n"),
    "ftp": once(b"220 ftp ready\r\n"),
    "ssh": once(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "interim-endless": _for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "status-text": once(b"HTTP/1.1 OK\r\n\r\n"),
    "status-2000": once(b"HTTP/1.1 2000 OK\r\n\r\n"),
    "status-000": once(b"HTTP/1.1 000 Nothing\r\n\r\n"),
    "gzip-cut": once(answer(gzip.compress(os.urandom(50_000))[:20_000], b"Content-Encoding: gzip")),
    "not-gzip": once(answer(b"plain words", b"Content-Encoding: gzip")),
    "unknown-encoding": once(answer(b"x", b"Content-Encoding: foo")),
}
