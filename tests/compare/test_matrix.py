import pytest

from crawler.compare.task import Combination, combinations, find, reference
from crawler.errors import ConfigError


def names(*arguments):
    return [one.name for one in combinations(*arguments)]


def test_every_combination_in_the_order_of_the_command_line():
    assert names(["threads", "processes"], [4, 16], ["callback", "worker"]) == [
        "threads/4/callback", "threads/4/worker", "threads/16/callback", "threads/16/worker",
        "processes/4/callback", "processes/4/worker", "processes/16/callback", "processes/16/worker",
    ]  # fmt: skip


def test_what_cannot_differ_is_run_once():
    assert names(["serial"], [1, 4, 16], ["callback", "worker", "barrier"]) == ["serial/1/callback"]
    assert names(["serial"], [4], ["worker", "pool"]) == ["serial/1/worker", "serial/1/pool"]
    assert names(["threads", "threads"], [4, 4], ["worker"]) == ["threads/4/worker"]


def test_auto_is_the_place_that_suits_and_is_not_run_twice():
    assert names(["threads", "processes"], [4], ["auto", "callback"]) == [
        "threads/4/callback", "processes/4/worker", "processes/4/callback",
    ]  # fmt: skip


def test_a_class_of_ones_own_and_an_unknown_name():
    assert names(["mine:Own"], [2], ["auto"]) == ["mine:Own/2/callback"]
    with pytest.raises(ConfigError, match="thraeds"):
        combinations(["thraeds"], [2], ["auto"])


def test_the_baseline_is_one_of_them_or_one_more():
    among = combinations(["threads", "serial"], [4, 16], ["auto"])
    assert reference("serial", among) is among[2]
    assert reference("threads", among) is among[0]
    assert reference("threads/16/callback", among) is among[1]
    assert reference("processes", among) == Combination("processes", 16, "worker")
    assert find("curl", among) is None


def test_the_flags_are_those_of_run():
    assert Combination("threads", 4, "pool").flags == "--strategy threads --workers 4 --parse pool"
