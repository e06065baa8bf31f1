"""A pool of worker processes that survives the death of a worker. Calls are sent in batches.

Each worker has one message in flight and one ready. Only what comes beyond that waits here; it goes out in groups, to
each worker its share. So few calls go one by one, to whoever is free. So do slow ones: next to them a message costs
nothing, and none shall wait behind another.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Generic, TypeVar

from crawler.strategies.port import WorkerDied
from crawler.strategies.worker_process import context, settle

__all__ = ["Answers", "Batcher", "Call", "ProcessPool", "do_group"]


T = TypeVar("T")

Call = tuple[object, ...]
Answers = tuple[list[tuple[BaseException | None, Any]], float]  # an error or a value for each call; seconds for all

TARGET_BATCH_SECONDS = 0.01  # work in a group: next to it the cost of a message is small
MAX_BATCH = 16  # calls in a group


class Batcher(Generic[T]):
    """Hands calls to workers.

    Args:
        width: number of workers.
        send: gives a group to the workers. Its Future brings their answers, see `do_group`; when it fails, the workers
            are lost. It may raise RuntimeError where they are gone already.
    """

    def __init__(self, width: int, send: Callable[[list[Call]], Future[Answers]]) -> None:
        self._width, self._send = width, send
        self._waiting: deque[tuple[Call, Future[T]]] = deque()
        self._out, self._fit = 0, 1
        # Never held while a group is sent or a Future completes: both may call back into this class.
        self._changed = threading.Condition()

    def submit(self, *call: object) -> Future[T]:
        """Take one call. Its Future fails with what the call raised, or where the workers are lost or gone."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        with self._changed:
            self._waiting.append((call, future))
        self._send_on()
        return future

    def wait(self) -> None:
        """Wait until every call has come back."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._out))

    def _send_on(self) -> None:
        while group := self._next():
            self._sent([call for call, _ in group]).add_done_callback(partial(self._back, group))

    def _next(self) -> list[tuple[Call, Future[T]]]:
        with self._changed:
            if not self._waiting or self._out >= 2 * self._width:
                return []
            self._out += 1
            share = -(-len(self._waiting) // self._width)  # rounded up
            return [self._waiting.popleft() for _ in range(max(1, min(share, self._fit, MAX_BATCH)))]

    def _sent(self, calls: list[Call]) -> Future[Answers]:
        try:
            return self._send(calls)
        except RuntimeError as error:
            failed: Future[Answers] = Future()
            failed.set_exception(WorkerDied(str(error)))
            return failed

    def _back(self, group: list[tuple[Call, Future[T]]], done: Future[Answers]) -> None:
        lost: BaseException | None = None
        try:
            answers, seconds = done.result()
        except BaseException as error:
            lost, answers, seconds = error, [(error, None)] * len(group), TARGET_BATCH_SECONDS
        with self._changed:
            self._out -= 1
            self._fit = int(TARGET_BATCH_SECONDS * len(answers) / max(seconds, 1e-6))
            self._waiting.extendleft(reversed(group[len(answers) :]))
            self._changed.notify_all()
        if isinstance(lost, (BrokenExecutor, CancelledError)):
            self._drop(lost)
        else:
            self._send_on()
        for (_, future), (failure, value) in zip(group, answers, strict=False):  # the rest waits again
            future.set_result(value) if failure is None else future.set_exception(failure)

    def _drop(self, error: BaseException) -> None:
        """Fail all that was not sent yet: the workers are lost."""
        with self._changed:
            dropped, self._waiting = self._waiting, deque()
            self._changed.notify_all()
        for _, future in dropped:
            future.set_exception(error)


def do_group(function: Callable[..., Any], calls: list[Call]) -> Answers:
    """Make the calls of a group, in the worker, until it takes much too long; those at the end are then not made."""
    answers: list[tuple[BaseException | None, Any]] = []
    begin = monotonic()
    for call in calls:
        if answers and monotonic() - begin > 2 * TARGET_BATCH_SECONDS:
            break
        try:
            answers.append((None, function(*call)))
        except BaseException as error:
            answers.append((error, None))
    return answers, monotonic() - begin


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
        self.calls: Batcher[T] = Batcher(width, lambda calls: self._pool.submit(_work, calls))
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
