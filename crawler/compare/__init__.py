"""Compare: one job under many strategies, and an honest answer to which is best for it, and why.

    crawler compare -> runner: for each run  measure.py (counts the whole process tree)  ->  run_child.py (the crawl)

Every run is a fresh process tree with a state file and outputs of its own; nothing of the user's is touched. The demo
site or the replay server runs outside of the measured tree.

`crawler.compare` is this package, and programs call it as well: see `crawler.compare.api.compare`.
"""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.compare.outcome import Comparison


class _Callable(ModuleType):
    """Importing a package binds its name in `crawler`, where a function of that name could not stay."""

    def __call__(self, *args: Any, **kwargs: Any) -> Comparison:
        from crawler.compare.api import compare

        return compare(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        from crawler.compare.api import compare

        return inspect.signature(compare)


sys.modules[__name__].__class__ = _Callable
