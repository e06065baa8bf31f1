from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config.units import parse_duration, parse_share, parse_size, show_duration, show_share, show_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (30, 30),
        (0.2, 0.2),
        ("30", 30),
        ("30s", 30),
        ("250ms", 0.25),
        ("30 min", 1800),
        ("1h30m", 5400),
        ("1h 30m 5s", 5405),
        ("1d", 86400),
        ("1.5h", 5400),
        ("0.1s", 0.1),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "1 hour", "-1s", "1h30", "1,5s", "٣s", "9" * 100, True, None, [1], float("inf")]
)
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="duration such as"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [(5, 5), ("5", 5), ("10MB", 10_000_000), ("500 kB", 500_000), ("1.5 gb", 1_500_000_000), ("64KiB", 65536)],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "10 megs", "-1", "1e3", True, None, 1.5])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="size such as"):
        parse_size(text)


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), (0.05, 0.05), ("0.05", 0.05), ("12.5 %", 0.125), (1, 1.0)])
def test_shares(text, share):
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["", "%", "five", True, None, float("nan")])
def test_what_is_no_share(text):
    with pytest.raises(ValueError, match="share such as"):
        parse_share(text)


@settings(deadline=None)
@given(st.integers(0, 10**8))
def test_durations_survive_showing(seconds):
    assert parse_duration(show_duration(float(seconds))) == seconds


@settings(deadline=None)
@given(st.floats(1e-6, 1e6, allow_nan=False))
def test_parts_of_seconds_survive_showing(seconds):
    assert parse_duration(show_duration(seconds)) == seconds


@settings(deadline=None)
@given(st.integers(0, 10**13))
def test_sizes_survive_showing(size):
    assert parse_size(show_size(size)) == size


@settings(deadline=None)
@given(st.integers(0, 10_000).map(lambda part: part / 10_000))
def test_shares_survive_showing(share):
    assert parse_share(show_share(share)) == share


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 59), st.integers(0, 59))
def test_parts_add_up(hours, minutes, seconds):
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
