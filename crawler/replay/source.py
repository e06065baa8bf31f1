"""Where a run gets its pages: the real web here; Recording and Playback override parts of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from crawler.fetch.client import ClientSettings, Fetch
from crawler.strategies.port import OnFetched

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["PageSource"]

T = TypeVar("T")


class PageSource:
    """The web.

    Attributes:
        fresh: the crawl must begin anew; known once it is open.
    """

    fresh = False

    def job(self, job: Job) -> Job:
        """The job with its state and its outputs where they belong."""
        return job

    @contextmanager
    def opened(self, job: Job, base: str | None) -> Iterator[str | None]:
        """Have it ready while the run lasts; gives the URL of the demo site, None for a job without one."""
        yield base

    def settings(self, settings: ClientSettings) -> ClientSettings:
        """The settings that clients get."""
        return settings

    def fetch(self, fetch: Fetch) -> Fetch:
        """A client that the main process uses by itself."""
        return fetch

    def then(self, then: OnFetched[T]) -> OnFetched[T]:
        """The step that workers take with what came back; picklable if `then` is."""
        return then
