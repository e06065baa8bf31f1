"""Several processes with a strategy inside each: `processes-threads`, `processes-asyncio`, `processes-curl`.

Threads, coroutines or transfers wait for the network; processes use the cores. Requests and results cross the border
in batches: whatever has come together since the last look goes in one message, so under load its cost is paid once for
many, and a lone request waits for nothing.

    submit --> SimpleQueue --> sender thread --pipe--> [child: strategy] --pipe--> receiver thread --> Future
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from crawler.model import Request
from crawler.strategies.child import context, deaf, settle
from crawler.strategies.port import Driven, Plan, Strategy, WorkerDied, fail_all

__all__ = ["Children", "ProcessesAsyncio", "ProcessesCurl", "ProcessesThreads", "drain"]

T = TypeVar("T")

LONGEST_WAIT = 60.0


class Children(Generic[T]):
    """Hands each request to the child that has the fewest; replaces a child that died.

    Args:
        inner: name of the strategy inside each child.
        number: how many children; they share the plan's width.
    """

    def __init__(self, plan: Plan[T], inner: str, number: int | None = None) -> None:
        number = min(number or os.cpu_count() or 1, plan.width)
        widths = [plan.width // number + (index < plan.width % number) for index in range(number)]
        self._make = [partial(Child[T], plan._replace(width=width), partial(_serve, inner)) for width in widths]
        self._children = [make() for make in self._make]

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to a child."""
        index = min(range(len(self._children)), key=lambda one: self._children[one].load)
        if self._children[index].broken:
            self._children[index].close(cancel=True)
            self._children[index] = self._make[index]()
        return self._children[index].submit(request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the children; with `cancel` kill them."""
        for child in self._children:
            child.ask_to_end()
        for child in self._children:
            child.close(cancel=cancel)


class ProcessesThreads(Children[T]):
    """A pool of threads in each of several processes."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, "threads")


class ProcessesAsyncio(Children[T]):
    """An event loop in each of several processes."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, "asyncio")


class ProcessesCurl(Children[T]):
    """Many transfers on one thread, in each of several processes."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, "curl")


class Child(Generic[T]):
    """One child process, and the two threads that talk with it.

    Args:
        main: what the child runs: `main(pipe, plan)`, reading batches of (number, request) until None comes, sending
            batches of (number, error, value).
        start: multiprocessing context to start it from.
    """

    def __init__(self, plan: Plan[T], main: Any, start: Any = None) -> None:
        start = start or context()
        self.broken = False
        self._futures: dict[int, Future[T]] = {}
        self._numbers = count()
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._pipe, theirs = start.Pipe()
        self._process = start.Process(target=_begin, args=(main, theirs, pickle.dumps(plan)), daemon=True)
        with deaf():
            self._process.start()
        theirs.close()  # else the end of the child could not be seen
        self._threads = [
            threading.Thread(target=run, name="child-pipe", daemon=True) for run in (self._send, self._receive)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def load(self) -> int:
        """How many requests it has."""
        return len(self._futures)

    def submit(self, request: Request) -> Future[T]:
        number = next(self._numbers)
        future = self._futures[number] = Future()
        future.set_running_or_notify_cancel()
        self._requests.put((number, request))
        if self.broken:  # since a moment ago
            fail_all(self._futures, WorkerDied("a child process died"))
        return future

    def ask_to_end(self) -> None:
        """It ends when it has done all it was given."""
        self._requests.put(None)

    def close(self, *, cancel: bool) -> None:
        self.ask_to_end()
        if cancel:
            self._process.kill()
        self._process.join()
        for thread in self._threads:
            thread.join()
        self._pipe.close()

    def _send(self) -> None:
        try:
            while None not in (batch := drain(self._requests)):
                self._pipe.send(batch)
            self._pipe.send([each for each in batch if each is not None])
            self._pipe.send(None)
        except OSError:  # it died: the receiver sees to it
            pass

    def _receive(self) -> None:
        try:
            while (batch := self._pipe.recv()) is not None:
                for number, error, value in batch:
                    future = self._futures.pop(number)
                    future.set_result(value) if error is None else future.set_exception(error)
        except (EOFError, OSError):
            self.broken = True
            fail_all(self._futures, WorkerDied("a child process died"))


def drain(items: queue.SimpleQueue[Any]) -> list[Any]:
    """Wait for one thing and take all that is there."""
    found = [items.get()]
    while True:
        try:
            found.append(items.get_nowait())
        except queue.Empty:
            return found


# ---- in the child


def _begin(main: Any, pipe: Connection, blob: bytes) -> None:
    settle()
    main(pipe, pickle.loads(blob))  # noqa: S301 - written by our own parent process a moment ago


def _serve(inner: str, pipe: Connection, plan: Plan[Any]) -> None:
    from crawler.strategies.registry import make_driver, make_strategy

    driver = make_driver(inner, plan)
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    if driver is None:
        _wait_for(make_strategy(inner, plan), pipe, answers)
    else:
        _drive(driver, pipe, answers)
    pipe.send(None)


def _wait_for(strategy: Strategy[Any], pipe: Connection, answers: queue.SimpleQueue[Any]) -> None:
    def take(batch: list[Any] | None) -> None:
        if batch is None:
            answers.put(None)
        else:
            _submit(strategy, batch, answers)

    _start_to_read(pipe, take)
    while None not in (batch := drain(answers)):
        pipe.send([_answer(*each) for each in batch])
    strategy.close()
    pipe.send([_answer(*each) for each in [*batch, *_rest(answers)] if each is not None])


def _drive(driver: Driven[Any], pipe: Connection, answers: queue.SimpleQueue[Any]) -> None:
    batches: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def take(batch: list[Any] | None) -> None:
        batches.put(batch)
        driver.wake()

    _start_to_read(pipe, take)
    more = True
    while more or not driver.idle:
        driver.perform(LONGEST_WAIT)
        for batch in _rest(batches):
            if batch is None:
                more = False
            else:  # not in the thread that reads: an answer could then come before its callback, and nobody would wake
                _submit(driver, batch, answers)
        if done := _rest(answers):
            pipe.send([_answer(*each) for each in done])
    driver.close()


def _submit(strategy: Strategy[Any], batch: list[Any], answers: queue.SimpleQueue[Any]) -> None:
    for number, request in batch:
        strategy.submit(request).add_done_callback(partial(_hand_over, answers, number))


def _start_to_read(pipe: Connection, take: Callable[[list[Any] | None], None]) -> None:
    threading.Thread(target=_read, args=(pipe, take), daemon=True).start()


def _read(pipe: Connection, take: Callable[[list[Any] | None], None]) -> None:
    while (batch := pipe.recv()) is not None:
        take(batch)
    take(None)


def _hand_over(answers: queue.SimpleQueue[Any], number: int, done: Future[Any]) -> None:
    answers.put((number, done))


def _rest(answers: queue.SimpleQueue[Any]) -> list[Any]:
    found = []
    while not answers.empty():
        found.append(answers.get())
    return found


def _answer(number: int, future: Future[Any]) -> tuple[int, BaseException | None, Any]:
    error = future.exception()
    return (number, error, None) if error else (number, None, future.result())
