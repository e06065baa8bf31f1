"""A plain socket client: it sees the bytes as they are."""

from __future__ import annotations

import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from crawler.demo.process import DemoServer


class Seen(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection; answers are read one by one, by their Content-Length."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=10)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, path: str, method: str = "GET", extra: str = "") -> Seen:
        self.send(self.request(path, method, extra))
        return self.read(method)

    def request(self, path: str, method: str = "GET", extra: str = "") -> bytes:
        return f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{extra}\r\n".encode()

    def read(self, method: str = "GET") -> Seen:
        line = self._file.readline()
        assert line.startswith(b"HTTP/1.1 "), line
        headers = {}
        while (field := self._file.readline().decode()) != "\r\n":
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        body = b"" if method == "HEAD" else self._file.read(int(headers["content-length"]))
        return Seen(int(line.split()[1]), headers, body)

    def at_end(self) -> bool:
        return self._file.read(1) == b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self.socket.close()


def get(server: DemoServer, path: str) -> Seen:
    with Wire(server.url) as wire:
        return wire.get(path)


def stats(server: DemoServer) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(get(server, "/_stats").body)
    return answer
