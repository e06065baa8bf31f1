"""Any `concurrent.futures.Executor` as a strategy: `--strategy my_module:MyExecutor`, and `interpreters`.

The executor is built with the number of workers and given plain function calls, so everything in them is pickled where
it runs them elsewhere. Each process, thread or interpreter that it has keeps one client.
"""

from __future__ import annotations

import pickle
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import closing
from functools import cache, partial
from typing import Any, Generic, TypeVar

from crawler.errors import ConfigError
from crawler.model import Request
from crawler.strategies.port import Plan, Step

__all__ = ["Adapted", "Interpreters", "unloadable"]

T = TypeVar("T")


class Adapted(Generic[T]):
    """A strategy around an executor.

    Args:
        make: builds the executor, given the number of workers.
    """

    def __init__(self, plan: Plan[T], make: Callable[[int], Executor]) -> None:
        self._blob = pickle.dumps(plan)
        self._executor = make(plan.width)

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to the executor."""
        return self._executor.submit(_work, self._blob, request)

    def close(self, *, cancel: bool = False) -> None:
        """Shut the executor down."""
        self._executor.shutdown(wait=not cancel, cancel_futures=cancel)
        with _lock:
            step = _steps.pop(self._blob, None)
        if step is not None:
            step.close()


class Interpreters(Adapted[T]):
    """`interpreters`: an interpreter of its own for each worker, in one process; Python 3.14 and newer."""

    def __init__(self, plan: Plan[T]) -> None:
        try:
            from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]  # newer than 3.11
        except ImportError:
            raise ConfigError("the strategy interpreters needs Python 3.14 or newer; use processes instead") from None
        super().__init__(plan, partial(InterpreterPoolExecutor, initializer=_settle_interpreter))


@cache
def unloadable(module: str) -> str:
    """Why a module cannot be imported in an interpreter beside the main one, "" when it can; Python 3.14 and newer."""
    from concurrent import interpreters  # type: ignore[attr-defined]  # newer than 3.11

    with closing(interpreters.create()) as beside:
        try:
            beside.exec(f"import {module}")
        except interpreters.ExecutionFailed as error:
            return str(error.excinfo.msg)
    return ""


def _settle_interpreter() -> None:
    # charset_normalizer does not load here. requests then warns, once for each worker; only its `text` would need it.
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection")


_steps: dict[bytes, Step[Any]] = {}
_lock = threading.Lock()


def _work(blob: bytes, request: Request) -> Any:
    step = _steps.get(blob)
    if step is None:
        with _lock:
            step = _steps.get(blob)
            if step is None:
                step = _steps[blob] = Step(pickle.loads(blob))  # noqa: S301 - written by this program itself
    return step(request)
