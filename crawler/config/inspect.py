"""Looking things up in the models: which field a key path names, its range, how its values are shown."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler.config.document import Document
from crawler.config.nodes import Path
from crawler.config.values import Shown

__all__ = ["bounds", "field_at", "model_at", "show", "shown_as"]


def field_at(path: Path) -> FieldInfo | None:
    """The field that `path` names."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    model = model_at(path[:-1])
    return model.model_fields.get(str(path[-1])) if model and path else None


def model_at(path: Path) -> type[BaseModel] | None:
    """The model of the mapping at `path`; None for a mapping of free names, and for anything else."""
    here: Any = Document
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            info = here.model_fields.get(str(part))
            here = _inner(info.annotation) if info else None
        else:
            here = _inner((typing.get_args(here) or (None,))[1 if typing.get_origin(here) is dict else 0])
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _inner(annotation: Any) -> Any:
    """The annotation without Annotated and without `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _inner(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _inner(next(arg for arg in typing.get_args(annotation) if arg is not type(None)))
    return annotation


def show(info: FieldInfo | None, value: object) -> str:
    """A value as a person writes it in the config."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    shown = shown_as(info) if info else None
    return str(shown.show(value)) if shown else str(value)


def shown_as(info: FieldInfo) -> Shown | None:
    """The outermost name of the type: a list of patterns says more than a pattern."""
    found = [part for part in _metadata(info) if isinstance(part, Shown)]
    return found[-1] if found else None


def bounds(info: FieldInfo) -> tuple[float | None, float | None, bool]:
    """Least and greatest value of a number, and whether it must be more than the least."""
    low = high = None
    above = False
    for part in _metadata(info):
        if getattr(part, "gt", None) is not None:
            low, above = part.gt, True
        low = getattr(part, "ge", None) if getattr(part, "ge", None) is not None else low
        high = getattr(part, "le", None) if getattr(part, "le", None) is not None else high
    return low, high, above


def _metadata(info: FieldInfo) -> Iterator[Any]:
    yield from info.metadata
    yield from _nested(info.annotation)


def _nested(annotation: Any) -> Iterator[Any]:
    """What is annotated inside `X | None`."""
    if typing.get_origin(annotation) is typing.Annotated:
        inner, *extra = typing.get_args(annotation)
        for part in extra:
            yield from part.metadata if isinstance(part, FieldInfo) else (part,)
        yield from _nested(inner)
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            yield from _nested(part)
