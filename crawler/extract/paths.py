"""Paths into data: `address.city`, `stores[0].name`, `stores[].name`, `stores.*`; all else is JMESPath.

Plain paths are walked here, many times cheaper than JMESPath does it, and take names that JMESPath wants in quotes.
Paths with filters, functions, slices, pipes or new objects are JMESPath: https://jmespath.org/specification.html
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from crawler.errors import ExtractError, one_line
from crawler.extract.patterns import compiled

__all__ = ["Path", "check_path", "compile_path"]

_STEP = compiled(
    r"""(?P<dot>\.?)(?:(?P<quoted>"(?:[^"\\]|\\.)*+")|(?P<name>(?:[\w@$-]|[^\x00-\x7f\s])++)|(?P<values>\*))
    |\[(?P<number>-?[0-9]{1,9})\]|(?P<items>\[\*?\])""",
    re.X,
)
_JMESPATH = compiled(r"""[?|&(){}:,`'<>=!]""")
_SHOWN = 8  # names of an object, for people


class _Step(NamedTuple):
    """A name, the number of an item, or None for every one; `any` when objects count too, as with `*`."""

    key: str | int | None
    any: bool
    begin: int
    end: int


class _Bad(NamedTuple):
    what: str
    offset: int | None


class Path(ABC):
    """A path into data.

    Attributes:
        text: as it was written.
        many: it may give several values by the way it is written: `[]`, `*`, a filter or a slice.
        names: of the members to one value, where the path is that; None for any other.
    """

    text: str
    many: bool
    names: tuple[str, ...] | None = None

    @abstractmethod
    def find(self, value: object) -> list[object]:
        """Return every value found, in order. None is no value. A list at the end of the path is one value."""

    def keyed(self, value: object) -> Iterator[tuple[str | int, object]]:
        """Yield every value that is one of a list or an object, with its number from 1, or its name.

        The items of a list that the path ends at count one by one, and an object that it ends at is one value. Where
        several lists are found their items are numbered on; null has a number, too, but is left out.
        """
        numbered: list[object] = []
        for found in self.find(value):
            numbered += found if type(found) is list else [found]
        yield from _numbered(numbered)

    @abstractmethod
    def why(self, value: object) -> str:
        """Return, for people, where a path that finds nothing stops; "" when it finds something."""


@lru_cache(maxsize=1024)
def compile_path(text: str, *, fold: bool = False) -> Path:
    """Return the path that a text is; `@` and the empty one mean the value itself.

    Args:
        fold: names compare without regard to case, a name, `[]` or a number may meet one value where a list is
            expected, and a name takes all items of a list: schema.org data is written in all of these ways. So a path
            may give several values although it is not `many`.

    Raises:
        ExtractError: `path`: what check_path says.
    """
    steps = _steps(text)
    if not isinstance(steps, _Bad):
        return _Plain(text, steps, fold)
    path = steps if not _JMESPATH.search(text) else _jmespath(text)
    if isinstance(path, _Bad):
        where = "" if path.offset is None else f"character {path.offset + 1} of "
        raise ExtractError("path", f"{path.what} ({where}{text!r})")
    return path


def check_path(text: str) -> tuple[str, int | None] | None:
    """Return what is wrong with a path, in plain words, and the offset of the character; None when it is right."""
    steps = _steps(text)
    if not isinstance(steps, _Bad):
        return None
    path = steps if not _JMESPATH.search(text) else _jmespath(text)
    return (path.what, path.offset) if isinstance(path, _Bad) else None


class _Plain(Path):
    """A path of names, numbers, `[]` and `*` only."""

    def __init__(self, text: str, steps: tuple[_Step, ...], fold: bool) -> None:
        self.text = text
        self.many = any(step.key is None for step in steps)
        self._steps = steps
        self._fold = fold
        straight = 0 if fold else next((at for at, step in enumerate(steps) if step.key is None), len(steps))
        self._straight: tuple[Any, ...] = tuple(step.key for step in steps[:straight])  # to one value
        self._rest = steps[straight:]
        if not fold and all(type(step.key) is str for step in steps):
            self.names = tuple(str(step.key) for step in steps)

    def find(self, value: object) -> list[object]:
        for key in self._straight:
            if type(value) is dict:
                value = value.get(key)  # no name of JSON is a number
            elif type(value) is list and type(key) is int and -len(value) <= key < len(value):
                value = value[key]
            else:
                return []
        if not self._rest:
            return [] if value is None else [value]
        found = [value]
        for step in self._rest:
            found = self._next(found, step)
        return [value for value in found if value is not None]

    def _next(self, values: list[Any], step: _Step) -> list[Any]:
        """Return what a step from each of some values finds, None where there is nothing."""
        if self._fold:
            return _folded(values, step)
        key = step.key
        if type(key) is str:
            return [value.get(key) for value in values if type(value) is dict]
        if type(key) is int:
            return [value[key] for value in values if type(value) is list and -len(value) <= key < len(value)]
        if len(values) == 1:
            return _parts(values[0], step)
        return [part for value in values for part in _parts(value, step)]

    def keyed(self, value: object) -> Iterator[tuple[str | int, object]]:
        if not self._steps or self._steps[-1].key is not None:
            yield from super().keyed(value)
            return
        found = [value]
        for step in self._steps[:-1]:
            found = self._next(found, step)
        last, number = self._steps[-1], 0
        for outer in found:
            if type(outer) is dict and last.any:
                yield from ((name, inner) for name, inner in outer.items() if inner is not None)
                continue
            inside = _folded([outer], last) if self._fold else _parts(outer, last)
            yield from _numbered(inside, number)
            number += len(inside)

    def why(self, value: object) -> str:
        found = [value]
        for step in self._steps:
            ahead = self._next(found, step)
            if all(part is None for part in ahead):
                return _stop(next((part for part in found if part is not None), None), step, self.text, ahead)
            found = ahead
        return "" if any(part is not None for part in found) else "the value is null"


class _Jmes(Path):
    """A path that the library `jmespath` walks."""

    def __init__(self, text: str, expression: Any) -> None:
        self.text = text
        self.many = expression.many
        self._expression = expression

    def find(self, value: object) -> list[object]:
        try:
            found = self._expression.search(value)
        except ValueError:  # `why` says it
            return []
        if self.many and type(found) is list:
            return [part for part in found if part is not None]
        return [] if found is None else [found]

    def why(self, value: object) -> str:
        try:
            self._expression.search(value)
        except ValueError as error:
            return str(error)
        return "" if self.find(value) else f"nothing in it fits; {_about(value)}"


def _jmespath(text: str) -> Path | _Bad:
    from crawler.extract import jmes  # few configs need it

    try:
        return _Jmes(text, jmes.Expression(text))
    except jmes.BadExpression as error:
        return _Bad(error.what, error.offset)


def _parts(value: Any, step: _Step) -> list[Any]:
    if type(value) is list:
        return value
    return list(value.values()) if step.any and type(value) is dict else []


def _numbered(values: list[object], before: int = 0) -> Iterator[tuple[str | int, object]]:
    return ((number, value) for number, value in enumerate(values, before + 1) if value is not None)


def _folded(values: list[Any], step: _Step) -> list[Any]:
    """Take a step through data in which one value and a list of one value mean the same."""
    key = step.key
    found = []
    for value in values:
        if type(key) is str:
            name = key.casefold()
            for item in _flat(value):
                if key in item:
                    found.append(item[key])
                else:
                    found += [item[other] for other in item if other.casefold() == name][:1]
        elif step.any and type(value) is dict:
            found += value.values()
        else:
            items = value if type(value) is list else [value]
            if type(key) is int:
                items = [items[key]] if -len(items) <= key < len(items) else []
            found += items
    return found


def _flat(value: Any) -> list[dict[str, Any]]:
    """Return the object that a value is, or those in a list, lists in it too."""
    found, ahead = [], [value]
    while ahead:
        part = ahead.pop()
        if type(part) is dict:
            found.append(part)
        elif type(part) is list:
            ahead += reversed(part)
    return found


def _steps(text: str) -> tuple[_Step, ...] | _Bad:
    """Return the steps of a plain path, or what is wrong with it as one."""
    if text in ("", "@"):
        return ()
    steps: list[_Step] = []
    at = 1 if text.startswith(("@.", "@[")) else 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return _complaint(text, at)
        if step["number"] is None and step["items"] is None and bool(step["dot"]) != (at > 0):
            return _complaint(text, at)
        key: str | int | None = step["name"]
        if step["quoted"] is not None:
            try:
                key = json.loads(step["quoted"])
            except ValueError:
                return _Bad("a backslash in a name in double quotes is written twice", at)
        elif step["number"] is not None:
            key = int(step["number"])
        if key == "$" and at == 0 and step["quoted"] is None:
            return _Bad("a path begins with a name, not with $: stores[].name; a name $ stands in double quotes", at)
        steps.append(_Step(key, step["values"] is not None, at, step.end()))
        at = step.end()
    return tuple(steps)


def _complaint(text: str, at: int) -> _Bad:
    rest = text[at:]
    if rest == ".":
        return _Bad("a name is missing behind the last dot", at)
    if rest.startswith(".."):
        return _Bad("a name is missing between two dots", at + 1)
    if rest.startswith(".["):
        return _Bad("no dot stands in front of [", at)
    if rest.startswith("."):
        return _complaint(text, at + 1) if at else _Bad("a path begins with a name, not with a dot", at)
    if rest.startswith("["):
        what = "in [] stands nothing or the number of an item" if "]" in rest else "the bracket [ is not closed"
        return _Bad(what, at)
    if rest.startswith('"') and rest.count('"') == 1:
        return _Bad("the double quote is not closed", at)
    if rest[0].isspace():
        return _Bad("a name with a space in it stands in double quotes", at)
    if rest[0] in "/\\":
        return _Bad("names are joined by dots: address.city", at)
    return _Bad(f"a dot is missing before {rest[0]!r}, or the name belongs in double quotes", at)


def _stop(value: Any, step: _Step, path: str, ahead: list[Any]) -> str:
    """Return why a step from a value finds nothing."""
    before = path[: step.begin].removeprefix("@")
    here = f"'{before}'" if before else "it"
    key = step.key
    if ahead and not (type(value) is dict and type(key) is str and key not in value):
        return f"'{path[: step.end]}' is null"
    if type(value) is dict:
        if type(key) is not str:
            each = f"; write {before}{'.' if before else ''}* for each value" if key is None and value else ""
            return f"{here} is an {'object' if value else 'empty object'}{each}"
        return f"there is no '{key}'{f' in {before}' if before else ''}; {_about(value)}"
    if type(value) is list:
        if not value:
            return f"{here} is an empty list"
        if type(key) is int:
            return f"{here} has {len(value)} item{'s' if len(value) > 1 else ''}"
        return f"{here} is a list; write {before}[] for each item"
    return f"{here} is {_kind(value)}"


def _about(value: object) -> str:
    if type(value) is not dict:
        return f"it is {_kind(value)}"
    names = [one_line(name, 40) for name in list(value)[:_SHOWN]]
    return f"it has: {', '.join(names)}{', ...' if len(value) > _SHOWN else ''}" if names else "it has no names"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number")
