import re
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import OutputError
from crawler.model import Link, Moved, Note, Page
from crawler.store import counts
from crawler.store.records import first_record
from crawler.store.result import rank
from crawler.store.runs import begin
from tests.support.shop import (
    book,
    failure,
    listing,
    open_pages,
    open_state,
    queued,
    take,
    titles,
    to_book,
    to_listing,
    url,
)


def visit(pages, path, found):
    with pages.transaction():
        page = take(pages, path)
        pages.sent(page)
    with pages.transaction():
        return pages.done(page, found)


def test_a_link_that_is_known_is_not_queued_again(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing"), Link(url("1#top"), "listing")])
    new = visit(pages, "1", listing(to_book("a"), to_book("a"), to_listing("1")))
    assert [page.url for page in new] == [url("a")]
    assert pages.counts() == {"done": 1, "queued": 1}


def test_the_same_url_under_two_kinds_is_two_pages(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing"), Link(url("1"), "book")])
    assert pages.counts() == {"queued": 2}


def test_a_page_is_written_whole_or_not_at_all(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
    page = take(pages, "1")
    with pytest.raises(ZeroDivisionError), pages.transaction():
        _ = pages.done(page, listing(to_book("a"))) and 1 / 0
    assert pages.counts() == {"queued": 1}
    assert db.execute("SELECT count(*) FROM edges WHERE parent <> 0").fetchone() == (0,)


def test_fault_212_a_full_disk_undoes_the_whole_transaction(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
    page = take(pages, "1")
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(OutputError, match="run again"), pages.transaction():
        pages.done(page, listing(*(to_book(f"{n}-{'x' * 500}") for n in range(500))))
    db.execute("PRAGMA max_page_count = 1000000")
    assert pages.counts() == {"queued": 1}
    visit(pages, "1", listing(to_book("a")))
    assert queued(pages) == {"a"}


def test_the_next_page_of_a_list_adds_no_depth(db):
    pages = open_pages(db, max_depth=1)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
    visit(pages, "1", listing(to_listing("2", next=True), to_book("a")))
    visit(pages, "2", listing(to_listing("3", next=True), to_book("b")))
    assert queued(pages) == {"3", "a", "b"}


def test_a_page_beyond_the_depth_is_skipped_until_a_shorter_way_is_found(db):
    pages = open_pages(db, max_depth=2)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing"), Link(url("2"), "listing")])
    visit(pages, "1", listing(to_listing("x")))
    visit(pages, "x", listing(to_listing("y")))
    visit(pages, "y", listing(to_book("deep")))
    assert "deep" not in queued(pages)
    assert pages.counts()["skipped"] == 1
    new = visit(pages, "2", listing(to_listing("y")))
    assert [page.url for page in new] == [url("deep")]


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_what_a_depth_limit_lets_through_does_not_hang_on_the_order(tmp_path_factory, random, limit):
    graph = {n: [random.randrange(16) for _ in range(2)] for n in range(16)}

    def reached(choose):
        db = open_state(tmp_path_factory.mktemp("state"))
        pages = open_pages(db, max_depth=limit)
        with pages.transaction():
            pages.add_starts([Link(url("0"), "listing")])
        waiting = [take(pages, "0")]  # held in memory, as the frontier does, while the store learns more
        while waiting:
            page = waiting.pop(choose(len(waiting)))
            links = graph[int(page.url.rpartition("/")[2])]
            with pages.transaction():
                pages.sent(page)
                waiting += pages.done(page, listing(*(to_listing(str(n)) for n in links)))
        done = {row[0] for row in db.execute("SELECT url FROM pages WHERE state = 'done'")}
        db.close()
        return done

    assert reached(lambda count: 0) == reached(random.randrange)


def test_a_redirect_is_followed_to_a_page_of_the_same_kind(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("old"), "book")])
        new = pages.moved(take(pages, "old"), Moved(301, url("new")))
    assert [(page.url, page.kind, page.hops) for page in new] == [(url("new"), "book", 1)]


def test_fault_47_redirect_loops_end_as_failures(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("a"), "book"), Link(url("self"), "book")])
        pages.moved(take(pages, "self"), Moved(302, url("self")))
        pages.moved(take(pages, "a"), Moved(302, url("b")))
        pages.moved(take(pages, "b"), Moved(302, url("a")))
    rows = db.execute("SELECT url, code FROM pages WHERE state = 'failed' ORDER BY url").fetchall()
    assert rows == [(url("b"), "redirect-loop"), (url("self"), "redirect-loop")]


def test_fault_47_a_chain_of_redirects_ends_after_twenty(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("0"), "book")])
        for hop in range(21):
            pages.moved(take(pages, str(hop)), Moved(302, url(str(hop + 1))))
    assert queued(pages) == set()
    assert db.execute("SELECT url FROM pages WHERE code = 'redirect-loop'").fetchone() == (url("20"),)


