"""Runs in a child process of `crawler.strategies.process_group`: a strategy, and the connection to the main process.

Batches of (number, request) come in until None does; batches of (number, error, value) go out. What is done waits for
more to share its message, but not for long: until nothing more can be done at once; until 3 ms have gone by, so that
pages which take longer go one by one; and until half of what the child was given is done, so that it gets more before
it has nothing to do.

Under `gevent` this module is imported before the library is patched: whatever may wait is named with its module here.
"""

from __future__ import annotations

import pickle
import select
import selectors
import socket
import sys
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Protocol

from crawler.model import Request
from crawler.strategies.event_driver import MAX_SLEEP
from crawler.strategies.messages import Messages
from crawler.strategies.port import Plan, Strategy
from crawler.strategies.worker_process import settle

__all__ = ["Watched", "Worker", "begin", "serve", "work"]

MAX_TOGETHER = 8
MAX_GATHERING = 0.003  # seconds


class Worker(Protocol):
    """A strategy that works while it is called: a `Multiplexer` of event_driver, or a `Watched`."""

    @property
    def began(self) -> float:
        """`monotonic()` at which the last `perform` had done with waiting."""

    def submit(self, request: Request) -> Future[Any]: ...

    def perform(self, timeout: float) -> None: ...

    def wake(self) -> None: ...

    def listen(self, messages: Messages) -> None: ...

    def close(self) -> None: ...


def begin(main: Any, sock: socket.socket, blob: bytes) -> None:
    """The first function of a child."""
    settle()
    main(Messages(sock), pickle.loads(blob))  # noqa: S301 - written by our own parent process a moment ago


def serve(name: str, messages: Messages, plan: Plan[Any]) -> None:
    """Work with the strategy called `name` until there is nothing left to do."""
    from crawler.strategies.registry import make_driver, make_strategy

    # The event loop of Windows cannot wait for a socket of ours beside its own.
    driver: Any = make_driver(name, plan._replace(one_thread=True)) if sys.platform != "win32" else None
    with suppress(EOFError, OSError):  # the main process is gone
        work(driver or Watched(make_strategy(name, plan)), messages)


def work(worker: Worker, messages: Messages) -> None:
    """Do what comes, and send back what came of it.

    Raises:
        EOFError, OSError: the main process is gone.
    """
    worker.listen(messages)
    answers = _Answers(worker)
    more = True
    while more or answers.expected:
        before = len(answers.held)
        worker.perform(0.0 if before else MAX_SLEEP)
        if answers.held and (answers.is_due() or len(answers.held) == before):
            messages.send(answers.taken())
            _flush(messages)
        for batch in messages.receive():
            if batch is None:
                more = False
            else:
                answers.wait_for(batch)
    worker.close()


class _Answers:
    """What is done and not yet sent. Futures may complete in any thread.

    Attributes:
        expected: how many requests have come whose answers were not sent.
        held: what is to be sent.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker, self._thread = worker, threading.get_ident()
        self.expected = 0
        self._since = 0.0
        self.held: deque[tuple[int, Future[Any]]] = deque()

    def wait_for(self, batch: list[tuple[int, Request]]) -> None:
        """Hand requests to the strategy."""
        self.expected += len(batch)
        for number, request in batch:
            self._worker.submit(request).add_done_callback(partial(self._done, number))

    def is_due(self) -> bool:
        """Whether to send them now."""
        count = len(self.held)
        return count >= MAX_TOGETHER or 2 * count >= self.expected or monotonic() - self._since > MAX_GATHERING

    def taken(self) -> list[tuple[int, BaseException | None, Any]]:
        """Take all that is there."""
        found = [self.held.popleft() for _ in range(len(self.held))]
        self.expected -= len(found)
        return [_answer(*each) for each in found]

    def _done(self, number: int, future: Future[Any]) -> None:
        if not self.held:
            self._since = self._worker.began
        self.held.append((number, future))
        if threading.get_ident() != self._thread or self.is_due():
            self._worker.wake()


def _answer(number: int, future: Future[Any]) -> tuple[int, BaseException | None, Any]:
    error = future.exception()
    return (number, error, None) if error else (number, None, future.result())


def _flush(messages: Messages) -> None:
    """Wait until all is sent: the main process always reads."""
    while messages.unsent:
        select.select([], [messages], [])
        messages.flush()


class Watched:
    """A strategy with threads or greenlets of its own, waited for together with the line to the main process.

    Attributes:
        began: see `Worker`.
    """

    def __init__(self, strategy: Strategy[Any]) -> None:
        self._strategy = strategy
        self.began = 0.0
        self._rung = False
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)

    def submit(self, request: Request) -> Future[Any]:
        """Hand the request to the strategy."""
        return self._strategy.submit(request)

    def listen(self, messages: Messages) -> None:
        """Wait for messages, too."""
        self._selector.register(messages, selectors.EVENT_READ)

    def perform(self, timeout: float) -> None:
        """Wait for a message or a bell."""
        self._selector.select(timeout)
        self.began = monotonic()
        with suppress(BlockingIOError):
            self._ear.recv(4_096)
        # Only now: a bell that is rung before this line was heard already, and one that rings later stays to be heard.
        self._rung = False

    def wake(self) -> None:
        """Let `perform` return now, or the next time; from any thread."""
        if not self._rung:
            self._rung = True
            self._bell.send(b"!")

    def close(self) -> None:
        """Wait for its threads."""
        self._strategy.close()
