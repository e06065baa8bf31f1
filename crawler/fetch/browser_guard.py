"""The only way from a page in the browser to the network: a proxy on this machine, one for each page.

A browser looks up names and follows redirects by itself, also for scripts, frames and WebSockets, so what it asks for
cannot be judged by looking at URLs beforehand. Here each connection is judged when it is made: the name is looked up
once, and the connection goes to the very address that was checked, as for the other clients. Encrypted connections
pass through as they are.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from crawler.errors import FetchError
from crawler.fetch.addresses import allowed, begin_look_up, check_for_proxy
from crawler.fetch.client import ClientSettings
from crawler.fetch.failures import by_proxy

__all__ = ["Guard"]

MAX_HEAD = 262_144
PIECE = 65_536
MAX_CONNECTIONS = 200
_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_HOP = frozenset({"proxy-connection", "connection", "keep-alive", "proxy-authorization"})

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Head(NamedTuple):
    """What the browser asks the proxy for; `length` is that of the request's body."""

    method: str
    target: str
    host: str
    port: int
    lines: list[bytes]
    length: int


class Guard:
    """The proxy of one page; used in one event loop.

    Args:
        most: bytes that the page may load, over all its requests.

    Attributes:
        address: URL of the proxy.
        failed: why there was no connection, by `host:port`.
        full: the page wanted more than `most` bytes; nothing more comes through.
        on_full: called when that is so.
    """

    def __init__(self, settings: ClientSettings, most: int) -> None:
        self._settings, self._left = settings, most
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[Any]] = set()
        self.address = ""
        self.failed: dict[str, FetchError] = {}
        self.full = False
        self.on_full: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=MAX_HEAD)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Cut every connection; let no new one begin."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def cut(self) -> None:
        """Let nothing more through: the page had enough."""
        self.full = True
        for task in self._open:
            task.cancel()
        self.on_full()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if len(self._open) <= MAX_CONNECTIONS and not self.full:
                await self._serve(reader, writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # one end hung up, the browser spoke no HTTP, or the page has ended
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = _read_head(await reader.readuntil(b"\r\n\r\n"))
        try:
            server_reader, server_writer = await self._connected(head)
        except FetchError as error:
            self.failed[f"{head.host}:{head.port}"] = error
            writer.write(_REFUSED)
            await writer.drain()
            return
        try:
            if head.method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                sending = self._pump(reader, server_writer, None)
            else:
                server_writer.write(b"\r\n".join(head.lines) + b"\r\n\r\n")
                # A second request on this connection might be meant for another server: nothing more is passed on.
                sending = self._pump(reader, server_writer, head.length)
            await _either(self._receive(server_reader, writer), sending)
        finally:
            server_writer.close()

    async def _connected(self, head: _Head) -> Pipe:
        """Connect to the server, or through the config's proxy.

        Raises:
            FetchError: there is no way to it, or it may not be connected to.
        """
        proxy = self._settings.proxy
        if proxy is None:
            return await self._direct(head.host, head.port)
        check_for_proxy(head.host, head.port, self._settings)
        parts = urlsplit(proxy)
        if parts.scheme.lower() != "http":
            raise FetchError("proxy", "pages in the browser need a fetch.proxy of http://")
        try:
            reader, writer = await self._opened(parts.hostname or "", parts.port or 80)
        except FetchError as error:
            raise by_proxy(error) from None
        password = ""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            password = f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"
        place = f"[{head.host}]:{head.port}" if ":" in head.host else f"{head.host}:{head.port}"
        writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{password}\r\n".encode("latin-1"))
        answer = await reader.readuntil(b"\r\n\r\n")
        if answer.split(b" ", 2)[1:2] != [b"200"]:
            writer.close()
            status = answer.split(b"\r\n", 1)[0].decode("latin-1")[:80]
            raise FetchError("proxy", f"the proxy opens no connection: {status!r}")
        return reader, writer

    async def _direct(self, host: str, port: int) -> Pipe:
        waiting = self._settings.connect_timeout
        try:
            found = await asyncio.wait_for(asyncio.wrap_future(begin_look_up(host, port)), waiting)
        except TimeoutError:
            raise FetchError("dns", f"no DNS answer for {host} within {waiting:.0f} s") from None
        error = FetchError("dns", f"{host}: the host has no address")
        for address in allowed(found, host, port, self._settings):
            try:
                return await self._opened(str(address.ip), port)
            except FetchError as one:
                error = one
        raise error

    async def _opened(self, host: str, port: int) -> Pipe:
        waiting = self._settings.connect_timeout
        try:
            return await asyncio.wait_for(asyncio.open_connection(host, port), waiting)
        except TimeoutError:
            raise FetchError("connect-timeout", f"could not connect within {waiting:g} s") from None
        except ConnectionRefusedError:
            raise FetchError("refused", "the server refused the connection") from None
        except OSError as error:
            raise FetchError("network", error.strerror or type(error).__name__) from None

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            self._left -= len(piece)
            if self._left < 0:
                self.cut()
                return
            writer.write(piece)
            await writer.drain()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None) -> None:
        """Pass on what the browser sends, `most` bytes at most; end when it sends more, or hangs up."""
        while piece := await reader.read(PIECE):
            if most is not None:
                most -= len(piece)
                if most < 0:
                    return
            writer.write(piece)
            await writer.drain()


async def _either(*works: Coroutine[Any, Any, None]) -> None:
    """Run both until one ends: whichever side hangs up, the other has nothing more to say."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        with suppress(OSError):
            await asyncio.gather(*tasks, return_exceptions=True)


def _read_head(head: bytes) -> _Head:
    """Read what the browser sends to its proxy (RFC 9112, section 3.2).

    Raises:
        ValueError: it is no such request.
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, version = first.decode("ascii").split(" ")
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return _Head(method, target, host.strip("[]"), int(port), [], 0)
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("not a request to a proxy")
    path = target.split("/", 3)[3:] or [""]
    kept, length = [], 0
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
        if name.lower() not in _HOP:
            kept.append(line)
    start = f"{method} /{path[0]} {version}".encode("ascii")
    return _Head(method, target, parts.hostname, parts.port or 80, [start, *kept, b"Connection: close"], length)
