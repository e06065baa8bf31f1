"""The router: which requests go to the browser, and what becomes of them; without any browser."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from crawler.model import Request, Response
from crawler.strategies.browser import BrowserRouter

RENDERED = frozenset({"map"})


class Others:
    def __init__(self) -> None:
        self.taken: list[Request] = []
        self.closed: bool | None = None

    def submit(self, request: Request) -> Future[str]:
        self.taken.append(request)
        future: Future[str] = Future()
        future.set_result("others")
        return future

    def close(self, *, cancel: bool = False) -> None:
        self.closed = cancel


class Browser:
    """A client that lets pages go when the test says so."""

    def __init__(self) -> None:
        self.go, self.enough = threading.Event(), threading.Event()
        self.now = self.most = 0
        self.closed = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == 2:
                self.enough.set()
        assert self.go.wait(20)
        with self._lock:
            self.now -= 1
        return Response(request.url, 200, {}, b"shown")

    def close(self) -> None:
        self.closed += 1
        self.go.set()


def request(number: int, kind: str) -> Request:
    return Request(number, f"http://shop.example/{number}", kind)


def router(browser: Browser, others: Others, width: int = 2) -> BrowserRouter[str]:
    return BrowserRouter(others, RENDERED, lambda: browser, width, lambda asked, got: f"{asked.id} {got.body.decode()}")


def test_only_kinds_with_browser_go_there_and_its_answers_take_the_same_step() -> None:
    browser, others = Browser(), Others()
    browser.go.set()
    routed = router(browser, others)
    plain, shown = routed.submit(request(1, "list")), routed.submit(request(2, "map"))
    assert plain.result(20) == "others"
    assert shown.result(20) == "2 shown"
    assert [each.id for each in others.taken] == [1]
    routed.close()
    assert (browser.closed, others.closed) == (1, False)


def test_no_browser_is_made_before_a_page_needs_one() -> None:
    others = Others()

    def make() -> Browser:
        raise AssertionError("nobody asked for it")

    routed = BrowserRouter(others, RENDERED, make, 2, lambda asked, got: "")
    assert routed.submit(request(1, "list")).result(20) == "others"
    routed.close()


def test_no_more_pages_at_once_than_its_width() -> None:
    browser = Browser()
    routed = router(browser, Others())
    futures = [routed.submit(request(number, "map")) for number in range(6)]
    assert browser.enough.wait(20)
    browser.go.set()
    assert [future.result(20) for future in futures] == [f"{number} shown" for number in range(6)]
    assert browser.most == 2
    routed.close()


def test_cancelling_ends_the_browser_under_its_pages_and_forgets_those_that_wait() -> None:
    browser, others = Browser(), Others()
    routed = router(browser, others)
    futures = [routed.submit(request(number, "map")) for number in range(4)]
    assert browser.enough.wait(20)
    routed.close(cancel=True)
    assert (browser.closed, others.closed) == (1, True)
    assert [future.cancelled() for future in futures] == [False, False, True, True]


def test_what_the_step_raises_is_the_failure_of_its_future() -> None:
    browser = Browser()
    browser.go.set()

    def broken(asked: Request, got: object) -> str:
        raise ZeroDivisionError

    routed = BrowserRouter(Others(), RENDERED, lambda: browser, 1, broken)
    assert isinstance(routed.submit(request(1, "map")).exception(20), ZeroDivisionError)
    routed.close()
