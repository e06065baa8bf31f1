"""When a request did what, as its client and its worker saw it: only where a run is traced (`ClientSettings.traced`).

Clients of ours note what they know in a `Trail`; the wrappers here add when the worker took the request, and which
worker it was. A client that knows nothing of this, such as one of the user's own, leaves what it cannot tell as None.

All times are `time.monotonic()` seconds. On Linux, and on macOS and Windows too, that is one clock for all processes of
a machine, so what worker processes note can be compared.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from crawler.model import Failure, Moved, Outcome, Request, Response, Trail, Worker

__all__ = ["Here", "TracedAsyncFetch", "TracedFetch", "TracedTransfers", "here", "with_trail"]

Fetched = Response | Moved | Failure
T = TypeVar("T", bound=Outcome | Response)


def with_trail(outcome: T, trail: Trail | None) -> T:
    """Return the outcome with a trail, its last part; `_replace` takes four times as long."""
    if trail is None:
        return outcome
    make: Any = type(outcome)._make  # mypy takes it for a method of an instance
    found: T = make((*outcome[:-1], trail))
    return found


ALL_OF, THEN_EACH = 16, 16  # pages of a thread, for which the system is asked what it waited for


class Here:
    """This thread, or this greenlet: one object for all that is asked of it, which is what costs the least.

    Attributes:
        worker: its name in a `Trail`.
    """

    def __init__(self) -> None:
        name = threading.current_thread().name
        self.worker: Worker = os.getpid(), threading.get_ident(), threading.get_native_id(), name
        self._pages = 0
        self._file: int | None = None
        self._opened = False

    def __del__(self) -> None:
        self._close()

    def page(self) -> float | None:
        """What `without_core` says before a page is parsed; None for most of many pages, because to ask takes time."""
        self._pages += 1
        return None if self._pages > ALL_OF and self._pages % THEN_EACH else self.without_core()

    def without_core(self) -> float | None:
        """Seconds that this thread was ready to run and had no core, since it began; None where nobody counts them.

        Linux does (Documentation/scheduler/sched-stats.rst), in a file that is open as long as the thread lives.
        """
        if not self._opened:
            self._open()
        return None if self._file is None else int(os.pread(self._file, 64, 0).split()[1]) / 1e9

    def _open(self) -> None:
        self._opened = True
        try:
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
            counts = not os.pread(self._file, 64, 0).startswith(b"0 ")  # some kernels do not
        except OSError:  # another system, or a sandbox
            counts = False
        if not counts:
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


class _Local(threading.local):
    here: Here | None = None


_local = _Local()


def _forget() -> None:
    """What the thread that forked this process is and has is not ours."""
    global _local
    _local = _Local()


if hasattr(os, "register_at_fork"):  # not on Windows, which forks nothing
    os.register_at_fork(after_in_child=_forget)


def here() -> Here:
    """The thread or greenlet that this is called in."""
    found = _local.here
    if found is None:
        found = _local.here = Here()
    return found


def _completed(fetched: Fetched, taken: float, *, alone: bool) -> Fetched:
    trail = fetched.trail
    if trail is None:
        trail = Trail()
        fetched = with_trail(fetched, trail)
    trail.taken, trail.landed, trail.worker, trail.alone = taken, monotonic(), here().worker, alone
    return fetched


class TracedFetch:
    """Any `Fetch` of crawler.fetch.client; its name is not imported here, because that module imports this one."""

    def __init__(self, fetch: Any) -> None:
        self._fetch = fetch

    def __call__(self, request: Request) -> Fetched:
        """Fetch, and note when."""
        taken = monotonic()
        return _completed(self._fetch(request), taken, alone=True)

    def close(self) -> None:
        """Close the client."""
        self._fetch.close()


class TracedAsyncFetch:
    """Any `AsyncFetch`."""

    def __init__(self, fetch: Any) -> None:
        self._fetch = fetch

    async def __call__(self, request: Request) -> Fetched:
        """Fetch, and note when."""
        taken = monotonic()
        return _completed(await self._fetch(request), taken, alone=False)

    async def close(self) -> None:
        """Close the client."""
        await self._fetch.close()


class TracedTransfers:
    """Any `Transfers`."""

    def __init__(self, transfers: Any) -> None:
        self._transfers = transfers

    def __len__(self) -> int:
        return len(self._transfers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transfers, name)  # all but `add` is the same

    def add(self, request: Request, done: Callable[[Fetched], None]) -> None:
        """Begin a request, and note when."""
        taken = monotonic()
        self._transfers.add(request, lambda fetched: done(_completed(fetched, taken, alone=False)))
