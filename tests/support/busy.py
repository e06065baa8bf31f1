"""An analysis that keeps a core busy, importable by worker processes."""

from __future__ import annotations

import time
from typing import Any


def busy(request: object, fetched: Any) -> Any:
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    return fetched


def held_up(request: object, fetched: Any) -> Any:
    """Take 20 ms without any CPU time, as the analysis does on a core that others use."""
    time.sleep(0.02)
    return fetched
