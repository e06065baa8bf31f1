"""`python -m crawler.demo [OPTIONS AS JSON [PROCESS ID OF THE OWNER]]`: how DemoServer starts its child."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from crawler.demo.options import DemoOptions
from crawler.demo.server import serve
from crawler.serving.process import child_main


def _serve(*, ready: Callable[[str], None], parent: int | None, **options: Any) -> None:
    serve(DemoOptions(**options), ready, parent=parent)


if __name__ == "__main__":
    raise SystemExit(child_main(sys.argv[1:], _serve))
