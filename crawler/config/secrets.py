"""Values that must never be shown, and `${NAME}` taken from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["Secret", "expand", "has_variable", "reveal"]

_VARIABLE = r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"
_START = r"\$\{[^}]*\}?"


class Secret:
    """A text that shows itself as `***` wherever it is printed or dumped; `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; hand it to the client and to nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def reveal(values: Mapping[str, Secret]) -> dict[str, str]:
    """The texts of a mapping of secrets, for the client."""
    return {name: value.reveal() for name, value in values.items()}


def has_variable(text: str) -> bool:
    """Whether `${NAME}` stands in it."""
    return "${" in text and re.search(_VARIABLE, text) is not None


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Each `${NAME}` of `text` replaced by the variable's value, once: a value is never expanded again.

    Raises:
        ValueError: a variable that is unset, empty or unfit; the message names it and never shows its value.
    """

    def value(found: re.Match[str]) -> str:
        name = re.fullmatch(_VARIABLE, found[0])
        if name is None:
            raise ValueError("${ starts the name of an environment variable; write ${NAME}")
        return _variable(name[1], environment)

    return re.sub(_START, value, text)


def _variable(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if name not in environment:
        raise ValueError(f"the environment variable {name} is not set; set it before you start the crawler")
    if not value:
        raise ValueError(f"the environment variable {name} is empty; give it a value")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError(f"the environment variable {name} has a line break or control character; remove it")
    if "${" in value:
        raise ValueError(f"the environment variable {name} contains ${{; variables cannot be nested")
    return value
