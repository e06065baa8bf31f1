"""What strategies without their own thread share: a queue, and work that is done while the main loop waits.

`Driver` is for whatever is waited for, `Multiplexer` for many requests that one thread has in flight.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from crawler.model import Request
from crawler.strategies.port import Fetched, Plan, PolledStrategy, WorkerDied

if TYPE_CHECKING:
    from crawler.strategies.messages import Messages

__all__ = ["MAX_SLEEP", "Driver", "LoneFuture", "Multiplexer", "Threaded"]


T = TypeVar("T")


class LoneFuture(Future[T]):
    """A Future that is completed, asked and called back in one thread, so nobody can wait for it.

    `concurrent.futures.wait` and the like do not know it.
    """

    def __init__(self) -> None:
        self._ended = self._begun = self._dropped = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._calls: list[Callable[[Future[T]], object]] = []

    def __repr__(self) -> str:
        state = "cancelled" if self._dropped else "done" if self._ended else "running" if self._begun else "pending"
        return f"<LoneFuture {state}>"

    def cancel(self) -> bool:
        """See `concurrent.futures.Future`, for this and what follows."""
        if self._dropped:
            return True
        if self._begun or self._ended:
            return False
        self._dropped = True
        self._end(None, None)
        return True

    def cancelled(self) -> bool:
        return self._dropped

    def running(self) -> bool:
        return self._begun and not self._ended

    def done(self) -> bool:
        return self._ended

    def result(self, timeout: float | None = None) -> T:
        if (error := self.exception()) is not None:
            raise error
        value: T = self._value
        return value

    def exception(self, timeout: float | None = None) -> BaseException | None:
        if self._dropped:
            raise CancelledError
        if not self._ended:
            raise InvalidStateError("nobody can wait for it: it is completed in this very thread")
        return self._error

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        if self._ended:
            fn(self)
        else:
            self._calls.append(fn)

    def set_running_or_notify_cancel(self) -> bool:
        self._begun = not self._dropped
        return self._begun

    def set_result(self, result: T) -> None:
        self._end(result, None)

    def set_exception(self, exception: BaseException | None) -> None:
        self._end(None, exception)

    def _end(self, value: Any, error: BaseException | None) -> None:
        if self._ended:
            raise InvalidStateError(f"{self!r} has ended before")
        self._ended, self._value, self._error = True, value, error
        for call in self._calls:
            call(self)


MAX_AT_ONCE = 8  # answers that one `perform` does `then` with, so that the caller can send what came of them
MAX_SLEEP = 60.0
PATIENCE = 0.9  # seconds that the thread gets to end where it is not waited for


class Driver(ABC, Generic[T]):
    """Works while `perform` is called, see port.PolledStrategy; a subclass says what is done there.

    Attributes:
        width: how many requests at once; may be changed at any time.
    """

    def __init__(self, plan: Plan[T]) -> None:
        self.story: list[str] = []
        self.width = plan.width
        self._new_future: type[Future[T]] = LoneFuture if plan.one_thread else Future
        self._busy = 0
        self._beginning = self._working = self._woken = False
        self._waiting: deque[tuple[Future[T], Request]] = deque()
        self._under_way: set[Future[T]] = set()

    def submit(self, request: Request) -> Future[T]:
        """Queue the request; from any thread."""
        future = self._new_future()
        self._waiting.append((future, request))
        self.wake()
        return future

    def perform(self, timeout: float) -> None:
        """Begin what is queued, wait `timeout` seconds at most until something moves, do what can be done."""
        self._working = True  # first this, then a look at what there is: `wake` does it the other way round
        self._begin()
        self._work(0.0 if self._woken or self._has_work() else timeout)
        self._working = self._woken = False

    def wake(self) -> None:
        """Let `perform` return now, once for all that comes until it does; from any thread."""
        if not self._woken:
            self._woken = True
            if self._working:
                self._interrupt()

    @abstractmethod
    def _start(self, future: Future[T], request: Request) -> None:
        """Begin a request, one of `_busy`; it ends with `_settle`."""

    @abstractmethod
    def _work(self, timeout: float) -> None:
        """Move what is in flight, `timeout` seconds at most; return when something came back."""

    @abstractmethod
    def _interrupt(self) -> None:
        """Let `_work` return now; from any thread."""

    @abstractmethod
    def _end(self) -> None:
        """Give back the connections, or whatever there is."""

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or in flight."""
        return not (self._waiting or self._under_way)

    @property
    def hungry(self) -> bool:
        """Whether more requests could be in flight now."""
        return not self._waiting and self._busy < self.width

    def close(self, *, cancel: bool = False) -> None:
        """Finish what is queued and in flight; with `cancel` drop it."""
        while not (cancel or self.idle):
            self.perform(MAX_SLEEP)
        self.drop()
        self._end()

    def drop(self) -> None:
        """Give up all that is queued and in flight; from any thread."""
        while self._waiting:
            self._waiting.popleft()[0].cancel()
        for future in list(self._under_way):
            self._settle(future, WorkerDied("the strategy was closed"))

    def _has_work(self) -> bool:
        """Whether something can be done without waiting for it."""
        return False

    def _has_room(self) -> bool:
        """Whether one more request may begin."""
        return self._busy < self.width

    def _next(self) -> tuple[Future[T], Request] | None:
        """Take a request that may begin now."""
        while self._waiting and self._has_room():
            future, request = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                self._busy += 1
                self._under_way.add(future)
                return future, request
        return None

    def _begin(self) -> None:
        """Begin what is queued, as far as there is room; one that fails at once lets the loop here go on."""
        if self._beginning:
            return
        self._beginning = True
        try:
            while (task := self._next()) is not None:
                self._start(*task)
        finally:
            self._beginning = False

    def _settle(self, future: Future[T], error: BaseException | None, value: Any = None) -> None:
        """Give a future what came of its request, unless it was given up meanwhile."""
        self._under_way.discard(future)
        with suppress(InvalidStateError):
            future.set_result(value) if error is None else future.set_exception(error)


