"""What happens in a child, run in a thread here: which answers share a message, and that none waits for long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from crawler.model import Request
from crawler.strategies import inside
from crawler.strategies.messages import Messages

Ask = Callable[[int], list[int]]


class Stepwise:
    """A strategy in which each `perform` completes one request.

    It waits for that for `waits` seconds, and the work takes `seconds`, by the clock of the test.
    """

    def __init__(self) -> None:
        self.seconds = self.now = self.began = self.waits = 0.0
        self.ready = 1_000  # requests that it can complete; the rest is still being fetched
        self.todo: list[Future[str]] = []
        self.messages: Messages | None = None

    def submit(self, request: Request) -> Future[str]:
        self.todo.append(Future())
        return self.todo[-1]

    def perform(self, timeout: float) -> None:
        if self.todo and self.ready:
            self.ready -= 1
            self.began = self.now + self.waits
            self.now = self.began + self.seconds
            self.todo.pop(0).set_result("done")
        elif timeout:
            inside.select.select([self.messages], [], [], timeout)

    def listen(self, messages: Messages) -> None:
        self.messages = messages

    def wake(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Stepwise:
    found = Stepwise()
    monkeypatch.setattr(inside, "monotonic", lambda: found.now)
    return found


@pytest.fixture
def ask(worker: Stepwise) -> Iterator[Ask]:
    """Hand so many requests in, in one batch; gives the size of each message that comes back."""
    ours, theirs = (Messages(sock) for sock in socket.socketpair())
    child = threading.Thread(target=inside.work, args=(worker, theirs))
    child.start()

    def ask(count: int) -> list[int]:
        ours.send([(number, Request(number, "http://127.0.0.1/", "page")) for number in range(count)])
        found: list[Any] = []
        while sum(map(len, found)) < count:
            assert inside.select.select([ours], [], [], 10)[0], "something waits until something else happens"
            found += ours.receive()
        assert sorted(each for batch in found for each in batch) == [(n, None, "done") for n in range(count)]
        return [len(batch) for batch in found]

    yield ask
    ours.send(None)
    child.join(10)
    assert not child.is_alive()


def test_quick_answers_share_their_messages(ask: Ask) -> None:
    assert ask(32)[:2] == [8, 8]


def test_a_wait_for_the_network_is_no_slow_answer(worker: Stepwise, ask: Ask) -> None:
    worker.waits = 0.01
    assert ask(32)[0] == 2  # the third would be another wait


def test_half_of_what_a_child_has_is_not_held_back(ask: Ask) -> None:
    assert ask(6)[0] == 3


def test_a_lone_answer_is_sent_at_once(ask: Ask) -> None:
    assert ask(1) == [1]


def test_what_is_done_does_not_wait_for_the_network(worker: Stepwise) -> None:
    worker.ready = 2
    ours, theirs = (Messages(sock) for sock in socket.socketpair())
    ours.send([(number, Request(number, "http://127.0.0.1/", "page")) for number in range(10)])
    threading.Thread(target=inside.work, args=(worker, theirs), daemon=True).start()
    assert inside.select.select([ours], [], [], 10)[0], "it waits for the other eight"
    assert [len(batch) for batch in ours.receive()] == [2]
    worker.ready = 8
    ours.send([])
    left = 8
    while left:
        assert inside.select.select([ours], [], [], 10)[0]
        left -= sum(map(len, ours.receive()))
    ours.send(None)


def test_slow_answers_go_one_by_one(worker: Stepwise, ask: Ask) -> None:
    worker.seconds = 0.01
    assert ask(16) == [1] * 16


def test_what_was_asked_for_is_done_before_the_end(worker: Stepwise) -> None:
    ours, theirs = (Messages(sock) for sock in socket.socketpair())
    ours.send([(number, Request(number, "http://127.0.0.1/", "page")) for number in range(20)])
    ours.send(None)
    inside.work(worker, theirs)
    assert sum(map(len, ours.receive())) == 20


def test_a_child_whose_main_process_is_gone_does_not_work_on(worker: Stepwise) -> None:
    ours, theirs = (Messages(sock) for sock in socket.socketpair())
    ours.close()
    with pytest.raises(EOFError):
        inside.work(worker, theirs)


def test_a_bell_that_rings_while_it_is_answered_silences_none_after_it() -> None:
    watched = inside.Watched(Stepwise())
    heard = watched._ear

    class Ear:
        def recv(self, size: int) -> bytes:
            watched.wake()
            return heard.recv(size)

    watched._ear = Ear()  # type: ignore[assignment]
    watched.wake()
    watched.perform(0)
    watched.wake()
    assert watched._selector.select(0)
