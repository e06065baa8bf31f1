"""A future for one thread alone, without the lock that a Future pays for at every step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Any, TypeVar

__all__ = ["LoneFuture"]

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
