"""`asyncio`: coroutines. One thread runs an event loop; each request is a task that gives way wherever it waits.

It teaches cooperative concurrency: a task costs a few kilobytes where a thread costs a stack, so thousands may wait at
once. Choose it for very many slow pages. `then` runs in the loop's thread and holds up all transfers meanwhile: give
heavy analysis a place of its own (`parse: pool`) or take `processes-asyncio`. It brings its own client, aiohttp, and
uses uvloop where that is installed; `fetch.client` is not asked.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from crawler.fetch.client import AsyncFetch, make_async_fetch
from crawler.model import Request
from crawler.strategies.event_driver import Multiplexer
from crawler.strategies.port import Plan

if TYPE_CHECKING:
    from crawler.strategies.messages import Messages

__all__ = ["Asyncio"]

T = TypeVar("T")


class Asyncio(Multiplexer[T]):
    """`width` tasks on one loop; the rest waits in a queue."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan)
        self._loop = _new_loop()
        self._fetch: AsyncFetch = self._loop.run_until_complete(_made(plan))
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def listen(self, messages: Messages) -> None:
        """See `crawler.strategies.event_driver.Multiplexer`."""
        self._loop.add_reader(messages.fileno(), self._stop)

    def _work(self, timeout: float) -> None:
        timer = self._loop.call_later(timeout, self._stop)
        self._stopping = False
        self._loop.run_forever()
        timer.cancel()

    def _interrupt(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._stop)

    def _start(self, future: Future[T], request: Request) -> None:
        running = self._loop.create_task(self._one(future, request))
        self._tasks.add(running)  # the loop itself holds tasks only weakly
        running.add_done_callback(self._tasks.discard)

    async def _one(self, future: Future[T], request: Request) -> None:
        fetched = await self._fetch(request)
        self._landed(future, request, fetched)
        await asyncio.sleep(0)  # the next one is sent before this one is parsed
        self._stop()

    def _stop(self) -> None:
        """Stop the loop, once: with uvloop a second call would stop its next run."""
        if not self._stopping:
            self._stopping = True
            self._loop.stop()

    def _end(self) -> None:
        self._loop.run_until_complete(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._fetch.close()


async def _made(plan: Plan[T]) -> AsyncFetch:
    return make_async_fetch(plan.settings)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
