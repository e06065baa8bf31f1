"""How a config is described: a section has keys; a key has a type, a default and a meaning. And the types of values.

Our own, and not a library for data models: to import one and build its models takes longer than all else here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, NoReturn, Self, TypeVar, cast, overload

from crawler import plugins
from crawler.config import units, validators
from crawler.config.diagnostics import Diagnostics
from crawler.config.explain import as_expected, got, meaning, suggest
from crawler.config.secrets import Secret, expand
from crawler.config.units import BadLatency, Wait, parse_latency, show_latency
from crawler.config.validators import Problem, did_you_mean
from crawler.config.yaml_tree import KeyPath

__all__ = [
    "BOOL",
    "FORMAT",
    "HOST",
    "HOST_PORT",
    "IDENTIFIER",
    "KIND_NAME",
    "LATENCY",
    "LOCALE",
    "MAPPING",
    "NAME",
    "ONE_LINE",
    "OUTPUT_PATH",
    "OWN",
    "PARAMETER",
    "PATTERN",
    "RAW_TEXT",
    "REQUIRED",
    "SELECTOR",
    "TEXT",
    "InvalidValue",
    "Key",
    "Location",
    "Section",
    "Type",
    "TypeMismatch",
    "choice",
    "duration",
    "list_of",
    "mapping",
    "named",
    "of",
    "optional",
    "or_false",
    "pairs",
    "secret",
    "share",
    "size",
    "text",
    "whole",
]


T = TypeVar("T")

MAPPING = "a mapping (`key: value` lines)"


class InvalidValue(Exception):
    """Refuses a value: `offset` is the character in it that is at fault, `key` the part of it."""

    def __init__(
        self, what: str, fix: str = "", offset: int | None = None, *, key: str | int | None = None, on_key: bool = False
    ) -> None:
        super().__init__(what, fix)
        self.what, self.fix, self.offset = what, fix, offset
        self.key, self.on_key = key, on_key


class TypeMismatch(InvalidValue):
    """Refuses a value that is something else than what was expected."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(expected)
        self.value = value


@dataclass(slots=True)
class Location:
    """Where a value stands in the config; hears of all that is wrong there.

    Attributes:
        root: the section that is the whole config.
        env: where `${NAME}` is looked up.
        faults: the paths of all complaints so far, at any place.
    """

    report: Diagnostics
    root: type[Section]
    env: Mapping[str, str]
    path: KeyPath = ()
    faults: list[KeyPath] = field(default_factory=list)

    def inside(self, part: str | int) -> Location:
        """The place of a part of this value."""
        return Location(self.report, self.root, self.env, (*self.path, part), self.faults)

    def read(self, kind: Type[T], value: object, *, on_key: bool = False) -> T:
        """The value, or after a complaint the empty one of its type; `on_key` complains of the key."""
        try:
            return kind.read(value, self)
        except InvalidValue as wrong:
            wrong.on_key = wrong.on_key or on_key
            self.refuse(wrong)
            return kind.empty

    def refuse(self, wrong: InvalidValue) -> None:
        """Complain of the value here, or of the part of it that `wrong` names."""
        path = self.path if wrong.key is None else (*self.path, wrong.key)
        what, fix = wrong.what, wrong.fix
        if isinstance(wrong, TypeMismatch):
            what, fix = as_expected(what, wrong.value, path, self.report.node(path))
        self.faults.append(path)
        while path and self.report.node(path) is None:  # `title: h1` is not `title.css` to the person
            path = path[:-1]
        self.report.add(path, what, fix, on_key=wrong.on_key, offset=wrong.offset)

    def miss(self, about: str) -> None:
        """Complain that a key is missing, and say what it means."""
        self.faults.append(self.path)
        self.report.add(self.path, "is missing", f"add {meaning(str(self.path[-1]), about)}")


@dataclass(frozen=True)
class Type(Generic[T]):
    """What a value must be.

    Attributes:
        name: how the reference calls it.
        empty: what stands for a value that is missing or refused, so that the rest can be checked.
        read: the value as the program uses it, from plain data; raises Wrong where it is not of this type, and
            says at its own place what is wrong inside it.
        show: the value as a person writes it; `none` for an empty one.
        json: what an editor must know, as JSON Schema draft 7.
        null: nothing, as a key whose lines are all comments, is an empty value and not a mistake.
        section: the section that a value is.
        group: of the entry points whose names are values, too.
    """

    name: str
    empty: T
    read: Callable[[object, Location], T]
    show: Callable[[T], str] = lambda value: str(value) or "none"
    json: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})
    null: bool = False
    section: type[Section] | None = None
    group: str = ""


