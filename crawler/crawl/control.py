"""How a running crawl is held: its limits, the inbox that its futures come back through, and a way to stop it."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import Any

__all__ = ["Inbox", "Limits", "Stopper"]

Inbox = queue.SimpleQueue[Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the loop stops by itself.

    Attributes:
        pages: most pages that are requested in this crawl, over all its runs.
        until: `time.monotonic()` at which the run ends; None for never.
        retries: times a page is tried again.
        retry_after_cap: a host that asks to be left alone for longer than these seconds is left for the next run.
        task_timeout: seconds after which a request that has not come back is given up.
    """

    pages: int
    until: float | None
    retries: int
    retry_after_cap: float
    task_timeout: float


class Stopper:
    """Asks a running loop to end: `stop("interrupted")`. Safe in a signal handler and from any thread."""

    def __init__(self) -> None:
        self.why = ""
        self.inbox: Inbox = queue.SimpleQueue()

    def stop(self, why: str) -> None:
        """No new requests from now on; what is in flight is finished."""
        self.why = self.why or why
        self.inbox.put(None)
