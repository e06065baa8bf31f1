import pytest

from crawler.crawl.frontier import Frontier, Politeness
from crawler.crawl.robots import Robots, parse
from crawler.model import Failure, Link
from tests.support.shop import book, listing, open_pages, open_state, take, to_book, url

FREE = Politeness(robots=False, delay=0.0, per_host=100, max_crawl_delay=30.0)


@pytest.fixture
def pages(tmp_path):
    db = open_state(tmp_path)
    yield open_pages(db)
    db.close()


def start(pages, *starts, polite=FREE, asked=None):
    with pages.transaction():
        pages.add_starts([Link(url(path), kind) for path, kind in starts])
    frontier = Frontier(pages, polite, (lambda origin: None) if asked is None else asked.append)
    frontier.load(0.0, 0.0)
    return frontier


def pop(frontier, now=0.0, idle=True):
    popped = frontier.pop(now, idle_worker=idle)
    return popped and popped[0].url.rsplit("/", 1)[1]


def pop_all(frontier, now=0.0):
    out = []
    while (path := pop(frontier, now)) is not None:
        out.append(path)
    return out


def test_pages_with_links_and_pages_without_take_turns(pages):
    frontier = start(pages, ("1", "listing"), ("2", "listing"), ("3", "listing"), ("a", "book"), ("b", "book"))
    assert pop_all(frontier) == ["1", "a", "2", "b", "3"]


def test_no_more_than_per_host_at_once(pages):
    polite = Politeness(False, 0.0, 2, 30.0)
    frontier = start(pages, *((str(n), "book") for n in range(5)), polite=polite)
    first = frontier.pop(0.0, idle_worker=True)
    assert pop(frontier) == "1"
    assert pop(frontier) is None
    frontier.release(first[0], 1.0)
    assert pop_all(frontier, 1.0) == ["2"]


def test_the_delay_is_kept_and_the_due_time_told(pages):
    frontier = start(pages, ("a", "book"), ("b", "book"), polite=Politeness(False, 0.5, 8, 30.0))
    assert pop(frontier, 10.0) == "a"
    assert pop(frontier, 10.4) is None
    assert frontier.next_due() == pytest.approx(10.55)
    assert pop(frontier, 10.55) == "b"


def test_with_a_delay_a_request_goes_out_only_to_an_idle_worker(pages):
    frontier = start(pages, ("a", "book"), polite=Politeness(False, 0.5, 8, 30.0))
    assert pop(frontier, idle=False) is None
    assert frontier.next_due() is None  # a worker that comes back is what it waits for
    assert pop(frontier) == "a"


def test_nothing_goes_out_before_robots_txt_is_read(pages):
    asked = []
    polite = Politeness(True, 0.5, 8, 30.0)
    frontier = start(pages, ("a", "book"), ("private", "book"), ("b", "book"), polite=polite, asked=asked)
    assert pop_all(frontier) == []
    assert asked == ["http://shop.example"]
    assert not frontier.idle()
    frontier.answer("http://shop.example", parse(b"User-agent: *\nDisallow: /private\nCrawl-delay: 2", "crawler"), 1.0)
    assert pop(frontier, 2.9) is None  # the delay counts from reading robots.txt too
    assert pop(frontier, 3.0) == "a"
    assert pop(frontier, 5.1) is None
    assert pop(frontier, 5.3) == "b"
    assert pages.counts()["skipped"] == 1


def test_fault_114_a_host_with_unreachable_robots_is_left_for_the_next_run(pages):
    frontier = start(pages, ("a", "book"), polite=Politeness(True, 0.0, 8, 30.0), asked=[])
    pop(frontier)
    frontier.answer("http://shop.example", Robots(unreachable=Failure("http-503", status=503)), 1.0)
    assert pop_all(frontier, 9.0) == []
    assert frontier.idle()
    assert "http-503" in frontier.closed()["shop.example"]
    assert pages.counts() == {"queued": 1}


def test_fault_121_a_long_crawl_delay_is_cut(pages):
    frontier = start(pages, ("a", "book"), polite=Politeness(True, 0.0, 8, 30.0), asked=[])
    pop(frontier)
    frontier.answer("http://shop.example", parse(b"User-agent: *\nCrawl-delay: 86400", "crawler"), 1.0)
    assert frontier.pace("shop.example").delay == 30.0


def test_a_page_that_waits_comes_when_it_is_due(pages):
    frontier = start(pages, ("a", "book"))
    page = frontier.pop(0.0, idle_worker=True)[0]
    frontier.release(page, 0.0)
    frontier.wait(page, 5.0)
    assert pop(frontier, 4.9) is None
    assert frontier.next_due() == 5.0
    assert pop(frontier, 5.0) == "a"


def test_pages_of_a_crash_go_last_and_alone(pages):
    with pages.transaction():
        pages.add_starts([Link(url(one), "book") for one in "abc"])
        pages.crashed(take(pages, "a"))
        pages.crashed(take(pages, "b"))
    frontier = Frontier(pages, FREE, lambda origin: None)
    frontier.load(0.0, 0.0)
    first = frontier.pop(0.0, idle_worker=True)[0]
    assert first.url == url("c")
    assert pop(frontier) is None
    frontier.release(first, 0.0)
    suspect = frontier.pop(0.0, idle_worker=True)[0]
    assert suspect.url == url("a")
    assert pop(frontier) is None
    frontier.release(suspect, 0.0)
    assert pop(frontier) == "b"


def test_more_pages_than_fit_in_memory_all_come(pages, monkeypatch):
    monkeypatch.setattr("crawler.crawl.frontier.HEAD", 10)
    frontier = start(pages, ("1", "listing"))
    page = frontier.pop(0.0, idle_worker=True)[0]
    with pages.transaction():
        new = pages.done(page, listing(*(to_book(f"b{n}") for n in range(95))))
    frontier.add(new, 0.0)
    frontier.release(page, 0.0)
    got = []
    while (popped := frontier.pop(0.0, idle_worker=True)) is not None:
        got.append(popped[0].url)
        frontier.release(popped[0], 0.0)
        with pages.transaction():
            pages.done(popped[0], book("x"))
    assert got == [url(f"b{n}") for n in range(95)]
    assert frontier.idle()
