"""`queue`: producer and consumers. Requests are put into a `queue.Queue`; `width` threads take them out, one at a time,
until they find a sentinel. This is how a thread pool works inside."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, Step, settle_future

__all__ = ["Queue"]

T = TypeVar("T")


class Queue(Generic[T]):
    """Consumers are threads with one client, which keeps a session for each."""

    def __init__(self, plan: Plan[T]) -> None:
        self._step = Step(plan)
        self._tasks: queue.Queue[tuple[Future[T], Request] | None] = queue.Queue()
        self._consumers = [
            threading.Thread(target=self._consume, name=f"consumer-{number}", daemon=True)
            for number in range(plan.width)
        ]
        for consumer in self._consumers:
            consumer.start()

    def submit(self, request: Request) -> Future[T]:
        """Put the request into the queue."""
        future: Future[T] = Future()
        self._tasks.put((future, request))
        return future

    def close(self, *, cancel: bool = False) -> None:
        """One sentinel for each consumer; with `cancel` what is in the queue is dropped before."""
        if cancel:
            self._drop()
        for _ in self._consumers:
            self._tasks.put(None)
        if not cancel:
            self._tasks.join()
            for consumer in self._consumers:
                consumer.join()
        self._step.close()

    def _drop(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:  # asked for beforehand, a consumer could take the last one in between
                return
            self._tasks.task_done()
            if task is not None:
                task[0].cancel()

    def _consume(self) -> None:
        while (task := self._tasks.get()) is not None:
            settle_future(task[0], self._step, task[1])
            self._tasks.task_done()
        self._tasks.task_done()
