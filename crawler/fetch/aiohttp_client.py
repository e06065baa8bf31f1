"""The client for an event loop, on aiohttp: one session, a connection for each request that is under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import monotonic
from typing import Any

import aiohttp
from yarl import URL

from crawler.errors import FetchError, one_line
from crawler.fetch import tls
from crawler.fetch.aiohttp_connection import AskedRequest, Attempt, Handler, Resolver, attempt, note_socket
from crawler.fetch.asking import Asked, Asking
from crawler.fetch.cookies import usable
from crawler.fetch.failures import by_proxy, explain
from crawler.fetch.head import Fields
from crawler.fetch.judge import LEFTOVER_SECONDS, MOST_LEFTOVER, check_length, is_page, is_short, judged, whole
from crawler.fetch.settings import ClientSettings
from crawler.model import Failure, Moved, Request, Response

__all__ = ["AiohttpFetch"]

_OWN = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class AiohttpFetch:
    """See `crawler.fetch.client.AsyncFetch`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._asking = Asking(settings)
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
            return await self._within_limits(now, start)
        except Exception as exc:  # a page that breaks a library must not break the run
            error = _explained(exc)
        if self._settings.proxy and not (now and now.received):
            error = by_proxy(error)
        return Failure(error.code, error.detail, elapsed=monotonic() - start)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _within_limits(self, now: Attempt, start: float) -> Response | Moved | Failure:
        body = b""
        try:
            async with now.limit:
                body = await self._asked(now)
        except Exception as exc:
            if now.fields is None or is_page(now.status):
                raise now.error or (now.late() if isinstance(exc, TimeoutError) else exc) from None
        finally:
            now.end()
        assert now.fields is not None
        cookies = usable(now.fields.cookies) if now.fields.cookies else ()
        return judged(now.asked.url, now.status, now.reason, now.fields.values, body, monotonic() - start, cookies)

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
        async with self._session.get(
            _verbatim(asked),
            headers=_headers(asked),
            allow_redirects=False,
            proxy=self._settings.proxy,
            ssl=tls.context(asked.place.secure) if secure else True,
        ) as answer:
            fields = now.fields
            assert fields is not None
            if is_page(now.status):
                return await _body(asked, fields, answer)
            if is_short(fields.length, fields.chunked):
                await _read_leftover(answer)
            else:
                answer.close()
            return b""


def _verbatim(asked: Asked) -> URL:
    """All of the target as a path: yarl would drop a `?` with nothing behind it."""
    scheme, _, named = asked.server.partition("://")
    path = asked.target.removeprefix(asked.server)
    return URL.build(scheme=scheme, authority=named, path=path, encoded=True)


async def _body(asked: Asked, fields: Fields, answer: aiohttp.ClientResponse) -> bytes:
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
    return whole(iter(parts), fields.values.get("content-encoding", ""), asked.most, asked.cut)


def _headers(asked: Asked) -> dict[str, str]:
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
                if size > MOST_LEFTOVER:
                    break
            else:
                return
    except (TimeoutError, aiohttp.ClientError, FetchError, OSError):
        pass
    answer.close()


def _explained(exc: Exception) -> FetchError:
    if isinstance(exc, aiohttp.ClientHttpProxyError):
        return FetchError("proxy", one_line(f"status {exc.status}"))
    if isinstance(exc, aiohttp.ClientConnectionResetError | aiohttp.ServerDisconnectedError):
        return FetchError("closed", "closed without an answer")
    error = explain(exc)
    if error.code == "bad-response" and isinstance(exc, aiohttp.ClientConnectorError):
        return FetchError("network", one_line(exc.os_error.strerror or "no connection"))
    return error
