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

__all__ = [
    "TracedAsyncFetch",
    "TracedFetch",
    "TracedTransfers",
    "this_worker",
    "with_trail",
    "without_core",
    "without_core_before",
]

Fetched = Response | Moved | Failure
T = TypeVar("T", bound=Outcome | Response)


def with_trail(outcome: T, trail: Trail | None) -> T:
    """Return the outcome with a trail, its last part; `_replace` takes four times as long."""
    if trail is None:
        return outcome
    make: Any = type(outcome)._make  # mypy takes it for a method of an instance
    found: T = make((*outcome[:-1], trail))
    return found


ALL_OF, THEN_EACH = 16, 8  # pages of a thread, for which the system is asked what it waited for


class _SchedStat:
    """What Linux counts of this thread (Documentation/scheduler/sched-stats.rst), open as long as the thread lives."""

    def __init__(self) -> None:
        self.asked = 0
        self._file: int | None = None
        try:
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
            counts = not os.pread(self._file, 64, 0).startswith(b"0 ")  # some kernels do not
        except OSError:  # another system, or a sandbox
            counts = False
        if not counts:
            self._close()

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def without_core(self) -> float | None:
        return None if self._file is None else int(os.pread(self._file, 64, 0).split()[1]) / 1e9


class _Here(threading.local):
    """This thread, or this greenlet."""

    worker: Worker | None = None
    counts: _SchedStat | None = None


_here = _Here()


def _forget() -> None:
    """What the thread that forked this process is and has is not ours."""
    global _here
    _here = _Here()


if hasattr(os, "register_at_fork"):  # not on Windows, which forks nothing
    os.register_at_fork(after_in_child=_forget)


def this_worker() -> Worker:
    """The worker that this is called in."""
    if _here.worker is None:
        name = threading.current_thread().name
        _here.worker = os.getpid(), threading.get_ident(), threading.get_native_id(), name
    return _here.worker


def without_core() -> float | None:
    """Seconds that this thread was ready to run and had no core, since it began; None where the system does not say."""
    if _here.counts is None:
        _here.counts = _SchedStat()
    return _here.counts.without_core()


def without_core_before() -> float | None:
    """The same before a page is parsed; None for most pages of a long run, for it costs more than all else here."""
    if _here.counts is None:
        _here.counts = _SchedStat()
    counts = _here.counts
    counts.asked += 1
    return None if counts.asked > ALL_OF and counts.asked % THEN_EACH else counts.without_core()


def _completed(fetched: Fetched, taken: float, *, alone: bool) -> Fetched:
    trail = fetched.trail
    if trail is None:
        trail = Trail()
        fetched = with_trail(fetched, trail)
    trail.taken, trail.landed, trail.worker, trail.alone = taken, monotonic(), this_worker(), alone
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
