"""A future without a lock: the same as a Future, as far as one thread can tell."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Any

import pytest

from crawler.strategies.event_driver import LoneFuture


@pytest.fixture(params=[Future, LoneFuture])
def future(request: pytest.FixtureRequest) -> Any:
    return request.param()


def states(future: Any) -> tuple[bool, bool, bool]:
    return future.running(), future.done(), future.cancelled()


def test_a_result(future: Any) -> None:
    called: list[Any] = []
    future.add_done_callback(called.append)
    assert states(future) == (False, False, False)
    assert future.set_running_or_notify_cancel()
    assert states(future) == (True, False, False)
    assert not future.cancel()
    future.set_result(7)
    assert states(future) == (False, True, False)
    assert (future.result(), future.exception()) == (7, None)
    assert called == [future]
    future.add_done_callback(called.append)
    assert called == [future] * 2


def test_an_error(future: Any) -> None:
    error = ValueError("odd")
    future.set_exception(error)
    assert future.exception() is error
    with pytest.raises(ValueError, match="odd"):
        future.result()


def test_cancelled_before_it_began(future: Any) -> None:
    called: list[Any] = []
    future.add_done_callback(called.append)
    assert future.cancel()
    assert future.cancel()
    assert states(future) == (False, True, True)
    assert not future.set_running_or_notify_cancel()
    assert called == [future]
    with pytest.raises(CancelledError):
        future.result()
    with pytest.raises(CancelledError):
        future.exception()


def test_it_ends_once(future: Any) -> None:
    called: list[Any] = []
    future.add_done_callback(called.append)
    future.set_result(1)
    for again in (lambda: future.set_result(2), lambda: future.set_exception(ValueError())):
        with pytest.raises(InvalidStateError):
            again()
    assert future.result() == 1
    assert called == [future]


def test_nobody_waits_for_a_lone_one() -> None:
    lone: LoneFuture[int] = LoneFuture()
    with pytest.raises(InvalidStateError, match="nobody can wait for it"):
        lone.result()
    assert repr(lone) == "<LoneFuture pending>"
