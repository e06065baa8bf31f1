"""Types of single values: checked text, patterns, selectors, durations, secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from crawler.config import checked, units
from crawler.config.secrets import Secret, expand

__all__ = [
    "Duration",
    "Format",
    "Host",
    "Identifier",
    "KindName",
    "Locale",
    "Model",
    "Name",
    "OneLine",
    "OutputPath",
    "Pattern",
    "SecretText",
    "Selector",
    "Share",
    "Shown",
    "Size",
    "Text",
    "complain",
    "empty_if_null",
]


def complain(
    what: str,
    fix: str = "",
    *,
    key: str | int | None = None,
    on_key: bool = False,
    offset: int | None = None,
) -> NoReturn:
    """Refuse a value: `key` names the part of it that is at fault, `offset` the character in it."""
    context = {"what": what, "fix": fix, "key": key, "on_key": on_key, "offset": offset}
    raise PydanticCustomError("config", "{what}", context)


class Model(BaseModel):
    """Base of every section: unknown keys are errors, nothing is converted silently, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class Shown:
    """How a value of this type is called and shown in the reference and in summaries."""

    def __init__(self, name: str, show: Callable[[Any], str] = str) -> None:
        self.name = name
        self.show = show


def _checked(check: Callable[[str], checked.Fault | None]) -> AfterValidator:
    def validate(text: str) -> str:
        fault = check(text)
        if fault is not None:
            complain(fault.what, fault.fix, offset=fault.offset)
        return text

    return AfterValidator(validate)


def _parsed(parse: Callable[[object], float]) -> BeforeValidator:
    def validate(value: object) -> float:
        try:
            return parse(value)
        except ValueError as error:
            raise PydanticCustomError("unit", "{expected}", {"expected": str(error)}) from None

    return BeforeValidator(validate)


def empty_if_null(kind: Callable[[], object]) -> BeforeValidator:
    """A section whose lines are all comments is empty, not wrong."""
    return BeforeValidator(lambda value: kind() if value is None else value)


def _secret(value: object, info: ValidationInfo) -> Secret:
    if not isinstance(value, str) or not value:
        raise PydanticCustomError("string_type", "text")
    try:
        return Secret(expand(value, (info.context or {}).get("env", {})))
    except ValueError as error:
        what, _, fix = str(error).partition("; ")
        complain(what, fix)


Text = Annotated[str, _checked(checked.text), Shown("text")]
OneLine = Annotated[str, _checked(checked.one_line), Shown("text")]
Identifier = Annotated[str, _checked(checked.identifier), Shown("name")]
Name = Annotated[str, _checked(checked.column), Shown("name")]
KindName = Annotated[str, _checked(checked.column), Shown("page kind")]
Selector = Annotated[str, _checked(checked.selector), Shown("CSS selector")]
Pattern = Annotated[str, _checked(checked.pattern), Shown("regular expression")]
Format = Annotated[str, _checked(checked.time_format), Shown("date format")]
Locale = Annotated[str, _checked(checked.locale), Shown("language")]
OutputPath = Annotated[str, _checked(checked.text), _checked(checked.output), Shown("path")]
Host = Annotated[str, _checked(checked.host), Shown("host name")]

_NUMBER_OR_TEXT = {"type": ["number", "string"]}
Duration = Annotated[
    float, _parsed(units.parse_duration), WithJsonSchema(_NUMBER_OR_TEXT), Shown("duration", units.show_duration)
]
Size = Annotated[
    int, _parsed(units.parse_size), WithJsonSchema({"type": ["integer", "string"]}), Shown("size", units.show_size)
]
Share = Annotated[float, _parsed(units.parse_share), WithJsonSchema(_NUMBER_OR_TEXT), Shown("share", units.show_share)]
SecretText = Annotated[
    Secret,
    PlainValidator(_secret),
    PlainSerializer(lambda _: "***", return_type=str),
    WithJsonSchema({"type": ["string", "number"]}),
    Shown("text, may hold ${VARIABLE}"),
]
