"""The inside of the `gevent` child. Importing this patches the process: never import it anywhere else."""

# ruff: noqa: E402 - the patch must come before every other import
from gevent import monkey

monkey.patch_all()

from multiprocessing.connection import Connection
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.queue import Empty, Queue
from gevent.socket import wait_read

from crawler.model import Request
from crawler.strategies.port import Plan, Step

__all__ = ["serve"]


def serve(pipe: Connection, plan: Plan[Any]) -> None:
    """Work off batches of requests in greenlets until None comes."""
    step: Step[Any] = Step(plan)
    answers: Any = Queue()
    reader = gevent.spawn(_read, pipe, Pool(plan.width), step, answers)
    while (first := answers.get()) is not None:
        pipe.send([first, *_more(answers)])
    reader.join()
    step.close()
    pipe.send(None)


def _read(pipe: Connection, pool: Any, step: Step[Any], answers: Any) -> None:
    while True:
        wait_read(pipe.fileno())  # reading it at once would stop every greenlet
        batch = pipe.recv()
        if batch is None:
            break
        for number, request in batch:
            pool.spawn(_one, number, request, step, answers)
    pool.join()
    answers.put(None)


def _one(number: int, request: Request, step: Step[Any], answers: Any) -> None:
    try:
        answers.put((number, None, step(request)))
    except Exception as error:
        answers.put((number, error, None))


def _more(answers: Any) -> list[Any]:
    found: list[Any] = []
    try:
        while answers.peek_nowait() is not None:
            found.append(answers.get_nowait())
    except Empty:
        pass
    return found
