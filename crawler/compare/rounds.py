"""How many rounds a comparison takes, and in which order the combinations run in each. Plain functions of values."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from crawler.clock import duration
from crawler.compare.outcome import Comparison
from crawler.compare.significance import LOOKS

__all__ = ["BUDGET", "MIN_ROUNDS", "shuffled", "still_open", "why_to_stop", "why_undecided"]

BUDGET = 300.0
"""Seconds that a comparison takes at most where nothing else was asked for, unless MIN_ROUNDS take longer."""

MIN_ROUNDS = LOOKS[0]

One = TypeVar("One")


def shuffled(entrants: Sequence[One], seed: int, number: int) -> list[One]:
    """The order of a round, the same each time: what stands at the same place in all rounds would have the same luck.

    An even round has the order of the round before it, backwards: so what grows all the time, such as heat, favours
    nobody, as with orders of two it often would by accident.

    Args:
        entrants: in the same order each time.
        seed: of the comparison.
        number: of the round.
    """
    order = Random(f"{seed}/{(number + 1) // 2}").sample(entrants, len(entrants))  # noqa: S311  # no secret
    return order if number % 2 else order[::-1]


def why_to_stop(found: Comparison, seconds: float, longest: float, *, is_budget_firm: bool) -> str:
    """Why no other round is begun: `rounds`, `settled` or `budget`; "" to go on.

    Args:
        found: with the rounds that were done, each combination of a round in it or out of the race.
        seconds: since the comparison began.
        longest: seconds of the longest round so far: the next would end after the budget if it took as long.
        is_budget_firm: whether the budget counts before MIN_ROUNDS are done.
    """
    is_enough = found.rounds >= (found.repeat or MIN_ROUNDS)
    if found.repeat and is_enough:
        return "rounds"
    if not found.in_the_race:
        return "settled"
    if not found.repeat and is_enough and _is_settled(found):
        return "settled"
    may_end = is_enough or (is_budget_firm and found.rounds)  # after one round there are figures at least
    return "budget" if may_end and found.budget is not None and seconds + longest > found.budget else ""


def _is_settled(found: Comparison) -> bool:
    """Looked at only after so many rounds as were planned: whoever looks each time sees something by accident."""
    if found.rounds >= LOOKS[-1]:
        return True
    return found.rounds in LOOKS and not found.judgement("crawl").undecided


def still_open(found: Comparison) -> str:
    """What the last planned look could not tell, for the line of progress: `a and b`, `3 pairs`; "" before it."""
    if found.repeat or found.rounds < MIN_ROUNDS:
        return ""
    pairs = found.judgement("crawl").undecided
    if len(pairs) == 1:
        return " and ".join(pairs[0])
    return f"{len(pairs)} pairs" if pairs else ""


def why_undecided(found: Comparison) -> str:
    """What a reader must know where some are not told apart; "" where all are."""
    pairs = found.judgement("crawl").undecided
    if not pairs:
        return ""
    what = f"{' and '.join(pairs[0])} are" if len(pairs) == 1 else f"{len(pairs)} pairs are"
    rounds = f"{found.rounds} {'round' if found.rounds == 1 else 'rounds'}"
    if found.repeat or found.budget is None or found.stopped == "Ctrl-C":
        return f"{what} not told apart by {rounds}. More rounds (repeat) can tell smaller differences."
    return (
        f"{what} not told apart by {rounds}, in {duration(found.budget)}. More time (budget) can tell smaller "
        "differences."
    )
