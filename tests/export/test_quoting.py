"""A line of CSV is the one that csv.writer writes, and csv.reader reads it back."""

from __future__ import annotations

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from crawler.export.quoting import csv_line

TEXTS = st.text(st.sampled_from('a ,;"\r\n\t\'é“\u2028\U0001f600') | st.characters(exclude_categories=["Cs"]))
FIELDS = st.lists(TEXTS, min_size=1)


@given(FIELDS)
@example([""])
@example(["", ""])
@example(['say "hi"', "a,b", "two\r\nlines", "\r", "\n", " "])
def test_a_line_is_that_of_the_standard_library(fields):
    expected = io.StringIO(newline="")
    csv.writer(expected, lineterminator="\r\n").writerow(fields)
    assert csv_line(fields) == expected.getvalue()
    if "\0" not in "".join(fields):
        assert list(csv.reader(io.StringIO(csv_line(fields), newline=""))) == [fields]
