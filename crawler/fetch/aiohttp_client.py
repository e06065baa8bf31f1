"""The client for an event loop, on aiohttp: its connections, and a session that makes one for each request.

aiohttp parses what `Handler` passes on: a head that `crawler.fetch.response_head` has cleaned, and the body as it came.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextvars import ContextVar
from functools import partial
from socket import socket as new_socket
from time import monotonic
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from crawler.errors import FetchError, one_line
from crawler.fetch import sockets
from crawler.fetch.addresses import allowed, begin_look_up
from crawler.fetch.body import Rechunker, cut_short, lost, said_goodbye
from crawler.fetch.client import ClientSettings
from crawler.fetch.cookies import usable_cookies
from crawler.fetch.failures import by_proxy, to_fetch_error
from crawler.fetch.outcome import (
    LEFTOVER_SECONDS,
    MAX_LEFTOVER,
    broken,
    check_length,
    classify,
    is_short,
    read_capped,
)
from crawler.fetch.prepare import PreparedRequest, RequestPreparer
from crawler.fetch.proxy import refused_tunnel
from crawler.fetch.response_head import MAX_LINE, HeaderFields, HeadParser, valid_lines
from crawler.fetch.trail import with_trail
from crawler.model import Failure, Moved, Request, Response, Trail

__all__ = ["AiohttpFetch", "AskedRequest", "Attempt", "Handler", "Resolver", "attempt", "note_socket"]


class Attempt:
    """A request that is in flight, and its limits.

    Attributes:
        limit: ends the request; `stop` lets it end now.
        error: why it was stopped.
        received: bytes that came.
        reused: its connection served a request before.
        resolving: a name is being looked up.
        handler: its connection, once something is sent on it.
        status, reason, fields: the head of the answer, once it is whole; `fields` is None before.
        trail: when it did what; None in a run that is not traced.
    """

    def __init__(self, settings: ClientSettings, asked: PreparedRequest) -> None:
        self.settings, self.asked = settings, asked
        self.limit = asyncio.timeout(settings.timeout)
        self.error: FetchError | None = None
        self.most = settings.most_sent
        self.received = 0
        self.reused = False
        self.resolving = False
        self._connecting: list[socket.socket] = []
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False
        self.handler: Handler | None = None
        self.status = 0
        self.reason = ""
        self.fields: HeaderFields | None = None
        self.trail = Trail() if settings.traced else None

    def stop(self, error: FetchError) -> None:
        """End the request with this error."""
        if self.error is None and not self._ended:
            self.error = error
            self.limit.reschedule(asyncio.get_running_loop().time())

    def begin_connecting(self, sock: socket.socket) -> None:
        """Begin the time to connect with the first socket."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.settings.connect_timeout, self._connect_over)
        self._connecting.append(sock)

    def end(self) -> None:
        """It is over, whatever came of it."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        if self.handler is not None:
            self.handler.end()

    def late(self) -> FetchError:
        """Return the error for a request that ran out of time."""
        seconds = self.settings.timeout
        if self.received:
            return FetchError("deadline", f"not complete within {seconds:g} s")
        whose = f" for {self.asked.place.host}" if self.resolving else ""
        return FetchError("dns" if whose else "timeout", f"no answer{whose} after {seconds:g} s")

    def _connect_over(self) -> None:
        """Stop it where it has no connection yet; a handshake of TLS may take longer."""
        if self.handler is None and not any(map(_is_connected, self._connecting)):
            self.stop(FetchError("connect-timeout", f"could not connect within {self.settings.connect_timeout:g} s"))


attempt: ContextVar[Attempt] = ContextVar("attempt")
"""The request of the running task: what it hands to aiohttp gets no other way to our hooks."""


def _is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def note_socket(info: Any) -> socket.socket:
    """Make a socket, for aiohttp."""
    sock = new_socket(info[0], info[1], info[2])
    attempt.get().begin_connecting(sock)
    return sock


class Resolver(AbstractResolver):
    """Names to addresses that may be connected to."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """Look a name up.

        Raises:
            FetchError: `dns`, `address-blocked`.
        """
        now = attempt.get()
        now.resolving = True
        found = await asyncio.wrap_future(begin_look_up(host, port))
        now.resolving = False
        if not (now.settings.proxy or now.settings.connect_to):
            found = allowed(found, host, port, now.settings)
        return [
            ResolveResult(hostname=host, host=str(each.ip), port=port, family=each.family, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


class AskedRequest(aiohttp.ClientRequest):
    """Sends its head unless it is too late for that."""

    async def send(self, conn: Any) -> Any:
        """Send.

        Raises:
            FetchError: `late`; nothing was sent, and the connection is kept for the next request.
        """
        now, at = attempt.get(), monotonic()
        if at > now.asked.not_after:
            conn.release()
            raise FetchError("late", "its time slot expired before it could be sent")
        if now.trail is not None:
            now.trail.sent = at
        if conn.protocol.transport is not None and not conn.protocol.is_connected():
            await asyncio.sleep(0)  # it is being closed: the loop is about to tell it why
        conn.protocol.begin(now)
        return await super().send(conn)


class Handler(ResponseHandler):
    """A connection.

    Args:
        idle: the connections that are open and not in use, the oldest first.
        most: how many of them are kept.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, idle: dict[Handler, None], most: int) -> None:
        super().__init__(loop)
        self._idle, self._most = idle, most
        self._attempt: Attempt | None = None
        self._used = False
        self._ended_by: BaseException | None = None
        self._reading: HeadParser | None = None
        self._rest = b""
        self._left: int | None = None  # bytes of the body that are still to come, where that is known
        self._chunks: Rechunker | None = None
        self._good_end = False

    def begin(self, now: Attempt) -> None:
        """A request is about to be sent.

        Raises:
            FetchError: `closed` or `reset` where the server was faster.
        """
        self._idle.pop(self, None)
        now.reused, now.handler = self._used, self
        self._used = True
        self._attempt, self._reading, self._left, self._chunks = now, HeadParser(), None, None
        if not self.is_connected():
            raise lost(b"", self._ended_by)

    def end(self) -> None:
        """The answer is read, or given up."""
        self._attempt = None
        if self.is_connected():
            self._idle[self] = None
            if len(self._idle) > self._most:
                oldest = next(iter(self._idle))
                del self._idle[oldest]
                oldest.close()

    def data_received(self, data: bytes) -> None:
        """Count, clean and pass on what came."""
        if not data:  # aiohttp's own call: go on with what its parser held back while the reader was slow
            super().data_received(data)
            return
        now = self._attempt
        if now is None:
            if self._used:
                self.abort()  # bytes that nobody asked for
            else:
                super().data_received(data)  # the answer of a proxy to CONNECT
            return
        now.received += len(data)
        if now.trail is not None:
            now.trail.heard()
        try:
            if now.received > now.most:
                raise FetchError("too-large", f"more than {now.most} bytes were sent")
            self._pass_on(now, data)
        except FetchError as error:
            self._fail(now, error)
            self.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Say what it means."""
        self._idle.pop(self, None)
        self._ended_by = exc
        now, body = self._attempt, self._payload
        if now is not None and self._reading is not None:
            self._fail(now, lost(self._reading.first or self._rest, exc))
        elif body is not None and not body.is_eof() and (exc is not None or not self._good_end):
            body.set_exception(cut_short(exc))  # before aiohttp takes what came for a whole page
        super().connection_lost(exc)
        if now is not None and body is not None and body.exception() is not None:
            self._fail(now, cut_short(exc))

    def eof_received(self) -> None:
        """Note whether it is a good end: with TLS it must have said goodbye."""
        secure = self.transport and self.transport.get_extra_info("ssl_object")
        self._good_end = secure is None or said_goodbye(secure)
        super().eof_received()

    def set_exception(self, exc: Any, exc_cause: Any = None) -> None:
        """Pass on an error in our words. Those of aiohttp would make it send the request a second time."""
        now = self._attempt
        if now is not None and isinstance(exc, HttpProcessingError):
            self._fail(now, FetchError("bad-response", "not valid HTTP for aiohttp"))
        super().set_exception((now and now.error) or exc, exc_cause or exc)

    def _fail(self, now: Attempt, error: FetchError) -> None:
        if self._reading is None:
            now.stop(error)
        else:
            now.error = now.error or error
            self.set_exception(now.error)

    def _pass_on(self, now: Attempt, data: bytes) -> None:
        if self._reading is not None:
            self._after_head(now, self._reading, self._rest + data)
            return
        if self._left is not None:
            if len(data) > self._left:
                self.force_close()  # more than was said: nobody knows where the next answer begins
                data = data[: self._left]
            self._left -= len(data)
        elif self._chunks is not None:
            data, more = self._chunks.take(data)
            if more:
                self.force_close()
        if data:
            super().data_received(data)

    def _after_head(self, now: Attempt, head: HeadParser, data: bytes) -> None:
        """Pass on nothing until the head is whole, then its lines that say how long the body is."""
        start = 0
        while end := data.find(b"\n", start) + 1:
            if head.take(data[start:end]):
                lines = valid_lines(head.lines)
                now.status, now.reason, now.fields = head.status, head.reason, HeaderFields(lines)
                self._reading, self._rest = None, b""
                self._left = 0 if now.status in (204, 304) else now.fields.length
                self._chunks = Rechunker() if now.fields.chunked else None
                super().data_received(_framing(head, lines, now.fields))
                if now.fields.doubtful:
                    self.force_close()
                self._pass_on(now, data[end:])
                return
            start = end
        self._rest = data[start:]
        if len(self._rest) > MAX_LINE:
            raise FetchError("headers-too-large", f"a line of more than {MAX_LINE} bytes")


def _framing(head: HeadParser, lines: list[bytes], fields: HeaderFields) -> bytes:
    """The head that aiohttp gets. Of two lengths the chunks are believed (RFC 9112, section 6.3)."""
    names = _CHUNKED if fields.chunked else _LENGTH
    return b"".join([head.first, *(line for line in lines if line.lower().startswith(names)), b"\r\n"])


_CHUNKED = (b"transfer-encoding", b"connection")
_LENGTH = (b"content-length", b"transfer-encoding", b"connection")


_OWN = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class AiohttpFetch:
    """See `crawler.fetch.client.AsyncFetch`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._asking = RequestPreparer(settings)
        connector = aiohttp.TCPConnector(
            limit=0, resolver=Resolver(), use_dns_cache=False, socket_factory=note_socket, keepalive_timeout=60.0
        )
        # aiohttp has no other way to take connections of ours.
        make: Any = partial(Handler, loop=asyncio.get_running_loop(), idle={}, most=settings.connections)
        connector._factory = make
        self._session = aiohttp.ClientSession(
            connector=connector,
            request_class=AskedRequest,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=_OWN,
            max_line_size=2**16,
            max_field_size=2**17,
        )

    async def __call__(self, request: Request) -> Response | Moved | Failure:
        """Fetch once; whatever happens is returned."""
        early = request.not_before - monotonic()
        if early > 0:
            await asyncio.sleep(early)
        start = monotonic()
        now = None
        try:
            asked = self._asking(request)
            now = Attempt(self._settings, asked)
            attempt.set(now)
            fetched = await self._within_limits(now, start)
        except Exception as exc:  # a page that breaks a library must not break the run
            error = _explained(exc)
            if self._settings.proxy and not (now and now.received):
                error = by_proxy(error)
            fetched = broken(error, now.status if now and now.fields is not None else 0, monotonic() - start)
        return fetched if now is None else with_trail(fetched, now.trail)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _within_limits(self, now: Attempt, start: float) -> Response | Moved | Failure:
        body = b""
        try:
            async with now.limit:
                body = await self._asked(now)
        except Exception as exc:
            if now.fields is None or now.status in now.asked.good:
                raise now.error or (now.late() if isinstance(exc, TimeoutError) else exc) from None
        finally:
            now.end()
        assert now.fields is not None
        cookies = usable_cookies(now.fields.cookies) if now.fields.cookies else ()
        took = monotonic() - start
        return classify(
            *(now.asked.url, now.status, now.reason, now.fields.values, body, took, cookies),
            kept=now.asked.kept,
            good=now.asked.good,
        )

    async def _asked(self, now: Attempt) -> bytes:
        try:
            return await self._ask(now)
        except Exception as exc:
            # The server closed an idle connection just when it was used again: it never saw the request.
            error = now.error or _explained(exc)
            if not now.reused or now.received or error.code not in ("closed", "reset"):
                raise
            now.error = None
        return await self._ask(now)

    async def _ask(self, now: Attempt) -> bytes:
        """Send the request; return the body, b"" where the answer is no page."""
        asked = now.asked
        secure = asked.server.startswith("https:")
        async with self._session.request(
            asked.method,
            _verbatim(asked),
            headers=_headers(asked),
            data=asked.body or None,
            allow_redirects=False,
            proxy=asked.proxy,
            ssl=sockets.context(asked.place.secure) if secure else True,
        ) as answer:
            fields = now.fields
            assert fields is not None
            if now.status in asked.good:
                return await _body(asked, fields, answer)
            if is_short(fields.length, fields.chunked):
                await _read_leftover(answer)
            else:
                answer.close()
            return b""


