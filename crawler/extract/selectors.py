"""Check a CSS selector when the config is loaded."""

from __future__ import annotations

import re

from crawler.extract.lexbor import served_by

__all__ = ["check_selector", "ends_in"]

_MAX_LENGTH = 2000
_TEXT = re.compile(r"::text\b")
_ATTR = re.compile(r"::attr\b(?:\(\s*([^)\s]*)\s*\)?)?|\s*/?@([\w-]+)\s*$")
_UNQUOTED = re.compile(r"\[\s*([\w:|-]+)\s*([~|^$*]?=)\s*([^\"'\]\s][^\]]*?)\s*\]")
_PLACE = re.compile(r" (?:at )?position \d+$")
_FILLER = "\0"
_LAST = re.compile(r"(?:^|[\s>+~])([a-zA-Z][\w-]*)(?![\w|-])[^\s>+~|]*$")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_INNER = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_BESIDE = re.compile(r"(?:^|,)\s*(?::scope\s*)?([+~])")
_NUMBERED = re.compile(r"([.#])(\d[\w-]*)")
# What jQuery adds to CSS, and what says the same here.
_JQUERY = {
    "first": "remove it, a field takes the first match by default",
    "eq": ":nth-child() and :nth-of-type() count from 1 among siblings",
    "nth": ":nth-child() and :nth-of-type() count from 1 among siblings",
    "last": ":last-child and :last-of-type are the last among siblings",
    "odd": "write :nth-child(even), which counts from 1",
    "even": "write :nth-child(odd), which counts from 1",
    "text": "remove it, a field takes the text by default",
    "parent": "write :not(:empty)",
}


def check_selector(css: str) -> str | None:
    """One line that says what is wrong with a selector and what to write instead; None when it is right.

    The position is the number of the character, counted from 1. What is right is what lexbor answers or soupsieve,
    the selector library of BeautifulSoup, accepts.
    """
    if len(css) > _MAX_LENGTH:
        return f"the selector has {len(css)} characters; at most {_MAX_LENGTH} are allowed"
    complaint = _habit(css)
    if complaint is not None or served_by(css, "auto") == "lexbor":
        return complaint
    return _compile(css)  # late: to load soupsieve takes 0.13 s, and most configs do without


def ends_in(css: str) -> set[str]:
    """Names of the elements that a selector finds, in lower case; "" among them where it names none."""
    found = (_LAST.search(part.strip()) for part in _outermost(css).split(","))
    return {last[1].lower() if last else "" for last in found}


def _habit(css: str) -> str | None:
    """Complaints about what is right in other programs, told better than soupsieve can."""
    if not css.strip():
        return "the selector is empty"
    if found := _TEXT.search(css):
        return f"position {found.start() + 1}: '::text' is not CSS; remove it, a field takes the text by default"
    if found := _ATTR.search(css):
        name = found.group(1) or found.group(2) or "href"
        what = "'@'" if found.group(2) else "'::attr()'"
        return f"position {found.start() + 1}: {what} is not CSS; remove it and add the key attr: {name}"
    if found := _BESIDE.search(_outermost(css)):
        what = "selects elements next to the row, and only elements inside it can be found"
        return (
            f"position {found.start(1) + 1}: '{found.group(1)}' {what}; make each: select an element that contains both"
        )
    if css.lstrip()[0] == ">":
        place = len(css) - len(css.lstrip()) + 1
        return f"position {place}: a selector cannot start with '>'; in a row write ':scope > ...', otherwise remove it"
    if css.rstrip()[-1] in ">+~,":
        return f"position {len(css.rstrip())}: a selector cannot end with '{css.rstrip()[-1]}'; remove it"
    return None


def _outermost(css: str) -> str:
    """The selector with a sign that means nothing for each that quotes and brackets hold."""
    css = _QUOTED.sub(lambda found: _FILLER * len(found[0]), css)
    while (bare := _INNER.sub(lambda found: _FILLER * len(found[0]), css)) != css:
        css = bare
    return css


def _compile(css: str) -> str | None:
    import soupsieve

    try:
        soupsieve.compile(css)
    except soupsieve.SelectorSyntaxError as error:
        return _where(css, error.line or 1, error.col or 1) + _reason(css, str(error.args[0]))
    except NotImplementedError:
        return _where(css, 1, css.find("::") + 1) + "pseudo-elements such as '::before' are not part of the page"
    except (ValueError, RecursionError, OverflowError) as error:
        return f"cannot be used as a selector: {type(error).__name__}"
    return None


def _where(css: str, line: int, column: int) -> str:
    before = sum(len(part) + 1 for part in css.split("\n")[: line - 1])
    return f"position {max(1, before + column)}: "


def _reason(css: str, message: str) -> str:
    first = _PLACE.sub("", message.splitlines()[0]).rstrip(".")
    if "Malformed attribute" in first and (found := _UNQUOTED.search(css)):
        name, sign, value = found.groups()
        return f'the attribute value needs quotes: [{name}{sign}"{value}"]'
    if "pseudo-class" in first and "'" in first:
        name = first.split("'")[1]
        instead = _JQUERY.get(name.lstrip(":"))
        return f"'{name}' is not a pseudo-class that can be used here{f'; {instead}' if instead else ''}"
    if "Malformed" in first and (found := _NUMBERED.search(css)):
        name, sign = ("class", "~=") if found.group(1) == "." else ("id", "=")
        return f'a name cannot start with a digit after {found.group(1)}; write [{name}{sign}"{found.group(2)}"]'
    return first[:1].lower() + first[1:]
