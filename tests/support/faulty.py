"""Strategies that are wrong on purpose, for `compare`: chosen as `tests.support.faulty:DropsOne`."""

from __future__ import annotations

import os
from typing import Any

from crawler.model import Page
from crawler.strategies.threads import Threads


class Forgetful:
    """The step after the fetch; of each 100th book page it drops the record. Which, the page says, not the order."""

    def __init__(self, then: Any) -> None:
        self._then = then

    def __call__(self, request: Any, fetched: Any) -> Any:
        outcome = self._then(request, fetched)
        if isinstance(outcome, Page) and outcome.records and "_7/" in request.url.replace(".html", "/"):
            return outcome._replace(records=outcome.records[1:])
        return outcome


class DropsOne(Threads[Any]):
    """Right but for one record."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(then=Forgetful(plan.then)))


class Crashes(Threads[Any]):
    """Ends the whole program."""

    def __init__(self, plan: Any) -> None:
        print("something went very wrong", flush=True)
        os._exit(7)
