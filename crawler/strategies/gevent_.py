"""`gevent`: greenlets. The plain blocking client, made cooperative by patching the standard library: each wait for the
network lets another greenlet run, all on one thread.

Patching changes the whole process, so it is done in a child of its own, before anything else is imported there
(`gevent_child`). The child is spawned, not forked: what it imports must be patched first.
"""

from __future__ import annotations

import multiprocessing
from typing import Any, TypeVar

from crawler.strategies.port import Plan
from crawler.strategies.process_group import ProcessGroup

__all__ = ["Gevent"]

T = TypeVar("T")


class Gevent(ProcessGroup[T]):
    """One child process with `width` greenlets."""

    def __init__(self, plan: Plan[T]) -> None:
        super().__init__(plan, _Serve(), 1, multiprocessing.get_context("spawn"))


class _Serve:
    """Unpickled in the child as the function there, whose module patches the library when it is imported."""

    def __call__(self, *arguments: Any) -> None:
        raise AssertionError("runs in the child only")

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _load, ()


def _load() -> Any:
    from crawler.strategies.gevent_child import serve

    return serve
