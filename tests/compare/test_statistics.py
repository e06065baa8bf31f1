import math
import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.compare.significance import LEVEL, alike, chance, fastest, quantile, ratio, spread

seconds = st.floats(1e-4, 1e4)
samples = st.lists(seconds, min_size=1, max_size=8)


@given(samples)
def test_a_spread_is_in_order(values):
    found = spread(values)
    assert min(values) == found.low <= found.median <= found.high == max(values)
    assert found.low <= found.mean <= found.high
    assert found.deviation >= 0
    assert found.runs == len(values)


@given(samples, samples)
def test_a_ratio_turned_around_is_its_inverse_with_the_same_relative_error(a, b):
    there, back = ratio(a, b), ratio(b, a)
    assert there.value * back.value == pytest.approx(1)
    assert there.error / there.value == pytest.approx(back.error / back.value)


@given(samples, st.floats(0.1, 10))
def test_a_ratio_does_not_depend_on_the_unit(a, factor):
    scaled = [value * factor for value in a]
    assert ratio(scaled, a).value == pytest.approx(factor)


def test_the_figures_that_hyperfine_prints():
    # 27.3 ms +- 5.4 ms and 12.76 ms +- 0.5 ms; errors of a quotient add in quadrature.
    slow, fast = [27.3 - 5.4, 27.3, 27.3 + 5.4], [12.26, 12.76, 13.26]
    found = ratio(slow, fast)
    assert found.value == pytest.approx(27.3 / 12.76)
    assert found.error == pytest.approx(found.value * math.sqrt((5.4 / 27.3) ** 2 + (0.5 / 12.76) ** 2))
    assert str(found) == "2.14 ± 0.43"


def by_counting(n, m, wins):
    """Of all ways to choose which of n + m ranks are the first sample's: how many are as clear as `wins` pairs."""
    clear = total = 0
    for chosen in combinations(range(n + m), n):
        others = [rank for rank in range(n + m) if rank not in chosen]
        found = sum(a < b for a in chosen for b in others)
        total += 1
        clear += min(found, n * m - found) <= min(wins, n * m - wins)
    return clear / total


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (4, 4), (5, 5), (3, 6)])
def test_the_chance_is_that_of_counting_all_orders(n, m):
    rng = random.Random(n * 10 + m)
    for _ in range(10):
        ranks = rng.sample(range(n + m), n + m)
        a, b = ranks[:n], ranks[n:]
        wins = sum(x < y for x in a for y in b)
        assert chance(a, b) == pytest.approx(min(1.0, by_counting(n, m, wins)))


def test_the_table_of_mann_and_whitney():
    # Five and five: U = 2 is the largest that is below 5 % on two sides (0.032), U = 3 gives 0.056.
    fast = [1, 2, 3, 4, 5]
    assert chance(fast, [4.5, 4.6, 6, 7, 8]) == pytest.approx(0.0317, abs=1e-4)
    assert chance(fast, [3.5, 4.6, 6, 7, 8]) == pytest.approx(0.0556, abs=1e-4)


@given(samples, samples)
def test_a_chance_is_a_share_and_the_same_both_ways(a, b):
    assert 0 < chance(a, b) <= 1
    assert chance(a, b) == chance(b, a)


@given(samples)
def test_nothing_differs_from_itself(a):
    assert chance(a, a) == 1
    assert alike(a, a)


def test_four_runs_are_enough_and_three_are_not():
    assert alike([1, 2, 3], [10, 20, 30])
    assert not alike([1, 2, 3, 4], [10, 20, 30, 40])


def test_how_far_off_a_disturbed_run_is_does_not_matter():
    calm, other = [1.0, 1.1, 1.2, 1.1, 1.0, 1.15, 1.05], [3.0, 3.1, 3.2, 3.0, 3.1, 3.05, 3.15]
    assert chance([*calm[1:], 3.6], other) == chance([*calm[1:], 900.0], other) < LEVEL


def test_noise_crowns_nobody():
    """The same distribution twice: a winner is named about as seldom as the level says."""
    rng = random.Random(1)
    crowned = 0
    for _ in range(400):
        names = {name: [rng.gauss(10, 1) for _ in range(5)] for name in "ab"}
        crowned += len(fastest(names)) == 1
    assert crowned / 400 <= LEVEL + 0.02


def test_the_fastest_comes_first_with_those_that_cannot_be_told_from_it():
    runs = {"slow": [9, 9.1, 9.2, 9.3, 9.4], "b": [1.05, 1, 1.2, 1.1, 1.3], "a": [1, 1.1, 1.15, 1.05, 1.2]}
    assert fastest(runs) == ["a", "b"]
    assert fastest({}) == []


@given(samples, st.floats(0, 1))
def test_a_quantile_lies_within(values, share):
    values.sort()
    found = quantile(values, share)
    assert values[0] - 1e-9 <= found <= values[-1] * (1 + 1e-9)


def test_quantiles():
    assert quantile([], 0.5) == 0
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([1, 2, 3], 1) == 3
