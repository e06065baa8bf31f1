"""pydantic's errors as complaints: what was expected, what stands there, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from crawler.config.checked import did_you_mean
from crawler.config.complaints import SECRET_SECTIONS, Report
from crawler.config.inspect import bounds, field_at, model_at, show
from crawler.config.nodes import Node, Path, find
from crawler.config.plain import resolve

__all__ = ["explain"]

_EXPECTED = {
    "string_type": "text",
    "field_type": "a CSS selector, or a mapping",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "finite_number": "a finite number",
    "dict_type": "a mapping (`key: value` lines)",
    "model_type": "a mapping (`key: value` lines)",
    "model_attributes_type": "a mapping (`key: value` lines)",
    "tuple_type": "a list",
    "list_type": "a list",
}
_YES = frozenset({"yes", "on", "y"})
_NO = frozenset({"no", "off", "n"})
_BOUNDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})
_SECTIONS = ("demo", "fetch", "polite", "limits")
_OTHER_NAMES = {
    "selector": "css",
    "xpath": "css",
    "urls": "start",
    "start_urls": "start",
    "concurrency": "fetch.workers",
    "threads": "fetch.workers",
    "max_pages": "limits.pages",
    "max_depth": "limits.depth",
    "outputs": "output",
}


def explain(error: ValidationError, report: Report) -> list[Path]:
    """Put every error into the report; returns the paths that are at fault."""
    errors = error.errors(include_url=False)
    unknown = [tuple(one["loc"]) for one in errors if one["type"] == "extra_forbidden"]
    meant = {(*path[:-1], name) for path in unknown for name in re.findall(r"'(.*)'", _suggest(path))}
    return [_one(one, report, meant) for one in errors]


def _one(error: Mapping[str, Any], report: Report, meant: set[Path]) -> Path:
    context = error.get("ctx") or {}
    kind, path = error["type"], tuple(error["loc"])
    on_key = kind == "extra_forbidden" or path[-1:] == ("[key]",)
    path = path[:-1] if path[-1:] == ("[key]",) else path
    if context.get("key") is not None:
        path, on_key = (*path, context["key"]), bool(context["on_key"])
    if kind == "missing":
        if path not in meant:  # a misspelt key is complained of already
            report.add(path, "is missing", f"add {_meaning(path)}")
        return path
    if path[-3:-2] == ("replace",):
        path, on_key = _pair(path, report)
    node = find(report.root, path, exact=True)[0]
    what, fix = _words(kind, path, error["input"], context, node)
    report.add(_known(path, report), what, fix, on_key=on_key, offset=context.get("offset"))
    return path


def _pair(path: Path, report: Report) -> tuple[Path, bool]:
    """The key path of one part of the pair `path[-2]` under `replace`, and whether it is the key."""
    place, number, part = path[:-2], int(path[-2]), path[-1]
    node = find(report.root, place)[0]
    if node is not None and node.kind == "list":
        place, node, number = (*place, number), node.items[number], 0
    key = node.items[2 * number].text if node is not None else ""
    return (*place, key), part == 0


def _known(path: Path, report: Report) -> Path:
    """Without the parts that stand for a shorthand: `title: h1` is not `title.css` to the person."""
    while path and find(report.root, path, exact=True)[0] is None:
        path = path[:-1]
    return path


def _words(kind: str, path: Path, value: object, context: Mapping[str, Any], node: Node | None) -> tuple[str, str]:
    if kind == "config":
        return context["what"], context["fix"]
    if kind == "extra_forbidden":
        return "unknown key", _suggest(path)
    if kind == "literal_error":
        return _choice(value, re.findall(r"'([^']*)'", context["expected"]), path)
    if kind in _BOUNDS:
        return f"must be {_range(path)}, got {_got(value, path, node)}", ""
    expected = context.get("expected") if kind == "unit" else f"expected {_EXPECTED.get(kind, kind)}"
    hint = "" if _is_secret(path) else _quoting(kind, value, node)
    return f"{expected}, got {_got(value, path, node)}", hint


def _is_secret(path: Path) -> bool:
    return path[:1] == ("fetch",) and any(part in SECRET_SECTIONS for part in path[1:2])


def _got(value: object, path: Path, node: Node | None) -> str:
    if _is_secret(path):
        return "something else"
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    written = node.text if node is not None and node.kind == "scalar" else str(value)
    return f"'{written[:60]}'" if isinstance(value, str) else written[:60]


def _quoting(kind: str, value: object, node: Node | None) -> str:
    """The hint for YAML's own traps."""
    if node is None:
        return ""
    if kind in ("string_type", "field_type"):
        return _text_hint(value, node)
    if not isinstance(value, str):
        return ""
    if kind == "bool_type" and value.lower() in _YES | _NO:
        return f"write {'true' if value.lower() in _YES else 'false'}"
    return "" if isinstance(resolve(value), str) else "remove the quotes"


def _text_hint(value: object, node: Node) -> str:
    if value is None:
        comment = _comment(node)
        hint = f"a # starts a comment: quote the selector: '{comment}'"
        return hint if comment else "write a value or remove the key"
    if isinstance(value, bool | int | float):
        return f"quote it: '{node.text}'"
    raw = _raw(node)
    return f"quote it: '{raw}'" if raw.startswith(("[", "{")) else ""


def _comment(node: Node) -> str:
    """What follows an empty value on its line, when that is a comment: most likely a selector by id."""
    lines = node.source.lines
    rest = lines[node.line][node.column :].strip() if node.line < len(lines) else ""
    return re.split(r"[,}\]]", rest)[0][:60] if rest.startswith("#") else ""


def _raw(node: Node) -> str:
    lines = node.source.lines
    return lines[node.line][node.column : node.end[1]][:60] if node.line == node.end[0] and lines else ""


def _choice(value: object, choices: list[str], path: Path) -> tuple[str, str]:
    shown = f"'{value}'"[:60] if isinstance(value, str) else _got(value, path, None)
    near = did_you_mean(value, choices) if isinstance(value, str) else ""
    return f"expected one of {', '.join(choices)}; got {shown}", near


def _suggest(path: Path) -> str:
    name = str(path[-1])
    model = model_at(path[:-1])
    known = list(model.model_fields) if model else []
    near = did_you_mean(name, known)
    other = _OTHER_NAMES.get(name.lower(), "")
    if other and (other in known or "." in other):
        return f"did you mean '{other}'?"
    if near:
        return near
    for section in _SECTIONS:
        part = model_at((section,))
        if part and name in part.model_fields and path[:1] != (section,):
            return f"it belongs under {section}: {section}.{name}"
    return f"known keys are {', '.join(known)}" if known else "remove it"


def _meaning(path: Path) -> str:
    info = field_at(path)
    text = (info.description or "").split(". ")[0].rstrip(".") if info else ""
    return f"{path[-1]}: {text[:1].lower()}{text[1:]}" if text else f"{path[-1]}:"


def _range(path: Path) -> str:
    info = field_at(path)
    low, high, above = bounds(info) if info else (None, None, False)
    start = "" if low is None else f"more than {show(info, low)}" if above else f"at least {show(info, low)}"
    end = "" if high is None else f"at most {show(info, high)}"
    return " and ".join(part for part in (start, end) if part)
