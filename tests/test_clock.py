"""Durations have one form in every text."""

import pytest

from crawler.clock import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.44, "0.4 s"), (2.0, "2 s"), (9.96, "10 s"), (12, "12 s"), (59.7, "1 min"), (60, "1 min"),
     (200, "3 min 20 s"), (3600, "1 h"), (3605, "1 h"), (7500, "2 h 5 min"), (86_400, "1 d"), (3_600_000, "41 d 16 h")],
)  # fmt: skip
def test_a_duration_is_rounded_for_a_reader(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.25, "0.25 s"), (1e-05, "0.00001 s"), (90.5, "90.5 s"), (5400.0, "1 h 30 min"), (3605, "1 h 5 s"),
     (90_061, "1 d 1 h 1 min 1 s")],
)  # fmt: skip
def test_an_exact_duration_loses_nothing(seconds, text):
    assert duration(seconds, exact=True) == text
