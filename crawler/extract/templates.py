"""Texts with names in braces, as `https://oak.example/s/{sku}`: filled in with the values of a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from crawler.errors import ExtractError
from crawler.extract.values import as_text
from crawler.model import Value

__all__ = ["WITH_SECRETS", "Template", "as_written", "misspelt", "spaced"]

_NAME = r"(?:[^\W\d]\w*)(?:\.\w+)*"
_TOKEN = re.compile(rf"\{{\{{(?P<literal>{_NAME})\}}\}}|\{{(?P<name>{_NAME})(?::(?P<kind>text|int|decimal))?\}}")
WITH_SECRETS = re.compile(rf"\$\{{(?P<secret>[A-Za-z_][A-Za-z0-9_]*)\}}|{_TOKEN.pattern}")
"""The placeholders of a request: also `${NAME}`, whose name is then `$NAME`."""
_MAX_CHARS = 1_000_000
_MAX_DIGITS = 300
_SPACED = re.compile(rf"\{{\s*({_NAME})\s*\}}")
_NESTED = re.compile(r"\{[^{}]+\{")
_OF_KIND = re.compile(rf"\{{({_NAME}):([A-Za-z]+)\}}")


def as_written(value: Value) -> str:
    """Return a value as it stands in a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return ", ".join(map(str, value)) if type(value) is tuple else as_text(value)


class _Placeholder(NamedTuple):
    name: str
    kind: str


class Template:
    """A text with placeholders `{name}` and `{name:text}`, `{name:int}`, `{name:decimal}`.

    `{{name}}` stands for the text `{name}`; all other braces stand as they are.

    Attributes:
        text: as it is written.
        names: of its placeholders, each once, in order.
    """

    def __init__(self, text: str, placeholder: re.Pattern[str] = _TOKEN) -> None:
        self.text = text
        self._parts: list[str | _Placeholder] = []
        at = 0
        for found in placeholder.finditer(text):
            self._parts.append(text[at : found.start()])
            literal, secret = found["literal"], found.groupdict().get("secret")
            name = f"${secret}" if secret else found["name"]
            self._parts.append(f"{{{literal}}}" if literal else _Placeholder(name, found["kind"] or ""))
            at = found.end()
        self._parts.append(text[at:])
        self._parts = [part for part in self._parts if part != ""]
        self.names = tuple(dict.fromkeys(part.name for part in self._parts if isinstance(part, _Placeholder)))

    @property
    def alone(self) -> bool:
        """Whether it is one placeholder and nothing else."""
        return len(self._parts) == 1 and isinstance(self._parts[0], _Placeholder)

    def fill(self, value: Callable[[str], Value], written: Callable[[Value], str | None] = as_written) -> Value:
        """Return the text with its names filled in; None where a name has no value.

        A placeholder that is the whole template gives the value itself, a number stays one.

        Args:
            value: gives the value of a name, None for none.
            written: gives the text of a value that stands between others, None for none.

        Raises:
            ExtractError: `unparsable`: the text grows past 1,000,000 characters; templates made of templates can.
        """
        if len(self._parts) == 1 and isinstance(self._parts[0], _Placeholder):
            return _as(self._parts[0].kind, value(self._parts[0].name))
        texts = []
        size = 0
        for part in self._parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            found = _as(part.kind, value(part.name))
            if found is None or found == "" or found == ():
                return None
            text = written(found)
            if text is None:
                return None
            texts.append(text)
            size += len(texts[-1])
            if size > _MAX_CHARS:
                raise ExtractError("unparsable", f"a template makes a text of more than {_MAX_CHARS:,} characters")
        return "".join(texts)


def spaced(text: str) -> dict[str, str]:
    """Return what looks like placeholders but has a space inside the braces, by the names."""
    if _NESTED.search(text):  # braces in braces are another language's
        return {}
    return {found[1]: found[0] for found in _SPACED.finditer(text) if found[0] != f"{{{found[1]}}}"}


def misspelt(text: str, *, spaces: bool = True) -> str | None:
    """Say what is wrong with what looks like a placeholder; None when nothing does.

    A space inside the braces, or another kind than text, int and decimal, would make it a text as any other.

    Args:
        spaces: look for spaces; a request may hold braces of GraphQL.
    """
    for name, written in spaced(text).items() if spaces else ():
        return f"'{written}' has spaces in it, so it is not a placeholder; write {{{name}}}"
    for found in _OF_KIND.finditer(text):
        if not _TOKEN.fullmatch(found[0]):
            return f"'{found[0]}': after the colon only text, int and decimal are allowed"
    return None


def _as(kind: str, value: Value) -> Value:
    """The value as the placeholder asks for it; None where it cannot be that."""
    if not kind or value is None:
        return value
    text = as_written(value)
    if kind == "text":
        return text
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:  # 1e999999999 would be that many digits
        return None
    if kind == "int":
        return int(number) if number == number.to_integral_value() else None
    return number
