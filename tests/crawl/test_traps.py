"""Addresses that are refused, and those that look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawl.admission import Admission
from crawler.store.queued import Queued
from crawler.url_parameters import date_of, grown, sessions, shape, without

NOW = 1_795_000_000.0  # November 2026
HOST = "http://shop.example"


def is_refused(url: str, since: str = "") -> bool:
    """Whether a link is refused, from a page of the same kind if one is given."""
    page = Queued(1, since, "page", "shop.example", *[0] * 6) if since else None
    refusal = Admission(now=NOW).refusal(url, "page", 0, page)
    assert refusal is None or refusal.code == "trap"
    return refusal is not None


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/", False),
        ("/2020/01/01/a", False),
        ("/a/a/a", False),
        ("/a/a/a/a", True),
        ("/x/y/x/y/x/y/x/y", True),
        ("/" + "/".join(str(n) for n in range(40)), True),
        ("/f?tag=red&tag=blue&tag=green&tag=grey&tag=pink", False),
        ("/f?tag=red&tag=red&tag=red&x=1", False),
        ("/f?tag=red&tag=red&x=1&tag=red&tag=red", True),
        ("/f?q=100%25%20sure%3D%3D%3D%3D", False),
        ("/login?to=%2Fa%3Fto%3D%252Fb", False),
        (
            "/login?to=%2Flogin%3Fto%3D%252Flogin%253Fto%253D%25252Flogin%25253Fto%25253D%2525252F%2525253Fto%2525253D",
            True,
        ),
    ],
)
def test_fault_105_growing_addresses_are_refused(path, refused):
    assert is_refused(HOST + path) is refused


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("/c?month=2031-12", "/c?month=2032-01", True),
        ("/c?month=2031-11", "/c?month=2031-12", False),
        ("/c/2040/05", "/c/2040/06", True),
        ("/c?year=2040&month=5", "/c?year=2040&month=6", True),
        ("/c?m=5&y=2040", "/c?m=6&y=2040", True),
        ("/day/2040-05-30", "/day/2040-05-31", True),
        ("/day/20400531", "/day/20400601", True),
        ("/c/05-2040", "/c/06-2040", True),
        ("/c?month=1700-05", "/c?month=1700-04", True),
        ("/c?month=1815-05", "/c?month=1815-04", False),
        ("/p/2045-11", "/p/2060-02", False),  # numbers of products
        ("/p/blue", "/p/2045-11", False),
        ("/p?id=2045115", "/p?id=2045116", False),
        ("/forecast/2099", "/forecast/2100", False),
        ("/c/2040-05/2041-05", "/c/2040-06/2041-06", False),
    ],
)
def test_fault_104_a_calendar_is_one_where_a_page_leads_to_the_month_next_to_it(before, after, refused):
    assert is_refused(HOST + after, HOST + before) is refused
    assert not is_refused(HOST + after)


@given(st.text(alphabet="ab/?&=%-._0123456789", max_size=60), st.text(alphabet="ab/?&=%-._0123456789", max_size=60))
def test_any_address_can_be_judged(first, second):
    first, second = f"{HOST}/{first}", f"{HOST}/{second}"
    is_refused(second, first)
    assert date_of(first) is None or 1 <= date_of(first)[1] <= 12
    assert grown(first, first) == 0
    assert (grown(first, second) > 0) <= (grown(second, first) == 0)
    assert shape(shape(first)) == shape(first)
    assert without(first, sessions(second, [first, first])).partition("?")[0] == first.partition("?")[0]


def test_numbers_without_end_cost_nothing():
    long = "9" * 100_000
    assert grown(f"{HOST}/?n=1{long}", f"{HOST}/?n=2{long}") == 0
    assert date_of(f"{HOST}/{long}") is None


def test_a_session_is_what_all_links_share_and_the_page_has_not():
    links = [f"{HOST}/a?sid=2&lang=en&id=1", f"{HOST}/b?lang=en&id=2&sid=2"]
    assert sessions(f"{HOST}/l?sid=1&lang=en", links) == {"sid"}
    assert sessions(f"{HOST}/l?sid=2&lang=en", links) == frozenset()
    assert sessions(f"{HOST}/l", links[:1]) == frozenset()
    assert sessions(f"{HOST}/l", [*links, f"{HOST}/c"]) == frozenset()
    assert without(links[0], {"sid"}) == f"{HOST}/a?lang=en&id=1"
    assert without(f"{HOST}/a?sid=2", {"sid"}) == f"{HOST}/a"
