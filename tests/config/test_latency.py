from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.units import BadLatency, parse_latency, show_latency
from crawler.serving.latency import Latency


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (0, 0.0),
        (0.2, 0.2),
        ("0.2", 0.2),
        ("200ms", 0.2),
        ("1h", 3600.0),
        ("50ms..400ms", Latency("range", 0.05, 0.4)),
        (" 50 ms .. 1s ", Latency("range", 0.05, 1.0)),
        ("0.05..0.4", Latency("range", 0.05, 0.4)),
        ("1..2", Latency("range", 1.0, 2.0)),
        ("p50 100ms p95 800ms", Latency("percentiles", 0.1, 0.8)),
        ("p50 1m 30s  p95 2m", Latency("percentiles", 90.0, 120.0)),
    ],
)
def test_latencies(value, wait):
    assert parse_latency(value) == wait


@pytest.mark.parametrize(
    ("value", "what", "offset"),
    [
        ("soon", "expected a duration, got 'soon'", 0),
        ("", "expected a duration, got nothing", 0),
        (None, "expected a duration, got nothing", 0),
        (True, "expected a duration, got something else", 0),
        ([1, 2], "expected a duration, got something else", 0),
        ("x" * 1_000_000, f"expected a duration, got '{'x' * 60}'", 0),
        ("-1s", "expected a duration, got '-1s'", 0),
        (-1, "must be 0s to 1h, got -1", 0),
        ("2h", "must be 0s to 1h, got 2h", 0),
        ("50ms..lots", "expected a duration, got 'lots'", 6),
        ("50ms..", "expected a duration, got nothing", 6),
        ("1..2..3", "expected a duration, got '2..3'", 3),
        ("1s..2h", "must be 0s to 1h, got 2h", 4),
        ("400ms..50ms", "the end of the range is less than its start", 7),
        ("p50 100ms", "expected a duration, got 'p50 100ms'", 0),
        ("p50 1s p95 500ms", "p95 is less than p50", 11),
        ("p50 0 p95 500ms", "p50 must be more than 0", 4),
        ("p50 1s p95 never", "expected a duration, got 'never'", 11),
    ],
)
def test_what_is_no_latency_is_refused_at_its_place(value, what, offset):
    with pytest.raises(BadLatency) as caught:
        parse_latency(value)
    assert (caught.value.what, caught.value.offset) == (what, offset)


TIMES = st.floats(0.001, 3600).map(lambda seconds: round(seconds, 4))


@given(st.one_of(TIMES, st.tuples(st.sampled_from(["range", "percentiles"]), TIMES, TIMES)))
def test_what_is_shown_is_read_back(found):
    wait = Latency(found[0], min(found[1:]), max(found[1:])) if isinstance(found, tuple) else found
    assert parse_latency(show_latency(wait)) == wait


@pytest.mark.parametrize(
    ("wait", "text"),
    [
        (0.0, "0s"),
        (0.1, "100ms"),
        (0.0005, "0.0005s"),
        (0.0125, "0.0125s"),
        (1.5, "1.5s"),
        (Latency("range", 0.05, 0.4), "50ms..400ms"),
        (Latency("percentiles", 0.1, 0.8), "p50 100ms p95 800ms"),
    ],
)
def test_it_is_shown_as_it_is_written(wait, text):
    assert show_latency(wait) == text
