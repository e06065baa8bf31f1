"""Literals of JavaScript, as scripts in pages write data: https://tc39.es/ecma262/#sec-literals

Only what is written out is read; nothing is computed but `"a" + "b"` and `JSON.parse("...")`. Within an object or a
list an expression that is no literal (a call, a function, a name) is None: the rest of the data is worth having.
"""

from __future__ import annotations

import re
from typing import Any

from crawler.errors import ExtractError, one_line
from crawler.extract.patterns import compiled
from crawler.extract.strict_json import MAX_DEPTH, number, read_strict, too_deep, whole

__all__ = ["cut_off", "read_literal"]

# Possessive quantifiers (`*+`) never give back what they took: each pattern is linear on every text.
_GAP = r"(?:[\s\ufeff]++|//[^\n\r\u2028\u2029]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)*+"
_STRING = r""" "[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+' | `[^`\\]*+(?:\\.[^`\\]*+)*+` """
_NUMBER = r""" [+-]?+(?:0[xX][0-9a-fA-F_]++ | 0[oO][0-7_]++ | 0[bB][01_]++
    | (?:[0-9][0-9_]*+(?:\.[0-9_]*+)?+ | \.[0-9][0-9_]*+)(?:[eE][+-]?+[0-9]++)?+)n?+ """
_PLAIN = _STRING.replace("[^`", "[^`$")  # a template with a placeholder is none
_NAME = r"(?:[^\W\d]|\$)[\w$]*+"
_TOKEN = compiled(rf"{_GAP}(?:({_STRING})|({_NUMBER})|({_NAME})|(\.\.\.|=>|.))", re.X | re.S)
_STRINGS, _NUMBERS, _NAMES = 1, 2, 3
_MEMBER = compiled(rf"{_GAP}(?:({_STRING})|({_NUMBER})|({_NAME})){_GAP}:", re.X | re.S)
_QUICK = compiled(  # what most members are, with the comma behind it: one match instead of four
    rf"{_GAP}(?:({_PLAIN})|({_NUMBER})|(true|false|null)){_GAP}(?:,|(?=[\]}}]))", re.X | re.S
)
_REGEX = compiled(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/\w*+")
_MAX_PATTERN = 100  # characters: each slash may be looked at so far
_PARSE = compiled(r"JSON\s*+\.\s*+parse\s*+\(")
_VOID = compiled(r"void\s*+(?:0|\(\s*+0\s*+\))")
_PLUS = compiled(rf"{_GAP}\+{_GAP}({_STRING})", re.X | re.S)
_ESCAPE = compiled(
    r"\\(?:u\{0*+([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})|(\r\n|.))", re.S
)
_OCTAL, _SIGN = 4, 5
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\n": "", "\r\n": "", "\r": ""}
_ESCAPED |= {"\u2028": "", "\u2029": ""}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None, "Infinity": None}
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_QUOTES = ("'", '"', "`")
_NO_LITERAL = object()
_CLOSED = object()


def read_literal(text: str, at: int = 0, *, strict: bool = True) -> tuple[object, int]:
    """Return the value that begins at `at`, behind white space and comments, and the index behind it.

    Values are those of `json_data`: str, int, Decimal, bool, None, list, dict. `undefined`, `NaN`, `Infinity`, holes
    in lists, and what is no literal within an object or a list are None.

    Args:
        strict: try the C reader of JSON first. Where that fails it counts all lines before: not for many values.

    Raises:
        ExtractError: `not-json`: no literal begins there, or it is cut off or broken; `unparsable`: nested too deep.
    """
    token, mark, start = _token(text, at)
    if mark in ("[", "{"):
        return (read_strict(text, start) if strict else None) or _structure(text, start)
    value, end = _simple(text, token)
    if value is _NO_LITERAL:
        raise _wrong(text, start, "no value")
    return _joined(text, end, value) if token.lastindex == _STRINGS else (value, end)


def cut_off(text: str) -> ExtractError:
    """Return the refusal of a text that ends within a value."""
    return ExtractError("not-json", f"cut off at character {len(text)}")