class _Required:
    """The default of a key that must be given."""


REQUIRED = _Required()


class Key(Generic[T]):
    """A key of a section. On an instance of the section it is the value."""

    def __init__(self, kind: Type[T], default: T | _Required, about: str) -> None:
        self.type = kind
        self.required = isinstance(default, _Required)
        self.default: T = kind.empty if isinstance(default, _Required) else default
        self.about = about

    @overload
    def __get__(self, section: None, owner: type[Section]) -> Key[T]: ...
    @overload
    def __get__(self, section: Section, owner: type[Section]) -> T: ...
    def __get__(self, section: Section | None, owner: type[Section]) -> Key[T] | T:
        # Values lie in the instance, where Python looks before it asks here.
        return self


class Section:
    """A mapping of the config with keys of its own; never changed.

    Attributes:
        keys: its keys, in the order of the reference.
        shorthand: the key that a text alone, instead of the mapping, is the value of.
        expected: what stands here, for complaints.
        given: the names of the keys that the config says.
        order: the same in the order of the file.
        alone: it was a text alone.
    """

    keys: ClassVar[dict[str, Key[Any]]] = {}
    shorthand: ClassVar[str] = ""
    expected: ClassVar[str] = MAPPING
    given: frozenset[str]
    order: tuple[str, ...]
    alone: bool = False

    def __init_subclass__(cls) -> None:
        # `from_` is the key `from`: the word itself cannot be a name of Python.
        cls.keys = {**cls.keys, **{name.rstrip("_"): key for name, key in vars(cls).items() if isinstance(key, Key)}}

    def __init__(self, **values: object) -> None:
        defaults = {name: key.default for name, key in self.keys.items()}
        vars(self).update({**defaults, **values}, given=frozenset(values), order=tuple(values))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.keys)

    __hash__ = None  # type: ignore[assignment]  # it holds mappings

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.keys)})"

    @classmethod
    def read(cls, value: object, place: Location) -> Self:
        """The section from plain data. A key that is refused has its default.

        Raises:
            Wrong: it is no mapping. What is wrong inside it is said at its own place.
        """
        alone = isinstance(value, str) and bool(cls.shorthand)
        if alone:
            value = {cls.shorthand: value}
        if not isinstance(value, dict):
            raise TypeMismatch(f"expected {cls.expected}", value)
        before = len(place.faults)
        unknown = cls._unknown(value, place)
        values = cls._values(value, place, {near for near, _ in unknown.values()})
        for name, (_, fix) in unknown.items():
            place.refuse(InvalidValue("unknown key", fix, key=name, on_key=True))
        ordered = {name: values[name] for name in value if name in values}
        section = cls._fitting({**ordered, **values}, place, silent=len(place.faults) > before)
        vars(section)["alone"] = alone
        return section

    @classmethod
    def _unknown(cls, data: dict[str, object], place: Location) -> dict[str, tuple[str, str]]:
        """For each unknown key the known one that was most likely meant, and what to do."""
        known, sections = list(cls.keys), place.root.sections()
        return {name: suggest(name, known, place.path, sections) for name in data if name not in cls.keys}

    @classmethod
    def _values(cls, data: dict[str, object], place: Location, meant: set[str]) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, key in cls.keys.items():
            here = place.inside(name)
            if name in data:
                try:
                    values[name] = key.type.read(data[name], here)
                except InvalidValue as wrong:
                    here.refuse(wrong)
            elif key.required and name in meant:  # a misspelt key is complained of already
                here.faults.append(here.path)
            elif key.required:
                here.miss(key.about)
        return values

    @classmethod
    def _fitting(cls, values: dict[str, object], place: Location, *, silent: bool) -> Self:
        """The section without the keys that do not fit the others; `silent` after a mistake that may be the reason."""
        section = cls(**values)
        try:
            section.check()
        except InvalidValue as wrong:
            if not silent:
                place.refuse(wrong)
            rest = {name: value for name, value in values.items() if name != wrong.key}
            return cls._fitting(rest, place, silent=True) if len(rest) < len(values) else section
        return section

    @classmethod
    def sections(cls) -> dict[str, type[Section]]:
        """The sections among its values."""
        return {name: key.type.section for name, key in cls.keys.items() if key.type.section is not None}

    def check(self) -> None:
        """Look at keys that must fit together.

        Raises:
            Wrong: they do not; its `key` is the one to take away.
        """

    def changed(self, **values: object) -> Self:
        """The same section with other values."""
        given = {name: getattr(self, name) for name in self.order}
        section = type(self)(**{**given, **values})
        vars(section)["alone"] = self.alone
        return section

    def plain(self, *, defaults: bool = True, without: Collection[str] = ()) -> dict[str, Any]:
        """Its keys and values as JSON takes them, with or without those that are the default; secrets are `***`."""
        pairs = ((name, getattr(self, name), key.default) for name, key in self.keys.items() if name not in without)
        return {name: _plain(value, defaults) for name, value, default in pairs if defaults or value != default}


