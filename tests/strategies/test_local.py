"""A future of one thread behaves as the real one."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future, InvalidStateError

import pytest

from crawler.strategies.local import LocalFuture

BOTH = pytest.mark.parametrize("make", [Future, LocalFuture])


@BOTH
def test_a_value_comes_to_whoever_asked_before_and_after(make):
    future, told = make(), []
    future.add_done_callback(lambda done: told.append(done.result()))
    assert future.set_running_or_notify_cancel()
    assert (future.running(), future.done(), told) == (True, False, [])
    future.set_result(7)
    future.add_done_callback(lambda done: told.append(done.result() + 1))
    assert (future.running(), future.done(), future.cancelled()) == (False, True, False)
    assert (future.result(), future.exception(), told) == (7, None, [7, 8])


@BOTH
def test_it_raises_what_it_failed_with(make):
    future, error = make(), ValueError("broken")
    future.set_exception(error)
    assert future.exception() is error
    with pytest.raises(ValueError, match="broken"):
        future.result()


@BOTH
def test_what_waits_can_be_taken_back_and_tells_of_it(make):
    future, told = make(), []
    future.add_done_callback(told.append)
    assert future.cancel()
    assert future.cancel()
    assert (future.cancelled(), future.done(), told) == (True, True, [future])
    assert not future.set_running_or_notify_cancel()
    with pytest.raises(CancelledError):
        future.result()
    with pytest.raises(CancelledError):
        future.exception()


@BOTH
def test_what_is_under_way_cannot_be_taken_back(make):
    future = make()
    future.set_running_or_notify_cancel()
    assert not future.cancel()
    future.set_result(None)
    assert not future.cancel()


@BOTH
def test_it_ends_once(make):
    future = make()
    future.set_result(1)
    for end in (lambda: future.set_result(2), lambda: future.set_exception(ValueError())):
        with pytest.raises(InvalidStateError):
            end()
    assert future.result() == 1


def test_nobody_waits_in_vain():
    with pytest.raises(InvalidStateError):
        LocalFuture().result(timeout=1)
