from __future__ import annotations

from statistics import fmean, quantiles

import pytest

from crawler.serving.latency import MAX_LENGTH, Latency

SHARES = [(number + 0.5) / 20_000 for number in range(20_000)]


def test_a_range_is_uniform() -> None:
    waits = [Latency("range", 0.05, 0.4).at(share) for share in SHARES]
    assert quantiles(waits, n=4) == pytest.approx([0.1375, 0.225, 0.3125], rel=0.001)
    assert min(waits) >= 0.05
    assert max(waits) <= 0.4


def test_percentiles_are_what_they_say_and_the_mean_is_that_of_the_log_normal_distribution() -> None:
    waits = [Latency("percentiles", 0.1, 0.8).at(share) for share in SHARES]
    assert sorted(waits)[10_000] == pytest.approx(0.1, rel=0.001)
    assert sorted(waits)[19_000] == pytest.approx(0.8, rel=0.002)
    assert fmean(waits) == pytest.approx(0.2224, rel=0.01)  # 0.1 x exp(sigma^2 / 2), sigma = ln 8 / 1.645


@pytest.mark.parametrize("shape", ["range", "percentiles"])
def test_two_equal_times_are_one(shape: str) -> None:
    assert {Latency(shape, 0.2, 0.2).at(share) for share in SHARES[::1000]} == {0.2}


def test_nothing_waits_longer_than_the_longest() -> None:
    assert Latency("percentiles", 1e-9, MAX_LENGTH).at(1 - 1e-12) == MAX_LENGTH
