"""Several processes, each with its own strategy: `processes-threads`, `processes-asyncio`, `processes-curl`.

Threads, coroutines or transfers wait for the network; processes use the cores. The loop waits for all of them at once:
no thread stands between it and a child (`crawler.strategies.inside` is what runs there). Requests and results cross the
border in batches, and neither side ever waits for the other to read.

    submit --> batch --socket--> [child: strategy] --batch--> Future
"""

from __future__ import annotations

import pickle
import selectors
import socket
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

from crawler.model import Request
from crawler.process import cores
from crawler.strategies.event_driver import Driver
from crawler.strategies.inside import begin, serve
from crawler.strategies.messages import Messages
from crawler.strategies.port import Plan, WorkerDied
from crawler.strategies.worker_process import context, deaf
from crawler.strategies.workers import InFlight

__all__ = ["ProcessGroup", "ProcessesAsyncio", "ProcessesCurl", "ProcessesThreads"]


T = TypeVar("T")


class ProcessGroup(Driver[T]):
    """Hands each request to the child that has the fewest; replaces a child that died.

    Args:
        main: what each child runs, picklable: `main(messages, plan)`, see `crawler.strategies.inside`.
        number: how many children; they share the plan's width. None: one for each core.
        start: multiprocessing context to start them from; None for the usual one.
    """

    def __init__(self, plan: Plan[T], main: Any, number: int | None = None, start: Any = None) -> None:
        super().__init__(plan)
        number = min(number or cores(), plan.width)
        widths = [plan.width // number + (index < plan.width % number) for index in range(number)]
        self._make = [partial(_Child[T], plan._replace(width=width), main, start or context()) for width in widths]
        self._children = [make() for make in self._make]
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        for child in self._children:
            self._selector.register(child.messages, selectors.EVENT_READ, child)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the children; with `cancel` kill them."""
        for child in self._children if cancel else ():
            child.kill()
        super().close(cancel=cancel)

    def drop(self) -> None:
        """Give up all that is queued and in flight; from any thread."""
        super().drop()
        for child in self._children:
            if child.load:
                child.kill()

    def _has_room(self) -> bool:
        return True  # a child has a queue of its own

    def _start(self, future: Future[T], request: Request) -> None:
        child = min(self._children, key=_load)
        if child.is_lost:
            child = self._replaced(child)
        child.take(future, request)

    def _work(self, timeout: float) -> None:
        for child in self._children:
            child.send()
            self._watch(child)
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with suppress(BlockingIOError):
                    self._ear.recv(4_096)
            else:
                self._receive(key.data)

    def _interrupt(self) -> None:
        with suppress(OSError):  # full: it is awake; closed: nobody waits
            self._bell.send(b"!")

    def _end(self) -> None:
        for child in self._children:
            child.end()
        for child in self._children:
            child.join()
        self._selector.close()
        self._bell.close()
        self._ear.close()

    def _receive(self, child: _Child[T]) -> None:
        for future, error, value in child.receive():
            self._busy -= 1
            self._settle(future, error, value)
        if child.is_lost:
            self._selector.unregister(child.messages)

    def _watch(self, child: _Child[T]) -> None:
        """Wait for room in the socket of a child, too, where something could not be sent."""
        if not child.is_lost and child.blocked != child.messages.unsent:
            child.blocked = child.messages.unsent
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.blocked else 0)
            self._selector.modify(child.messages, events, child)

    def _replaced(self, child: _Child[T]) -> _Child[T]:
        child.join()
        index = self._children.index(child)
        self._children[index] = self._make[index]()
        self._selector.register(self._children[index].messages, selectors.EVENT_READ, self._children[index])
        return self._children[index]


class ProcessesThreads(ProcessGroup[T]):
    """A pool of threads in each of several processes."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, partial(serve, "threads"))


class ProcessesAsyncio(ProcessGroup[T]):
    """An event loop in each of several processes."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, partial(serve, "asyncio"))


class ProcessesCurl(ProcessGroup[T]):
    """Many transfers on one thread, in each of several processes."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, partial(serve, "curl"))


class _Child(Generic[T]):
    """One child process, seen from here.

    Attributes:
        is_lost: it has died; what it had is given back by `receive`.
        blocked: somebody waits until more can be sent to it.
    """

    def __init__(self, plan: Plan[T], main: Any, start: Any) -> None:
        ours, theirs = socket.socketpair()
        self._process = start.Process(target=begin, args=(main, theirs, pickle.dumps(plan)), daemon=True)
        with deaf():
            self._process.start()
        theirs.close()  # else the end of the child could not be seen
        self.messages = Messages(ours)
        self.is_lost = self.blocked = False
        self._in_flight: InFlight[T] = InFlight()
        self._batch: list[tuple[int, Request]] = []

    @property
    def load(self) -> int:
        """How many requests it has."""
        return len(self._in_flight)

    def take(self, future: Future[T], request: Request) -> None:
        """Have a request sent with the next batch."""
        number, _ = self._in_flight.add(future)
        self._batch.append((number, request))

    def send(self) -> None:
        """Send the batch, or what could not be sent before."""
        with suppress(OSError):  # it has died: `receive` finds out
            if self._batch:
                batch, self._batch = self._batch, []
                self.messages.send(batch)
            elif self.messages.unsent:
                self.messages.flush()

    def receive(self) -> list[tuple[Future[T], BaseException | None, Any]]:
        """What has come back: an error or a value for each. The end of the child is an error for all that it had."""
        try:
            answers = [answer for batch in self.messages.receive() for answer in batch]
        except Exception:  # it has died, or sent what cannot be read
            self.kill()
            self.is_lost = True
            return [(future, WorkerDied("a child process died"), None) for future in self._in_flight.lose()]
        return [(self._in_flight.pop(number), error, value) for number, error, value in answers]

    def end(self) -> None:
        """Let it end by itself: it has nothing to do."""
        with suppress(OSError):  # it has died
            self.messages.send(None)

    def kill(self) -> None:
        """End it now, whatever it does."""
        self._process.kill()

    def join(self) -> None:
        """Wait for its end."""
        self._process.join()
        self.messages.close()


def _load(child: _Child[Any]) -> int:
    return child.load
