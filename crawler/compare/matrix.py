"""Which combinations of strategy, workers and parse place are run: what cannot differ is run once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.strategies.registry import entry

__all__ = ["Combination", "combinations", "find", "reference"]


@dataclass(frozen=True, slots=True)
class Combination:
    """One way to run the job."""

    strategy: str
    workers: int
    parse: str

    @property
    def name(self) -> str:
        """As it is shown and chosen: `threads/16/callback`."""
        return f"{self.strategy}/{self.workers}/{self.parse}"

    @property
    def flags(self) -> str:
        """As it is given to `crawler run`."""
        return f"--strategy {self.strategy} --workers {self.workers} --parse {self.parse}"


def combinations(strategies: Sequence[str], workers: Sequence[int], places: Sequence[str]) -> list[Combination]:
    """Every combination that differs from the others, in the order in which they were named.

    A strategy of fixed width ignores the number of workers. Where one request goes after another in one thread,
    it is the same whether the page is analysed in the worker, in the callback or behind a barrier.

    Raises:
        ConfigError: there is no such strategy.
    """
    found: dict[object, Combination] = {}
    for strategy in strategies:
        for count in workers:
            for place in places:
                one = _settled(strategy, count, place)
                found.setdefault(_what_matters(one), one)
    return list(found.values())


def _settled(strategy: str, workers: int, place: str) -> Combination:
    known = entry(strategy)
    if place == "auto":
        place = known.place
    return Combination(strategy, known.width or workers, place)


def _what_matters(one: Combination) -> object:
    if entry(one.strategy).width == 1 and one.parse != "pool":
        return one.strategy, one.workers
    return one


def find(name: str, among: Sequence[Combination]) -> Combination | None:
    """The combination that a user means: by its whole name, or the first of a strategy."""
    return next((one for one in among if name in (one.name, one.strategy)), None)


def reference(strategy: str, among: Sequence[Combination]) -> Combination:
    """The baseline: one of those that are compared, or one more, which is run once."""
    found = find(strategy, among)
    return found or _settled(strategy, max((one.workers for one in among), default=1), "auto")
