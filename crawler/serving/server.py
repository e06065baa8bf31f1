"""An HTTP server on a port of this machine: connections, requests in, responses out, in order."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from crawler.errors import ConfigError
from crawler.serving.http import HEAD_LIMIT, HttpError, HttpRequest, HttpResponse, http_date, parse, plain, render

__all__ = ["HOST", "Connection", "Handler", "RenderedResponse", "listen", "serve"]


class RenderedResponse(NamedTuple):
    """An answer as bytes.

    Attributes:
        shaky: its first request is to fail.
        delay: seconds that it waits, for a desk whose answers wait differently.
    """

    status: int
    line: bytes
    headers: bytes
    body: bytes
    shaky: bool = False
    delay: float = 0.0


class Handler(ABC):
    """Answers requests. One thread only.

    Attributes:
        name: value of the header Server.
        waiting: answers that wait for their time now.
        most_waiting: the most that did so at once.
        most_body: bytes that the body of a POST may have; 0 for no POST.
    """

    name = "crawler"
    most_body = 0

    def __init__(self) -> None:
        self.waiting = 0
        self.most_waiting = 0
        self._second = -1
        self._date = b""

    @abstractmethod
    def answer(self, ask: HttpRequest) -> RenderedResponse:
        """The answer to a request, now that it arrives."""

    @abstractmethod
    def delay(self, ask: HttpRequest, ready: RenderedResponse) -> float:
        """Seconds from the request to its answer."""

    def close(self) -> None:  # noqa: B027 - a desk without files has nothing to close
        """Give back what is open."""

    def count_anew(self) -> None:
        """Count from here on: what is asked for next is not mixed with what was asked for before."""
        self.most_waiting = self.waiting

    def wait(self) -> None:
        """One more answer waits for its time."""
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)

    def date(self) -> bytes:
        """The Date header, made once a second."""
        now = int(time.time())
        if now != self._second:
            self._second, self._date = now, http_date(now)
        return self._date

    def ready(self, answer: HttpResponse, *, shaky: bool = False, delay: float = 0.0) -> RenderedResponse:
        """An answer as bytes."""
        return RenderedResponse(answer.status, *render(answer, self.name), shaky, delay)


LAST = b"Connection: close\r\n\r\n"
IDLE = 60.0
"""Seconds in which a client must send its next whole request, or read its answer."""

LINGER = 1.0
"""Seconds in which a client that was answered for the last time may still send; it is thrown away."""


class Connection(asyncio.Protocol):
    """The server's end of a connection."""

    def __init__(self, desk: Handler, everyone: set[Connection]) -> None:
        self._desk = desk
        self._everyone = everyone
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._input = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._full = False
        self._ended = False
        self._eof = False
        self._pending: HttpRequest | None = None  # its body is still to come

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # what create_server promises
        self._transport = transport
        self._everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._everyone.discard(self)
        self._ended = True
        if self._timer:
            self._timer.cancel()
            self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self._input += data
        self._advance()
        if len(self._input) > 4 * HEAD_LIMIT and self._pending is None:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol: the client sends no more, but may still wait for answers."""
        self._eof = True
        self._advance()
        return True

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol: the client does not read its answers."""
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._advance()

    def close_if_idle(self, now: float) -> None:
        """End a connection that has used up its time without a request."""
        if not self._timer and now - self._since > IDLE:
            self._transport.abort()

    def _advance(self) -> None:
        """Answer the requests that have arrived whole, until one has to wait."""
        while not self._busy():
            try:
                ask = self._next()
                if ask is None:
                    break
                self._serve(ask)
            except HttpError as bad:
                self._refuse(bad.status)
        if self._eof and not self._busy():
            self._transport.close()

    def _busy(self) -> bool:
        return bool(self._timer) or self._full or self._ended

    def _next(self) -> HttpRequest | None:
        """The next request with its body, or None until it is there.

        Raises:
            HttpError: it cannot be served.
        """
        ask = self._pending
        if ask is None:
            head = self._take()
            if head is None:
                return None
            ask = parse(head, self._desk.most_body)
            if not ask.length:
                return ask
            self._pending = ask
        if len(self._input) < ask.length:
            self._transport.resume_reading()
            return None
        body = bytes(self._input[: ask.length])
        del self._input[: ask.length]
        self._pending = None
        return ask._replace(body=body)

    def _take(self) -> bytes | None:
        """The next head, or None until there is one."""
        while self._input[:2] == b"\r\n":  # RFC 9112, 2.2: empty lines before a request are ignored
            del self._input[:2]
        end = self._input.find(b"\r\n\r\n")
        if end > HEAD_LIMIT or (end < 0 and len(self._input) > HEAD_LIMIT):
            self._refuse(431)
            return None
        if end < 0:
            self._transport.resume_reading()
            return None
        head = bytes(self._input[:end])
        del self._input[: end + 4]
        return head

    def _serve(self, ask: HttpRequest) -> None:
        arrived = self._loop.time()
        ready = self._desk.answer(ask)
        delay = self._desk.delay(ask, ready)
        if delay:
            delay -= self._loop.time() - arrived  # making the answer is a part of the wait
        if delay <= 0:
            self._send(ask, ready)
            return
        self._desk.wait()
        self._timer = self._loop.call_later(delay, self._send_late, ask, ready)

    def _send_late(self, ask: HttpRequest, ready: RenderedResponse) -> None:
        self._stop_waiting()
        self._send(ask, ready)
        self._advance()

    def _stop_waiting(self) -> None:
        self._timer = None
        self._desk.waiting -= 1

    def _send(self, ask: HttpRequest, ready: RenderedResponse) -> None:
        self._since = self._loop.time()
        end = b"\r\n" if ask.keep else LAST
        body = b"" if ask.method == "HEAD" else ready.body
        self._transport.write(b"".join((ready.line, self._desk.date(), ready.headers, end, body)))
        if not ask.keep:
            self._end()

    def _refuse(self, status: int) -> None:
        line, headers, body = render(plain(status, self._allowed() if status == 405 else None), self._desk.name)
        self._transport.write(b"".join((line, self._desk.date(), headers, LAST, body)))
        self._end()

    def _allowed(self) -> dict[str, str]:
        return {"Allow": "GET, HEAD, POST" if self._desk.most_body else "GET, HEAD"}

    def _end(self) -> None:
        """Close our side; close the whole only later, for a reset would destroy an answer still in flight."""
        self._ended = True
        self._input.clear()
        self._transport.resume_reading()
        self._transport.write_eof()
        self._loop.call_later(LINGER, self._transport.close)


