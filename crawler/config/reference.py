"""The reference of every key as Markdown, made from the models: docs/config.md is this text."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from crawler.config.document import Document
from crawler.config.inspect import bounds, show, shown_as
from crawler.config.pages import FieldSpec, FollowSpec, KindSpec, TableSpec
from crawler.config.sections import AuthSpec, DemoSpec, FetchSpec, LimitsSpec, PoliteSpec

__all__ = ["reference"]

_SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The job", "", Document),
    ("A page kind", "pages.KIND.", KindSpec),
    ("A table of a page kind", "pages.KIND.tables.TABLE.", TableSpec),
    ("A field", "pages.KIND.fields.NAME.", FieldSpec),
    ("A follow rule", "pages.KIND.follow[].", FollowSpec),
    ("The demo site", "demo.", DemoSpec),
    ("Fetching", "fetch.", FetchSpec),
    ("User and password", "fetch.auth.", AuthSpec),
    ("Politeness", "polite.", PoliteSpec),
    ("Limits", "limits.", LimitsSpec),
)
_INTRO = """# The config file

One YAML 1.2 file describes one job. Paths in it are relative to the file itself. `crawler schema` prints a JSON
Schema for editors, `crawler check` shows what a config means.

- Durations: `30` (seconds), `250ms`, `30s`, `30m`, `2h`, `1h30m`, `1d`.
- Sizes: `1000000` (bytes), `500 kB`, `10MB` (1000 x 1000), `64 KiB` (1024).
- Shares: `5%` or `0.05`.
- `fields: {title: h1}` is short for `fields: {title: {css: h1}}`.
- Where one text is allowed as well as a list, one text is a list of one.
- Secrets: in `fetch.headers`, `fetch.cookies`, `fetch.auth` and `fetch.proxy`, and only there, `${NAME}` stands for
  the environment variable NAME. It must be set and not empty. These values are never shown.
- Quote a selector that starts with `#`, `[`, `*`, `@`, `&`, `!`, `>` or `%`: each means something else in YAML.
"""


def reference() -> str:
    """Markdown tables of every key with type, default and meaning."""
    return _INTRO + "".join(_section(*section) for section in _SECTIONS)


def _section(title: str, prefix: str, model: type[BaseModel]) -> str:
    rows = "\n".join(_row(prefix + name, info) for name, info in model.model_fields.items())
    about = (model.__doc__ or "").strip().split("\n")[0]
    return f"\n## {title}\n\n{about}\n\n| key | type | default | meaning |\n|---|---|---|---|\n{rows}\n"


def _row(key: str, info: FieldInfo) -> str:
    cells = (f"`{key}`", _type(info), _default(info), info.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(info: FieldInfo) -> str:
    value = info.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        return "see below"
    return f"`{show(info, value)}`" if value not in (None, "", (), {}) else "none"


def _type(info: FieldInfo) -> str:
    shown = shown_as(info)
    name = shown.name if shown else _plain_type(info.annotation)
    low, high, above = bounds(info)
    if low is None and high is None:
        return name
    first = f"more than {show(info, low)}" if above else show(info, low)
    return f"{name}, {first} to {show(info, high)}" if not above else f"{name}, {first}, at most {show(info, high)}"


def _plain_type(annotation: Any) -> str:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return _plain_type(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain_type(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f"`{choice}`" for choice in typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return {bool: "true or false", int: "whole number", str: "text"}.get(annotation, "text")
