"""Ranges and lists in braces."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config.ranges import expand, is_range, numbers, size, without
from crawler.config.ranges import first as first_of


@pytest.mark.parametrize(
    ("url", "count", "first", "last"),
    [
        ("/p-{1..50}.html", 50, "/p-1.html", "/p-50.html"),
        ("/{01..12}", 12, "/01", "/12"),
        ("/{08..103}", 96, "/008", "/103"),
        ("/{3..1}", 3, "/3", "/1"),
        ("/{0..0}", 1, "/0", "/0"),
        ("/{1..2}/{1..3}", 6, "/1/1", "/2/3"),
        ("/x", 1, "/x", "/x"),
        ("/{0..200..20}", 11, "/0", "/200"),
        ("/{0..50..20}", 3, "/0", "/40"),
        ("/{20..0..5}", 5, "/20", "/0"),
        ("/{00..10..5}", 3, "/00", "/10"),
        ("/{5..5..9}", 1, "/5", "/5"),
        ("/{de,at}", 2, "/de", "/at"),
        ("/{,old/}x", 2, "/x", "/old/x"),
        ("/{1..2,5}", 2, "/1..2", "/5"),
        ("/{de,at,ch}/{1..3}?from={0..40..20}", 27, "/de/1?from=0", "/ch/3?from=40"),
        ("/{name}/{}", 1, "/{name}/{}", "/{name}/{}"),
    ],
)
def test_ranges(url, count, first, last):
    found = list(expand(url))
    assert (size(url), first_of(url)) == (count, first)
    assert (len(found), found[0], found[-1]) == (count, first, last)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 300), st.integers(1, 9))
def test_a_range_is_its_numbers(first, size, width):
    found = list(expand(f"/{{{first:0{width}}..{first + size}}}!"))
    assert [int(url[1:-1]) for url in found] == list(range(first, first + size + 1))
    if len(str(first)) < width:
        assert len({len(url) for url in found}) == 1


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 60))
def test_a_range_with_steps_is_that_of_python(begin, end, step):
    wanted = range(begin, end + 1, step) if begin <= end else range(begin, end - 1, -step)
    assert numbers(f"{begin}..{end}..{step}") == [str(number) for number in wanted]


@settings(deadline=None)
@given(st.lists(st.lists(st.text("abc./?=&", max_size=3), min_size=2, max_size=4), max_size=4))
def test_lists_are_combined_the_last_one_fastest(lists):
    url = "/" + "/".join(f"{{{','.join(one)}}}" for one in lists)
    wanted = ["/"]
    for number, one in enumerate(lists):
        wanted = [f"{before}{'/' * (number > 0)}{text}" for before in wanted for text in one]
    assert list(expand(url)) == wanted
    assert (size(url), first_of(url)) == (len(wanted), wanted[0])
    assert "{" not in without(url)


@pytest.mark.parametrize(
    "text", ["1", "1..", "..2", "1..2..", "a..b", "1...2", "1..2..3..4", "-1..2", "\u0661..\u0662"]
)
def test_what_is_no_range(text):
    assert not is_range(text)


@pytest.mark.parametrize("text", ["{" * 100_000, "{,}" * 30_000, "{1.." * 30_000, "{" + "," * 100_000, "{a,b" * 30_000])
def test_any_braces_are_looked_at_in_little_time(text):
    began = time.process_time()
    size(text[:99_000])
    without(text)
    assert time.process_time() - began < 2
