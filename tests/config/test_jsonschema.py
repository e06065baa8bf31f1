"""The schema accepts what the loader accepts, and explains every key."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from crawler.config.reference import schema

ROOT = Path(__file__).parents[2]
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
UNDERSTOOD = {
    "$ref", "anyOf", "type", "enum", "properties", "additionalProperties", "required", "items", "minimum", "maximum",
    "exclusiveMinimum", "description", "default", "$schema", "title", "definitions", "pattern", "minItems",
}  # fmt: skip


def accepts(value, rule, whole):
    """The part of JSON Schema draft 7 that the schema uses."""
    assert set(rule) <= UNDERSTOOD
    if "$ref" in rule:
        return accepts(value, whole["definitions"][rule["$ref"].removeprefix("#/definitions/")], whole)
    if "anyOf" in rule:
        return any(accepts(value, one, whole) for one in rule["anyOf"])
    names = rule.get("type", list(TYPES))
    fits = [isinstance(value, TYPES[name]) for name in ([names] if isinstance(names, str) else names)]
    if not any(fits) or (isinstance(value, bool) and "boolean" not in names):
        return False
    if "enum" in rule and value not in rule["enum"]:
        return False
    if "pattern" in rule and not re.search(rule["pattern"], value):
        return False
    if isinstance(value, int | float) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        return False
    if isinstance(value, list):
        return len(value) >= rule.get("minItems", 0) and all(
            accepts(item, rule.get("items", {}), whole) for item in value
        )
    return not isinstance(value, dict) or accepts_mapping(value, rule, whole)


def accepts_mapping(value, rule, whole):
    known, more = rule.get("properties", {}), rule.get("additionalProperties", True)
    if any(name not in value for name in rule.get("required", ())):
        return False
    for name, item in value.items():
        inner = known.get(name, more)
        if inner is False or (isinstance(inner, dict) and not accepts(item, inner, whole)):
            return False
    return True


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "configs").glob("*.yaml")), ROOT / "crawler/cli/init_template.yaml"], ids=lambda p: p.name
)
def test_shipped_configs_fit(path):
    assert accepts(read(path), schema(), schema())


@pytest.mark.parametrize(
    "name", ["unknown_nested_key", "wrong_types", "bad_choice", "pages_as_list", "missing_keys", "too_many_workers"]
)
def test_broken_configs_do_not(name):
    assert not accepts(read(ROOT / f"tests/data/broken/{name}.yaml"), schema(), schema())


def test_shorthands_fit():
    job = {
        "name": "a",
        "start": [{"file": "urls.txt"}, "https://a.example/", {"url": ["x"], "kind": "b"}],
        "pages": {"b": {"key": "x", "fields": {"x": "h1", "y": {"css": "p", "replace": [{"a": "b"}], "default": 0}}}},
        "fetch": None,
        "demo": {"latency": "1s"},
        "limits": {"time": None, "failures": "5%"},
    }
    assert accepts(job, schema(), schema())
    job["pages"]["b"]["fields"]["x"] = 3
    assert not accepts(job, schema(), schema())


def test_every_key_is_explained():
    whole = schema()
    assert whole["$schema"].startswith("http://json-schema.org/draft-07/")
    json.dumps(whole)
    parts = [whole, *(one["anyOf"][-1] if "anyOf" in one else one for one in whole["definitions"].values())]
    for part in parts:
        for name, rule in part["properties"].items():
            assert rule.get("description"), name
