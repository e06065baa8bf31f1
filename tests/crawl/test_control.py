"""The inbox: how long what has come waits for others to share its transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from crawler.crawl.inbox import Inbox
from crawler.model import Link, Page, Request

PLAIN = Page(200, 0, 0.0)
LISTING = Page(200, 0, 0.0, links=(Link("http://127.0.0.1/1", "page"),))


class Scripted:
    """A driven strategy in which one page after the other completes, one in each `perform`."""

    width = 4
    story: list[str] = []  # noqa: RUF012 - never changed
    idle = False

    def __init__(self, inbox: Inbox, pages: list[Page | Exception], *, hungry: bool = False) -> None:
        self.inbox, self.hungry = inbox, hungry
        self.pages: Iterator[Page | Exception] = iter(pages)
        self.bell = threading.Event()
        inbox.drive(self)

    def perform(self, timeout: float) -> None:
        page = next(self.pages, None)
        if page is None:
            self.bell.wait(timeout)
            self.bell.clear()
            return
        future: Future[Any] = Future()
        future.set_exception(page) if isinstance(page, Exception) else future.set_result(page)
        self.inbox.put(future)

    def wake(self) -> None:
        self.bell.set()

    def submit(self, request: Request) -> Future[Any]:
        raise NotImplementedError

    def drop(self) -> None: ...

    def close(self, *, cancel: bool = False) -> None: ...


def taken(pages: list[Page | Exception], *, hungry: bool) -> int:
    inbox = Inbox()
    Scripted(inbox, pages, hungry=hungry)
    return len(inbox.take(5.0))


@pytest.fixture(autouse=True)
def all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.crawl.inbox.MAX_GATHERING", 60.0)


@pytest.mark.parametrize("hungry", [True, False])
def test_what_comes_together_is_taken_together(hungry: bool) -> None:
    assert taken([PLAIN, PLAIN, RuntimeError(), PLAIN], hungry=hungry) == 4


def test_one_transaction_is_not_endless() -> None:
    assert taken([PLAIN] * 1000, hungry=False) == 64


def test_a_page_with_links_does_not_wait_while_more_requests_could_be_under_way() -> None:
    assert taken([PLAIN, LISTING, PLAIN, PLAIN], hungry=True) == 2


def test_it_waits_while_there_are_requests_enough() -> None:
    assert taken([LISTING, LISTING, PLAIN, LISTING], hungry=False) == 4


def test_the_next_turn_gathers_again() -> None:
    inbox = Inbox()
    Scripted(inbox, [LISTING, PLAIN, PLAIN, LISTING, PLAIN], hungry=True)
    assert [len(inbox.take(5.0)) for _ in range(3)] == [1, 3, 1]


@pytest.mark.parametrize("item", [None, ("http://127.0.0.1", "robots")])
def test_what_is_no_page_wakes_a_loop_that_waits(item: Any) -> None:
    """A signal handler runs in the thread of the loop itself."""
    inbox = Inbox()
    driven = Scripted(inbox, [])
    inbox.put(item)
    assert driven.bell.is_set()


def test_a_page_from_another_thread_wakes_a_loop_that_waits() -> None:
    inbox = Inbox()
    driven = Scripted(inbox, [])
    done: Future[Any] = Future()
    done.set_result(PLAIN)
    other = threading.Thread(target=inbox.put, args=(done,))
    other.start()
    other.join()
    assert driven.bell.is_set()