HOST = "127.0.0.1"
OTHER_PORTS = 20
BACKLOG = 4096


def serve(desk: Handler, listener: socket.socket, ready: Callable[[str], None], *, parent: int | None = None) -> None:
    """Serve until the process ends or Ctrl-C raises KeyboardInterrupt.

    Args:
        desk: closed at the end.
        listener: see `listen`.
        ready: called with the URL of the server, as `http://127.0.0.1:8765`, once it takes requests.
        parent: process id of the owner: the process ends when its standard input ends or the owner is gone.
    """
    _allow_many_files()
    try:
        asyncio.run(_run(desk, listener, ready, parent))
    finally:
        desk.close()


def listen(port: int, name: str) -> socket.socket:
    """Take a port, or one of the next 20 where it is busy; 0 is any free one.

    Raises:
        ConfigError: no port is free; `name` is what the user calls the setting.
    """
    last = port if port == 0 else min(port + OTHER_PORTS, 65535)
    for candidate in range(port, last + 1):
        try:
            return socket.create_server((HOST, candidate), backlog=BACKLOG)
        except OSError:
            continue
    raise ConfigError(f"{name}: no free port from {port} to {last}; choose another one, or 0 for any")


def _allow_many_files() -> None:
    """A thousand connections need more than the usual 1,024 descriptors."""
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 65_536:
        most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


async def _run(desk: Handler, listener: socket.socket, ready: Callable[[str], None], parent: int | None) -> None:
    loop = asyncio.get_running_loop()
    everyone: set[Connection] = set()
    async with await loop.create_server(lambda: Connection(desk, everyone), sock=listener, backlog=BACKLOG):
        ready(f"http://{HOST}:{listener.getsockname()[1]}")
        if parent is not None:
            threading.Thread(target=_end_with_input, daemon=True).start()
        while True:
            await asyncio.sleep(1)
            _look_after(everyone, loop.time(), parent)


def _look_after(everyone: set[Connection], now: float, parent: int | None) -> None:
    if parent is not None and os.name == "posix" and os.getppid() != parent:
        os._exit(0)  # a fork of the dead owner may still hold our standard input open
    for connection in list(everyone):
        connection.close_if_idle(now)


def _end_with_input() -> None:
    """The kernel closes the pipe when the owner dies, however it dies. Nothing is left to be flushed."""
    while os.read(0, 1024):
        pass
    os._exit(0)
