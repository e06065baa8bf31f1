import random
from concurrent.futures import Future

import pytest

from crawler.crawl.retry_policy import backoff, decide, outcome_of
from crawler.model import Failure


@pytest.mark.parametrize(
    ("code", "tried", "expected"),
    [
        ("http-503", 1, "retry"),
        ("http-503", 3, "retry"),
        ("http-503", 4, "fail"),
        ("reset", 1, "retry"),
        ("truncated", 1, "retry"),
        ("dns", 1, "retry"),
        ("dns", 2, "fail"),
        ("empty", 2, "fail"),
        ("http-404", 1, "fail"),
        ("too-large", 1, "fail"),
        ("deadline", 1, "fail"),
        ("not-html", 1, "skip"),
        ("off-site", 1, "skip"),
        ("no-match", 1, "fail"),
        ("data-not-html", 1, "fail"),
        ("login", 1, "fail"),
    ],
)
def test_what_becomes_of_a_failure(code, tried, expected):
    assert decide(Failure(code), tried, retries=3) == expected


def test_no_retries_means_none():
    assert decide(Failure("http-503"), 1, retries=0) == "fail"


def test_waiting_doubles_with_jitter_up_to_a_minute():
    chance = random.Random(1)
    for tried, longest in [(1, 1), (2, 2), (3, 4), (10, 60), (2000, 60)]:
        assert all(longest / 2 <= backoff(tried, chance=chance) <= longest for _ in range(20))


def test_what_no_page_comes_to_is_the_fault_of_the_strategy():
    future = Future()
    future.set_result("done")
    found = outcome_of(future)
    assert isinstance(found, TypeError)
    assert str(found) == "the strategy handed in 'str' as what came of a page"
    future = Future()
    future.set_result(Failure("http-404", ""))
    assert outcome_of(future) == Failure("http-404", "")
