"""The JSON Schema of the config, for editors (the YAML language server reads draft 7)."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from crawler.config.document import Document
from crawler.config.reference import SECTIONS
from crawler.config.schema import Key, Section

__all__ = ["schema"]


def schema() -> dict[str, Any]:
    """JSON Schema draft 7 of a config file, shorthands included."""
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "crawler config"}
    sections = sorted((section for _, _, section in SECTIONS[1:]), key=lambda section: section.__name__)
    return {**head, **_section(Document), "definitions": {one.__name__: _section(one) for one in sections}}


def _section(section: type[Section]) -> dict[str, Any]:
    required = [name for name, key in section.keys.items() if key.required]
    rule = {
        "additionalProperties": False,
        "description": cleandoc(section.__doc__ or ""),
        "properties": {name: _key(key) for name, key in section.keys.items()},
        **({"required": required} if required else {}),
        "type": "object",
    }
    if not section.shorthand:
        return rule
    text = {"description": "CSS selector of the text", "type": "string"}
    return {"anyOf": [text, rule], "description": rule.pop("description")}


def _key(key: Key[Any]) -> dict[str, Any]:
    default = None if key.required or isinstance(key.default, Section) else key.default
    shown = {} if default in ("", None, (), {}) else {"default": default}  # an empty one means none
    return dict(sorted({"description": key.about, **key.type.json, **shown}.items()))
