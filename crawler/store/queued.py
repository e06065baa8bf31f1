"""A page that is to be visited, as the frontier holds it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALONE", "COLUMNS", "Queued"]

ALONE = 2  # the lane of pages that were in flight in a crash

COLUMNS = "id, url, kind, host, lane, depth, hops, anywhere, attempts, crashes"


@dataclass(slots=True)
class Queued:
    """A page to be visited, as the frontier holds it."""

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