def test_pages_that_were_in_flight_in_a_crash_come_last(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing"), Link(url("2"), "listing")])
        pages.sent(take(pages, "1"))
    again = open_pages(db)  # the next run: nobody said how the last one ended
    assert [page.url for page in again.queued("shop.example", 0, 10)] == [url("2")]
    assert [(page.url, page.crashes) for page in again.queued("shop.example", 2, 10)] == [(url("1"), 1)]


def test_attempts_are_kept(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "book")])
        page = take(pages, "1")
        pages.later(page, failure("http-503", 503), due=99.0)
    ((due, waiting),) = pages.waiting()
    assert (due, waiting.attempts) == (99.0, 1)
    with pages.transaction():
        pages.failed(waiting, failure())
    assert db.execute("SELECT state, attempts, code FROM pages").fetchone() == ("failed", 2, "http-404")
    assert pages.asked_for() == 1


def test_a_page_that_was_never_asked_for_counts_no_attempt(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "book")])
        pages.refused(take(pages, "1"), "robots", "")
    assert pages.asked_for() == 0


def test_records_come_once(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("b"), "book")])
    visit(pages, "b", book("Emma"))
    assert titles(db) == ["Emma"]
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO records (id, crawl, tbl, data) VALUES (?, 1, 'books', '{}')", (first_record(1),))


def test_fault_220_a_page_that_kills_the_program_again_and_again_is_set_aside(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing"), Link(url("2"), "listing")])
    for _ in range(5):
        with pages.transaction():
            pages.sent(take(pages, "1"))
        pages = open_pages(db)  # the next run
    assert db.execute("SELECT state, code FROM pages WHERE url = ?", (url("1"),)).fetchone() == ("failed", "crash")
    assert queued(pages) == {"2"}


def test_every_note_on_a_page_is_kept(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("b"), "book")])
    visit(pages, "b", Page(200, 1, 0.1, notes=(Note("", "encoding-doubt", "gbk?"), Note("", "no-match", "h1"))))
    assert db.execute("SELECT code, detail FROM pages").fetchone() == ("encoding-doubt, no-match", "gbk?, h1")


def test_a_page_that_is_under_way_is_in_no_queue(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url(name), "book") for name in "abc"])
        first = take(pages, "a")
        pages.sent(first)
        assert [page.url for page in pages.queued("shop.example", 1, 1)] == [url("b")]
    with pages.transaction():
        pages.back(first)
    assert [page.url for page in pages.queued("shop.example", 1, 9)] == [url("a"), url("b"), url("c")]


def test_what_is_under_way_is_written_once_a_turn(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url(name), "book") for name in "abc"])
        a, b = take(pages, "a"), take(pages, "b")
        pages.sent(a)
        pages.sent(b)
    written = db.total_changes
    with pages.transaction():
        pages.done(a, book("A"))
        pages.sent(take(pages, "c"))
    assert db.total_changes - written == 3  # the page, its record, and one row for what is under way
    assert db.execute("SELECT under_way FROM crawls").fetchone() == ("[2, 3]",)


QUICK = {  # what a run asks of the store when it begins and ends, and what it must not read for that
    counts.counts: ("frontier", "troubles", "sqlite_autoindex_pages_1"),
    counts.asked_for: ("frontier", "troubles", "sqlite_autoindex_pages_1", "tried"),
    counts.causes: ("troubles",),
    counts.dropped: ("dropped",),
    counts.left_out: ("dropped",),
    counts.redirected: ("frontier", "troubles", "sqlite_autoindex_pages_1", "hopped"),
}


@pytest.mark.parametrize("ask", QUICK)
def test_a_state_of_many_pages_is_asked_through_the_right_indexes(db, ask):
    pages = open_pages(db)
    rank(db, 1)
    assert plans(db, lambda: ask(db, 1)) <= {*QUICK[ask], ""}
    assert plans(db, pages.waiting) == {"troubles"}
    assert plans(db, pages.hosts) == {"frontier"}
    assert plans(db, lambda: begin(db, "what", fresh=False, pid=1, now=2.0)) <= {"tried", ""}


def plans(db, ask):
    """The indexes by which pages are found; "" for their ids, "all" for a look at every page."""
    statements = []
    db.set_trace_callback(statements.append)
    ask()
    db.set_trace_callback(None)
    found = set()
    for statement in statements:
        if statement.split()[0] in ("SELECT", "UPDATE", "WITH", "DELETE"):
            for *_, step in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
                if match := re.match(r"(SCAN|SEARCH) (pages|p)\b.*?(?:INDEX (\w+)|(PRIMARY KEY)|$)", step):
                    found.add(match[3] or ("" if match[4] else "all"))
    return found


def test_pages_that_were_redirected_are_counted_among_those_that_were_answered(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url(name), "book") for name in "abcd"])
    for name in "ab":
        visit(pages, name, book(name.upper()))
    with pages.transaction():
        (login,) = pages.moved(take(pages, "c"), Moved(302, url("login")))
        pages.done(login, Page(200, 10, 0.1))
    rank(db, 1)
    assert counts.redirected(db, 1) == (1, 3, url("login"))  # the login itself was no page of its own
    assert counts.kinds(db, 1) == {"book": 3}
    assert counts.asked_for(db, 1) == 4
