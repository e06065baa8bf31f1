"""The session of a run: whether it is open, which pages have lost it, and what the steps have brought.

The steps run in a thread of their own, beside the crawl; meanwhile nothing goes out to the hosts of the session. A page
remembers which session it was asked with. One that comes back lost, or otherwise in doubt, from an older one is only
asked for again; one of the session that is open closes it, and the steps run again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from crawler.extract.rules import LostRule
from crawler.model import Failure, Moved, Outcome, Page, Response, Value
from crawler.store.queued import Queued

if TYPE_CHECKING:
    from crawler.crawl.inbox import Inbox
    from crawler.extract.parser import Parser

__all__ = ["MAX_LOSSES", "FilesOfSession", "Opened", "Runner", "Session"]

MAX_LOSSES = 3
LOST = "session-lost"


class Opened(NamedTuple):
    """What came of the steps.

    Attributes:
        values: by name, for `{session.name}`.
        cookies: URL of each answer that set some, and its Set-Cookie lines.
        hosts: that were asked.
        fault: why there is no session; "" where there is one. It holds no secret.
    """

    values: Mapping[str, Value] = {}
    cookies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    hosts: frozenset[str] = frozenset()
    fault: str = ""

    def __repr__(self) -> str:
        return f"Opened(values={sorted(self.values)}, fault={self.fault!r})"


class Runner(Protocol):
    """What runs the steps; see `crawler.crawl.steps.StepRunner`."""

    def run(self, delay: float, wait_first: bool = False) -> Opened:
        """Run them, in any thread."""

    def close(self) -> None:
        """Close the idle connections."""


class FilesOfSession:
    """Saves files, but not what a lost session shows in their place. Picklable if `save` is."""

    def __init__(self, save: Callable[[Response], Outcome], parser: Parser) -> None:
        self._save, self._parser = save, parser

    def __call__(self, response: Response) -> Outcome:
        """Return what became of a file."""
        return self._parser.lost(response) or self._save(response)


class Session:
    """Owned by the main thread.

    Args:
        hosts: to which nothing goes out while the steps run: those of the start URLs and of the steps.
        lost: how a page shows that the session is lost; None for never.
        closing: set when the run ends, so that nothing waits any longer.

    Attributes:
        version: counts the sessions that were opened.
        opening: the steps are running.
    """

    def __init__(
        self, runner: Runner, hosts: Collection[str], lost: LostRule | None, inbox: Inbox, closing: threading.Event
    ) -> None:
        self._runner, self.hosts, self._lost, self._inbox = runner, frozenset(hosts), lost, inbox
        self._closing = closing
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="session")
        self._losses = 0
        self.version = 0
        self.opening = False

    def open(self, delay: float) -> None:
        """Let the steps run; the inbox gets an `Opened`.

        Args:
            delay: seconds between two requests.
        """
        self.opening = True
        reading = self._pool.submit(self._runner.run, delay, self.version > 0)
        reading.add_done_callback(self._done)

    def opened(self) -> None:
        """The steps have worked."""
        self.opening = False
        self.version += 1

    def verdict(self, page: Queued, outcome: Outcome) -> Literal["", "again", "lost"]:
        """Return whether a page is only to be asked for again, or has lost the session that is open.

        What came of a page that was asked with an older session may be a sign of its loss, whatever it is: only a page
        that was read is taken.
        """
        if page.host not in self.hosts or self._lost is None:
            return ""
        if self._shows_loss(outcome):
            is_new = not self.opening and page.session == self.version
            return "lost" if is_new else "again"
        if isinstance(outcome, Page):
            self._losses = 0
            return ""
        if page.session == self.version and not self.opening:
            return ""
        refused = isinstance(outcome, Failure) and 400 <= outcome.status < 500
        return "again" if isinstance(outcome, Moved) or refused else ""

    def lose(self) -> bool:
        """Count a loss; returns whether the steps are worth running again."""
        self._losses += 1
        return self._losses < MAX_LOSSES

    def close(self) -> None:
        """Wait for nothing any longer; a request in flight ends by itself."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._runner.close()

    def _shows_loss(self, outcome: Outcome) -> bool:
        assert self._lost is not None
        if isinstance(outcome, Failure) and outcome.code == LOST:
            return True
        return outcome.status in self._lost.statuses

    def _done(self, running: Future[Opened]) -> None:
        if running.cancelled():
            return

        error = running.exception()  # raised here it would be logged, and the run would wait for ever
        self._inbox.put(Opened(fault=f"internal: {type(error).__name__}") if error else running.result())
