"""`mp-pool`: `multiprocessing.Pool.apply_async(callback=...)`, the older process pool.

It replaces a worker that dies, but says nothing of the request that died with it: that one would be waited for for
ever. So its workers are watched here, and after a death the whole pool is replaced. The executor of `processes` does
this by itself; it is the better choice wherever nothing else speaks for this one.
"""

from __future__ import annotations

import multiprocessing.pool
import pickle
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from multiprocessing import connection
from typing import Any, Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, Step
from crawler.strategies.worker_process import context
from crawler.strategies.workers import InFlight, Replaced, begin_step

__all__ = ["MpPool"]

T = TypeVar("T")

PATIENCE = 0.2  # seconds that a thread of the pool gets for what takes it a moment


class MpPool(Replaced[T]):
    """Takes requests; a watched pool works them off."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(partial(_Watched[T], plan.width, pickle.dumps(plan)))


class _Watched(Generic[T]):
    def __init__(self, width: int, blob: bytes) -> None:
        self.broken = False
        self._closing, self._never = context().Pipe(duplex=False)
        self._in_flight: InFlight[T] = InFlight()
        self._pool: Any = context().Pool(width, _begin, (blob,))
        self._workers = list(self._pool._pool)  # no public way to the processes of a pool
        self._watch = threading.Thread(target=self._wait_for_a_death, name="pool-watch", daemon=True)
        self._watch.start()

    def apply(self, request: Request) -> Future[T]:
        number, future = self._in_flight.add()
        done = partial(self._in_flight.settle, number)
        self._pool.apply_async(_work, (request,), callback=partial(done, None), error_callback=done)
        if self.broken:  # since a moment ago
            self._in_flight.fail("a worker of the pool died")
        return future

    def close(self, *, cancel: bool) -> None:
        if not cancel:
            self._in_flight.wait()
        self._never.send(None)  # the watch ends
        self._watch.join()
        self._never.close()
        self._closing.close()
        self._tear_down()
        self._pool.join()
        self._in_flight.fail("the strategy was closed")

    def _wait_for_a_death(self) -> None:
        ready = connection.wait([self._closing, *(worker.sentinel for worker in self._workers)])
        if self._closing not in ready:
            self.broken = True
            self._in_flight.fail("a worker of the pool died")

    def _tear_down(self) -> None:
        """End a pool whose queues a dead worker may have locked: `close` and `terminate` would wait for it for ever."""
        pool = self._pool
        pool._worker_handler._state = multiprocessing.pool.TERMINATE  # else it starts new workers
        pool._change_notifier.put(None)
        pool._worker_handler.join()
        for worker in pool._pool:
            worker.kill()
            worker.join()
        locked, start = pool._outqueue._wlock, context()
        pool._inqueue._rlock, pool._outqueue._wlock = start.Lock(), start.Lock()
        pool._task_handler.join(PATIENCE)
        if pool._task_handler.is_alive():  # it may wait for the old lock
            with suppress(ValueError):  # which was free
                locked.release()
        pool.terminate()


_step: Step[Any] | None = None


def _begin(blob: bytes) -> None:
    global _step
    _step = begin_step(blob)


def _work(request: Request) -> Any:
    assert _step is not None, "the pool's initializer makes it"
    return _step(request)
