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
    from crawler.api import accept, load, rows, run, status, write_outputs
    from crawler.compare.api import compare
    from crawler.config import Job
    from crawler.crawl.inbox import Stopper
    from crawler.crawl.stats import Stats
    from crawler.errors import ConfigError, CrawlerError, LockedError, OutputError, StateError, Stop
    from crawler.export.atomic import replacing
    from crawler.export.port import Written
    from crawler.extract.field_types import NoteCode
    from crawler.fetch.client import ClientSettings
    from crawler.model import Failure, Money, Moved, Note, Problem, Request, Response, Result
    from crawler.runner.report import Report
    from crawler.strategies.port import Plan, Step, settle_future

__all__ = [
    "ClientSettings",
    "ConfigError",
    "CrawlerError",
    "Failure",
    "Job",
    "LockedError",
    "Money",
    "Moved",
    "Note",
    "NoteCode",
    "OutputError",
    "Plan",
    "Problem",
    "Report",
    "Request",
    "Response",
    "Result",
    "StateError",
    "Stats",
    "Step",
    "Stop",
    "Stopper",
    "Written",
    "__version__",
    "accept",
    "compare",
    "load",
    "replacing",
    "rows",
    "run",
    "settle_future",
    "status",
    "write_outputs",
]

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("accept", "load", "rows", "run", "status", "write_outputs"), "crawler.api"),
    **dict.fromkeys(
        ("ConfigError", "CrawlerError", "LockedError", "OutputError", "StateError", "Stop"), "crawler.errors"
    ),
    **dict.fromkeys(("Failure", "Money", "Moved", "Note", "Problem", "Request", "Response", "Result"), "crawler.model"),
    **dict.fromkeys(("Plan", "Step", "settle_future"), "crawler.strategies.port"),
    "ClientSettings": "crawler.fetch.client",
    "Job": "crawler.config",
    "NoteCode": "crawler.extract.field_types",
    "Report": "crawler.runner.report",
    "Stats": "crawler.crawl.stats",
    "Stopper": "crawler.crawl.inbox",
    "Written": "crawler.export.port",
    "replacing": "crawler.export.atomic",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `import crawler` alone costs nothing, as workers need."""
    import importlib

    if name == "compare":  # a package, which can be called
        return importlib.import_module("crawler.compare")
    if name not in _HOMES:
        raise AttributeError(f"module 'crawler' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
