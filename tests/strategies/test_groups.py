"""Groups of calls: what goes alone, what goes together, and what becomes of a group that is cut short or lost."""

from __future__ import annotations

import threading
import time
from concurrent.futures import BrokenExecutor, Future

import pytest

from crawler.strategies import pool
from crawler.strategies.pool import MAX_BATCH, TARGET_BATCH_SECONDS, Answers, Batcher, Call, do_group

QUICK, SLOW = TARGET_BATCH_SECONDS / 1000, TARGET_BATCH_SECONDS * 10


class Workers:
    """Take groups, and answer when the test says so."""

    def __init__(self) -> None:
        self.sent: list[list[Call]] = []
        self._under_way: list[Future[Answers]] = []

    def send(self, calls: list[Call]) -> Future[Answers]:
        self.sent.append(calls)
        self._under_way.append(Future())
        return self._under_way[-1]

    def answer(self, index: int, seconds_each: float, made: int | None = None) -> None:
        calls = self.sent[index][:made]
        self._under_way[index].set_result(([(None, call[0]) for call in calls], seconds_each * len(calls)))

    def fail(self, index: int, error: Exception) -> None:
        self._under_way[index].set_exception(error)

    @property
    def sizes(self) -> list[int]:
        return [len(calls) for calls in self.sent]


@pytest.fixture
def workers() -> Workers:
    return Workers()


def given(workers: Workers, width: int, calls: int) -> tuple[Batcher[int], list[Future[int]]]:
    made: Batcher[int] = Batcher(width, workers.send)
    return made, [made.submit(n) for n in range(calls)]


@pytest.mark.parametrize("calls", [1, 16, 32])
def test_what_a_worker_can_take_goes_alone_and_at_once(workers: Workers, calls: int) -> None:
    given(workers, 16, calls)
    assert workers.sizes == [1] * calls


def test_what_waits_goes_out_as_a_share_for_each_worker(workers: Workers) -> None:
    given(workers, 2, 4 + 11)
    for index in range(4):
        workers.answer(index, QUICK)
    assert workers.sizes == [1] * 4 + [6, 3, 1, 1]
    assert [call[0] for calls in workers.sent for call in calls] == list(range(15))


def test_no_group_is_large(workers: Workers) -> None:
    given(workers, 1, 100)
    workers.answer(0, QUICK)
    assert workers.sizes == [1, 1, MAX_BATCH]


def test_slow_calls_go_alone_whatever_waits(workers: Workers) -> None:
    given(workers, 1, 100)
    workers.answer(0, SLOW)
    workers.answer(1, SLOW)
    assert workers.sizes == [1] * 4


def test_a_group_is_as_large_as_the_last_calls_were_quick(workers: Workers) -> None:
    given(workers, 1, 100)
    workers.answer(0, TARGET_BATCH_SECONDS / 3.5)
    assert workers.sizes == [1, 1, 3]


def test_what_a_group_had_no_time_for_is_sent_again_first(workers: Workers) -> None:
    _, futures = given(workers, 1, 20)
    workers.answer(0, QUICK)
    assert [call[0] for call in workers.sent[2]] == list(range(2, 18))
    workers.answer(2, SLOW, made=1)
    assert workers.sent[3] == [(3,)]
    assert [n for n, future in enumerate(futures) if future.done()] == [0, 2]


def test_a_lost_group_fails_alone_but_for_what_was_not_sent(workers: Workers) -> None:
    _, futures = given(workers, 1, 30)
    workers.answer(0, QUICK)
    workers.fail(2, BrokenExecutor("died"))  # has 2 to 17
    assert workers.sizes == [1, 1, 16]
    assert [future.done() for future in futures] == [True, False] + [True] * 28
    assert all(isinstance(future.exception(), BrokenExecutor) for future in futures[2:])
    workers.answer(1, QUICK)
    assert futures[1].result(0) == 1


def test_answers_that_cannot_be_sent_cost_no_call_outside_their_group(workers: Workers) -> None:
    _, futures = given(workers, 1, 4)
    workers.fail(0, TypeError("cannot pickle"))
    assert isinstance(futures[0].exception(0), TypeError)
    assert workers.sent[2] == [(2,)]
    assert not any(future.done() for future in futures[1:])


def test_workers_that_are_gone_already_fail_the_call() -> None:
    def send(calls: list[Call]) -> Future[Answers]:
        raise RuntimeError("shut down")

    made: Batcher[int] = Batcher(1, send)
    futures = [made.submit(n) for n in range(3)]
    assert all(isinstance(future.exception(0), BrokenExecutor) for future in futures)
    made.wait()


def test_wait_ends_with_the_last_answer(workers: Workers) -> None:
    made, _ = given(workers, 1, 3)
    ended = threading.Event()
    waiting = threading.Thread(target=lambda: (made.wait(), ended.set()))
    waiting.start()
    workers.answer(0, QUICK)
    workers.answer(1, QUICK)
    assert not ended.wait(0.05)
    workers.answer(2, QUICK)
    waiting.join(5)
    assert ended.is_set()


# ---- in the worker


def test_a_call_that_raises_fails_itself_and_no_other() -> None:
    def divide(number: int) -> float:
        if number == 2:
            raise SystemExit("odd")
        return 12 / number

    answers, _ = do_group(divide, [(0,), (1,), (2,), (3,)])
    assert [(type(error).__name__, value) for error, value in answers] == [
        ("ZeroDivisionError", None),
        ("NoneType", 12.0),
        ("SystemExit", None),
        ("NoneType", 4.0),
    ]


def test_nothing_of_a_group_is_begun_after_a_slow_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "TARGET_BATCH_SECONDS", 0.001)
    done: list[int] = []

    def work(number: int) -> None:
        done.append(number)
        time.sleep(0.003)

    answers, seconds = do_group(work, [(1,), (2,), (3,)])
    assert (len(answers), done) == (1, [1])
    assert seconds >= 0.003
