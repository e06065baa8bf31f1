"""The node tree as plain data, by the core schema of YAML 1.2 (chapter 10.3): `no` is text, `012` is 12.

Values that are text by nature (`default: 0`, `map: {One: 1}`, headers) keep the letters as they were written.
"""

from __future__ import annotations

import re

from crawler.config.diagnostics import SECRET_SECTIONS, Diagnostics
from crawler.config.yaml_tree import KeyPath, Node

__all__ = ["plain", "resolve"]


_FIELD_HOMES: tuple[tuple[str, ...], ...] = (
    ("pages", "*", "fields", "*"),
    ("pages", "*", "tables", "*", "fields", "*"),
    ("pages", "*", "follow", "*", "carry", "*"),
    ("pages", "*", "follow", "carry", "*"),
)
_TEXT_HOMES = tuple((*home, key) for home in _FIELD_HOMES for key in ("default", "map", "replace")) + tuple(
    ("fetch", name) for name in sorted(SECRET_SECTIONS)
)
_TEXT_PLACES = tuple(("pages", "*", "request", key, "*") for key in ("headers", "query", "form"))
_MORE_BY_ALIAS = 20_000
_MAX_NUMBER = 100
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,100}", re.ASCII)
_BASED = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,6})?", re.ASCII)
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def plain(report: Diagnostics) -> object:
    """The data of `report.root`; what cannot be data (a key twice, a list as key) goes to the report."""
    converter = _Converter(report)
    return None if report.root is None else converter.value(report.root, ())


def resolve(text: str) -> object:
    """The value of a scalar without quotes.

    >>> resolve("no"), resolve("012"), resolve("1e3"), resolve("2024-01-01")
    ('no', 12, 1000.0, '2024-01-01')
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _SPECIAL.fullmatch(text):
        return float(text.lower().replace(".", ""))
    return float(text) if len(text) <= _MAX_NUMBER and _FLOAT.fullmatch(text) else text


class _Converter:
    def __init__(self, report: Diagnostics) -> None:
        self.report = report
        self.nodes: set[int] = set()
        self.again = 0

    def value(self, node: Node, path: KeyPath) -> object:
        if id(node) in self.nodes:
            self.again += 1
        self.nodes.add(id(node))
        if self.again > _MORE_BY_ALIAS:
            self.report.add((), f"aliases repeat more than {_MORE_BY_ALIAS} values", "write the values out", node=node)
            self.report.stop()
        if node.kind == "map":
            return self._mapping(node, path)
        if node.kind == "list":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.items)]
        return _scalar(node, path)

    def _mapping(self, node: Node, path: KeyPath) -> dict[str, object]:
        data: dict[str, object] = {}
        lines: dict[str, int] = {}
        for key, value in node.pairs():
            if key.kind != "scalar":
                self.report.add(path, "a key must be text", "remove the ? or the brackets", node=key)
            elif key.text in lines:
                self._twice(key, path, lines[key.text])
            elif key.text == "<<" and key.plain:
                fix = "YAML 1.2 has no merge keys; write the keys out, or use an alias for a whole value"
                self.report.add((*path, "<<"), "unknown key", fix, node=key)
            else:
                lines[key.text] = key.line + 1
                data[key.text] = self.value(value, (*path, key.text))
        return data

    def _twice(self, key: Node, path: KeyPath, first: int) -> None:
        what = f"the key is given twice, on line {first} and on line {key.line + 1}"
        self.report.add((*path, key.text), what, "remove one", node=key)


def _scalar(node: Node, path: KeyPath) -> object:
    if node.tag == "str" or not (node.plain or node.tag):
        return node.text
    value = resolve(node.text)
    return node.text if value is not None and _is_text(path) else value


def _is_text(path: KeyPath) -> bool:
    if not path or path[0] == "start":
        return "with" in path[1:3]  # values as they are written: 01234 keeps its zero
    return any(_begins(path, home) for home in _TEXT_HOMES) or any(
        len(path) == len(place) and _begins(path, place) for place in _TEXT_PLACES
    )


def _begins(path: KeyPath, home: tuple[str, ...]) -> bool:
    return len(path) >= len(home) and all(want in ("*", part) for part, want in zip(path, home, strict=False))