def _token(text: str, at: int) -> tuple[re.Match[str], str, int]:
    """Return what comes next, its text, and where it begins."""
    token = _TOKEN.match(text, at)
    if token is None:
        raise cut_off(text)
    kind = token.lastindex or 0
    mark, start = token[kind], token.start(kind)
    if mark in _QUOTES or (mark == "/" and text.startswith("/*", start)):  # neither is closed
        raise cut_off(text)
    return token, mark, start


def _structure(text: str, at: int) -> tuple[object, int]:
    """Read an object or a list; with a stack of its own, as pages may nest deeper than Python may call."""
    outer: list[tuple[Any, object]] = []  # the containers around `here`, and the places in them
    here: Any = None
    name: object = None
    while True:
        quick = _QUICK.match(text, at) if outer else None
        if quick is not None:
            value, at = _plain(quick)
            _put(here, name, value)
        else:
            token, mark, _ = _token(text, at)
            if mark in ("[", "{"):
                if len(outer) >= MAX_DEPTH:
                    raise too_deep()
                outer.append((here, name))
                here = [] if mark == "[" else {}
                at = token.end()
            else:
                value, at = _member(text, token)
                _put(here, name, value)
        name, at = _place(text, at, here)
        while name is _CLOSED:
            value = here
            here, name = outer.pop()
            if here is None:
                return value, at
            value, at = _behind(text, at, value)
            _put(here, name, value)
            name, at = _place(text, at, here)


def _plain(quick: re.Match[str]) -> tuple[object, int]:
    kind = quick.lastindex or 0
    mark = quick[kind]
    if mark.isdecimal() and mark[0] != "0" and len(mark) < 20:
        return int(mark), quick.end()
    value = _unescaped(mark) if kind == _STRINGS else _number(mark) if kind == _NUMBERS else _WORDS[mark]
    return value, quick.end()


def _put(here: Any, name: object, value: object) -> None:
    if type(here) is list:
        here.append(value)
    else:
        here[name] = value


def _place(text: str, at: int, here: Any) -> tuple[object, int]:
    """Return where in a container the next value goes, or _CLOSED, and the index behind the name or the bracket."""
    listed = type(here) is list
    while True:
        if not listed and (member := _MEMBER.match(text, at)):
            return _key(member), member.end()
        token, mark, start = _token(text, at)
        if mark == ("]" if listed else "}"):
            return _CLOSED, token.end()
        if listed and mark != ",":
            return None, start
        at = token.end()
        if listed:
            here.append(None)  # a hole: [1,,2]
        elif token.lastindex in (_STRINGS, _NAMES):  # `{name, method() {...}}`
            _, follows, wrong = _token(text, at)
            if follows not in (",", "}", "("):
                raise _wrong(text, wrong, "no colon")
            here[_key(token)] = None
            at = _comma(text, _skipped(text, at))
        elif mark in ("...", "["):  # `{...rest, [computed]: 1}`: names that nobody knows
            at = _comma(text, _skipped(text, start))
        else:
            raise _wrong(text, start, "no name")


def _key(member: re.Match[str]) -> str:
    if member.lastindex == _STRINGS:
        return _unescaped(member[_STRINGS])
    return member[_NAMES] or str(_number(member[_NUMBERS]))


def _member(text: str, token: re.Match[str]) -> tuple[object, int]:
    """Return a value within a container, and the index of what comes after its comma."""
    value, at = _simple(text, token)
    if value is _NO_LITERAL:
        start = token.start(token.lastindex or 0)
        if text[start] in ",:;)]}":
            raise _wrong(text, start, "no value")
        return None, _comma(text, _skipped(text, start))
    if token.lastindex == _STRINGS:
        value, at = _joined(text, at, value)
    return _behind(text, at, value)


def _behind(text: str, at: int, value: object) -> tuple[object, int]:
    """Go past the comma behind a value; where an expression goes on behind it, it is no literal: None."""
    token, mark, start = _token(text, at)
    if mark == ",":
        return value, token.end()
    if mark in ("]", "}"):
        return value, start
    word = token.lastindex == _NAMES and mark not in ("in", "instanceof")
    if word or token.lastindex == _STRINGS or mark[0].isdigit() or mark in "{:;)":
        raise _wrong(text, start, "no comma")
    return None, _comma(text, _skipped(text, at, ended=True))


