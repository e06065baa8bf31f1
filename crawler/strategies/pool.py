"""A pool of worker processes that survives the death of a worker, and dies when its parent does."""

from __future__ import annotations

import faulthandler
import os
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

from crawler.strategies.child import context, settle
from crawler.strategies.groups import Answers, Call, Groups, do_group

__all__ = ["ProcessPool"]

T = TypeVar("T")

WARM_UP_SECONDS = 30.0


class ProcessPool(Generic[T]):
    """Calls one function in worker processes.

    Args:
        width: number of processes.
        make: picklable; called once in each worker, returns the function that does the work.
        task_timeout: seconds after which a worker that is still in a call ends itself.
    """

    def __init__(self, width: int, make: Callable[[], Callable[..., T]], task_timeout: float) -> None:
        self._start = partial(_Crew[T], width, pickle.dumps((make, task_timeout)))
        self._lock = threading.Lock()
        self._closed = False
        self._crew = self._start()

    def submit(self, *args: object) -> Future[T]:
        """Hand one call to the pool; its Future fails with BrokenProcessPool where a worker died."""
        with self._lock:
            if self._crew.broken and not self._closed:
                self._crew = self._start()
            crew = self._crew
        return crew.calls.submit(*args)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the workers; with `cancel` kill them."""
        with self._lock:
            self._closed = True
        self._crew.close(cancel=cancel)


class _Crew(Generic[T]):
    """An executor until a worker of it dies; `calls` takes what it is to do."""

    def __init__(self, width: int, blob: bytes) -> None:
        self._pool = ProcessPoolExecutor(width, mp_context=context(), initializer=_begin, initargs=(blob,))
        self.calls: Groups[T] = Groups(width, lambda calls: self._pool.submit(_work, calls))
        _warm_up(self._pool, width)

    @property
    def broken(self) -> bool:
        return bool(self._pool._broken)  # no public way to ask

    def close(self, *, cancel: bool) -> None:
        if cancel:
            for worker in list((self._pool._processes or {}).values()):
                worker.kill()
        else:
            self.calls.wait()
        self._pool.shutdown(wait=True, cancel_futures=cancel)


def _warm_up(pool: ProcessPoolExecutor, width: int) -> None:
    """Start every worker now: one that starts in mid crawl would come late for its host's time slot."""
    until = time.monotonic() + WARM_UP_SECONDS
    seen: set[int] = set()
    with suppress(BrokenExecutor):  # one died already: whoever submits to the pool will hear of it
        while len(seen) < width and time.monotonic() < until:
            seen.update(pool.map(_identify, range(2 * width)))


def _identify(_: int) -> int:
    time.sleep(0.002)  # long enough that one worker does not answer for all
    return os.getpid()


_function: Callable[..., Any] | None = None
_task_timeout = 0.0
_nowhere = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process


def _begin(blob: bytes) -> None:
    global _function, _task_timeout
    settle()
    make, _task_timeout = pickle.loads(blob)  # noqa: S301 - written by our own parent process a moment ago
    _function = make()


def _work(calls: list[Call]) -> Answers:
    return do_group(_one, calls)


def _one(*args: object) -> Any:
    assert _function is not None, "the pool's initializer makes it"
    # A C thread that ends this process even where a parser hangs inside C with the interpreter lock held.
    faulthandler.dump_traceback_later(_task_timeout, exit=True, file=_nowhere)
    try:
        return _function(*args)
    finally:
        faulthandler.cancel_dump_traceback_later()
