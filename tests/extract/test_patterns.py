import time

import pytest

from crawler.errors import ExtractError
from crawler.extract.patterns import Pattern, check_pattern, check_replacement


def test_take_gives_the_first_group_or_the_whole():
    assert Pattern(r"(\d+) available").take("In stock (22 available)") == "22"
    assert Pattern(r"\d+").take("a 5 b 6") == "5"
    assert Pattern(r"(x)?y").take("y") is None
    assert Pattern("z").take("y") is None


def test_replace_knows_groups():
    assert Pattern(r"(\w)-(\w)").replace(r"\2\1", "a-b") == "ba"


def test_fault_85_a_pattern_that_never_ends():
    began = time.process_time()
    with pytest.raises(ExtractError) as caught:
        Pattern(r"(a|aa)+$").found("a" * 60 + "b")
    assert caught.value.code == "parse-timeout"
    assert time.process_time() - began < 4


@pytest.mark.parametrize("source", [r"[^b]*c", r"(a+)c", r"(.*)\1\1c"])
def test_fault_85_what_is_searched_without_a_limit_ends_soon(source):
    began = time.process_time()
    assert not Pattern(source).found("a" * 200)
    assert time.process_time() - began < 3


def test_patterns_are_checked():
    assert check_pattern(r"(\d+)") is None
    assert "position 1" in (check_pattern("(") or "") or "position 2" in (check_pattern("(") or "")
    assert check_pattern("*a") is not None
    assert check_replacement(r"(\d)", r"\1") is None
    assert check_replacement(r"\d", r"\1") is not None
    with pytest.raises(ExtractError):
        Pattern("(")
