"""Parse places in words: for `run --help` and `check`."""

from __future__ import annotations

__all__ = ["ABOUT"]

ABOUT = {
    "worker": "in the worker that fetched them",
    "callback": "in the callback of the request",
    "pool": "in a second pool, of processes",
    "barrier": "one after another, when all requests in flight are back",
}
