"""`--set key.path=value`: changes to the node tree, so that they are checked like the file itself."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.config.complaints import Report
from crawler.config.nodes import Node, Path, Source
from crawler.config.syntax import parse

__all__ = ["override", "replace_starts"]

_KEY = r"[^.\[\]]+|\[\d+\]"


def override(report: Report, setting: str) -> None:
    """Apply one `key.path=value`; the value is YAML, as `8`, `off`, `[a, b]`. List items: `follow[0].to`."""
    key, equals, text = setting.partition("=")
    key = key.strip()
    source = Source(f"--set {key}", option=True)
    path = _path(key)
    if not equals or not path:
        report.at(Source("--set", option=True), 0, 0, f"'{key}' is not a setting", "write it as --set fetch.workers=8")
        return
    value = _value(text, source, report)
    if value is not None and report.root is not None:
        report.root = _with(report, report.root, path, value, source, path)


def replace_starts(report: Report, starts: tuple[str, ...]) -> None:
    """Put these URLs in the place of `start`."""
    if report.root is not None:
        source = Source("--start", option=True)
        nodes = [Node("scalar", source, text=url) for url in starts]
        value = Node("list", source, items=nodes)
        report.root = _with(report, report.root, ("start",), value, source, ("start",))


def _path(key: str) -> Path:
    parts = re.findall(_KEY, key)
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in parts)


def _value(text: str, source: Source, report: Report) -> Node | None:
    written = Source(source.name, text.split("\n"), option=True)
    inner = Report(written)
    node = parse(written, inner)
    if inner:
        fix = "quote it for YAML, as --set 'start=\"https://example.com/\"'"
        report.at(source, 0, 0, "the value is not YAML", fix)
        return None
    return node or Node("scalar", written, plain=True)


def _with(report: Report, node: Node, path: Path, value: Node, source: Source, whole: Path) -> Node:
    """A copy of `node` with `value` at `path`: what an alias shares elsewhere stays as it is."""
    if not path:
        return value
    part, rest = path[0], path[1:]
    if node.kind == "scalar" and node.plain and not node.text:
        node = Node("map", source)
    changed = replace(node, items=list(node.items))
    place = _place(changed, part, source)
    if place is None:
        here = ".".join(str(one) for one in whole[: len(whole) - len(path)]) or "the config"
        report.at(source, 0, 0, f"{here} has no part '{part}'", "see the config, or `crawler schema`")
        return node
    changed.items[place] = _with(report, changed.items[place], rest, value, source, whole)
    return changed


def _place(node: Node, part: str | int, source: Source) -> int | None:
    """Index in `items` of the value of `part`, which is made when a mapping does not have it."""
    if node.kind == "list":
        index = int(part) if str(part).isdecimal() else -1
        return index if 0 <= index < len(node.items) else None
    if node.kind == "scalar":
        return None
    place = node.place(str(part))
    if place is not None:
        return place
    return node.put(Node("scalar", source, text=str(part)), Node("scalar", source, plain=True))