def _comma(text: str, at: int) -> int:
    return at + 1 if text[at] == "," else at


def _skipped(text: str, at: int, *, ended: bool = False) -> int:
    """Return the index of the comma or closing bracket behind an expression; `ended`: an operand, so a / divides."""
    depth = 0
    while True:
        token, mark, start = _token(text, at)
        if depth == 0 and mark in (",", "]", "}", ")", ";"):
            if mark in ");":
                raise _wrong(text, start, "no comma")
            return start
        at = token.end()
        if mark == "/" and not ended and (pattern := _REGEX.match(text, start, start + _MAX_PATTERN)):
            at, ended = pattern.end(), True
            continue
        depth += (mark in ("(", "[", "{")) - (mark in (")", "]", "}"))
        ended = token.lastindex in (_STRINGS, _NUMBERS) or mark in (")", "]", "}")
        ended = ended or (token.lastindex == _NAMES and mark not in ("return", "typeof", "case"))


def _simple(text: str, token: re.Match[str]) -> tuple[object, int]:
    """Return the value of a token, or _NO_LITERAL, and the index behind it."""
    kind, end = token.lastindex or 0, token.end()
    mark, start = token[kind], token.start(kind)
    if kind == _STRINGS:
        return (_NO_LITERAL if mark[0] == "`" and "${" in mark else _unescaped(mark)), end
    if kind == _NUMBERS:
        return _number(mark), end
    if mark in _WORDS:
        return _WORDS[mark], end
    if mark == "!" and text[end : end + 1] in ("0", "1"):
        return text[end] == "0", end + 1
    if mark == "void" and (void := _VOID.match(text, start)):
        return None, void.end()
    if mark == "JSON" and (call := _PARSE.match(text, start)):
        return _parsed(text, call.end())
    return _NO_LITERAL, end


def _parsed(text: str, at: int) -> tuple[object, int]:
    """Return the value of `JSON.parse("...")` from behind its bracket."""
    token, _, _ = _token(text, at)
    if token.lastindex != _STRINGS:
        return _NO_LITERAL, at
    data, at = _joined(text, token.end(), _unescaped(token[_STRINGS]))
    closing, mark, _ = _token(text, at)
    found = read_strict(str(data).strip()) if mark == ")" else None
    return (found[0], closing.end()) if found else (_NO_LITERAL, at)


def _joined(text: str, at: int, first: object) -> tuple[object, int]:
    """Return a string and all that `+` adds to it."""
    parts = [str(first)]
    while plus := _PLUS.match(text, at):
        parts.append(_unescaped(plus[1]))
        at = plus.end()
    return (first, at) if len(parts) == 1 else ("".join(parts), at)


def _number(text: str) -> object:
    plain = text.replace("_", "").rstrip("n") if text[-1] == "n" or "_" in text else text
    sign, digits = (plain[0], plain[1:]) if plain[0] in "+-" else ("", plain)
    base = _BASES.get(digits[:2].lower())
    if base is not None:
        value = int(digits[2:] or "0", base)  # linear: the bases are powers of two
        return (-value if sign == "-" else value) if value.bit_length() <= 1000 else text
    if digits[0] == "0" and len(digits) < 100 and digits.isdecimal() and digits.strip("01234567") == "":
        return int(sign + digits, 8)
    return number(sign.replace("+", "") + digits)


def _unescaped(quoted: str) -> str:
    inner = quoted[1:-1]
    if "\\" not in inner:
        return inner
    plain = _ESCAPE.sub(_character, inner)
    return plain if plain.isascii() else whole(plain)


def _character(escape: re.Match[str]) -> str:
    kind = escape.lastindex or 0
    sign = escape[kind]
    if kind == _SIGN:
        return _ESCAPED.get(sign, sign)
    code = int(sign, 8 if kind == _OCTAL else 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _wrong(text: str, at: int, what: str) -> ExtractError:
    return ExtractError("not-json", f"{what} at character {at + 1}, where '{one_line(text[at : at + 40])}' stands")