class Multiplexer(Driver[T]):
    """One thread has many requests in flight and does `then` with what comes back.

    A `then` that hangs holds up everything: all requests share one thread.

    Attributes:
        began: `monotonic()` at which the last `perform` had done with waiting.
    """

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan)
        self.began = 0.0
        self._then = plan.then
        self._fetched: deque[tuple[Future[T], Request, Fetched]] = deque()

    def perform(self, timeout: float) -> None:
        """Move what is in flight, then do `then` with what came back."""
        super().perform(timeout)
        self.began = monotonic()
        for _ in range(min(MAX_AT_ONCE, len(self._fetched))):
            self._done(*self._fetched.popleft())
            if self._woken:
                return

    @abstractmethod
    def listen(self, messages: Messages) -> None:
        """Let `perform` return, too, when a message has come that was not received yet."""

    def _has_work(self) -> bool:
        return bool(self._fetched)

    def _landed(self, future: Future[T], request: Request, fetched: Fetched) -> None:
        """A request came back: the next one is in flight before `then` is done with this one."""
        self._busy -= 1
        self._fetched.append((future, request, fetched))
        self._begin()

    def _done(self, future: Future[T], request: Request, fetched: Fetched) -> None:
        """Do `then` with what came of a request."""
        try:
            value = self._then(request, fetched)
        except BaseException as error:
            self._settle(future, error)
        else:
            self._settle(future, None, value)


class Threaded(Generic[T]):
    """A thread around a driver, for whoever has no time to drive it. The loop gives up a `then` that hangs in it."""

    def __init__(self, driver: PolledStrategy[T], name: str) -> None:
        self._driver = driver
        self._ending = self._cancelled = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> Future[T]:
        """Queue the request and wake the thread."""
        return self._driver.submit(request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for what is in flight; with `cancel` drop it, and the thread too where it hangs in `then`."""
        self._cancelled = self._cancelled or cancel
        self._ending = True
        self._driver.wake()
        self._thread.join(PATIENCE if cancel else None)
        if cancel:
            self._driver.drop()

    def _run(self) -> None:
        while not (self._ending and (self._cancelled or self._driver.idle)):
            self._driver.perform(MAX_SLEEP)
        self._driver.close(cancel=self._cancelled)
