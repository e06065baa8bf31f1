"""Objects that are named as `module:name`, and those that other installed packages bring (entry points)."""

from __future__ import annotations

import importlib
import sys
from functools import cache, reduce
from pathlib import Path
from typing import Any

from crawler import extras
from crawler.errors import ConfigError

__all__ = ["CLIENTS", "EXPORTS", "FIELD_TYPES", "STRATEGIES", "add_folder", "entry_points", "load", "module_of"]

STRATEGIES = "crawler.strategies"
CLIENTS = "crawler.clients"
FIELD_TYPES = "crawler.field_types"
EXPORTS = "crawler.exports"

_EXTRAS = {
    "aiohttp": "asyncio",
    "pycurl": "curl",
    "gevent": "gevent",
    "playwright": "browser",
}  # a module, and the extra that installs it


def load(path: str, what: str) -> Any:
    """Import the module of a path, and return the object in it.

    Args:
        path: `module:name`, as in an import statement; the name may have dots.
        what: for the message, as `the client folder`.

    Raises:
        ConfigError: there is no such module or no such name in it, the module fails, or an extra is not installed.
    """
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise ConfigError(f"{what} cannot be loaded: {path!r} is not of the form module:name")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing in _EXTRAS:
            install = extras.install(_EXTRAS[missing])
            raise ConfigError(f"{missing} is not installed; install it with: {install}") from None
        raise ConfigError(f"{what} cannot be loaded: there is no module {missing!r}") from error
    except Exception as error:  # whatever the module of somebody else raises
        raise ConfigError(f"{what} cannot be loaded: {module} raises {type(error).__name__}: {error}") from error
    try:
        return reduce(getattr, name.split("."), found)
    except AttributeError as error:
        file = getattr(found, "__file__", None) or module
        raise ConfigError(f"{what} cannot be loaded: {file} has no {name!r}") from error


def module_of(path: str) -> str:
    """The module of a `module:name`."""
    return path.partition(":")[0]


@cache
def entry_points(group: str) -> dict[str, str]:
    """What other installed packages bring, `module:name` by name, in alphabetical order.

    It reads the metadata of every installed package, which takes longer than all else at the start: look here only
    for a name that is not one of ours.
    """
    from importlib import metadata

    return {point.name: f"{point.module}:{point.attr}" for point in sorted(metadata.entry_points(group=group))}


def add_folder(folder: Path) -> None:
    """Let modules be imported from a folder, as the one of a config; worker processes inherit it."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
