"""A config that a program gives as a dict: the same tree of nodes that the text of a file becomes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from crawler.config.diagnostics import Diagnostics
from crawler.config.yaml_tree import MAX_DEPTH, KeyPath, Node, YamlSource

__all__ = ["nodes_of", "plain_copy"]

SOURCE = YamlSource("", option=True)  # it has no lines: complaints name the key


def nodes_of(data: Mapping[str, object], report: Diagnostics) -> Node:
    """The tree of a dict; what a config cannot hold goes to the report."""
    return _node(data, (), report)


def _node(value: object, path: KeyPath, report: Diagnostics) -> Node:
    if len(path) > MAX_DEPTH:  # a list that holds itself has no end
        report.add(path[:1], f"nested more than {MAX_DEPTH} levels deep", "write it flatter")
        return _scalar("", plain=True)
    if isinstance(value, Mapping):
        pairs = [(_text(key), _node(inner, (*path, str(key)), report)) for key, inner in value.items()]
        return Node("map", SOURCE, items=[part for key, inner in pairs for part in (_scalar(key), inner)])
    if isinstance(value, list | tuple):
        return Node("list", SOURCE, items=[_node(inner, (*path, index), report) for index, inner in enumerate(value)])
    if isinstance(value, str | os.PathLike):
        return _scalar(os.fspath(value))
    if value is None or isinstance(value, bool | int | float):
        return _scalar(_text(value), plain=True)
    what = f"a config cannot hold a value of type {type(value).__name__}"
    report.at(SOURCE, 0, 0, what, "it holds text, numbers, True, False, None, paths, dicts and lists", path)
    return _scalar("", plain=True)


def _scalar(text: str, *, plain: bool = False) -> Node:
    return Node("scalar", SOURCE, text=text, plain=plain)


def _text(value: object) -> str:
    """As YAML writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain_copy(value: object) -> object:
    """A copy of a config that was read, as JSON takes it."""
    if isinstance(value, Mapping):
        return {_text(key): plain_copy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(inner) for inner in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value
