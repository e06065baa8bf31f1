from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from crawler.demo.options import DemoOptions
from crawler.errors import ConfigError
from crawler.serving.latency import Latency


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
        ("capacity", -1),
        ("rate", 1_000_001),
        ("slows_beyond", -1),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"demo.{name}: must be from"):
        DemoOptions(**{name: value})


@pytest.mark.parametrize(
    ("latency", "complaint"),
    [
        (("range", 0.4, 0.1), "must be from 0 to 0.1, not 0.4"),
        (("range", -1, 0.1), "must be from 0 to 0.1, not -1"),
        (("range", 0, 3601), "must be from 0 to 3,600"),
        (("percentiles", 0, 1), "p50 must be more than 0"),
        (("percentiles", float("nan"), 1), "must be from 0 to 1"),
        (("gamma", 0.1, 1), "there is no 'gamma'; there are range, percentiles"),
    ],
)
def test_a_spread_of_latencies_that_cannot_be(latency: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=f"demo.latency: {complaint}"):
        DemoOptions(latency=latency)


def test_options_come_back_from_json() -> None:
    options = DemoOptions(latency=Latency("percentiles", 0.1, 0.8))
    assert DemoOptions(**json.loads(json.dumps(asdict(options)))) == options


def test_the_smallest_shop_has_one_book() -> None:
    assert DemoOptions(books=1).books == 1
