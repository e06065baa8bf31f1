from datetime import date
from decimal import Decimal

import pytest

from crawler.export.cells import Cells, Limits, widths
from crawler.model import Money

CELL = Cells(Limits()).cell


@pytest.mark.parametrize(
    ("header", "values", "width"),
    [("a", [], 8), ("a", [None], 8), ("x" * 20, [], 25), ("a", ["x" * 20], 22), ("a", ["x" * 500], 60),
     ("a", ["屋" * 10], 22), ("a", ["e\u0301" * 10], 12), ("a", [date(2024, 1, 1)], 12),
     ("a", [Money(Decimal("1234567.5"), "EUR")], 18), ("a", [Money(Decimal("12345678.5"), "")], 15),
     ("a", [Money(Decimal("1"), "£")], 12)],
)  # fmt: skip
def test_widths_follow_what_is_seen(header, values, width):
    assert widths([[CELL(header)], *([CELL(value)] for value in values)]) == [width]


def test_no_columns():
    assert widths([[]]) == []