def _plain(value: object, defaults: bool) -> object:
    if isinstance(value, Section):
        return value.plain(defaults=defaults)
    if isinstance(value, dict):
        return {name: _plain(inner, defaults) for name, inner in value.items()}
    if type(value) is tuple:  # a named tuple is one value
        return tuple(_plain(inner, defaults) for inner in cast("tuple[object, ...]", value))
    return str(value) if isinstance(value, Secret) else value


S = TypeVar("S", bound=Section)

_NULL = {"type": "null"}
_PAIRS = "expected `pattern: text`, or a list of them"


def of(section: type[S], *, null: bool = False) -> Type[S]:
    """A section; `null`: one whose lines are all comments is an empty one."""

    def read(value: object, place: Location) -> S:
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

    def read(given: object, place: Location) -> dict[str, T]:
        if given is None and null:
            return {}
        if not isinstance(given, dict):
            raise TypeMismatch(f"expected {MAPPING}", given)
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

    def read(value: object, place: Location) -> tuple[T, ...]:
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

    def read(value: object, place: Location) -> tuple[tuple[str, str], ...]:
        if isinstance(value, dict):
            return tuple(entries.read(value, place).items())
        if not isinstance(value, list):
            raise InvalidValue(_PAIRS)
        for index, one in enumerate(value):
            if not isinstance(one, dict) or len(one) != 1:
                raise InvalidValue(_PAIRS, key=index)
        parts = (place.inside(index).read(entries, one) for index, one in enumerate(value))
        return tuple(pair for part in parts for pair in part.items())

    json = {"anyOf": [entries.json, {"items": entries.json, "type": "array"}]}
    return Type("pattern: text, or a list of them", (), read, json=json)


def optional(value: Type[T]) -> Type[T | None]:
    """A value or nothing."""

    def read(given: object, place: Location) -> T | None:
        return None if given is None and not value.null else value.read(given, place)

    def show(given: T | None) -> str:
        return "none" if given is None else value.show(given)

    json = value.json if value.null else {"anyOf": [value.json, _NULL]}
    return Type(value.name, None, read, show, json, null=value.null, section=value.section, group=value.group)


def or_false(value: Type[S]) -> Type[S | None]:
    """A section, or `false` for None: what it describes is switched off. `true` is the section with its defaults."""

    def read(given: object, place: Location) -> S | None:
        return None if given is False else value.read({} if given is True else given, place)

    def show(given: S | None) -> str:
        return "false" if given is None else value.show(given)

    json = {"anyOf": [{"type": "boolean"}, value.json]}
    return Type(f"{value.name}, or false", None, read, show, json, null=value.null, section=value.section)


N = TypeVar("N", int, float)
ST = TypeVar("ST", bound=str)

Check = Callable[[str], Problem | None]


def text(name: str, *checks: Check, written: str | list[str] = "string") -> Type[str]:
    """A text that passes the checks; `written` is what YAML may take it for."""

    def read(value: object, place: Location) -> str:
        if not isinstance(value, str):
            raise TypeMismatch("expected text", value)
        return _passed(value, *checks)

    return Type(name, "", read, json={"type": written})


def secret(*checks: Check) -> Type[Secret]:
    """A text that is never shown and may hold `${NAME}`."""

    def read(value: object, place: Location) -> Secret:
        if not isinstance(value, str) or not value:
            raise TypeMismatch("expected text", value)
        try:
            return Secret(_passed(expand(value, place.env), *checks))
        except ValueError as error:
            what, _, fix = str(error).partition("; ")
            raise InvalidValue(what, fix) from None

    return Type("text, may hold ${VARIABLE}", Secret(""), read, json={"type": ["string", "number"]})


