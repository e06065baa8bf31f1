"""YAML text as a tree of nodes that know their line and column.

Built from the parser's events, one after the other and without recursion, so that hostile nesting and aliases
are refused before they cost anything. YAML 1.2 (https://yaml.org/spec/1.2.2/).

Long lists of simple texts, as 100,000 start URLs, are read without the YAML parser, which would take a minute. The
first line of such a list stays, the other lines are blanked, so that all else keeps its place. The builder puts the
items back where it meets the first one. If it does not meet it as a list item (the lines stood in a block of text),
nothing is lost: the text is parsed again as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

__all__ = ["MAX_DEPTH", "KeyPath", "LongList", "Node", "NodeError", "YamlSource", "compose", "find", "item", "take_out"]


_MIN = 1000
_LINE = r"""( *)- +(?:([A-Za-z/][!-~]*)(?<!:)|'([^'\x00-\x1f\x7f-\uffff]*)'|"([ !#-\[\]-~]*)") *"""


class LongList(NamedTuple):
    """Lines `first` to `last` (from 0, both included), each one list item."""

    first: int
    last: int


def take_out(lines: list[str]) -> tuple[list[str], list[LongList]]:
    """The lines with the long lists blanked but for their first lines, and where those lists stand."""
    found = _find(lines)
    kept = list(lines)
    for one in found:
        kept[one.first + 1 : one.last + 1] = [""] * (one.last - one.first)
    return kept, found


def item(line: str) -> tuple[int, str, bool, int] | None:
    """Column, text, whether it has no quotes, and end column of a line that is one list item; else None."""
    found = re.fullmatch(_LINE, line)
    if found is None:
        return None
    number = found.lastindex or 2
    quotes = number > 2
    return found.start(number) - quotes, found[number], not quotes, found.end(number) + quotes


def _find(lines: list[str]) -> list[LongList]:
    found: list[LongList] = []
    if len(lines) < _MIN:
        return found
    fullmatch = re.compile(_LINE).fullmatch
    first, indent = 0, None
    for number, line in enumerate([*lines, ""]):
        match = fullmatch(line)
        here = match[1] if match else None
        if here != indent:
            if indent is not None and number - first >= _MIN:
                found.append(LongList(first, number - 1))
            first, indent = number, here
    return found


KeyPath = tuple[str | int, ...]
Kind = Literal["scalar", "list", "map"]
MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A text that positions refer to; an `option` of the command line has no positions worth showing."""

    name: str
    lines: list[str] = field(default_factory=list, repr=False)
    option: bool = False


@dataclass(slots=True)
class Node:
    """A scalar, a list or a mapping; a mapping's `items` are key, value, key, value ...

    Attributes:
        line, column: where it starts, from 0; `end` is where it ends.
        text: a scalar as written, without its quotes.
        plain: a scalar without quotes, which may be a number, true or null.
    """

    kind: Kind
    source: YamlSource
    line: int = 0
    column: int = 0
    end: tuple[int, int] = (0, 0)
    text: str = ""
    plain: bool = False
    tag: str = ""
    items: list[Node] = field(default_factory=list, repr=False)
    _places: dict[str, int] | None = field(default=None, init=False, repr=False, compare=False)

    def place(self, key: str) -> int | None:
        """Index in `items` of the value of `key`, the first when it is written twice."""
        if self._places is None:
            keys = enumerate(self.items[::2])
            self._places = {}
            for number, node in keys:
                self._places.setdefault(node.text, 2 * number + 1)
        return self._places.get(key)

    def put(self, key: Node, value: Node) -> int:
        """Add a key and its value; the index of the value."""
        self.items += [key, value]
        self._places = None
        return len(self.items) - 1

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Keys and values of a mapping."""
        return zip(self.items[::2], self.items[1::2], strict=True)


class NodeError(Exception):
    """The text is YAML, but not of a kind that a config may be: `NodeError(what, fix, line, column)`."""


def find(root: Node | None, path: KeyPath, *, exact: bool = False) -> tuple[Node | None, Node | None]:
    """The node at `path` and the node of its key; of the longest part that exists, unless `exact`."""
    node, key = root, None
    for part in path:
        step = _step(node, part)
        if step is None:
            return (None, None) if exact else (node, key)
        node, key = step
    return node, key


def _step(node: Node | None, part: str | int) -> tuple[Node, Node | None] | None:
    if node is None or node.kind == "scalar":
        return None
    if node.kind == "list":
        inside = isinstance(part, int) and 0 <= part < len(node.items)
        return (node.items[int(part)], None) if inside else None
    place = node.place(str(part))
    return None if place is None else (node.items[place], node.items[place - 1])


