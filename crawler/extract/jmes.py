"""JMESPath on data whose numbers are Decimals: https://jmespath.org/specification.html

The library compares Decimals, but its literals are floats and its functions take no Decimals. So literals become
Decimals here, and functions get their arguments, never the whole data, as floats; what they give becomes Decimals of
15 digits again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from jmespath.exceptions import IncompleteExpressionError, JMESPathError, ParseError
from jmespath.functions import Functions
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from crawler.errors import one_line
from crawler.extract.strict_json import number

__all__ = ["BadExpression", "Expression"]

_PROJECTIONS = frozenset({"projection", "value_projection", "filter_projection"})
_NAME_COMPARED = re.compile(r'[=<>]\s*"')


class BadExpression(Exception):
    """A text is no JMESPath.

    Args:
        what: in plain words.
        offset: of the character, or None.
    """

    def __init__(self, what: str, offset: int | None) -> None:
        super().__init__(what, offset)
        self.what, self.offset = what, offset


class Expression:
    """A compiled expression.

    Attributes:
        many: its value is a projection: several values, not one list.

    Raises:
        BadExpression: it is wrong, calls a function that does not exist, or with too few or too many arguments.
    """

    def __init__(self, text: str) -> None:
        compared = _NAME_COMPARED.search(text)
        if compared is not None:
            what = "a text to compare with stands in single quotes; what stands in double quotes is a name"
            raise BadExpression(what, compared.end() - 1)
        try:
            self._tree: Any = Parser().parse(text).parsed
        except ParseError as error:
            raise _plain(text, error) from None
        except (ValueError, RecursionError):
            raise BadExpression("it is no JMESPath", None) from None
        _check_calls(self._tree, text)
        last = self._tree
        while last["type"] == "pipe":
            last = last["children"][-1]
        self.many = last["type"] in _PROJECTIONS

    def search(self, value: object) -> object:
        """Return what the expression finds.

        Raises:
            ValueError: a function was given a value of another type; the message says which.
        """
        try:
            return _exact(_Interpreter(Options(custom_functions=_FUNCTIONS)).visit(self._tree, value))
        except JMESPathError as error:
            raise ValueError(one_line(str(error))) from None
        except (TypeError, ArithmeticError, LookupError, AttributeError, RecursionError):
            raise ValueError("a function or a comparison does not fit the data") from None


class _Interpreter(TreeInterpreter):
    """Gives literals as Decimals, and what functions like sort_by ask for as floats."""

    def visit_literal(self, node: Any, value: object) -> object:
        return _exact(node["value"])

    def visit_expref(self, node: Any, value: object) -> Any:
        return _Expression(node["children"][0], self)


class _Expression:  # of this name: the library looks at the name of the type
    def __init__(self, expression: Any, interpreter: _Interpreter) -> None:
        self.expression = expression
        self._interpreter = interpreter

    def visit(self, node: Any, value: object) -> object:
        return _loose(self._interpreter.visit(node, value))


class _Functions(Functions):
    def call_function(self, function_name: str, resolved_args: Iterable[object]) -> object:
        arguments = [_loose(argument) for argument in resolved_args]
        return _exact(super().call_function(function_name, arguments))


_FUNCTIONS = _Functions()


def _loose(value: object) -> object:
    """Return a Decimal, or those that a list holds, as floats."""
    if type(value) is list and any(type(part) is Decimal for part in value):
        return [float(part) if type(part) is Decimal else part for part in value]
    return float(value) if type(value) is Decimal else value


def _exact(value: object) -> object:
    """Return a float, or those that a list holds, as Decimals of 15 digits."""
    if type(value) is list and any(type(part) is float for part in value):
        return [number(repr(part)) if type(part) is float else part for part in value]
    return number(repr(value)) if type(value) is float else value


def _check_calls(tree: Any, text: str) -> None:
    for node in _nodes(tree):
        if node["type"] != "function_expression":
            continue
        name, given = node["value"], len(node["children"])
        at = text.find(name)
        offset = at if at >= 0 else None
        known = Functions.FUNCTION_TABLE.get(name)
        if known is None:
            raise BadExpression(f"there is no function {name}(); there are: {_names()}", offset)
        wanted = known["signature"]
        variadic = bool(wanted) and bool(wanted[-1].get("variadic"))
        if given < len(wanted) or (given > len(wanted) and not variadic):
            least = "at least " if variadic else ""
            raise BadExpression(f"{name}() takes {least}{len(wanted)} value(s), not {given}", offset)


def _names() -> str:
    return ", ".join(sorted(Functions.FUNCTION_TABLE))


def _nodes(tree: Any) -> list[Any]:
    nodes, ahead = [], [tree]
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            nodes.append(node)
            ahead += node.get("children", ())
    return nodes


def _plain(text: str, error: ParseError) -> BadExpression:
    if isinstance(error, IncompleteExpressionError) or error.token_value in (None, ""):
        return BadExpression("it ends too early: a bracket is not closed, or a name is missing", len(text))
    offset, sign = int(error.lex_position), str(error.token_value)
    if text[offset : offset + 1] in ("'", "`", '"'):
        return BadExpression(f"the quote {text[offset]} is not closed", offset)
    if sign == "=":
        return BadExpression("equal is written ==", offset)
    if sign[0].isdigit() or (sign[0] == "-" and sign[1:].isdigit()):
        return BadExpression(f"a number stands in backquotes: `{sign}`", offset)
    if sign == "-" or sign == "$" or not sign[0].isascii():
        return BadExpression(f"in a path with filters a name that holds {sign} stands in double quotes", offset)
    return BadExpression(f"unexpected {one_line(sign)!r}", offset)
