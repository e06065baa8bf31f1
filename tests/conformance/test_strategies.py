"""Every strategy keeps the whole contract of its port: ours, and those that other installed packages bring."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from crawler.strategies.port import Step, settle_future
from crawler.strategies.registry import entry, make_strategy
from tests.support import gate_server, strategy_contract
from tests.support.strategy_contract import WIDTH, complaints, complaints_at_cancel, complaints_at_death
from tests.support.usable import USABLE


def width(name: str) -> int:
    return entry(name).workers(WIDTH, given=True)


@pytest.mark.parametrize("name", USABLE)
def test_each_request_is_made_once_within_the_width_and_close_waits_and_leaves_nothing(name: str) -> None:
    assert complaints(partial(make_strategy, name), width(name)) == []


@pytest.mark.parametrize("name", USABLE)
def test_close_with_cancel_waits_for_nobody_and_leaves_nothing(name: str) -> None:
    assert complaints_at_cancel(partial(make_strategy, name), width(name)) == []


@pytest.mark.parametrize("name", USABLE)
def test_futures_of_a_dead_worker_fail_with_broken_executor(name: str) -> None:
    assert complaints_at_death(partial(make_strategy, name)) == []


class ThreadEach:
    """A strategy that keeps the contract, in the fewest lines; those below break one rule each."""

    def __init__(self, plan: Any) -> None:
        self.step = Step(plan)
        self.room = threading.Semaphore(plan.width)
        self.threads: list[threading.Thread] = []
        self.cancelled = False

    def submit(self, request: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.threads.append(threading.Thread(target=self.work, args=(request, future)))
        self.threads[-1].start()
        return future

    def work(self, request: Any, future: Future[Any]) -> None:
        with self.room:
            if self.cancelled:
                future.cancel()
            settle_future(future, self.step, request)

    def close(self, *, cancel: bool = False) -> None:
        self.cancelled = cancel
        for thread in [] if cancel else self.threads:
            thread.join()
        self.step.close()


class CloseDoesNotWait(ThreadEach):
    def close(self, *, cancel: bool = False) -> None:
        super().close(cancel=True)


class TooWide(ThreadEach):
    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(width=plan.width + 2))


class AsksTwice(ThreadEach):
    def work(self, request: Any, future: Future[Any]) -> None:
        with suppress(LookupError):
            self.step(request)
        super().work(request, future)


class LeavesAThread(ThreadEach):
    def __init__(self, plan: Any) -> None:
        super().__init__(plan)
        self.end = threading.Timer(8, print)
        self.end.daemon = True
        self.end.start()


class MixesUp(ThreadEach):
    def work(self, request: Any, future: Future[Any]) -> None:
        with self.room:
            settle_future(future, self.step, request._replace(id=0))


class DiesOfAnError(ThreadEach):
    def work(self, request: Any, future: Future[Any]) -> None:
        with suppress(LookupError):
            future.set_result(self.step(request))


class SwallowsAnError(ThreadEach):
    def work(self, request: Any, future: Future[Any]) -> None:
        try:
            future.set_result(self.step(request))
        except LookupError:
            future.set_result(None)


class NarrowsWithErrors(ThreadEach):
    """An error takes the place of its thread for good."""

    def work(self, request: Any, future: Future[Any]) -> None:
        self.room.acquire()
        settle_future(future, self.step, request)
        if not future.exception():
            self.room.release()

    def close(self, *, cancel: bool = False) -> None:
        for _ in self.threads:
            self.room.release()
        super().close(cancel=cancel)


class GoesOn(ThreadEach):
    def close(self, *, cancel: bool = False) -> None:
        for thread in [] if cancel else self.threads:
            thread.join()


class Blocks(ThreadEach):
    def submit(self, request: Any) -> Future[Any]:
        future = super().submit(request)
        self.threads[-1].join()
        return future


class OneAtATime(ThreadEach):
    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(width=1))


class LeavesFuturesPending(ThreadEach):
    def work(self, request: Any, future: Future[Any]) -> None:
        with self.room:
            if not self.cancelled:
                settle_future(future, self.step, request)


class CancelWaits(ThreadEach):
    def close(self, *, cancel: bool = False) -> None:
        super().close()


def test_a_strategy_that_keeps_the_contract_is_let_pass() -> None:
    assert complaints(ThreadEach) == complaints_at_cancel(ThreadEach) == complaints_at_death(ThreadEach) == []


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (CloseDoesNotWait, "close() did not wait for 3 requests in flight"),
        (TooWide, "5 requests were in flight, the width is 3"),
        (AsksTwice, "asked twice"),
        (LeavesAThread, "close() left the thread"),
        (MixesUp, "not every future has what its request brought"),
        (DiesOfAnError, "a step raised, the futures have [None,"),
        (SwallowsAnError, "a step raised, the futures have [None,"),
        (NarrowsWithErrors, "of 3 requests after an error, 0 were made"),
    ],
)
def test_a_strategy_that_breaks_it_is_found_out(broken: Any, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy_contract, "GIVES_BACK", 0.5)
    monkeypatch.setattr(strategy_contract, "PATIENCE", 1.0)
    assert any(what in one for one in complaints(broken))


def test_a_strategy_that_goes_on_after_it_was_cancelled_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy_contract, "GIVES_BACK", 0.5)
    assert any("made, the last after close" in one for one in complaints_at_cancel(GoesOn))


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (Blocks, "submit() waited"),
        (OneAtATime, "1 requests were in flight, the width is 3"),
        (LeavesFuturesPending, "3 futures are pending for ever"),
    ],
)
def test_what_is_wrong_while_a_server_does_not_answer_is_found_out(
    broken: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategy_contract, "GIVES_BACK", 0.5)
    monkeypatch.setattr(strategy_contract, "AT_ONCE", 0.5)
    monkeypatch.setattr(strategy_contract, "SPREADS", 0.5)
    monkeypatch.setattr(gate_server, "HELD", 1.0)
    assert any(what in one for one in complaints_at_cancel(broken, WIDTH))


def test_a_close_that_waits_although_it_should_not_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy_contract, "AT_ONCE", 0.5)
    monkeypatch.setattr(gate_server, "HELD", 1.0)
    assert any("waited" in one for one in complaints_at_cancel(CancelWaits))
