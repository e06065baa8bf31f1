"""A Future that one thread makes, completes and reads: without the lock of the real one, which is most of its cost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Any, TypeVar, cast

__all__ = ["LocalFuture"]

T = TypeVar("T")

_WAITING, _RUNNING, _CANCELLED, _DONE = range(4)


class LocalFuture(Future[T]):
    """See concurrent.futures.Future. Nothing can wait for it: in one thread, that would be for ever.

    Callbacks may raise nothing: it comes to whoever completes it.
    """

    def __init__(self) -> None:
        self._now = _WAITING
        self._then: list[Callable[[Future[T]], Any]] = []
        self._value: T | None = None
        self._error: BaseException | None = None

    def cancel(self) -> bool:
        """Take it back, unless it is under way."""
        if self._now == _WAITING:
            self._end(_CANCELLED)
        return self._now == _CANCELLED

    def cancelled(self) -> bool:
        """Tell whether it was taken back."""
        return self._now == _CANCELLED

    def running(self) -> bool:
        """Tell whether it is under way."""
        return self._now == _RUNNING

    def done(self) -> bool:
        """Tell whether it has ended."""
        return self._now >= _CANCELLED

    def add_done_callback(self, fn: Callable[[Future[T]], Any]) -> None:
        """Call `fn` with this future when it has ended, or now."""
        if self._now >= _CANCELLED:
            fn(self)
        else:
            self._then.append(fn)

    def result(self, timeout: float | None = None) -> T:
        """Return its value, or raise what it failed with.

        Raises:
            InvalidStateError: it has not ended.
            CancelledError: it was taken back.
        """
        error = self.exception()
        if error is not None:
            raise error
        return cast(T, self._value)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what it failed with; None for a value. Raises as `result`."""
        if self._now == _DONE:
            return self._error
        raise CancelledError if self._now == _CANCELLED else InvalidStateError("it has not ended")

    def set_running_or_notify_cancel(self) -> bool:
        """Note that it is under way; False when it was taken back."""
        if self._now == _WAITING:
            self._now = _RUNNING
        return self._now == _RUNNING

    def set_result(self, result: T) -> None:
        """Complete it.

        Raises:
            InvalidStateError: it has ended.
        """
        self._end(_DONE, result)

    def set_exception(self, exception: BaseException | None) -> None:
        """Let it fail. Raises as `set_result`."""
        self._end(_DONE, error=exception)

    def _end(self, how: int, value: T | None = None, error: BaseException | None = None) -> None:
        if self._now >= _CANCELLED:
            raise InvalidStateError("it has ended")
        self._now, self._value, self._error = how, value, error
        for fn in self._then:
            fn(self)
