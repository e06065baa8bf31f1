"""What a run tells the program that called it, under the name `crawler` of `logging`."""

from __future__ import annotations

import logging
from logging import DEBUG, ERROR, INFO, WARNING

__all__ = ["DEBUG", "ERROR", "INFO", "WARNING", "is_heard", "log"]

_logger = logging.getLogger("crawler")
_logger.addHandler(logging.NullHandler())  # a program that sets up no logging hears nothing


def log(level: int, text: str, *values: object) -> None:
    """Log a line. A handler of the program that fails is shown as `logging` shows its own, and ends no crawl."""
    try:
        _logger.log(level, text, *values, stacklevel=2)
    except Exception:
        if logging.raiseExceptions:
            import traceback

            traceback.print_exc()


def is_heard(level: int) -> bool:
    """Whether anybody listens: what is said may take a while to put together."""
    return _logger.isEnabledFor(level)
