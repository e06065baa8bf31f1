"""A page that is to be visited, as the frontier holds it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALONE", "COLUMNS", "TRIED", "WITNESS", "Queued"]

ALONE = 2  # the lane of pages that were in flight in a crash
WITNESS = 3  # of a page that is asked for again only to see whether its host answers; in no queue, not in the store

COLUMNS = "id, url, kind, host, lane, depth, hops, anywhere, attempts, crashes, jar, asked_again"

TRIED = "state = 'queued' AND (attempts > 0 OR crashes > 0)"
"""SQL: pages in a queue that were asked for before, in the words of their index."""


@dataclass(slots=True)
class Queued:
    """A page to be visited, as the frontier holds it.

    Attributes:
        jar: version of the cookie jar when it was last asked for.
        asked_again: times that it was asked for again because a cookie had come.
        before: attempts in earlier runs.
        excused: in which of its host's troubles a failure of it last counted as the host's; None for never.
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
    before: int = 0
    excused: int | None = None

    @property
    def is_new(self) -> bool:
        """Whether it was never asked for, and so counts for the limit of pages when it is."""
        return not (self.attempts or self.crashes)

    @property
    def tried(self) -> int:
        """Attempts in this run that count for `retries`: one that a cookie was missing in does not."""
        return max(0, self.attempts - self.before - self.asked_again)
