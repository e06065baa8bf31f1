"""Types of single values: checked text, numbers with units, choices, secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from crawler import plugins
from crawler.config import units, validators
from crawler.config.explain import got
from crawler.config.schema import InvalidValue, Location, Type, TypeMismatch
from crawler.config.secrets import Secret, expand
from crawler.config.units import BadLatency, Wait, parse_latency, show_latency
from crawler.config.validators import Problem, did_you_mean

__all__ = [
    "BOOL",
    "FORMAT",
    "HOST",
    "IDENTIFIER",
    "KIND_NAME",
    "LATENCY",
    "LOCALE",
    "NAME",
    "ONE_LINE",
    "OUTPUT_PATH",
    "OWN",
    "PARAMETER",
    "PATTERN",
    "RAW_TEXT",
    "SELECTOR",
    "TEXT",
    "choice",
    "duration",
    "named",
    "secret",
    "share",
    "size",
    "text",
    "whole",
]

N = TypeVar("N", int, float)
S = TypeVar("S", bound=str)

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


def choice(*choices: S) -> Type[S]:
    """One of some words."""

    def read(value: object, place: Location) -> S:
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
KIND_NAME = text("page kind", validators.column)
SELECTOR = text("CSS selector", validators.selector)
PATTERN = text("regular expression", validators.pattern)
FORMAT = text("date format", validators.time_format)
LOCALE = text("language", validators.locale)
OUTPUT_PATH = text("path", validators.text, validators.output)
HOST = text("host name", validators.host)
PARAMETER = text("name of a parameter", validators.parameter)
