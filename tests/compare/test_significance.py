import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.compare.significance import judge, quantile, spread, t_quantile

seconds = st.floats(1e-4, 1e4)
samples = st.lists(seconds, min_size=1, max_size=8)


@given(samples)
def test_a_spread_is_in_order(values):
    found = spread(values)
    assert min(values) == found.low <= found.median <= found.high == max(values)
    assert found.runs == len(values)


@pytest.mark.parametrize(
    ("share", "freedom", "value"),
    [(0.975, 1, 12.706), (0.975, 2, 4.303), (0.975, 5, 2.571), (0.9995, 3, 12.924), (0.9995, 30, 3.646)],
)
def test_quantiles_of_t_are_those_of_the_tables(share, freedom, value):
    assert t_quantile(share, freedom) == pytest.approx(value, abs=5e-4)


def test_one_slow_run_of_ten_does_not_turn_the_verdict():
    found = judge({"slower": [1.2] * 10, "faster": [1.0] * 9 + [4.0]})
    assert found.order == ("faster", "slower")
    assert found.leaders == ("faster",)
    assert found.pairs["slower", "faster"].ratio == pytest.approx(1.2)


@given(samples, st.floats(0, 1))
def test_a_quantile_lies_within(values, share):
    values.sort()
    found = quantile(values, share)
    assert values[0] - 1e-9 <= found <= values[-1] * (1 + 1e-9)


def test_quantiles():
    assert quantile([], 0.5) == 0
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([1, 2, 3], 1) == 3
