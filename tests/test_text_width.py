"""Columns of a text: East Asia, marks, emoji and their sequences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text_width import beginning, columns


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("naïve", 5), ("屋根", 4), ("ｆｕｌｌ", 8), ("ﾊﾝｶｸ", 4), ("한국어", 6),
     ("\u1112\u1161\u11ab", 2),
     ("e\u0301", 1), ("ก็", 1), ("שָׁ", 1), ("a\u200bb", 2), ("a\u200db", 2), ("🙂", 2), ("❤", 1), ("❤\ufe0f", 2),
     ("👍🏽", 2),
     ("👩\u200d👩\u200d👧", 2), ("🏃\u200d♀\ufe0f", 2), ("1\ufe0f\u20e3", 2), ("🇩🇪", 2), ("€ – …", 5)],
)  # fmt: skip
def test_columns_are_those_that_are_seen(text, width):
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "width", "kept"),
    [("abcdef", 3, "abc"), ("屋根屋", 3, "屋"), ("e\u0301e\u0301", 1, "e\u0301"), ("ab", 9, "ab"), ("屋", 0, "")],
)
def test_the_beginning_is_never_wider_than_asked_for(text, width, kept):
    assert beginning(text, width) == kept


@given(st.text(), st.integers(0, 30))
def test_any_text_can_be_cut(text, width):
    kept = beginning(text, width)
    assert text.startswith(kept)
    assert columns(kept) <= width
