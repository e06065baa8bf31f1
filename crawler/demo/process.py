"""The demo site as a child process."""

from __future__ import annotations

import os
from dataclasses import asdict, replace

from crawler.demo.options import STATS, DemoOptions
from crawler.serving.process import ServerProcess

__all__ = ["DemoServer"]


class DemoServer(ServerProcess):
    """Runs the demo site in a process of its own while the `with` block lasts; see Child.

    Args:
        options: see DemoOptions; where the port is busy, one of the next 20 is taken.
    """

    def __init__(self, options: DemoOptions | None = None) -> None:
        options = options or DemoOptions()
        # the child may run in another folder
        self.options = replace(options, log=os.path.abspath(options.log)) if options.log else options
        super().__init__("crawler.demo", asdict(self.options), stats=(STATS, None))
