"""Reads robots.txt files beside the crawl, each once; answers go into the loop's inbox."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from crawler.crawl.control import Inbox
from crawler.crawl.robots import Robots, read_robots
from crawler.fetch.client import Fetch
from crawler.model import Failure

__all__ = ["RobotsDesk"]

READERS = 4
TRIES = 3
LONGEST_WAIT = 30.0


class RobotsDesk:
    """Threads of its own: a robots.txt is needed before its host can be asked for anything, whatever the strategy.

    Args:
        delay: seconds between two requests to a host.
    """

    def __init__(self, fetch: Fetch, user_agent: str, delay: float, inbox: Inbox) -> None:
        self._fetch, self._agent, self._delay, self._inbox = fetch, user_agent, delay, inbox
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="robots")
        self._closing = threading.Event()

    def ask(self, origin: str) -> None:
        """Read the robots.txt of an origin; the inbox gets (origin, Robots)."""
        reading = self._pool.submit(self._read, origin)
        reading.add_done_callback(partial(self._answered, origin))

    def close(self) -> None:
        """Stop waiting; a request under way ends by itself."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._fetch.close()

    def _read(self, origin: str) -> Robots:
        for tried in range(1, TRIES + 1):
            robots = read_robots(self._fetch, origin, user_agent=self._agent, pause=self._pause)
            if robots.unreachable is None or tried == TRIES:
                break
            asked = min(robots.unreachable.retry_after or 0.0, LONGEST_WAIT)
            self._closing.wait(max(self._delay, 2.0**tried / 2, asked))
            if self._closing.is_set():
                break
        return robots

    def _pause(self) -> None:
        self._closing.wait(self._delay)

    def _answered(self, origin: str, reading: Future[Robots]) -> None:
        if reading.cancelled():
            return
        error = reading.exception()  # raised here it would be logged and the host would wait for ever
        broken = Robots(unreachable=Failure("internal", f"{type(error).__name__}: {error}"))
        self._inbox.put((origin, broken if error else reading.result()))
