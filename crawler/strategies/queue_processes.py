"""`queue-processes`: the same producer and consumers with processes, over a `multiprocessing.JoinableQueue`.

Each consumer answers through a pipe of its own, so that its death is seen: the pipe ends. A queue that a killed
consumer may have locked is of no use any more, so then all of them are replaced.
"""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import Future
from itertools import count
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, Step, WorkerDied, fail_all
from crawler.strategies.worker_process import context, settle

__all__ = ["QueueProcesses"]

T = TypeVar("T")


class QueueProcesses(Generic[T]):
    """Takes requests; a line of consumers works them off."""

    def __init__(self, plan: Plan[T]) -> None:
        self._width, self._blob = plan.width, pickle.dumps(plan)
        self._line: _Line[T] = _Line(self._width, self._blob)

    def submit(self, request: Request) -> Future[T]:
        """Put the request into the queue; after a consumer died, into that of a new line."""
        if self._line.broken:
            self._line.close(cancel=True)
            self._line = _Line(self._width, self._blob)
        return self._line.put(request)

    def close(self, *, cancel: bool = False) -> None:
        """One sentinel for each consumer; with `cancel` they are killed."""
        self._line.close(cancel=cancel)


class _Line(Generic[T]):
    """Consumers around one queue, and the thread that collects what they answer."""

    def __init__(self, width: int, blob: bytes) -> None:
        self.broken = False
        self._futures: dict[int, Future[T]] = {}
        self._numbers = count()
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

    def put(self, request: Request) -> Future[T]:
        number = next(self._numbers)
        future = self._futures[number] = Future()
        future.set_running_or_notify_cancel()
        self._tasks.put((number, request))
        if self.broken:  # since a moment ago
            fail_all(self._futures, WorkerDied("a consumer died"))
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
                elif error is None:
                    self._futures.pop(number).set_result(value)
                else:
                    self._futures.pop(number).set_exception(error)

    def _consumer_died(self) -> None:
        self.broken = True
        self._kill()
        fail_all(self._futures, WorkerDied("a consumer died"))


def _consume(tasks: Any, answers: connection.Connection, blob: bytes) -> None:
    settle()
    step: Step[Any] = Step(pickle.loads(blob))  # noqa: S301 - written by our own parent process a moment ago
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
