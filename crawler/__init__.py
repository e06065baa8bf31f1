"""A concurrent web crawler: one YAML file in, an Excel workbook out.

import crawler

job = crawler.load("configs/demo.yaml")
report = crawler.run(job)
for book in report.rows("books"):
    print(book["title"], book["price"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.api import accept, load, run, status, write_outputs
    from crawler.config import Job
    from crawler.runner.report import Report

__all__ = ["Job", "Report", "__version__", "accept", "load", "run", "status", "write_outputs"]

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("accept", "load", "run", "status", "write_outputs"), "crawler.api"),
    "Job": "crawler.config",
    "Report": "crawler.runner.report",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `import crawler` alone costs nothing, as workers need."""
    if name not in _HOMES:
        raise AttributeError(f"module 'crawler' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
