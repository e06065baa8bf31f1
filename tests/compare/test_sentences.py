"""Verdicts in words."""

import random
import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.compare.sentences import all_alike, listed, sentence, times
from crawler.compare.significance import Judgement, Pair, judge


def near(value, rounds=20):
    """Times that all differ by 1 % at most, with nothing in common with others of another value."""
    return [value * (1 + ((n * round(7 * value) + round(13 * value)) % 11 - 5) / 500) for n in range(rounds)]


def said(what="crawl", rounds=20, **values):
    return sentence(judge({name: near(value, rounds) for name, value in values.items()}), what)


def test_one_is_faster():
    assert said(threads=1, serial=6.02) == "threads is 6 times faster than serial."


def test_two_are_equal():
    assert said(threads=1, curl=1, serial=6) == "threads and curl are equal; both are 6 times faster than serial."


def test_all_are_equal():
    assert said(threads=1, curl=1, asyncio=1) == "threads, curl and asyncio are equal."


def test_two_are_not_told_apart():
    found = judge({"a": [1.0, 1.2, 1.1], "b": [1.2, 1.1, 1.0], "c": [1e9, 1.1e9, 0.9e9]})
    assert sentence(found, "crawl").startswith("a and b are not told apart; both are ")


def test_where_nobody_is_best_in_anything_one_sentence_says_it():
    tied, told = judge({"a": [1.0, 1.2, 1.1], "b": [1.2, 1.1, 1.0]}), judge({"a": near(1), "b": near(6)})
    text = all_alike({"crawl": tied, "whole": tied, "cpu": tied})
    assert text == "a and b are not told apart in the crawl, the whole run and CPU a page."
    assert all_alike({"crawl": tied, "whole": tied}).endswith("in the crawl and the whole run.")
    assert all_alike({"crawl": tied, "whole": tied, "cpu": told}) == ""
    assert all_alike({"crawl": tied, "cpu": judge({"a": near(1), "b": near(1)})}) == ""  # equal is another word
    assert all_alike({"crawl": judge({"a": [1, 1.2], "b": [1.2, 1], "c": [1, 1.1]}), "cpu": tied}) == ""


def test_of_many_the_next_and_the_last_are_named():
    text = said(a=1, b=1.2, c=1.5, d=2, e=12)
    assert text == "a is 1.2 times faster than b and 12 times faster than e."


def test_who_is_beaten_by_the_best_only_is_not_said_to_be_beaten_by_both():
    found = judge(
        {
            "best": [1.0, 1.01, 0.99, 1.0, 1.01, 1.0, 0.99, 1.0],
            "wild": [1.0, 1.6, 0.7, 1.3, 0.8, 1.5, 0.9, 1.1],
            "next": [1.2, 1.21, 1.2, 1.19, 1.2, 1.22, 1.2, 1.21],
        }
    )
    assert sentence(found, "crawl") == "best and wild are not told apart; best is 1.2 times faster than next."


def test_who_is_beaten_by_the_second_only_stands_in_no_group_with_it():
    found = judge(
        {
            "wild": [1.0, 1.6, 0.6, 1.3, 0.7, 1.5, 0.8, 0.9],
            "best": [1.1, 1.11, 1.09, 1.1, 1.11, 1.1, 1.09, 1.1],
            "next": [1.3, 1.31, 1.3, 1.29, 1.3, 1.32, 1.3, 1.31],
        }
    )
    assert (found.order, found.pairs["next", "wild"].outcome) == (("wild", "best", "next"), "open")
    assert sentence(found, "crawl") == "wild and best are not told apart; best is 1.19 times faster than next."
    assert sentence(found, "cpu") == (
        "wild and best are not told apart in CPU a page; next takes 1.19 times as much as best."
    )


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(5, 20))
def test_no_sentence_says_what_a_pair_denies(seed, count, rounds):
    rng = random.Random(seed)
    each = [(rng.choice([1, 1.05, 1.3]), rng.choice([0.005, 0.05, 0.3])) for _ in range(count)]
    named = dict(zip("abcd", each, strict=False))
    table = {name: [a * rng.lognormvariate(0, b) for _ in range(rounds)] for name, (a, b) in named.items()}
    found = judge(table)
    group = re.match(r"([abcd](?:(?:, | and )[abcd])*) are (equal|not told apart)", sentence(found, "crawl"))
    together = re.findall(r"\b[abcd]\b", group[1]) if group else [found.order[0]]
    outcomes = {found.pairs[pair].outcome for pair in combinations(together, 2)}
    assert outcomes <= ({"equal"} if group and group[2] == "equal" else {"equal", "open"})
    for who, than in re.findall(r"\b(both|all|[abcd])\b (?:is|are) ([^;]*times[^;]*)", sentence(found, "crawl")):
        for name in re.findall(r"than ([abcd])\b", than):
            faster = together if who in ("both", "all") else [who]
            assert all(found.pairs[name, one].outcome == "slower" for one in faster)


def test_the_whole_run():
    assert said("whole", a=1, b=2) == "Start-up and outputs included, a is 2 times faster than b."


def test_cpu():
    assert said("cpu", a=1, b=1.4, c=2) == ("a takes the least CPU a page; b takes 1.4 times as much and c 2 times.")
    assert said("cpu", a=1, b=1, c=2) == "a and b are equal in CPU a page; c takes 2 times as much."


def test_those_that_are_slower_than_the_best_alone_share_one_clause():
    pairs = {("b", "a"): (1.05, "open"), ("c", "a"): (1.1, "slower"), ("d", "a"): (1.2, "slower")}
    pairs |= {("c", "b"): (1.05, "open"), ("d", "b"): (1.14, "open"), ("d", "c"): (1.09, "open")}
    each = {pair: Pair(ratio, ratio - 0.01, ratio + 0.01, outcome) for pair, (ratio, outcome) in pairs.items()}
    each |= {(b, a): Pair(1 / one.ratio, 0.1, 2, one.outcome) for (a, b), one in each.items()}
    found = Judgement(tuple("abcd"), each, ("a", "b"))
    assert sentence(found, "crawl") == (
        "a and b are not told apart; a is 1.1 times faster than c and 1.2 times faster than d."
    )
    assert sentence(found, "cpu") == (
        "a and b are not told apart in CPU a page; c takes 1.1 times as much as a and d 1.2 times."
    )


def test_long_lists():
    assert listed(["a"]) == "a"
    assert listed(list("abcd")) == "a, b, c and d"
    assert listed(list("abcdefg")) == "a, b, c and 4 others"


@pytest.mark.parametrize(
    ("ratio", "text"), [(1.051, "1.05"), (1.4, "1.4"), (1.999, "2"), (2.14, "2.1"), (6.02, "6"), (12.4, "12"),
                        (99.4, "99"), (99.6, "100"), (1234.5, "1,234")]
)  # fmt: skip
def test_as_many_digits_as_a_reader_needs(ratio, text):
    assert times(ratio) == text