def _verbatim(asked: PreparedRequest) -> URL:
    """All of the target as a path: yarl would drop a `?` with nothing behind it."""
    scheme, _, named = asked.server.partition("://")
    path = asked.target.removeprefix(asked.server)
    return URL.build(scheme=scheme, authority=named, path=path, encoded=True)


async def _body(asked: PreparedRequest, fields: HeaderFields, answer: aiohttp.ClientResponse) -> bytes:
    check_length(fields.length, asked.most, asked.cut)
    parts, size = [], 0
    async for piece in _pieces(answer):
        parts.append(piece)
        size += len(piece)
        if size > asked.most:
            if not asked.cut:
                raise FetchError("too-large", f"more than {asked.most} bytes")
            answer.close()
            break
    return read_capped(iter(parts), fields.values.get("content-encoding", ""), asked.most, asked.cut)


def _headers(asked: PreparedRequest) -> dict[str, str]:
    return dict(_text(line).split(": ", 1) for line in asked.lines)


def _text(line: bytes) -> str:
    """A header for aiohttp, which sends it as UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    while piece := await answer.content.readany():
        yield piece


async def _read_leftover(answer: aiohttp.ClientResponse) -> None:
    """Read a small body nobody wants, so that the connection can be used again; a large or slow one is cut."""
    size = 0
    try:
        async with asyncio.timeout(LEFTOVER_SECONDS):
            async for piece in _pieces(answer):
                size += len(piece)
                if size > MAX_LEFTOVER:
                    break
            else:
                return
    except (TimeoutError, aiohttp.ClientError, FetchError, OSError):
        pass
    answer.close()


def _explained(exc: Exception) -> FetchError:
    if isinstance(exc, aiohttp.ClientHttpProxyError):
        return refused_tunnel(f"status {exc.status}")
    if isinstance(exc, aiohttp.ClientConnectionResetError | aiohttp.ServerDisconnectedError):
        return FetchError("closed", "the server closed the connection without a response")
    error = to_fetch_error(exc)
    if error.code == "bad-response" and isinstance(exc, aiohttp.ClientConnectorError):
        return FetchError("network", one_line(exc.os_error.strerror or "no connection"))
    return error
