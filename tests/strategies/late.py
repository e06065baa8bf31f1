"""What a worker process had to import itself, because the server that it was forked from had not."""

from __future__ import annotations

import sys
from typing import Any

from crawler.model import Request

BEFORE = set(sys.modules)  # when a child unpickles its plan, so before its strategy is built


def late(request: Request, fetched: Any) -> list[str]:
    """A `then`."""
    return [name for name in sys.modules if name not in BEFORE and not name.startswith(("encodings.", "tests."))]


def main() -> None:
    """Send one request through the strategy on the command line and print what its worker had to import."""
    from crawler.fetch.client import ClientSettings
    from crawler.strategies import worker_process
    from crawler.strategies.port import Plan
    from crawler.strategies.registry import make_strategy, preload

    name, client, url = sys.argv[1:]
    worker_process.prepare(preload(name, client) or ())
    settings = ClientSettings("x", timeout=5.0, connections=1, allow_private=True)
    strategy = make_strategy(name, Plan(1, client, settings, late))
    print(*strategy.submit(Request(1, url, "page")).result())
    strategy.close()


if __name__ == "__main__":
    from tests.strategies import late as importable  # what is pickled must not be called __main__

    importable.main()
