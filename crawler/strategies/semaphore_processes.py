"""`semaphore-processes`: one process per request, n at a time. The most expensive strategy, and the most robust:
nothing is shared, so a page that crashes its process affects nothing else."""

from __future__ import annotations

import pickle
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

from crawler.model import Request
from crawler.strategies.port import Plan, WorkerDied
from crawler.strategies.semaphore import ThreadForEach
from crawler.strategies.worker_process import context
from crawler.strategies.workers import begin_step

__all__ = ["SemaphoreProcesses"]

T = TypeVar("T")


class SemaphoreProcesses(ThreadForEach[T]):
    """Each thread starts a process, and takes what it sends back."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, self._one)
        self._timeout, self._blob = plan.task_timeout, pickle.dumps(plan)
        self._context = context()
        self._children: set[BaseProcess] = set()

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the processes; with `cancel` kill them."""
        super().close(cancel=cancel)
        for child in list(self._children):
            child.kill()
        for thread in list(self._threads):
            thread.join()

    def _one(self, request: Request) -> T:
        ours, theirs = self._context.Pipe(duplex=False)
        child = self._context.Process(target=_work, args=(theirs, self._blob, request))
        child.start()
        self._children.add(child)
        if self._cancelled:  # `close` may have looked a moment ago
            child.kill()
        theirs.close()  # else the end of the child could not be seen
        try:
            if not ours.poll(self._timeout):
                raise WorkerDied("it did not respond in time")
            error, value = ours.recv()
        except (EOFError, OSError):
            raise WorkerDied("it ended without a result") from None
        finally:
            ours.close()
            child.kill()  # it has sent all it has, or nothing more is wanted of it
            child.join()
            self._children.discard(child)
        if error is not None:
            raise error
        answer: T = value
        return answer


def _work(answers: Connection, blob: bytes, request: Request) -> None:
    step = begin_step(blob)
    try:
        answers.send((None, step(request)))
    except Exception as error:
        answers.send((error, None))
