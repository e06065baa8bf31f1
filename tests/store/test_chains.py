"""A list that repeats itself is cut at the same rows, whichever of its pages was read first."""

from __future__ import annotations

import random
import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.crawl.admission import Admission
from crawler.model import RICH, Link, Page, Record
from crawler.store.pages import Pages
from crawler.store.runs import begin
from crawler.store.schema import open_database
from tests.support.shop import LANES, queued, take, titles, url

LAST = 9


def page_of(number: int, behind: int, ahead: int) -> Page:
    """Two books; behind the last page it comes again. The pager links to so many pages before it, and behind it."""
    shown = min(number, LAST)
    records = tuple(Record("books", {"title": f"{shown}{letter}"}) for letter in "ab")
    links = tuple(Link(url(f"list?page={n}"), "listing") for n in range(max(1, number - behind), number + ahead + 1))
    return Page(200, 10, 0.1, records=records, links=links, sign=f"{RICH}{shown}")


def crawl(db: sqlite3.Connection, order: random.Random, at_once: int, behind: int, ahead: int) -> int:
    """Read the list with so many pages in flight, which come back in any order; returns how many were read."""
    start = begin(db, "what", fresh=False, pid=1, now=1.0)
    pages = Pages(db, start.crawl, lanes=LANES, admission=Admission(traps=False), now=lambda: 2.0, chains=True)
    with pages.transaction():
        pages.add_starts([Link(url("list?page=1"), "listing")])
    in_flight = []
    asked = 0
    while in_flight or queued(pages):
        with pages.transaction():
            for path in sorted(queued(pages), key=lambda path: int(path.rpartition("=")[2])):
                if len(in_flight) < at_once:
                    page = take(pages, path)
                    pages.sent(page)
                    in_flight.append(page)
                    asked += 1
        back = in_flight.pop(order.randrange(len(in_flight)))
        with pages.transaction():
            pages.done(back, page_of(int(back.url.rpartition("=")[2]), behind, ahead))
    return asked


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 16), st.integers(0, 3), st.integers(1, 5))
def test_the_same_rows_in_whatever_order_pages_come_back(tmp_path_factory, seed, at_once, behind, ahead):
    db = open_database(tmp_path_factory.mktemp("state") / "state.sqlite")
    try:
        asked = crawl(db, random.Random(seed), at_once, behind, ahead)
        assert sorted(titles(db)) == sorted(f"{n}{letter}" for n in range(1, LAST + 1) for letter in "ab")
        assert asked < 120
    finally:
        db.close()
