"""Outages: a host that fails for a while costs no page. Simulated time, no sleeps."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor

import pytest

from crawler.crawl.throttle import PATIENCE
from crawler.model import Failure, Moved, Page
from tests.support.shop import book, listing, to_book, to_listing, url
from tests.support.timelapse import Timelapse

BOOKS = 300
OUTAGES = [
    (Failure("refused"), 0.001),
    (Failure("reset"), 0.05),
    (Failure("closed"), 0.01),
    (Failure("timeout"), 30.0),
    (Failure("connect-timeout"), 10.0),
    (Failure("http-503", "", 503), 0.05),
    (Failure("http-503", "", 503, 5.0), 0.05),
    (Failure("http-502", "", 502), 0.05),
    (Failure("http-500", "", 500), 0.05),
    (Failure("http-429", "", 429), 0.05),
    (Failure("dns"), 1.0),
    (Failure("network"), 0.001),
]


def shop(path):
    if path == "start":
        return listing(*(to_book(f"b{n}") for n in range(BOOKS)))
    return book(path)


def with_outage(begin, end, failure, seconds):
    def site(request, now):
        if begin <= now < end:
            return failure, seconds
        return shop(request.url.rsplit("/", 1)[1]), 0.2

    return site


@pytest.mark.parametrize("begin", [0.3, 3.0, 7.3, 7.45], ids=lambda begin: f"at {begin}")
@pytest.mark.parametrize(("failure", "seconds"), OUTAGES, ids=lambda one: getattr(one, "code", ""))
@pytest.mark.parametrize("lasts", [15, pytest.param(60, marks=pytest.mark.long)])
def test_an_outage_costs_no_page_whenever_it_begins(tmp_path, begin, lasts, failure, seconds):
    """300 books at 40 a second take 7.7 s: the last begins come when only the last pages are in flight."""
    job = Timelapse(tmp_path, with_outage(begin, begin + lasts, failure, seconds))
    assert job.run(("start", "listing")) == "finished"
    assert set(job.rows().values()) == {("done", None)}
    assert len(job.rows()) == BOOKS + 1
    assert job.now - 1000 < begin + 2.2 * lasts + 2 * seconds + 15
    down = [path for path, at in job.asked if begin + 1 + seconds <= at < begin + lasts]
    assert len(down) < 12  # one at a time, with growing pauses


@pytest.mark.parametrize(("failure", "seconds"), OUTAGES, ids=lambda one: getattr(one, "code", ""))
def test_a_long_outage_costs_no_page(tmp_path, failure, seconds):
    test_an_outage_costs_no_page_whenever_it_begins(tmp_path, 3.0, 60, failure, seconds)


@pytest.mark.parametrize("width", [1, 2, 4, 16])
def test_every_number_of_workers_survives_it(tmp_path, width):
    for begin in (0.3, 1.0, 5.0):
        folder = tmp_path / str(begin)
        folder.mkdir()
        job = Timelapse(folder, with_outage(begin, begin + 30, Failure("reset"), 0.05), width=width)
        assert job.run(("start", "listing")) == "finished"
        assert set(job.rows().values()) == {("done", None)}


def test_every_request_that_went_out_is_counted(tmp_path):
    """Also those that only show whether the host answers: a server that counts must find the same number."""
    job = Timelapse(tmp_path, with_outage(3.0, 18.0, Failure("http-429", "", 429), 0.05))
    assert job.run(("start", "listing")) == "finished"
    assert job.crawl.tally.requests == len(job.asked)


def test_pages_that_are_asked_for_again_count_once_for_the_limit(tmp_path):
    job = Timelapse(tmp_path, with_outage(0.1, 15.0, Failure("refused"), 0.001), pages=50)
    assert job.run(("start", "listing")) == "finished"
    assert sorted(job.rows().values(), key=str) == [("done", None)] * 50 + [("skipped", "limit")] * (BOOKS - 49)


def test_the_loop_waits_for_the_last_pages_of_a_limit_and_does_not_spin(tmp_path):
    job = Timelapse(tmp_path, lambda request, now: (shop(request.url.rsplit("/", 1)[1]), 20.0 - now / 10), pages=50)
    assert job.run(("start", "listing")) == "finished"


def test_several_outages_add_up_to_nothing(tmp_path):
    def site(request, now):
        if now % 20 > 8:
            return Failure("refused"), 0.001
        return shop(request.url.rsplit("/", 1)[1]), 1.0

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    assert set(job.rows().values()) == {("done", None)}


def test_a_host_that_goes_down_for_good_is_left_for_the_next_run_with_all_its_pages(tmp_path):
    alive = []

    def site(request, now):
        if now > 3.0 and not alive:
            return Failure("refused"), 0.001
        return shop(request.url.rsplit("/", 1)[1]), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "left"
    assert "refused" in job.hosts.closed()["shop.example"]
    assert {state for state, _ in job.rows().values()} == {"done", "queued", "waiting"}
    assert 123 < job.now - 1000 < 130
    alive.append(True)
    assert job.run(("start", "listing")) == "finished"
    assert set(job.rows().values()) == {("done", None)}


@pytest.mark.parametrize(("failure", "seconds"), OUTAGES, ids=lambda one: getattr(one, "code", ""))
@pytest.mark.parametrize("starts", [1, 3, 40])
def test_a_host_that_is_down_from_the_start_is_left_soon(tmp_path, failure, seconds, starts):
    job = Timelapse(tmp_path, lambda request, now: (failure, seconds))
    assert job.run(*((f"s{n}", "book") for n in range(starts))) == "left"
    assert {state for state, _ in job.rows().values()} <= {"queued", "waiting"}
    assert job.now - 1000 < 12 + 6 * seconds + 6 * (failure.retry_after or 0)


def test_pages_that_are_broken_fail_where_the_host_answers_others(tmp_path):
    """Twenty broken pages in a row, the last of all among them."""

    def site(request, now):
        path = request.url.rsplit("/", 1)[1]
        if path in {f"b{n}" for n in (*range(100, 120), BOOKS - 1)}:
            return Failure("http-503", "", 503), 0.05
        return shop(path), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    rows = job.rows()
    assert sorted(path for path, row in rows.items() if row[0] == "failed") == sorted(
        f"b{n}" for n in (*range(100, 120), BOOKS - 1)
    )
    assert set(rows.values()) == {("done", None), ("failed", "http-503")}
    assert max(sum(path == f"b{n}" for path, _ in job.asked) for n in range(100, 120)) <= 6
    assert job.now - 1000 < 60


def test_broken_pages_that_are_all_that_is_left_fail_too(tmp_path):
    def site(request, now):
        path = request.url.rsplit("/", 1)[1]
        if path.startswith("b") and int(path[1:]) >= BOOKS - 30:
            return Failure("timeout"), 30.0
        return shop(path), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    assert list(job.rows().values()).count(("failed", "timeout")) == 30


def test_the_page_that_shows_whether_the_host_answers_may_itself_be_gone(tmp_path):
    down = set()

    def site(request, now):
        path = request.url.rsplit("/", 1)[1]
        if path in down or 3.0 <= now < 12.0:
            return Failure("reset"), 0.05
        if now < 3.0:
            down.add(path)  # answered once, never again
        return shop(path), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    assert set(job.rows().values()) == {("done", None)}


def test_a_host_that_never_answered_and_is_no_start_fails_page_by_page(tmp_path):
    def site(request, now):
        if "gone.example" in request.url:
            return Failure("dns"), 0.01
        return Page(200, 1, 0.0, links=(to_book("b1"), *gone)), 0.1

    gone = [to_book("x").__class__(f"http://gone.example/{n}", "book", anywhere=True) for n in range(3)]
    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    assert list(job.rows().values()).count(("failed", "dns")) == 3


@pytest.mark.parametrize("code", ["http-500", "http-503", "timeout", "refused", "truncated"])
def test_a_start_page_that_fails_is_left_and_read_by_the_next_run(tmp_path, code):
    alive = []

    def site(request, now):
        return (
            shop(request.url.rsplit("/", 1)[1])
            if alive
            else Failure(code, "", int(code[5:] or 0) if code.startswith("http") else 0)
        ), 0.1

    job = Timelapse(tmp_path, site)
    for _ in range(3):  # it never ends as finished with nothing
        assert job.run(("start", "listing")) == "left"
        assert job.rows() == {"start": ("waiting", code)}
    alive.append(True)
    assert job.run(("start", "listing")) == "finished"
    assert len(job.rows()) == BOOKS + 1


def test_a_start_page_behind_a_redirect_is_one_too(tmp_path):
    def site(request, now):
        if request.url.endswith("/old"):
            return Moved(301, url("new")), 0.1
        return Failure("http-500", "", 500), 0.1

    job = Timelapse(tmp_path, site)
    assert job.run(("old", "listing")) == "left"
    assert job.rows()["new"] == ("waiting", "http-500")


def test_a_start_page_that_is_forbidden_or_missing_fails(tmp_path):
    job = Timelapse(tmp_path, lambda request, now: (Failure("http-404", "", 404), 0.1))
    assert job.run(("start", "listing")) == "finished"
    assert job.rows() == {"start": ("failed", "http-404")}


def test_one_of_several_start_pages_is_left_once_and_then_fails(tmp_path):
    """A start page that is down for good must not keep the others from being crawled anew each night."""

    def site(request, now):
        if request.url.endswith("/bad"):
            return Failure("http-500", "", 500), 0.1
        return book("good"), 0.1

    starts = (("good", "book"), ("bad", "book"))
    job = Timelapse(tmp_path, site)
    assert job.run(*starts) == "left"
    assert job.rows() == {"good": ("done", None), "bad": ("waiting", "http-500")}
    assert job.run(*starts) == "finished"
    assert job.rows()["bad"] == ("failed", "http-500")
    assert [path for path, _ in job.asked].count("good") == 2  # once to see whether the host answers
    job.db.execute("UPDATE crawls SET finished = 1")
    assert job.run(*starts) == "finished"
    assert job.rows() == {"good": ("done", None), "bad": ("failed", "http-500")}


def test_a_chain_of_listings_survives_an_outage(tmp_path):
    def site(request, now):
        if 2.0 <= now < 40.0:
            return Failure("http-502", "", 502), 0.05
        number = int(request.url.rsplit("/p", 1)[1])
        return listing(*([to_listing(f"p{number + 1}", next=True)] if number < 50 else [])), 0.1

    job = Timelapse(tmp_path, site)
    assert job.run(("p1", "listing")) == "finished"
    assert list(job.rows().values()) == [("done", None)] * 50


def test_a_page_in_flight_with_one_that_freezes_its_workers_is_read(tmp_path):
    """One thread serves all: nothing comes back while it is frozen."""
    frozen = []

    def site(request, now):
        path = request.url.rsplit("/", 1)[1]
        if path == "b7":
            frozen.append(job.made)
        if frozen and frozen[-1] == job.made:
            return None, 0.0
        return shop(path), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    rows = job.rows()
    assert rows.pop("b7") == ("failed", "hang")
    assert set(rows.values()) == {("done", None)}
    assert [path for path, _ in job.asked].count("b7") == 2


@pytest.mark.parametrize("error", [BrokenExecutor("x"), TypeError("cannot pickle"), EOFError(), SystemExit(3)])
def test_whatever_a_future_raises_the_page_is_asked_for_again(tmp_path, error):
    lost = []

    def site(request, now):
        path = request.url.rsplit("/", 1)[1]
        if path in ("b7", "b8") and lost.count(path) < 2:
            lost.append(path)
            return error, 0.1
        return shop(path), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    assert set(job.rows().values()) == {("done", None)}


@pytest.mark.parametrize(("error", "code"), [(BrokenExecutor("x"), "crash"), (TypeError("cannot pickle"), "internal")])
def test_a_page_that_always_raises_fails_at_the_third_time(tmp_path, error, code):
    def site(request, now):
        path = request.url.rsplit("/", 1)[1]
        return (error if path == "b7" else shop(path)), 0.2

    job = Timelapse(tmp_path, site)
    assert job.run(("start", "listing")) == "finished"
    assert job.rows().pop("b7") == ("failed", code)
    assert [path for path, _ in job.asked].count("b7") == 3


def test_patience_is_more_than_one_page():
    assert PATIENCE > 3  # a page alone uses up its tries before its host is doubted