def compose(source: YamlSource) -> Node | None:
    """The tree of the one document in the lines of `source`; None when it is empty.

    Raises:
        NodeError: a second document, a tag, an unknown or recursive alias, or too deep nesting.
        ruamel.yaml.error.YAMLError: the text is not YAML.
    """
    from ruamel.yaml.error import YAMLError

    lines = source.lines
    kept, lists = take_out(lines)
    if lists:
        try:
            builder = _built("\n".join(kept), source, lists)
            if not builder.lists:
                return builder.root
        except (YAMLError, NodeError):
            pass  # said again, with the whole text, below
    return _built("\n".join(lines), source, []).root


def _built(text: str, source: YamlSource, lists: list[LongList]) -> _Builder:
    from ruamel.yaml import YAML

    builder = _Builder(source, lists)
    for event in YAML(typ="safe", pure=True).parse(text):
        builder.take(event)
    return builder


class _Builder:
    def __init__(self, source: YamlSource, lists: list[LongList]) -> None:
        self.source = source
        self.lists = {one.first: one for one in lists}
        self.root: Node | None = None
        self.open: list[Node] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        handler = getattr(self, "_" + type(event).__name__, None)
        if handler is not None:
            handler(event)

    def _DocumentStartEvent(self, event: Any) -> None:
        if self.root is not None:
            raise NodeError("a second document starts here", "remove this --- line", *_spot(event))

    def _ScalarEvent(self, event: Any) -> None:
        plain = event.style is None and not _tag(event)
        node = self._add("scalar", event, event.value, plain)
        if node.line in self.lists:
            self._put_back(node)

    def _put_back(self, node: Node) -> None:
        """The rest of a long list, when this is its first item."""
        lines = self.source.lines
        first = item(lines[node.line])
        parent = self.open[-1] if self.open else None
        here = (node.column, node.text, node.plain, node.end[1])
        if parent is None or parent.kind != "list" or first != here or node.end[0] != node.line:
            return
        for number in range(node.line + 1, self.lists.pop(node.line).last + 1):
            column, text, plain, end = item(lines[number]) or first
            parent.items.append(Node("scalar", self.source, number, column, (number, end), text, plain))

    def _SequenceStartEvent(self, event: Any) -> None:
        self._open("list", event)

    def _MappingStartEvent(self, event: Any) -> None:
        self._open("map", event)

    def _SequenceEndEvent(self, event: Any) -> None:
        self.open.pop().end = (event.end_mark.line, event.end_mark.column)

    _MappingEndEvent = _SequenceEndEvent

    def _AliasEvent(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            fix = f"a * starts an alias: for the literal text, quote it: '*{event.anchor}'"
            raise NodeError(f"there is no anchor &{event.anchor} before this alias", fix, *_spot(event))
        if any(node is parent for parent in self.open):
            raise NodeError(f"the alias *{event.anchor} contains itself", "remove it", *_spot(event))
        self._place(node)

    def _open(self, kind: Literal["list", "map"], event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise NodeError(f"nested more than {MAX_DEPTH} deep", "a config needs about 8", *_spot(event))
        self.open.append(self._add(kind, event))

    def _add(self, kind: Kind, event: Any, text: str = "", plain: bool = False) -> Node:
        end = (event.end_mark.line, event.end_mark.column)
        node = Node(kind, self.source, *_spot(event), end, text, plain, _tag(event))
        if event.anchor:
            self.anchors[event.anchor] = node
        self._place(node)
        return node

    def _place(self, node: Node) -> None:
        if self.open:
            _stand_by_key(node, self.open[-1])
            self.open[-1].items.append(node)
        else:
            self.root = node


def _stand_by_key(node: Node, parent: Node) -> None:
    """The parser gives a missing value the place of what comes next; a person looks behind the key."""
    if parent.kind == "map" and len(parent.items) % 2 and node.plain and not node.text:
        node.line, node.column = parent.items[-1].end
        line = node.source.lines[node.line] if node.line < len(node.source.lines) else ""
        node.column = min(node.column + 2, len(line))
        node.end = node.line, node.column


def _spot(event: Any) -> tuple[int, int]:
    return event.start_mark.line, event.start_mark.column


_CORE = "tag:yaml.org,2002:"
_CORE_TAGS = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "seq", "map"))


def _tag(event: Any) -> str:
    """The tag of the core schema, "" for none; `!` alone means text."""
    tag = str(event.tag or "")
    if tag == "!":
        return "str"
    if tag and tag not in _CORE_TAGS:
        shown = tag.replace(_CORE, "!!", 1)
        fix = "remove it: a config is plain data and runs no code; for the literal text, quote it"
        raise NodeError(f"the tag {shown} is not allowed", fix, *_spot(event))
    return tag.removeprefix(_CORE)
