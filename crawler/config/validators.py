"""Checks of single texts. Each returns None if the text is valid, or a Problem."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from crawler import extras, plugins, urls
from crawler.export.formats import FORMATS
from crawler.extract.numbers import ENGLISH
from crawler.extract.selectors import check_selector
from crawler.model import FILE, SITEMAP

__all__ = [
    "Problem",
    "column",
    "did_you_mean",
    "file_name",
    "header_name",
    "header_value",
    "host",
    "host_port",
    "identifier",
    "is_cookie",
    "is_path",
    "kind",
    "locale",
    "one_line",
    "output",
    "own",
    "pattern",
    "proxy",
    "replacement",
    "selector",
    "text",
    "time_format",
]


_MAX_NAME = 255  # Excel shows no longer heading
_MAX_PATTERN = 2000
# Texts and not compiled: most configs need few of them, and compiling one takes longer than reading a key.
_POSITION = r"position (\d+): "
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_LOCALE = r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*"
_HEADER = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # token of RFC 9110, 5.6.2
_COOKIE = r"[!-+\--:<-~]*"
_HOST = r"[^\s/:@?#\[\]]{1,253}|\[?[0-9A-Fa-f:.]+\]?"
_OWN = r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*"
_PROXY = r"(?i)(?:https?|socks5h?)://([^\s/@]*@)?([^\s/:@]+|\[[0-9a-f:.]+\])(:\d{1,5})?/?"


class Problem(NamedTuple):
    """What is wrong, what to do, and at which character of the text (from 0)."""

    what: str
    fix: str = ""
    offset: int | None = None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for the known name nearest to `name`; "" when none is near."""
    import difflib  # only for a mistake

    near = difflib.get_close_matches(name.lower()[:100], known, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def text(value: str) -> Problem | None:
    """Not empty and without control characters; line breaks are fine."""
    if not value.strip():
        return Problem("is empty", "write a value or remove the key")
    found = _CONTROL.search(value)
    return Problem("has a control character", "remove it", found.start()) if found else None


def one_line(value: str) -> Problem | None:
    """Text for a request header: printable ASCII on one line."""
    if not value.strip():
        return Problem("is empty", "write a value or remove the key")
    bad = next((place for place, char in enumerate(value) if not " " <= char <= "~"), None)
    return None if bad is None else Problem("must be printable ASCII on one line", "remove this character", bad)


def identifier(value: str) -> Problem | None:
    """A name that is safe as a file name everywhere."""
    if _IDENTIFIER.fullmatch(value):
        return None
    fix = "use letters, digits, - and _, at most 64: file names are made from it"
    return Problem("is not a valid name", fix)


def column(value: str) -> Problem | None:
    """A name of a field, a table or a page kind: any script, one line."""
    if not value.strip():
        return Problem("a name is empty", "write a name")
    if len(value) > _MAX_NAME:
        return Problem(f"a name has {len(value)} characters", f"at most {_MAX_NAME} fit in Excel")
    if _CONTROL.search(value) or "\n" in value or "\t" in value:
        return Problem("a name has a line break or control character", "remove it")
    return Problem("a name starts or ends with a space", "remove it") if value != value.strip() else None


def kind(value: str) -> Problem | None:
    """A name of a page kind, and not one of those that sitemaps have."""
    if value.startswith((SITEMAP, FILE)):
        what = "files" if value.startswith(FILE) else "sitemaps"
        return Problem(f"this name is reserved for {what}", "choose another name")
    return column(value)


def selector(value: str) -> Problem | None:
    """A CSS selector that every engine can serve."""
    if value.lstrip().startswith(("//", "/html", "xpath:")):
        return Problem("this is XPath", "write {xpath: ...}, or a CSS selector, for example `article.book h3 a`")
    message = check_selector(value)
    if message is None:
        return None
    found = re.match(_POSITION, message)
    what, _, fix = message.removeprefix(found[0] if found else "").partition("; ")
    fix = fix or "correct it; `crawler try CONFIG URL` shows what a selector finds"
    return Problem(what, fix, int(found[1]) - 1 if found else None)


def pattern(value: str) -> Problem | None:
    """A regular expression of the `regex` module."""
    import regex  # type: ignore[import-untyped, unused-ignore]  # types-regex may be there or not

    if not value:
        return Problem("is empty", "write a pattern or remove the key")
    if len(value) > _MAX_PATTERN:
        return Problem(f"has {len(value)} characters", f"at most {_MAX_PATTERN} are allowed")
    try:
        regex.compile(value)
    except regex.error as error:
        place = getattr(error, "pos", None)
        fix = "put a \\ before a special character that you mean literally"
        return Problem(f"not a regular expression: {getattr(error, 'msg', error)}", fix, place)
    except (RecursionError, OverflowError, MemoryError, ValueError) as error:
        return Problem(f"cannot be used as a regular expression: {type(error).__name__}", "make it simpler")
    return None


def replacement(value: str, instead: str) -> Problem | None:
    """A text that replaces matches of a right pattern; it may name groups as `\\1`."""
    from crawler.extract.patterns import check_replacement

    message = check_replacement(value, instead)
    return Problem(message, "groups count from \\1; write \\\\ for a backslash") if message else None


def time_format(value: str) -> Problem | None:
    """A format of `datetime.strptime`."""
    fix = "write for example %d %B %Y for 3 May 2024; see strftime format codes on docs.python.org"
    if value in ("epoch", "relative"):
        return None
    if "%" not in value.replace("%%", ""):
        return Problem("a date format has no % code", fix)
    try:
        datetime.strptime("", value)
    except ValueError as error:
        if found := re.match(r"'(.+?)' is a bad directive", str(error)):
            return Problem(f"%{found[1]} is not a date format code", fix, max(value.find("%" + found[1]), 0))
        if str(error).startswith("stray %"):
            return Problem("a % at the end of a date format", fix, len(value) - 1)
        return None  # the empty text does not fit; from 3.15 on also that a day is named without a year
    except re.error:
        return Problem("a code is repeated in the date format", fix)
    return None


def locale(value: str) -> Problem | None:
    """A language that numbers and dates can be read in."""
    if not re.fullmatch(_LOCALE, value):
        return Problem("is not a language code", "write for example de or pt_BR")
    if value in ENGLISH:
        return None
    if importlib.util.find_spec("babel") is None:
        fix = f"install it with: {extras.install('locale')}"
        return Problem(f"the language '{value}' needs the package babel", fix)
    return _known_locale(value)


def _known_locale(value: str) -> Problem | None:
    from babel.core import Locale, UnknownLocaleError
    from babel.localedata import locale_identifiers

    name = value.replace("-", "_")
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        hint = did_you_mean(name, locale_identifiers())
        return Problem(f"the language '{value}' is unknown", hint or "write for example de or pt_BR")
    return None


def host(value: str) -> Problem | None:
    """A host name alone."""
    if re.fullmatch(_HOST, value):
        return None
    return Problem("is not a host name", "write only the host, for example example.com, without https:// and port")


def host_port(value: str) -> Problem | None:
    """A host name, with a port or without."""
    try:
        if re.search(r"[\s/@?#]", value) or not value:
            raise urls.BadUrl("bad-url", "")
        urls.host_port("http", value)
    except urls.BadUrl:
        return Problem("is not a host", "write only the host, for example `example.com` or `example.com:8080`")
    return None


def file_name(value: str) -> Problem | None:
    """A template of the name of a file, in no folder; its extension is that of the content."""
    bad = re.search(r'[/\\:*?"<>|]', re.sub(r"\{[^{}]*\}", "", value))
    if bad:
        return Problem(f"'{bad[0]}' cannot be part of a file name", "write a name without folders: {isbn}.{ext}")
    if value.startswith("."):
        return Problem("a name that begins with a dot is hidden", "begin it with a letter or a name in braces")
    if not value.endswith(".{ext}") or value == ".{ext}":
        return Problem("the name does not end with .{ext}", "add it: {isbn}.{ext}; the content says what it is")
    return None


def parameter(value: str) -> Problem | None:
    """The name of a parameter of URLs alone."""
    if value and not re.search(r"[=&?#;/*\s]", value):
        return None
    return Problem("is not a parameter name", "write only the name, for example sid, without ? and =")


def header_name(value: str) -> Problem | None:
    """A field name of RFC 9110, and not one that has its own key."""
    if not re.fullmatch(_HEADER, value):
        return Problem("is not a header name", "use letters, digits and -")
    if value.lower() == "user-agent":
        return Problem("the User-Agent has its own key", "write fetch.user_agent or polite.contact")
    if value.lower() in ("host", "content-length", "connection", "transfer-encoding", "accept-encoding"):
        return Problem("the HTTP client sets this header itself", "remove it")
    return None


def header_value(value: str) -> Problem | None:
    """A field value of RFC 9110; the complaint never shows it."""
    good = all(char == "\t" or " " <= char <= "~" or "\xa0" <= char <= "\xff" for char in value)
    return None if good else Problem("has a character that is not allowed in a header", "use ASCII on one line")


def is_cookie(name: str, value: str) -> bool:
    """A name and a value as RFC 6265, 4.1.1 has them."""
    return bool(re.fullmatch(_HEADER, name) and re.fullmatch(_COOKIE, value))


def output(value: str) -> Problem | None:
    """The name of a file that can be written, by its end."""
    if value.lower().endswith(tuple(FORMATS)):
        return None
    known = [*FORMATS, *(f".{name}" for name in plugins.entry_points(plugins.EXPORTS))]
    if value.lower().endswith(tuple(known)):
        return None
    fix = f"use the suffix {', '.join(known[:-1])} or {known[-1]}"
    return Problem("the file name does not tell the format", fix)


def is_path(value: str) -> bool:
    """Whether a text is of the form `module:name`."""
    return bool(re.fullmatch(_OWN, value))


def function(value: str) -> Problem | None:
    """`module:function`."""
    if ".py:" in value:
        return Problem("expected module:function", f"write {value.replace('.py:', ':')}, without .py")
    if is_path(value):
        return None
    return Problem("expected module:function", "for example hooks:book for the function book in hooks.py")


def template(value: str, *, spaces: bool = True) -> Problem | None:
    """A text whose placeholders are spelt right; see `crawler.extract.templates.misspelt`."""
    from crawler.extract.templates import misspelt

    what, _, fix = (misspelt(value, spaces=spaces) or "").partition("; ")
    return Problem(what, fix or "write it as {name} or {name:text}") if what else None


def response(value: str) -> Problem | None:
    """What can be asked of an answer."""
    if value in ("time", "source") or re.fullmatch(rf"header\.{_HEADER}", value):
        return None
    return Problem("expected time, source or header.NAME", "write for example header.last-modified")


def path(value: str) -> Problem | None:
    """A path into data."""
    from crawler.extract.paths import check_path

    found = check_path(value)
    if found is None:
        return None
    what, _, fix = found[0].partition("; ")
    return Problem(what, fix or "write for example data.stores[0].name; docs/fields.md explains paths", found[1])


def xpath(value: str) -> Problem | None:
    """An XPath 1.0."""
    from crawler.extract.xpath import check_xpath

    if re.fullmatch(r"(?i)(h[1-6]|[a-z]{1,8})[.#][\w-]+", value):
        return Problem(f"'{value}' is a CSS selector", "write css:, or //*[@class='...'] as XPath")
    what, _, fix = (check_xpath(value) or "").partition("; ")
    return Problem(what, fix or "see https://www.w3.org/TR/xpath-10/") if what else None


def own(value: str) -> Problem | None:
    """A name, or with a colon `module:name`."""
    if ":" not in value or is_path(value):
        return None
    return Problem("expected a name or module:name", "write it as my_module:name for the name in my_module.py")


def proxy(value: str) -> Problem | None:
    """The URL of a proxy; the complaint never shows it."""
    if re.fullmatch(_PROXY, value):
        return None
    return Problem("is not a proxy URL", "write for example http://host:8080 or socks5h://host:1080")
