"""Colours and paths as a person wants to see them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

__all__ = ["echo", "is_terminal", "paint", "short"]

_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "dim": "2"}


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches."""
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Colour for a terminal. NO_COLOR wins over FORCE_COLOR, and both over what the stream is."""
    if os.environ.get("NO_COLOR"):
        return text
    if os.environ.get("FORCE_COLOR") or is_terminal(stream or sys.stdout):
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"
    return text


def echo(text: str, stream: TextIO | None = None) -> None:
    """Print a line whatever the console can encode; a reader that went away is no failure of ours."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding, "replace") + "\n")
        stream.flush()
    except (BrokenPipeError, OSError, ValueError):
        pass


def short(path: Path | str) -> str:
    """A path relative to the current folder where it is below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
