"""Where the analysis happens, seen through a strategy whose fetches end when the test says so."""

import threading
import time
from concurrent.futures import Future

import pytest

from crawler.crawl.parse_stage import Analyse, Barrier, Callback
from crawler.model import Failure, Page, Request, Response

REQUESTS = [Request(n, f"http://shop.example/{n}", "book") for n in range(3)]


class Held:
    """Fetches that are answered by hand."""

    def __init__(self):
        self.futures = []

    def submit(self, request):
        self.futures.append(Future())
        return self.futures[-1]

    def answer(self, number, said=None):
        self.futures[number].set_result(said or Response(f"http://shop.example/{number}", 200, {}, b""))

    def close(self, *, cancel=False):
        pass


@pytest.fixture
def read():
    """Analyses that note their order and their thread."""

    def analyse(kind, response):
        analyse.seen.append((response.url[-1], threading.current_thread().name))
        return Page(200, 0, 0.0)

    analyse.seen = []
    return analyse


def test_a_callback_analyses_as_soon_as_a_page_is_there(read):
    held = Held()
    found = [Callback(held, Analyse(read)).submit(request) for request in REQUESTS]
    held.answer(1)
    assert [future.done() for future in found] == [False, True, False]


def test_the_cpu_time_of_analysis_is_summed_up():
    def burn(kind, response):
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass
        return Page(200, 0, 0.0)

    held, analyse = Held(), Analyse(burn)
    place = Callback(held, analyse)
    for number, request in enumerate(REQUESTS):
        place.submit(request)
        held.answer(number)
    assert 0.06 <= analyse.spent < 0.5


def test_nothing_passes_the_barrier_before_all_are_fetched_and_all_are_analysed(read):
    held, done_when_analysed = Held(), []
    barrier = Barrier(
        held, Analyse(lambda kind, r: (done_when_analysed.append([f.done() for f in found]), read(kind, r))[1])
    )
    found = [barrier.submit(request) for request in REQUESTS]
    held.answer(2)
    held.answer(0)
    assert read.seen == []
    held.answer(1)
    assert [url for url, _ in read.seen] == ["2", "0", "1"]
    assert done_when_analysed == [[False] * 3] * 3
    assert all(future.done() for future in found)


def test_what_is_no_response_is_not_analysed(read):
    held = Held()
    found = Callback(held, Analyse(read)).submit(REQUESTS[0])
    held.answer(0, Failure("http-404"))
    assert (found.result(), read.seen) == (Failure("http-404"), [])


def test_fault_187_an_analysis_that_raises_fails_its_own_future_and_no_other():
    def analyse(kind, response):
        if response.url.endswith("1"):
            raise KeyboardInterrupt
        return Page(200, 0, 0.0)

    for place in (Callback, Barrier):
        held = Held()
        made = place(held, Analyse(analyse))
        found = [made.submit(request) for request in REQUESTS]
        for number in range(3):
            held.answer(number)
        assert isinstance(found[1].exception(), KeyboardInterrupt)
        assert [found[n].result() for n in (0, 2)] == [Page(200, 0, 0.0)] * 2


class Instant(Held):
    """Fetches that are done before anybody can wait for them."""

    def submit(self, request):
        future = super().submit(request)
        future.set_result(Response(request.url, 200, {}, b""))
        return future


@pytest.mark.parametrize("place", [Callback, Barrier])
def test_a_page_that_hangs_does_not_hold_up_the_one_who_submits(place):
    go = threading.Event()

    def hang(kind, response):
        go.wait(30)
        return Page(200, 0, 0.0)

    found = place(Instant(), Analyse(hang)).submit(REQUESTS[0])
    assert not found.done()
    go.set()
    assert found.result(30).status == 200
