"""The JSON Schema of the config, for editors (the YAML language server reads draft 7)."""

from __future__ import annotations

from typing import Any

from crawler.config.document import Document

__all__ = ["schema"]


def schema() -> dict[str, Any]:
    """JSON Schema draft 7 of a config file, shorthands included."""
    found = Document.model_json_schema(ref_template="#/definitions/{model}")
    definitions = found.pop("$defs", {})
    for part in (found, *definitions.values()):
        _without_titles(part)
    for name in ("demo", "fetch", "polite", "limits"):
        found["properties"][name] = _may_be_empty(name)
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "crawler config"}
    return {**head, **found, "definitions": definitions}


def _may_be_empty(name: str) -> dict[str, Any]:
    """A section; one whose lines are all comments is null in YAML."""
    about = Document.model_fields[name].description
    reference = {"$ref": f"#/definitions/{name.capitalize()}Spec"}
    return {"description": about, "anyOf": [reference, {"type": "null"}]}


def _without_titles(node: Any) -> None:
    """pydantic titles repeat the key; empty defaults mean none."""
    if isinstance(node, list):
        for item in node:
            _without_titles(item)
    elif isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if node.get("default") in ("", None, [], {}):
            node.pop("default", None)
        for item in node.values():
            _without_titles(item)
