"""A config with mistakes made valid, so that the checks of the whole can run and all complaints come at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from crawler.config.document import Document
from crawler.config.nodes import Path

__all__ = ["repaired"]

_ROUNDS = 8


def repaired(data: Mapping[str, object], env: Mapping[str, str]) -> Document | None:
    """The config without its mistakes; None when there is too little left."""
    kept: Any = copy.deepcopy({key: value for key, value in data.items() if key != "start"})
    kept["start"] = ""
    for _ in range(_ROUNDS):
        try:
            return Document.model_validate(kept, context={"env": env})
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False, include_context=True):
                extra = (one.get("ctx") or {}).get("key")
                path = tuple(part for part in one["loc"] if part != "[key]")
                _mend(kept, path if extra is None else (*path, extra), missing=one["type"] == "missing")
    return None


def _mend(data: Any, path: Path, *, missing: bool) -> None:
    """Take away what is wrong, or put something harmless where something must be."""
    parent, last = data, -1
    for depth, part in enumerate(path[:-1]):
        inner = _get(parent, part)
        if not isinstance(inner, dict | list):
            break
        if isinstance(inner, list) and not (isinstance(path[depth + 1], int) and len(path) > depth + 2):
            break  # an item of a list of texts: the whole list goes
        parent, last = inner, depth
    key = path[last + 1]
    spare = _spare(path[: last + 2], data)
    if spare is None and not missing:
        _remove(parent, key)
    elif isinstance(parent, dict | list):
        parent[key] = spare  # type: ignore[index]  # a dict has text keys, a list the index that pydantic gave


def _get(parent: Any, part: str | int) -> Any:
    if isinstance(parent, dict):
        return parent.get(part)
    return parent[part] if isinstance(part, int) and part < len(parent) else None


def _remove(parent: Any, key: str | int) -> None:
    if isinstance(parent, dict):
        parent.pop(key, None)


def _spare(path: Path, data: Any) -> object:
    """Something valid for a place that must not be empty."""
    if path == ("name",):
        return "name"
    if path == ("pages",):
        return {"page": {}}
    if path[-2:-1] in (("fields",), ("carry",)) or path[-1] == "css":
        return "a"
    if path[-1] == "to":
        return next(iter(data["pages"]))
    if path[-1] in ("user", "password"):
        return "x"
    if (len(path) == 2 and path[0] == "pages") or path[-2:-1] == ("tables",):
        return {}
    return {"css": "a", "to": next(iter(data["pages"]))} if "follow" in path else None
