"""`gevent`: greenlets. The plain blocking client, made cooperative by patching the standard library: each wait for the
network lets another greenlet run, all on one thread.

Patching changes the whole process, so it is done in a child of its own, before anything else is imported there
(`gevent_child`). The child is spawned, not forked: what it imports must be patched first.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from crawler.model import Request
from crawler.strategies.children import Child
from crawler.strategies.port import Plan

__all__ = ["Gevent"]

T = TypeVar("T")


class Gevent(Generic[T]):
    """One child process with `width` greenlets."""

    def __init__(self, plan: Plan[T]) -> None:
        self._plan = plan
        self._child: Child[T] = self._start()

    def submit(self, request: Request) -> Future[T]:
        """Hand the request to the child."""
        if self._child.broken:
            self._child.close(cancel=True)
            self._child = self._start()
        return self._child.submit(request)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the child; with `cancel` kill it."""
        self._child.close(cancel=cancel)

    def _start(self) -> Child[T]:
        return Child(self._plan, _Serve(), multiprocessing.get_context("spawn"))


class _Serve:
    """Unpickled in the child as the function there, whose module patches the library when it is imported."""

    def __call__(self, *arguments: Any) -> None:
        raise AssertionError("runs in the child only")

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _load, ()


def _load() -> Any:
    from crawler.strategies.gevent_child import serve

    return serve
