"""Check a CSS selector when the config is loaded, and tell which engine may serve it."""

from __future__ import annotations

import re

from crawler.extract.gate import fast

__all__ = ["check_selector", "fast"]

_LONGEST = 2000
_TEXT = re.compile(r"::text\b")
_ATTR = re.compile(r"::attr\(\s*([^)\s]*)\s*\)?")
_UNQUOTED = re.compile(r"\[\s*([\w:|-]+)\s*([~|^$*]?=)\s*([^\"'\]\s][^\]]*?)\s*\]")
_PLACE = re.compile(r" ?at position \d+$")


def check_selector(css: str) -> str | None:
    """One line that says what is wrong with a selector and what to write instead; None when it is right.

    The position is the number of the character, counted from 1. What is right is what soupsieve, the selector
    library of BeautifulSoup, accepts.
    """
    if len(css) > _LONGEST:
        return f"the selector has {len(css)} characters; at most {_LONGEST} are allowed"
    complaint = _habit(css)
    return complaint if complaint is not None else _compile(css)


def _habit(css: str) -> str | None:
    """Complaints about what is right in other programs, told better than soupsieve can."""
    if not css.strip():
        return "the selector is empty"
    if found := _TEXT.search(css):
        return f"position {found.start() + 1}: '::text' is not CSS; leave it out, a field takes the text by itself"
    if found := _ATTR.search(css):
        name = found.group(1) or "href"
        return f"position {found.start() + 1}: '::attr()' is not CSS; leave it out and add the key attr: {name}"
    if css.lstrip()[0] in ">+~":
        place = len(css) - len(css.lstrip()) + 1
        sign = css.lstrip()[0]
        return f"position {place}: a selector cannot start with '{sign}'; write ':scope {sign} ...'"
    return None


def _compile(css: str) -> str | None:
    import soupsieve

    try:
        soupsieve.compile(css)
    except soupsieve.SelectorSyntaxError as error:
        return _where(css, error.line or 1, error.col or 1) + _reason(css, str(error.args[0]))
    except NotImplementedError:
        return _where(css, 1, css.find("::") + 1) + "pseudo-elements such as '::before' are not part of the page"
    except (ValueError, RecursionError, OverflowError) as error:
        return f"not a usable selector: {type(error).__name__}"
    return None


def _where(css: str, line: int, column: int) -> str:
    before = sum(len(part) + 1 for part in css.split("\n")[: line - 1])
    return f"position {max(1, before + column)}: "


def _reason(css: str, message: str) -> str:
    first = _PLACE.sub("", message.splitlines()[0]).rstrip(".")
    if "Malformed attribute" in first and (found := _UNQUOTED.search(css)):
        name, sign, value = found.groups()
        return f'the attribute value needs quotes: [{name}{sign}"{value}"]'
    if "pseudo-class" in first:
        name = first.split("'")[1] if "'" in first else "this"
        return f"'{name}' is not a pseudo-class that can be used here"
    return first[:1].lower() + first[1:]
