"""One connection of a client: requests in, answers out, in order, however the client behaves."""

from __future__ import annotations

import asyncio

from crawler.serving.desk import Desk, Ready
from crawler.serving.http import HEAD_LIMIT, Ask, Bad, parse, plain, render

__all__ = ["Connection"]

LAST = b"Connection: close\r\n\r\n"
IDLE = 60.0
"""Seconds in which a client must send its next whole request, or read its answer."""

LINGER = 1.0
"""Seconds in which a client that was answered for the last time may still send; it is thrown away."""


class Connection(asyncio.Protocol):
    """The server's end of a connection."""

    def __init__(self, desk: Desk, everyone: set[Connection]) -> None:
        self._desk = desk
        self._everyone = everyone
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._input = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._full = False
        self._ended = False
        self._eof = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)  # what create_server promises
        self._transport = transport
        self._everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self._everyone.discard(self)
        self._ended = True
        if self._timer:
            self._timer.cancel()
            self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self._ended:
            return
        self._input += data
        self._advance()
        if len(self._input) > 4 * HEAD_LIMIT:
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
        """Part of asyncio.Protocol."""
        self._full = False
        self._advance()

    def close_if_idle(self, now: float) -> None:
        """End a connection that has used up its time without a request."""
        if not self._timer and now - self._since > IDLE:
            self._transport.abort()

    def _advance(self) -> None:
        """Answer the requests that have arrived whole, until one has to wait."""
        while not self._busy():
            head = self._take()
            if head is None:
                break
            try:
                self._serve(parse(head))
            except Bad as bad:
                self._refuse(bad.status)
        if self._eof and not self._busy():
            self._transport.close()

    def _busy(self) -> bool:
        return bool(self._timer) or self._full or self._ended

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

    def _serve(self, ask: Ask) -> None:
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

    def _send_late(self, ask: Ask, ready: Ready) -> None:
        self._stop_waiting()
        self._send(ask, ready)
        self._advance()

    def _stop_waiting(self) -> None:
        self._timer = None
        self._desk.waiting -= 1

    def _send(self, ask: Ask, ready: Ready) -> None:
        self._since = self._loop.time()
        end = b"\r\n" if ask.keep else LAST
        body = b"" if ask.method == "HEAD" else ready.body
        self._transport.write(b"".join((ready.line, self._desk.date(), ready.headers, end, body)))
        if not ask.keep:
            self._end()

    def _refuse(self, status: int) -> None:
        line, headers, body = render(plain(status, {"Allow": "GET, HEAD"} if status == 405 else None), self._desk.name)
        self._transport.write(b"".join((line, self._desk.date(), headers, LAST, body)))
        self._end()

    def _end(self) -> None:
        """Close our side; close the whole only later, for a reset would destroy an answer still under way."""
        self._ended = True
        self._input.clear()
        self._transport.resume_reading()
        self._transport.write_eof()
        self._loop.call_later(LINGER, self._transport.close)
