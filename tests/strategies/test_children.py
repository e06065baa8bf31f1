"""Several processes with a strategy inside each: what happens in the child, run in a thread here."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from multiprocessing import Pipe

from crawler.model import Request
from crawler.strategies.children import _drive


class Instant:
    """A driven strategy that has the answer before `submit` is back, wherever that is possible."""

    width = 4
    story: list[str] = []  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self.todo: list[Future[str]] = []
        self.bell, self.again = threading.Event(), threading.Event()
        self.driving: threading.Thread | None = None

    @property
    def idle(self) -> bool:
        return not self.todo

    def submit(self, request: Request) -> Future[str]:
        future: Future[str] = Future()
        self.again.clear()
        self.todo.append(future)
        self.wake()
        if threading.current_thread() is not self.driving:
            self.again.wait(1)
        return future

    def perform(self, timeout: float) -> None:
        self.driving = threading.current_thread()
        self.again.set()
        if self.bell.wait(timeout):
            self.bell.clear()
        while self.todo:
            self.todo.pop().set_result("done")

    def wake(self) -> None:
        self.bell.set()

    def drop(self) -> None: ...

    def close(self, *, cancel: bool = False) -> None: ...


def test_an_answer_that_comes_at_once_is_sent_at_once() -> None:
    ours, theirs = Pipe()
    child = threading.Thread(target=_drive, args=(Instant(), theirs, queue.SimpleQueue()))
    child.start()
    ours.send([(7, Request(7, "http://127.0.0.1/", "page"))])
    assert ours.poll(10), "it waits, for up to a minute, until something else happens"
    assert ours.recv() == [(7, None, "done")]
    ours.send(None)
    child.join(10)
    assert not child.is_alive()
