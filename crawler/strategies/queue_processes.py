"""`queue-processes`: the same producer and consumers with processes, over a `multiprocessing.JoinableQueue`.

Each consumer answers through a pipe of its own, so that its death is seen: the pipe ends. A queue that a killed
consumer may have locked is of no use any more, so then all of them are replaced.
"""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import Future
from functools import partial
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan
from crawler.strategies.worker_process import context
from crawler.strategies.workers import InFlight, Replaced, begin_step

__all__ = ["QueueProcesses"]

T = TypeVar("T")


class QueueProcesses(Replaced[T]):
    """Takes requests; consumers around a queue work them off."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(partial(_Consumers[T], plan.width, pickle.dumps(plan)))


class _Consumers(Generic[T]):
    """Consumers around one queue, and the thread that collects what they answer. One sentinel for each ends them."""

    def __init__(self, width: int, blob: bytes) -> None:
        self.broken = False
        self._in_flight: InFlight[T] = InFlight()
        start = context()
        self._tasks = start.JoinableQueue()
        self._answers: list[connection.Connection] = []
        self._consumers: list[BaseProcess] = []
        for _ in range(width):
            ours, theirs = start.Pipe(duplex=False)
            consumer = start.Process(target=_consume, args=(self._tasks, theirs, blob), daemon=True)
            consumer.start()
            theirs.close()  # else its end could not be seen
            self._answers.append(ours)
            self._consumers.append(consumer)
        self._collector = threading.Thread(target=self._collect, name="collector", daemon=True)
        self._collector.start()

    def apply(self, request: Request) -> Future[T]:
        number, future = self._in_flight.add()
        self._tasks.put((number, request))
        if self.broken:  # since a moment ago
            self._in_flight.fail("a consumer died")
        return future

    def close(self, *, cancel: bool) -> None:
        if cancel or self.broken:
            self._kill()
        else:
            for _ in self._consumers:
                self._tasks.put(None)
        self._collector.join()
        for consumer in self._consumers:
            consumer.join()
        self._tasks.close()
        self._tasks.join_thread() if not (cancel or self.broken) else self._tasks.cancel_join_thread()

    def _kill(self) -> None:
        for consumer in self._consumers:
            consumer.kill()

    def _collect(self) -> None:
        """Until every consumer has said goodbye or has died."""
        open_ends = list(self._answers)
        while open_ends:
            ready: list[Any] = connection.wait(open_ends)
            for answers in ready:
                try:
                    number, error, value = answers.recv()
                except (EOFError, OSError):
                    self._consumer_died()
                    return
                if number is None:
                    open_ends.remove(answers)
                else:
                    self._in_flight.settle(number, error, value)

    def _consumer_died(self) -> None:
        self.broken = True
        self._kill()
        self._in_flight.fail("a consumer died")


def _consume(tasks: Any, answers: connection.Connection, blob: bytes) -> None:
    step = begin_step(blob)
    while (task := tasks.get()) is not None:
        number, request = task
        try:
            answers.send((number, None, step(request)))
        except Exception as error:
            answers.send((number, error, None))
        tasks.task_done()
    tasks.task_done()
    step.close()
    answers.send((None, None, None))
