"""The settings of a job as pairs of text, for the Summary sheet."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler.config.document import Document
from crawler.config.inspect import show
from crawler.config.values import Model

__all__ = ["settings"]


def settings(document: Document, starts: int, first: str) -> list[tuple[str, str]]:
    """Key path and value of every setting; ` (default)` follows what the config does not say."""
    more = f" and {starts - 1:,} more" if starts > 1 else ""
    pairs = [("name", document.name), ("start", first + more)]
    for section in ("demo", "fetch", "polite", "limits"):
        model = getattr(document, section)
        if model is not None:
            pairs += _section(section, model)
    return [*pairs, ("output", ", ".join(document.output or ()) or "none")]


def _section(prefix: str, model: Model) -> Iterator[tuple[str, str]]:
    for name, info in type(model).model_fields.items():
        key, value = f"{prefix}.{name}", getattr(model, name)
        if isinstance(value, BaseModel):
            yield key, "***"
        else:
            yield key, _text(value, info) + ("" if name in model.model_fields_set else " (default)")


def _text(value: object, info: FieldInfo) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value) or "none"
    if value == "":
        return "none"
    return str(value) if type(value).__name__ == "Secret" else show(info, value)
