"""Problems of a config: position, key, what is wrong, how to fix it, and the line with a caret."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from crawler.config.yaml_tree import KeyPath, Node, YamlSource, find
from crawler.errors import ConfigError

__all__ = ["BadConfig", "Diagnostic", "Diagnostics", "dotted"]


SECRET_SECTIONS = frozenset({"auth", "cookies", "headers", "proxy"})
_MAX = 1000
_WINDOW = 100
_SENSITIVE = r"(?i)((?:authorization|cookie|password|passwd|token|secret|api[-_]?key|proxy)\w*[\"']?\s*[:=]\s*)(\S.*)"
_USER_IN_URL = r"(?<=://)[^/\s@]+(?=@)"


class Diagnostic(NamedTuple):
    """One thing that is wrong.

    Attributes:
        where: `config.yaml:7:3` (line and column from 1), or `--set fetch.workers`.
        key: the key path, as `pages.book.fields.price.type`; "" for the file as a whole.
        what: what is wrong.
        fix: what to do; may be "".
        line: the source line, without secrets; "" when there is none.
        column: where the caret stands in `line`, from 0.
    """

    where: str
    key: str
    what: str
    fix: str = ""
    line: str = ""
    column: int = 0

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.where, self.key, self.what) if part)
        head = f"{head}; {self.fix}" if self.fix else head
        return f"{head}\n{_excerpt(self.line, self.column)}" if self.line.strip() else head


class BadConfig(ConfigError):
    """The ConfigError that `load` raises: `str()` is the text to print, `complaints` the same as values."""

    def __init__(self, text: str, complaints: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(text, complaints)
        self.complaints = complaints

    def __str__(self) -> str:
        return str(self.args[0])


def dotted(path: Iterable[str | int]) -> str:
    """`("follow", 0, "to")` as a person writes it: `follow[0].to`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


class _Found(NamedTuple):
    """A complaint before its line is cut out: sorted by place, the command line first."""

    line: int
    column: int
    name: str
    key: str
    what: str
    fix: str


class Diagnostics:
    """Collects complaints, so that a person sees all of them at once."""

    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self.root: Node | None = None
        self._found: dict[tuple[object, ...], tuple[_Found, YamlSource]] = {}
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def node(self, path: KeyPath) -> Node | None:
        """What is written at `path`; None for what is missing or stands for a shorthand."""
        return find(self.root, path, exact=True)[0]

    def add(
        self,
        path: KeyPath,
        what: str,
        fix: str = "",
        *,
        on_key: bool = False,
        offset: int | None = None,
        node: Node | None = None,
    ) -> None:
        """Complain about the value at `path`, or about its key, or about the character `offset` inside it.

        `node` gives the place when the path does not (a second key of the same name).
        """
        if node is None:
            node, key = find(self.root, path)
            node = key if on_key and key is not None else node
        if node is None:
            self.at(self.source, 0, 0, what, fix, path)
        else:
            self.at(node.source, node.line, node.column + _inside(node, offset), what, fix, path)

    def at(self, source: YamlSource, line: int, column: int, what: str, fix: str = "", path: KeyPath = ()) -> None:
        """Complain about a place (line and column from 0) of a text."""
        # An alias shows one mistake at several paths: the same place and the same words are one complaint.
        found = _Found(-1 if source.option else line, column, source.name, dotted(path), what, fix)
        identity = (source.name, found.key if source.option else (line, column), what)
        if len(self._found) < _MAX:
            self._found.setdefault(identity, (found, source))
        else:
            self._more += 1

    def stop(self) -> None:
        """Raise what was found.

        Raises:
            ConfigError: there is at least one complaint.
        """
        if not self._found:
            return
        hidden = _secret_nodes(self.root)
        found = tuple(_complaint(*one, hidden) for one in sorted(self._found.values(), key=_order))
        text = "\n".join(map(str, found))
        raise BadConfig(f"{text}\n... and {self._more:,} more" if self._more else text, found)


def _order(one: tuple[_Found, YamlSource]) -> tuple[object, ...]:
    return one[0].name if one[0].line >= 0 else "", *one[0][:2]


def _complaint(found: _Found, source: YamlSource, hidden: list[Node]) -> Diagnostic:
    what, fix, key = _clean(found.what), _clean(found.fix), _clean(found.key)
    if source.option:
        key = "" if source.name.endswith(f" {key}") else key  # `--set fetch.workers` has named it
        return Diagnostic(_clean(source.name), key, what, fix)
    line = source.lines[found.line] if found.line < len(source.lines) else ""
    where = f"{source.name}:{found.line + 1}:{found.column + 1}"
    return Diagnostic(_clean(where), key, what, fix, _masked(source, found.line, line, hidden), found.column)


def _masked(source: YamlSource, number: int, line: str, hidden: list[Node]) -> str:
    for node in hidden:
        if node.source is source and node.line <= number <= node.end[0]:
            first = node.column if number == node.line else 0
            last = node.end[1] if number == node.end[0] else len(line)
            line = line[:first] + "*" * (min(last, len(line)) - first) + line[last:]
    line = re.sub(_SENSITIVE, lambda match: match[1] + "*" * len(match[2]), line)
    return re.sub(_USER_IN_URL, lambda match: "*" * len(match[0]), line)


def _secret_nodes(root: Node | None) -> list[Node]:
    found: list[Node] = []
    pending = [node for name in SECRET_SECTIONS if (node := find(root, ("fetch", name), exact=True)[0])]
    steps = find(root, ("session", "steps"), exact=True)[0]
    for step in steps.items if steps is not None and steps.kind == "list" else [steps]:
        filled = [find(step, (key,), exact=True)[0] for key in ("fill", "form", "json", "headers", "query")]
        pending += [node for node in filled if node is not None]
    while pending and len(found) < 10_000:
        node = pending.pop()
        if node.kind == "scalar":
            found.append(node)
        pending += node.items[1::2] if node.kind == "map" else node.items
    return found


def _inside(node: Node, offset: int | None) -> int:
    """Columns from the start of a scalar to the character `offset` of its text; 0 where they cannot be told."""
    if offset is None or node.kind != "scalar" or node.source.option or node.line != node.end[0]:
        return 0
    raw = node.source.lines[node.line][node.column :]
    for opening in ("", "'", '"'):
        if raw.startswith(opening + node.text):
            return len(opening) + offset
    return 0


def _clean(text: str) -> str:
    text = re.sub(_USER_IN_URL, "***", text)
    return "".join(char if char.isprintable() else "?" for char in text)


def _excerpt(line: str, column: int) -> str:
    """The line and, under it, a caret; a long line is cut around the caret."""
    first = max(0, column - _WINDOW // 2) if len(line) > _WINDOW else 0
    line, column = line[first : first + _WINDOW], column - first
    gap = "".join(_blank(char) for char in line[:column]).ljust(column)
    shown = "".join(char if char.isprintable() or char == "\t" else "?" for char in line)
    return f"    {shown.rstrip()}\n    {gap}^"


def _blank(char: str) -> str:
    if char == "\t":
        return char
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "
