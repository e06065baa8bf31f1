"""Every strategy by its name on the command line, imported only when it is chosen."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, TypeVar

from crawler.strategies.port import Plan, Strategy

__all__ = ["STRATEGIES", "Entry", "make_strategy"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the registry.

    Attributes:
        path: `module:Class`.
        about: what it is and when to choose it, one line.
        processes: it has worker processes, so `parse: auto` means `worker`.
        width: fixed number at once; None takes the config's `workers`.
    """

    path: str
    about: str
    processes: bool = False
    width: int | None = None


STRATEGIES: dict[str, Entry] = {
    "serial": Entry("crawler.strategies.serial:Serial", "one request after another: the baseline", width=1),
    "threads": Entry("crawler.strategies.threads:Threads", "a pool of threads: for pages that answer slowly"),
    "processes": Entry(
        "crawler.strategies.processes:Processes",
        "a pool of processes: for pages that are heavy to analyse",
        processes=True,
    ),
}


def make_strategy(name: str, plan: Plan[T]) -> Strategy[T]:
    """Build the strategy called `name`.

    Raises:
        KeyError: there is none of that name.
    """
    module, _, attribute = STRATEGIES[name].path.partition(":")
    make: Any = getattr(importlib.import_module(module), attribute)
    strategy: Strategy[T] = make(plan)
    return strategy
