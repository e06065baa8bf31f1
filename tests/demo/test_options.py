from __future__ import annotations

from typing import Any

import pytest

from crawler.demo.options import DemoOptions
from crawler.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("books", 0),
        ("books", 1_000_001),
        ("latency", -0.1),
        ("latency", float("nan")),
        ("errors", 1.1),
        ("port", 65_536),
        ("page_weight", -1),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"demo.{name}: must be from"):
        DemoOptions(**{name: value})


def test_the_smallest_shop_has_one_book() -> None:
    assert DemoOptions(books=1).books == 1
