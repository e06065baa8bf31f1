"""Texts for problems of a config: what was found instead of what was expected, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crawler.config.diagnostics import SECRET_SECTIONS
from crawler.config.validators import did_you_mean
from crawler.config.yaml_data import resolve
from crawler.config.yaml_tree import KeyPath, Node

__all__ = ["as_expected", "got", "meaning", "suggest"]

_YES = frozenset({"yes", "on", "y"})
_NO = frozenset({"no", "off", "n"})
_OTHER_NAMES = {
    "selector": "css",
    "meta": "css",
    "path": "json",
    "jmespath": "json",
    "jsonpath": "json",
    "ld": "schema",
    "jsonld": "schema",
    "json_ld": "schema",
    "json-ld": "schema",
    "microdata": "schema",
    "itemtype": "schema",
    "script": "js",
    "heading": "column",
    "header": "column",
    "href": "attr",
    "const": "value",
    "constant": "value",
    "template": "value",
    "any_of": "first_of",
    "sep": "join",
    "separator": "join",
    "delimiter": "split",
    "remove": "exclude",
    "strip": "strip_html",
    "rows": "each",
    "loop": "each",
    "columns": "fields",
    "filter": "where",
    "condition": "where",
    "conditions": "where",
    "not": "deny",
    "link": "follow",
    "links": "follow",
    "urls": "start",
    "start_urls": "start",
    "concurrency": "fetch.workers",
    "threads": "fetch.workers",
    "max_pages": "limits.pages",
    "max_depth": "limits.depth",
    "outputs": "output",
}
_OF_LATER = """cursor form method pagination query submit version"""
_NOT_YET = frozenset(_OF_LATER.split())
"""Keys that are planned or that other crawlers have, and that this version does not know."""


def as_expected(expected: str, value: object, path: KeyPath, node: Node | None) -> tuple[str, str]:
    """`expected text, got 5` and how to write it; a value of a secret section is not shown."""
    if path[:1] == ("fetch",) and SECRET_SECTIONS.intersection(map(str, path[1:2])):
        return f"{expected}, got something else", ""
    return f"{expected}, got {got(value, node)}", "" if node is None else _hint(expected, value, node)


def got(value: object, node: Node | None = None) -> str:
    """A value that is not what it should be, as it is written."""
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    written = node.text if node is not None and node.kind == "scalar" else str(value)
    return f"'{written[:60]}'" if isinstance(value, str) else written[:60]


def _hint(expected: str, value: object, node: Node) -> str:
    """The hint for YAML's own traps."""
    if expected.startswith(("expected text", "expected a selector")):
        return _text_hint(value, node, selector=expected.startswith("expected a selector"))
    if not isinstance(value, str):
        return ""
    if expected == "expected true or false" and value.lower() in _YES | _NO:
        return f"write {'true' if value.lower() in _YES else 'false'}"
    return "" if isinstance(resolve(value), str) else "remove the quotes"


def _text_hint(value: object, node: Node, *, selector: bool) -> str:
    if value is None:
        comment = _comment(node)
        hint = f"a # starts a comment: quote the selector: '{comment}'"
        return hint if comment else "write a value or remove the key"
    if isinstance(value, bool | int | float):
        return f"quote it: '{node.text}'"
    raw = _raw(node)
    if not raw.startswith(("[", "{")):
        return ""
    several = selector and isinstance(value, list) and len(value) > 1
    return f"quote it: '{raw}'" + (f", or write {{first_of: {raw}}} for several sources" if several else "")


def _comment(node: Node) -> str:
    """What follows an empty value on its line, when that is a comment: most likely a selector by id."""
    lines = node.source.lines
    rest = lines[node.line][node.column :].strip() if node.line < len(lines) else ""
    return re.split(r"[,}\]]", rest)[0][:60] if rest.startswith("#") else ""


def _raw(node: Node) -> str:
    lines = node.source.lines
    return lines[node.line][node.column : node.end[1]][:60] if node.line == node.end[0] and lines else ""


def suggest(name: str, known: list[str], path: KeyPath, sections: Mapping[str, Any]) -> tuple[str, str]:
    """For an unknown key in the mapping at `path`: the key most likely meant, or "", and what to do.

    `sections` are those of the whole config, where the key may belong.
    """
    other = _OTHER_NAMES.get(name.lower(), "")
    if other and (other in known or "." in other):
        return other, f"did you mean '{other}'?"
    owner = next((section for section, part in sections.items() if name in part.keys and path[:1] != (section,)), "")
    if name.lower() in _NOT_YET and (path or not owner):
        return "", f"this version of crawler cannot do this; known keys are {', '.join(known)}"
    near = did_you_mean(name, known)
    if near:
        return near.split("'")[1], near
    if owner:
        return "", f"it belongs under {owner}: {owner}.{name}"
    return "", f"known keys are {', '.join(known)}"


def meaning(name: str, about: str) -> str:
    """`name: name of the job`, from the first sentence about a key."""
    text = about.split(". ")[0].rstrip(".")
    return f"{name}: {text[:1].lower()}{text[1:]}"
