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
from typing import TypeVar

from crawler.fetch.client import AsyncFetch, make_async_fetch
from crawler.model import Request
from crawler.strategies.driver import Driver
from crawler.strategies.port import Plan

__all__ = ["Asyncio"]

T = TypeVar("T")


class Asyncio(Driver[T]):
    """`width` tasks on one loop; the rest waits in a queue."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, "asyncio")
        self._loop = _new_loop()
        self._fetch: AsyncFetch = self._loop.run_until_complete(_made(plan))
        self._called = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread.start()

    def _wake(self) -> None:
        """Ask the loop to look, once for all that comes until it does."""
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._called = False
        while (task := self._next()) is not None:
            running = self._loop.create_task(self._one(*task))
            self._tasks.add(running)  # the loop itself holds tasks only weakly
            running.add_done_callback(self._tasks.discard)
        if self._over():
            self._loop.stop()

    async def _one(self, future: Future[T], request: Request) -> None:
        self._done(future, request, await self._fetch(request))
        self._wake()

    def _drive(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            for task in self._tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.run_until_complete(self._fetch.close())
        finally:
            self._loop.close()


async def _made(plan: Plan[T]) -> AsyncFetch:
    return make_async_fetch(plan.settings)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
