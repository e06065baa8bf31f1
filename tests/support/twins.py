"""Strategies that are threads by other names, and some that are slower by a known share: to try `compare` on itself.

On a quiet machine the first three are to be equal, and the last two slower by about 5 % and 20 %, with parsing in the
worker, where they wait:

    crawler compare configs/demo.yaml --parse worker --workers 8 --latency 100ms --books 200 --budget 20min \\
        --strategies threads,$T:Second,$T:Third,$T:Late5,$T:Late20        # T=tests.support.twins
"""

from __future__ import annotations

import time
from typing import Any

from crawler.strategies.threads import Threads


class Second(Threads[Any]):
    """The same."""


class Third(Threads[Any]):
    """The same once more."""


class Waiting:
    """The step after the fetch, a share of the time of the fetch later."""

    def __init__(self, then: Any, share: float) -> None:
        self._then, self._share = then, share

    def __call__(self, request: Any, fetched: Any) -> Any:
        time.sleep(self._share * fetched.elapsed)
        return self._then(request, fetched)


class Late5(Threads[Any]):
    """Each fetch takes 5 % longer."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(then=Waiting(plan.then, 0.05)))


class Late20(Threads[Any]):
    """Each fetch takes 20 % longer."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(then=Waiting(plan.then, 0.2)))
