import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawl.throttle import MAX_STRIKES, PATIENCE, HostThrottle


@given(
    delay=st.floats(0.01, 5),
    late=st.lists(st.floats(0, 10), min_size=2, max_size=30),
    looks=st.lists(st.floats(0, 3), min_size=2, max_size=30),
)
def test_two_requests_are_never_closer_than_the_delay_however_late_the_workers_are(delay, late, looks):
    pace, now, sent = HostThrottle(delay, 100), 0.0, []
    for held_up, look in zip(late, looks, strict=False):
        now = max(now + look, pace.next_at)
        not_after = pace.take(now)
        if now + held_up <= not_after:  # else the worker hands it back unsent
            sent.append(now + held_up)
    assert all(b - a >= delay * 0.999999 for a, b in itertools.pairwise(sent))


def test_a_worker_in_time_makes_the_gap_at_most_a_tenth_longer():
    pace = HostThrottle(0.5, 8)
    pace.take(0.0)
    assert 0.5 < pace.next_at <= 0.55


def test_without_a_delay_only_the_number_at_once_counts():
    pace = HostThrottle(0.0, 2)
    assert pace.take(0.0) == float("inf")
    assert pace.ready(0.0)
    pace.take(0.0)
    assert not pace.ready(99.0)


def test_failures_in_a_row_pause_the_host_for_longer_and_longer_and_end_in_giving_up():
    pace, now, pauses = HostThrottle(0.0, 50), 0.0, []
    pace.good()
    while not pace.bad(now):
        if pace.next_at > now:
            pauses.append(pace.next_at - now)
            now = pace.next_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60]
    assert pace.strikes == MAX_STRIKES


def test_a_host_that_never_answered_is_given_up_sooner():
    pace, now = HostThrottle(0.0, 50), 0.0
    while not pace.bad(now):
        now = max(now, pace.next_at)
    assert now == 1 + 2 + 4


def test_failures_that_were_under_way_before_a_pause_count_once():
    pace = HostThrottle(0.0, 50)
    for _ in range(40):
        pace.bad(0.0)
    assert pace.strikes == PATIENCE


def test_a_host_in_trouble_is_asked_one_thing_at_a_time_until_it_answers():
    pace = HostThrottle(0.0, 50)
    for _ in range(PATIENCE):
        pace.bad(0.0)
    assert pace.ready(1.0)
    pace.take(1.0)
    assert not pace.ready(1.0)
    pace.good()
    assert pace.ready(1.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_pause_never_shortens_another(seed):
    chance, pace, latest = random.Random(seed), HostThrottle(0.0, 1), 0.0
    for _ in range(20):
        seconds = chance.uniform(0, 100)
        pace.pause(0.0, seconds)
        latest = max(latest, seconds)
        assert pace.next_at == latest


def test_a_host_that_is_slow_to_connect_to_gets_more_slack_until_it_is_in_time():
    pace, now, connecting, tries = HostThrottle(0.5, 8), 0.0, 0.4, 1
    while now + connecting > pace.take(now):
        pace.late()
        now, tries = pace.next_at, tries + 1
    assert tries == 5
    for _ in range(50):
        pace.good()
    assert pace.slack == 0.025


def test_slack_has_an_end():
    pace = HostThrottle(0.5, 8)
    for _ in range(5000):
        pace.late()
    assert pace.slack == 2.0
