"""Numbers as text: short, near, and never with an exponent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.numbers import short_number


@given(st.floats(-1e12, 1e12), st.integers(1, 4))
def test_no_exponent_and_no_digit_wrong(value, digits):
    if 0 < abs(value) < 1e-9:
        return
    text = short_number(value, digits)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits) + 1e-9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (12.5, "12.5"),
        (99.96, "100"),
        (999.6, "1,000"),
        (1234.5, "1,234"),
        (0.00001, "0.0000100"),
    ],
)
def test_it_is_short(value, text):
    assert short_number(value) == text


def test_with_two_digits():
    assert [short_number(value, 2) for value in (1.25, 99.6, 127.0)] == ["1.2", "100", "127"]
