"""Proxies on loopback, on `tests.support.badserver`: one of HTTP with CONNECT, one of SOCKS version 5.

Names that end with `.example` lead to this machine: so a test sees what was asked for, and no name is looked up.
"""

from __future__ import annotations

import select
import socket
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from urllib.parse import urlsplit

from tests.support.badserver import Connection, answer

USER, PASSWORD = "me", "canary-proxy"
SECRET = b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def _open(host: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1" if host.endswith(".example") else host, port), timeout=10)


def _join(one: socket.socket, two: socket.socket) -> None:
    """Pass bytes in both directions until one side has closed."""
    with two:
        while True:
            ready, _, _ = select.select([one, two], [], [], 10)
            if not ready:
                return
            for sock in ready:
                data = sock.recv(65_536)
                if not data:
                    return
                (two if sock is one else one).sendall(data)


class HttpProxy:
    """A script for `serve`: forwards absolute URLs, tunnels CONNECT.

    Args:
        password: it asks for one.
        refuse: status that it answers in place of the server.
        broken: whether it closes each connection without an answer; asked each time.

    Attributes:
        most: requests that were there at once.
    """

    def __init__(
        self,
        *,
        password: bool = False,
        refuse: bytes = b"",
        broken: Callable[[], bool] = lambda: False,
        wait: float = 0,
    ) -> None:
        self._password, self._refuse, self._broken, self._wait = password, refuse, broken, wait
        self._lock = Lock()
        self.now = self.most = 0

    def __call__(self, connection: Connection) -> None:
        while head := connection.request():
            if self._broken():
                return
            with self._lock:
                self.now += 1
                self.most = max(self.most, self.now)
            connection.wait(self._wait)
            said = self._answer(connection, head)
            with self._lock:  # before it is said: the next request may come at once
                self.now -= 1
            if not said:
                return
            connection.say(said)

    def _answer(self, connection: Connection, head: bytes) -> bytes:
        """What is answered; b"" after a tunnel, which ends with its connection."""
        line, _, rest = head.partition(b"\r\n")
        method, target, _ = line.decode("latin-1").split(" ")
        if self._password and f"Proxy-Authorization: Basic {SECRET}".lower().encode() not in head.lower():
            return answer(status=b"407 Proxy Authentication Required")
        if self._refuse:
            return answer(status=self._refuse)
        if method != "CONNECT":
            return self._forwarded(method, target, rest)
        host, _, port = target.rpartition(":")
        with _open(host, int(port)) as server:
            connection.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _join(connection.sock, server)
        return b""

    def _forwarded(self, method: str, target: str, rest: bytes) -> bytes:
        parts = urlsplit(target)
        path = target.partition("://")[2].partition("/")[2]
        lines = [one for one in rest.split(b"\r\n") if not one.lower().startswith(b"proxy-")]
        with _open(parts.hostname or "", parts.port or 80) as server:
            server.sendall(f"{method} /{path} HTTP/1.1\r\n".encode("latin-1") + b"\r\n".join(lines) + b"\r\n\r\n")
            return _answer_of(server)


def _answer_of(server: socket.socket) -> bytes:
    """A whole answer that says how long it is."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += server.recv(65_536) or b"\r\n\r\n"
    head, _, body = said.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or b"0")
    return said + _exactly(server, length - len(body))


class SocksProxy:
    """A script for `serve`: SOCKS version 5.

    Args:
        password: it asks for one.
        reply: what it answers to a request to connect; 0 for success.

    Attributes:
        asked: hosts that it was asked for, as they were written.
    """

    def __init__(self, *, password: bool = False, reply: int = 0) -> None:
        self._password, self._reply = password, reply
        self.asked: list[str] = []

    def __call__(self, connection: Connection) -> None:
        sock = connection.sock
        with suppress(ConnectionError):
            self._serve(sock)

    def _serve(self, sock: socket.socket) -> None:
        _, count = _exactly(sock, 2)
        methods = _exactly(sock, count)
        wanted = 2 if self._password else 0
        sock.sendall(bytes([5, wanted if wanted in methods else 0xFF]))
        if wanted not in methods:
            return
        if self._password and not self._right_password(sock):
            return
        _, _, _, kind = _exactly(sock, 4)
        if kind == 1:
            host = socket.inet_ntop(socket.AF_INET, _exactly(sock, 4))
        elif kind == 4:
            host = socket.inet_ntop(socket.AF_INET6, _exactly(sock, 16))
        else:
            host = _exactly(sock, _exactly(sock, 1)[0]).decode()
        port = int.from_bytes(_exactly(sock, 2), "big")
        self.asked.append(host)
        if self._reply:
            sock.sendall(bytes([5, self._reply, 0, 1, 0, 0, 0, 0, 0, 0]))
            return
        with _open(host, port) as server:
            sock.sendall(bytes([5, 0, 0, 3, 4]) + b"name" + bytes([0, 0]))  # a bound address may be a name
            _join(sock, server)

    def _right_password(self, sock: socket.socket) -> bool:
        user = _exactly(sock, _exactly(sock, 2)[1])
        right = (user, _exactly(sock, _exactly(sock, 1)[0])) == (USER.encode(), PASSWORD.encode())
        sock.sendall(bytes([1, 0 if right else 1]))
        return right


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data
