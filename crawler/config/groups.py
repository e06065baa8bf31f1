"""Types of values that hold others: sections, mappings with free names, lists, and values that may be missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from crawler.config.schema import MAPPING, Mismatch, Place, Section, Type, Wrong

__all__ = ["list_of", "mapping", "of", "optional", "or_false", "pairs"]

T = TypeVar("T")
S = TypeVar("S", bound=Section)

_NULL = {"type": "null"}
_PAIRS = "expected `pattern: text`, or a list of them"


def of(section: type[S], *, null: bool = False) -> Type[S]:
    """A section; `null`: one whose lines are all comments is an empty one."""

    def read(value: object, place: Place) -> S:
        return section.read({} if value is None and null else value, place)

    reference = {"$ref": f"#/definitions/{section.__name__}"}
    json = {"anyOf": [reference, _NULL]} if null else reference
    return Type("section", section(), read, json=json, null=null, section=section)


def mapping(
    name: str,
    key: Type[str],
    value: Type[T],
    *,
    null: bool = True,
    check: Callable[[dict[str, T]], None] | None = None,
) -> Type[dict[str, T]]:
    """Values by names of the user's own; `check` looks at them together when each is right."""

    def read(given: object, place: Place) -> dict[str, T]:
        if given is None and null:
            return {}
        if not isinstance(given, dict):
            raise Mismatch(f"expected {MAPPING}", given)
        before = len(place.faults)
        for one in given:
            place.inside(one).read(key, one, on_key=True)
        found = {one: place.inside(one).read(value, inner) for one, inner in given.items()}
        if check is not None and len(place.faults) == before:
            check(found)
        return found

    def show(values: dict[str, T]) -> str:
        return ", ".join(f"{one}: {value.show(inner)}" for one, inner in values.items()) or "none"

    return Type(name, {}, read, show, {"additionalProperties": value.json, "type": "object"}, null=null)


def list_of(name: str, item: Type[T], *, alone: bool = True) -> Type[tuple[T, ...]]:
    """A list. One value alone is a list of one; `alone`: editors hear of that."""

    def read(value: object, place: Place) -> tuple[T, ...]:
        before = len(place.faults)
        given = [] if value is None else value if isinstance(value, list) else [value]
        items = tuple(place.inside(index).read(item, one) for index, one in enumerate(given))
        # A list of texts that lacks one would lead to complaints about the others.
        return items if item.section or len(place.faults) == before else ()

    def show(items: tuple[T, ...]) -> str:
        return ", ".join(map(item.show, items)) or "none"

    several = {"items": item.json, "type": "array"}
    return Type(name, (), read, show, {"anyOf": [item.json, several]} if alone else several, null=True)


def pairs(entries: Type[dict[str, str]]) -> Type[tuple[tuple[str, str], ...]]:
    """Pairs in order: `{a: b, c: d}` or `[{a: b}, {c: d}]`."""

    def read(value: object, place: Place) -> tuple[tuple[str, str], ...]:
        if isinstance(value, dict):
            return tuple(entries.read(value, place).items())
        if not isinstance(value, list):
            raise Wrong(_PAIRS)
        for index, one in enumerate(value):
            if not isinstance(one, dict) or len(one) != 1:
                raise Wrong(_PAIRS, key=index)
        parts = (place.inside(index).read(entries, one) for index, one in enumerate(value))
        return tuple(pair for part in parts for pair in part.items())

    json = {"anyOf": [entries.json, {"items": entries.json, "type": "array"}]}
    return Type("pattern: text, or a list of them", (), read, json=json)


def optional(value: Type[T]) -> Type[T | None]:
    """A value or nothing."""

    def read(given: object, place: Place) -> T | None:
        return None if given is None and not value.null else value.read(given, place)

    def show(given: T | None) -> str:
        return "none" if given is None else value.show(given)

    json = value.json if value.null else {"anyOf": [value.json, _NULL]}
    return Type(value.name, None, read, show, json, null=value.null, section=value.section)


def or_false(value: Type[S]) -> Type[S | None]:
    """A section, or `false` for None: what it describes is switched off. `true` is the section with its defaults."""

    def read(given: object, place: Place) -> S | None:
        return None if given is False else value.read({} if given is True else given, place)

    def show(given: S | None) -> str:
        return "false" if given is None else value.show(given)

    json = {"anyOf": [{"type": "boolean"}, value.json]}
    return Type(f"{value.name}, or false", None, read, show, json, null=value.null, section=value.section)
