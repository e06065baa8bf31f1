"""Figures, labels and verdicts in words, as every report says them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.compare.outcome import Entrant
from crawler.compare.reports.figures import (
    TIMES,
    bounds,
    columns_of,
    family,
    figure,
    headline,
    in_words,
    interval,
    labels,
    parsed_where,
    ratio,
    setting,
    speed_interval,
    standings,
)
from crawler.compare.significance import Pair
from crawler.compare.task import Combination
from tests.compare.test_outcome import FAST, SLOW, comparison, entrant

CALLBACK = entrant("threads", [1.5, 1.51, 1.52, 1.53, 1.54], 4, "callback")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.01234, "0.0123"), (502.4, "502"), (12345.6, "12,346"), (87.0, "87"), (1.5, "1.50")]
)
def test_figures(value, text):
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.00"), (1.034, "1.03"), (9.996, "10.0"), (12.61, "12.6"), (99.96, "100"), (1234, "1,234")],
)
def test_ratios(value, text):
    assert ratio(value) == text


def test_an_interval_without_bounds_shows_none():
    assert interval(Pair(6.1, 5.8, 6.4, "slower")) == "6.10 (5.80 to 6.40)"
    assert interval(Pair(6.1, 0.0, math.inf, "open")) == "6.10"
    assert interval(Pair(6.1, 1e-9, 1e11, "open")) == "6.10"


def test_the_bounds_of_what_is_told_apart_stay_however_wide_they_are():
    assert bounds(Pair(50.0, 2.0, 1250.0, "slower")) == (2.0, 1250.0)
    assert bounds(Pair(1.5, 0.1, 22.5, "open")) is None


def test_bounds_that_say_nothing_are_in_no_report():
    """Two rounds tell next to nothing: their bounds are hundreds of times off."""
    found = comparison(entrant("threads", [1.0, 1.4]), entrant("queue", [1.5, 1.1]))
    last = found.ranked[-1]
    assert found.relative(last).high > 300
    assert speed_interval(found, last) is None
    assert [each.head for each in columns_of(found, TIMES)[:2]] == ["pages/s", "crawl s"]


def test_a_label_says_where_it_parses_only_where_that_is_compared():
    assert list(labels(comparison(FAST, SLOW)).values()) == ["threads/4", "serial/1"]
    named = labels(comparison(FAST, CALLBACK, SLOW))
    assert list(named.values()) == [
        "threads/4 (parsed in the worker)",
        "threads/4 (parsed in the callback)",
        "serial/1",
    ]


class Elsewhere(Combination):
    """One whose name says more than strategy, workers and parse stage."""

    name = property(lambda self: f"{self.strategy}/{self.workers}/{self.parse}/py3.14")


def test_what_else_tells_combinations_apart_stays_in_the_label():
    found = comparison(FAST, Entrant(Elsewhere("threads", 4, "worker"), runs=FAST.runs))
    assert list(labels(found).values()) == ["threads/4", "threads/4/py3.14"]
    assert [family(found, one) for one in found.entrants] == ["threads", "threads/py3.14"]
    assert in_words(found, "threads/4/worker/py3.14 and threads/4/worker") == "threads/4/py3.14 and threads/4"


def test_one_that_was_not_compared_has_a_label_too():
    assert in_words(comparison(FAST, SLOW), "curl/3/worker reached 9 pages/s.") == "curl/3 reached 9 pages/s."
    assert in_words(comparison(FAST, SLOW), "/shelf/3/workers") == "/shelf/3/workers"


def test_the_interpreter_that_compares_is_not_named_where_each_has_its_own():
    assert setting(comparison(FAST, SLOW))["Python"] == "CPython 3"
    found = comparison(Entrant(Combination("threads", 4, "worker", "python3.14", "py3.14"), runs=FAST.runs))
    found.setting = {**found.setting, "interpreter lock": "on", "py3.14": "CPython 3.14.2, interpreter lock on"}
    assert set(setting(found)) == {"crawler", "system", "placement", "py3.14"}


def test_names_in_sentences_become_labels_even_where_one_ends_like_another():
    found = comparison(entrant("processes-threads", [1.0]), FAST)
    assert in_words(found, "processes-threads/4/worker and threads/4/worker") == "processes-threads/4 and threads/4"


def test_each_parse_stage_is_explained_once():
    text = parsed_where(comparison(FAST, SLOW, CALLBACK))
    assert "in the worker that fetched it (threads, serial)" in text
    assert "in the callback of the fetch, in the main process (threads)" in text


def test_the_example_of_a_label_is_one_that_was_compared():
    assert parsed_where(comparison(SLOW, FAST)).startswith("threads/4 means 4 requests in flight at most.")
    assert parsed_where(comparison(SLOW)).startswith("serial/1 means one request after another.")


def test_the_headline_names_the_combination_and_the_cause():
    wrong = entrant("asyncio", [1.0])
    wrong.verdict, wrong.why = "wrong", "it asked for every page twice."
    assert headline(comparison(FAST, wrong), wrong) == "asyncio/4 is wrong: it asked for every page twice."
    wrong.verdict, wrong.why = "failed", "exit code 1"
    assert headline(comparison(FAST, wrong), wrong) == "asyncio/4 failed: exit code 1."


def test_only_one_that_is_told_apart_from_all_others_is_called_the_fastest():
    assert first_of(comparison(SLOW, FAST)) == "fastest: 10.2 ms a page"
    near = entrant("queue", [1.0, 1.3, 0.9, 1.2, 0.8])
    assert first_of(comparison(SLOW, FAST, near)).startswith("first: ")


def first_of(found):
    (text,) = [one.text for one in (standings(found, each)[0] for each in found.ranked) if one.pair is None]
    return text


def test_others_say_what_their_interval_means():
    found = comparison(SLOW, FAST, entrant("queue", [1.0, 1.3, 0.9, 1.2, 0.8]))
    crawl = {one.name: standings(found, one)[0].text for one in found.ranked}
    assert crawl["serial/1/worker"].startswith("2.")
    assert any(text.endswith(", not told apart") for text in crawl.values())


def test_what_is_not_known_has_no_standing():
    one = entrant("threads", [1.0, 1.1])
    for number, run in enumerate(one.runs):
        one.runs[number] = type(run)(**{name: getattr(run, name) for name in run.__slots__} | {"cpu": None})
    assert standings(comparison(one), one)[2] is None


@given(st.lists(st.floats(0.5, 2), min_size=3, max_size=8), st.floats(1, 50))
def test_the_interval_of_a_speed_holds_its_speed(seconds, factor):
    slow = entrant("serial", [value * factor * 1.01 for value in reversed(seconds)], 1)
    found = comparison(entrant("threads", seconds), slow)
    for one in found.ranked:
        bounds = speed_interval(found, one)
        if bounds:
            assert bounds[0] * 0.999 <= found.speed(one) <= bounds[1] * 1.001


def test_figures_of_one_quantity_agree():
    """The crawl in seconds, the speed and the verdict are one estimate and not a median here and a mean there."""
    off = entrant("queue", [1.0, 1.01, 1.02, 1.03, 9.0])
    found = comparison(FAST, off, SLOW)
    columns = {each.head: each for each in columns_of(found, TIMES)}
    for one in found.ranked:
        speed, crawl = (columns[head].value(found, one) for head in ("pages/s", "crawl s"))
        assert speed * crawl == pytest.approx(one.runs[0].pages)
        assert standings(found, one)[0].milliseconds == pytest.approx(1000 / speed)