def _passed(value: str, *checks: Check) -> str:
    for check in checks:
        fault = check(value)
        if fault is not None:
            raise InvalidValue(*fault)
    return value


def choice(*choices: ST) -> Type[ST]:
    """One of some words."""

    def read(value: object, place: Location) -> ST:
        for one in choices:
            if value == one:
                return one
        shown, near = got(value), ""
        if isinstance(value, str):
            shown, near = f"'{value}'"[:60], did_you_mean(value, choices)
        raise InvalidValue(f"expected one of {', '.join(choices)}; got {shown}", near)

    names = ", ".join(f"`{one}`" for one in choices)
    return Type(names, choices[0], read, json={"enum": list(choices), "type": "string"})


def named(known: Collection[str], group: str) -> Type[str]:
    """One of some words, a name that another package brings under an entry point, or `module:name`."""

    def read(value: object, place: Location) -> str:
        if isinstance(value, str) and value in known:
            return value
        if isinstance(value, str) and ":" in value:
            return _passed(value, validators.own)
        return choice(*known, *plugins.entry_points(group)).read(value, place)

    words = choice(*known)
    own = {"pattern": "^[^:]+:[^:]+$", "type": "string"}
    return Type(f"{words.name}, `module:name`", words.empty, read, json={"anyOf": [words.json, own]}, group=group)


def _bool(value: object, place: Location) -> bool:
    if not isinstance(value, bool):
        raise TypeMismatch("expected true or false", value)
    return value


def _latency(value: object, place: Location) -> Wait:
    try:
        return parse_latency(value)
    except BadLatency as error:
        raise InvalidValue(error.what, error.fix, error.offset) from None


def whole(least: int, most: int) -> Type[int]:
    """A whole number."""
    return _number("whole number", _whole, str, least, most, {"maximum": most, "minimum": least, "type": "integer"})


def duration(least: float, most: float, *, above: bool = False) -> Type[float]:
    """Seconds, with or without a unit; `above`: more than `least`."""
    return _number("duration", units.parse_duration, units.show_duration, least, most, _NUMBER_OR_TEXT, above=above)


def size(least: int, most: int) -> Type[int]:
    """Bytes, with or without a unit."""
    return _number("size", units.parse_size, units.show_size, least, most, {"type": ["integer", "string"]})


def share(least: float, most: float) -> Type[float]:
    """A part of the whole, also as `5%`."""
    return _number("share", units.parse_share, units.show_share, least, most, _NUMBER_OR_TEXT)


def _number(
    unit: str,
    parse: Callable[[object], N],
    show: Callable[[N], str],
    least: N,
    most: N,
    json: Mapping[str, object],
    *,
    above: bool = False,
) -> Type[N]:
    def read(value: object, place: Location) -> N:
        try:
            number = parse(value)
        except ValueError as error:
            raise TypeMismatch(str(error), value) from None
        if least < number <= most or (number == least and not above):
            return number
        first = f"{'more than' if above else 'at least'} {show(least)}"
        raise TypeMismatch(f"must be {first} and at most {show(most)}", number)

    between = f"more than {show(least)}, at most {show(most)}" if above else f"{show(least)} to {show(most)}"
    return Type(f"{unit}, {between}", least, read, show, json)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")
    return value


_NUMBER_OR_TEXT = {"type": ["number", "string"]}
BOOL = Type("true or false", False, _bool, lambda value: "true" if value else "false", {"type": "boolean"})
LATENCY: Type[Wait] = Type("duration, range or percentiles, 0s to 1h", 0.0, _latency, show_latency, _NUMBER_OR_TEXT)
TEXT = text("text", validators.text)
OWN = text("text", validators.text, validators.own)
RAW_TEXT = text("text", written=["string", "number", "boolean"])
ONE_LINE = text("text", validators.one_line)
IDENTIFIER = text("name", validators.identifier)
NAME = text("name", validators.column)
KIND_NAME = text("page kind", validators.kind)
SELECTOR = text("CSS selector", validators.text)
"""Checked when it is known what it is a selector of: a text alone is a path in JSON. See languages."""
PATTERN = text("regular expression", validators.pattern)
FORMAT = text("date format", validators.time_format)
LOCALE = text("language", validators.locale)
OUTPUT_PATH = text("path", validators.text, validators.output)
HOST = text("host name", validators.host)
HOST_PORT = text("host, or host:port", validators.host_port)
PARAMETER = text("name of a parameter", validators.parameter)
