"""A page that is to be visited, as the frontier holds it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALONE", "COLUMNS", "Queued"]

ALONE = 2  # the lane of pages that were in flight in a crash

COLUMNS = "id, url, kind, host, lane, depth, hops, anywhere, attempts, crashes, jar, asked_again"


@dataclass(slots=True)
class Queued:
    """A page to be visited, as the frontier holds it.

    Attributes:
        jar: version of the cookie jar when it was last asked for.
        asked_again: times that it was asked for again because a cookie had come.
    """

    id: int
    url: str
    kind: str
    host: str
    lane: int
    depth: int
    hops: int
    anywhere: int
    attempts: int
    crashes: int
    jar: int = 0
    asked_again: int = 0

    @property
    def tries(self) -> int:
        """Requests so far that count for `retries`: one that a cookie was missing in does not."""
        return self.attempts - self.asked_again

    @property
    def is_new(self) -> bool:
        """Whether it was never asked for, and so counts for the limit of pages."""
        return not self.attempts and not self.crashes
