"""How many requests at once: against a server that is made of two numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.strategies.auto import FIRST, TOLERANCE, ConcurrencyLimit


def rounds(width: ConcurrencyLimit, seconds: float, count: int, *, full: bool = True) -> list[int]:
    seen = []
    for _ in range(count):
        for _ in range(max(width.now, FIRST)):
            width.answered(seconds, full=full)
        seen.append(width.now)
    return seen


def test_it_doubles_while_answers_take_no_longer() -> None:
    assert rounds(ConcurrencyLimit(100), 0.1, 5) == [16, 32, 64, 100, 100]


def test_it_stays_where_no_more_were_due() -> None:
    width = ConcurrencyLimit(100)
    assert rounds(width, 0.1, 5, full=False) == [8] * 5
    assert "never more URLs to fetch" in width.why


def test_it_is_never_more_than_allowed() -> None:
    assert rounds(ConcurrencyLimit(3), 0.1, 5) == [3] * 5


@given(st.integers(8, 200), st.floats(0.001, 5))
def test_it_finds_how_many_a_server_answers_at_once(capacity: int, seconds: float) -> None:
    """The server answers `capacity` at once; more wait in its queue."""
    width = ConcurrencyLimit(1_000)
    for _ in range(60):
        rounds(width, seconds * max(1.0, width.now / capacity), 1)
    assert capacity <= width.now <= 2.5 * TOLERANCE * capacity
    assert width.now < 1_000


def test_a_server_that_became_slower_is_measured_anew() -> None:
    width = ConcurrencyLimit(64)
    rounds(width, 0.1, 5)
    assert rounds(width, 0.5, 1)[0] < 64
    assert rounds(width, 0.5, 100)[-1] == 64


def test_a_burst_of_refusals_halves_it_once() -> None:
    width = ConcurrencyLimit(64)
    rounds(width, 0.1, 4)
    for _ in range(20):
        width.refused()
    assert width.now == 32
    assert "refused" in width.why


def test_after_a_refusal_it_grows_slowly() -> None:
    width = ConcurrencyLimit(64)
    rounds(width, 0.1, 4)
    width.refused()
    assert rounds(width, 0.1, 1) == [37]
