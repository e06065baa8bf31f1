"""The loop with strategies that misbehave on purpose; the store and the frontier are the real ones."""

from concurrent.futures import BrokenExecutor, Future

import pytest

from crawler.crawl.frontier import Frontier, Politeness
from crawler.crawl.inbox import Limits, Stopper
from crawler.crawl.loop import Crawl
from crawler.model import Failure, Link, Page
from tests.support.shop import book, open_pages, open_state, url


class Scripted:
    """Answers each request by what a function says: an outcome, an exception, or nothing for ever."""

    def __init__(self, answer):
        self.answer, self.asked, self.closed = answer, [], []

    def submit(self, request):
        self.asked.append(request.url)
        future = Future()
        said = self.answer(request, self.asked.count(request.url))
        if isinstance(said, Exception):
            future.set_exception(said)
        elif said is not None:
            future.set_result(said)
        return future

    def close(self, *, cancel=False):
        self.closed.append(cancel)


@pytest.fixture
def crawl(tmp_path):
    db = open_state(tmp_path)
    made = []

    def crawl(answer, *starts, pages=100, retries=0, task_timeout=60.0, width=4):
        store = open_pages(db)
        with store.transaction():
            store.add_starts([Link(url(path), "book") for path in starts])
        frontier = Frontier(store, Politeness(False, 0.0, 100, 30.0), lambda origin: None)

        def make():
            made.append(Scripted(answer))
            return made[-1]

        limits = Limits(pages, None, retries, 120.0, task_timeout)
        loop = Crawl(store, frontier, make, lambda: width, limits, Stopper(), lambda tally: None)
        ending = loop.run()
        rows = db.execute("SELECT url, state, code FROM pages").fetchall()
        return ending, {path.rsplit("/", 1)[1]: (state, code) for path, state, code in rows}, made

    yield crawl
    db.close()


def test_a_page_that_came_too_late_counts_for_the_limit_only_when_it_is_sent(crawl):
    def answer(request, time):
        return Failure("late") if time == 1 else book(request.url)

    ending, rows, _ = crawl(answer, "a", "b", "c", pages=2)
    assert ending == "finished"
    assert sorted(rows.values(), key=str) == [("done", None), ("done", None), ("skipped", "limit")]


def test_pages_whose_worker_died_are_asked_for_again_alone_and_the_killer_is_set_aside(crawl):
    def answer(request, time):
        if request.url.endswith("/killer") or time == 1:
            return BrokenExecutor("the pool is broken")
        return book(request.url)

    _, rows, (strategy,) = crawl(answer, "a", "killer", "b")
    assert rows == {"a": ("done", None), "b": ("done", None), "killer": ("failed", "crash")}
    assert strategy.asked.count(url("killer")) == 3


def test_what_a_strategy_raises_is_told_and_lost_pages_are_not(crawl):
    _, rows, _ = crawl(lambda request, time: TypeError("cannot pickle"), "a")
    assert rows == {"a": ("failed", "internal")}


def test_a_request_that_never_comes_back_is_given_up_and_hung_workers_are_replaced(crawl):
    def answer(request, time):
        return None if request.url.endswith(("/a", "/b")) else book(request.url)

    _, rows, made = crawl(answer, "a", "b", "c", "d", task_timeout=0.05, width=2)
    assert rows == {"a": ("failed", "hang"), "b": ("failed", "hang"), "c": ("done", None), "d": ("done", None)}
    assert [strategy.closed for strategy in made] == [[True], [True], [True], [False]]
    assert made[0].asked.count(url("a")) == made[1].asked.count(url("a")) == 1  # again, and alone


def test_the_window_is_twice_the_width(crawl):
    seen = []

    def answer(request, time):
        seen.append(request.url)
        return

    crawl(answer, *(str(n) for n in range(20)), task_timeout=0.05, width=2)
    assert sorted(seen) == sorted([url(str(n)) for n in range(20)] * 2)  # four at a time, then each alone


def test_retries_end(crawl):
    def answer(request, time):
        first = request.url.endswith("/a")
        return Page(200, 1, 0.0, links=(Link(url("b"), "book"),)) if first else Failure("truncated")

    ending, rows, (strategy,) = crawl(answer, "a", retries=0)
    assert (ending, rows["b"], len(strategy.asked)) == ("finished", ("failed", "truncated"), 2)


def test_fault_38_a_host_that_asks_for_too_long_a_rest_is_left_for_the_next_run(crawl):
    ending, rows, _ = crawl(lambda request, time: Failure("http-429", "", 429, 9e9), "a", retries=3)
    assert ending == "left"
    assert rows["a"][0] == "waiting"


def test_links_of_a_page_are_visited(crawl):
    def answer(request, time):
        return Page(200, 1, 0.0, links=(Link(url("b"), "book"),)) if request.url.endswith("/a") else book("B")

    assert crawl(answer, "a")[1] == {"a": ("done", None), "b": ("done", None)}
