from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crawler.export.flatten import as_text
from crawler.model import Money


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), ("a", "a"), (True, "TRUE"), (False, "FALSE"), (7, "7"), (Decimal("1E-7"), "0.0000001"),
        (Money(Decimal("51.77"), "£"), "51.77 £"), (Money(Decimal("1E+2"), ""), "100"), (("a", "b"), "a; b"),
        ((), ""), (date(2026, 1, 31), "2026-01-31"), ("a\0\ud800", "a\ufffd\ufffd"), (("\ud800",), "\ufffd"),
        (datetime(2026, 1, 31, 10, tzinfo=UTC), "2026-01-31T10:00:00+00:00"),
    ],
)  # fmt: skip
def test_any_value_is_one_text_that_can_be_written(value, text):
    assert as_text(value) == text
    assert as_text(value).encode("utf-8")[:0] == b""
