"""A strategy that sends some page kinds to a browser, and all others to the strategy of the job.

It has a small pool of threads, one for each page that is rendered at once. What comes back is treated by the same step
as under the other strategy, so a parse stage sees no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from crawler.fetch.client import Fetch
from crawler.model import Request
from crawler.strategies.port import OnFetched, Strategy

__all__ = ["BrowserRouter"]

T = TypeVar("T")


class BrowserRouter(Generic[T]):
    """See the top of this file, and `crawler.strategies.port.Strategy`.

    Args:
        others: the strategy for all other kinds.
        kinds: page kinds that are rendered.
        make: builds the client of the browser; called with the first request of such a kind.
        width: how many pages are rendered at once.
        then: what to do with what came back.
    """

    def __init__(
        self, others: Strategy[T], kinds: Collection[str], make: Callable[[], Fetch], width: int, then: OnFetched[T]
    ) -> None:
        self._others, self._kinds, self._make, self._width, self._then = others, kinds, make, width, then
        self._fetch: Fetch | None = None
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to the browser, or to the other strategy."""
        if request.kind not in self._kinds:
            return self._others.submit(request)
        if self._pool is None or self._fetch is None:
            self._fetch = self._make()
            self._pool = ThreadPoolExecutor(self._width, thread_name_prefix="render")
        return self._pool.submit(self._render, self._fetch, request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the pages; with `cancel` end the browser under them. No process of it is left, either way."""
        if self._pool is not None:
            self._pool.shutdown(wait=not cancel, cancel_futures=cancel)
        if self._fetch is not None:
            self._fetch.close()
        self._others.close(cancel=cancel)

    def _render(self, fetch: Fetch, request: Request) -> T:
        return self._then(request, fetch(request))
