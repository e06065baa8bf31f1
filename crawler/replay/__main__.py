"""`python -m crawler.replay OPTIONS AS JSON [PROCESS ID OF THE OWNER]`: how ReplayServer starts its child."""

from __future__ import annotations

import sys

from crawler.replay.server import serve
from crawler.serving.process import child_main

if __name__ == "__main__":
    raise SystemExit(child_main(sys.argv[1:], serve))
