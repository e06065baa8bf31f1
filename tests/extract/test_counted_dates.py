from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.counted_dates import read_epoch, read_relative
from crawler.extract.dates import read_datetime

NOW = datetime(2026, 3, 31, 10, 20, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just now", NOW),
        ("5 min ago", datetime(2026, 3, 31, 10, 15, 5)),
        ("an hour ago", datetime(2026, 3, 31, 9, 20, 5)),
        ("3 days ago", datetime(2026, 3, 28)),
        ("1 Day Ago", datetime(2026, 3, 30)),
        ("two weeks ago", datetime(2026, 3, 17)),
        ("1 month ago", datetime(2026, 2, 28)),  # the last day of a shorter month
        ("13 months ago", datetime(2025, 2, 28)),
        ("2y ago", datetime(2024, 3, 31)),
        ("in 2 hours", datetime(2026, 3, 31, 12, 20, 5)),
        ("today", datetime(2026, 3, 31)),
        ("yesterday, 9:05 pm", datetime(2026, 3, 30, 21, 5)),
        ("tomorrow at 00:30", datetime(2026, 4, 1, 0, 30)),
        ("today at 25:00", "not-a-date"),
        ("monday", "not-a-date"),
        ("3 ago", "not-a-date"),
        ("9999 years ago", "not-a-date"),
        ("ago", "not-a-date"),
    ],
)
def test_relative(text, expected):
    assert read_relative(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1772704800", datetime(2026, 3, 5, 10)),
        ("1772704800123", datetime(2026, 3, 5, 10)),  # milliseconds
        ("1772704800.9", datetime(2026, 3, 5, 10)),
        ("0", datetime(1970, 1, 1)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59)),
        ("2026-03-05", "not-a-date"),
        ("1e9", "not-a-date"),
        ("99999999999999999", "not-a-date"),
    ],
)
def test_epoch(text, expected):
    assert read_epoch(text) == expected


def test_formats_in_turn():
    formats = ("epoch", "relative", "%d %B %Y")
    assert read_datetime("5 March 2026", formats, "en") == datetime(2026, 3, 5)
    assert read_datetime("1772704800", formats, "en") == datetime(2026, 3, 5, 10)
    assert isinstance(read_datetime("2 days ago", formats, "en"), datetime)
    assert read_datetime("soon", formats, "en") == "not-a-date"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    for found in (read_relative(text, NOW), read_epoch(text)):
        assert found == "not-a-date" or isinstance(found, datetime)
