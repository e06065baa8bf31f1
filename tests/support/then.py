"""What a worker does with an answer in tests of strategies. Subinterpreters, which cannot load psutil, can load it."""

from __future__ import annotations

import os
import signal
from typing import Any, NamedTuple

from crawler.model import Request

DIES = "/dies"
RAISES = "/raises"


class Then(NamedTuple):
    """What a worker does with an answer: tell what it is.

    Where the path says so it raises, or dies if it is in a process of its own.
    """

    parent: int

    def __call__(self, request: Request, fetched: Any) -> tuple[int, int | str, int]:
        if request.url.endswith(DIES) and os.getpid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)
        if request.url.endswith(RAISES):
            raise LookupError(RAISES)
        return request.id, getattr(fetched, "status", None) or repr(fetched), os.getpid()
