"""Why rules may find nothing on a page, as far as its source shows it. Asked only where nothing was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from crawler.errors import ExtractError
from crawler.extract.login import login_address, password_field
from crawler.extract.text import tidy

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["Clue", "clues"]

_LITTLE = 40  # characters of text: less is no page for a person
_MOST = 200  # scripts, and comments, that are looked at
_LONG = 300_000  # characters of comments that are parsed
_LOOK = 200_000  # characters of one script
_NAMED = 2

_ROW = re.compile(r"<(?:tr|li|article|dd)\b", re.I)
_SCRIPT = re.compile(r"<script\b([^<>]{0,2000})>", re.I)
_SCRIPT_END = re.compile(r"</script", re.I)
_FRAME = re.compile(r"<i?frame\b", re.I)
_EMPTY = re.compile(r"<(?:div|main|section)\b[^<>]{0,300}?\bid\s*=\s*[\"']?([\w-]{1,40})[^<>]{0,300}>\s*</", re.I)
_ROOTS = frozenset({"root", "app", "main", "__next", "__nuxt", "___gatsby", "react-root", "app-root", "main-app"})
_ID = re.compile(r"\bid\s*=\s*[\"']?([\w.:-]{1,60})", re.I)
_TYPE = re.compile(r"\btype\s*=\s*[\"']?([\w.+/-]{1,60})", re.I)
_SCHEMA = re.compile(r"\"@type\"\s{0,9}:\s{0,9}\[?\s{0,9}\"(\w{1,40})\"")
# Nearly every page says these of itself; they are no records.
_OF_THE_SITE = frozenset({
    "BreadcrumbList", "ContactPoint", "EntryPoint", "ImageObject", "ListItem", "Organization", "Person",
    "PostalAddress", "PropertyValueSpecification", "SearchAction", "SiteNavigationElement", "WebPage", "WebSite",
})  # fmt: skip
_VARIABLE = re.compile(
    r"(?:^|[;{}\s])(?:(?:var|let|const)\s+|window\.|self\.|globalThis\.)([\w$.]{2,60})\s{0,9}=\s{0,9}"
    r"(?:JSON\.parse\s{0,9}\(|\[?\s{0,99}\{\s{0,99}[\"']?[\w$-]{1,60}[\"']?\s{0,9}:)"
)
_OF_A_TOOL = re.compile(
    r"dataLayer|gtag|\bga\b|_gaq|_paq|fbq|utag|optimizely|google|adobe|config|settings|wpcf7|i18n|translations", re.I
)
_PUSHED = "self.__next_f.push("


class Clue(NamedTuple):
    """What a page's source shows.

    Attributes:
        topic: `comment`, `javascript`, `script`, `login`, `frames` or `xml`.
        text: the same for a person.
    """

    topic: str
    text: str


def clues(page: PageView, selectors: Iterable[str] = ()) -> list[Clue]:
    """Return why `selectors`, of rows or of fields, may find nothing on a page; the surest clue first."""
    found = [_comment(page, selectors), _javascript(page), _script(page.text), _login(page), _frames(page), _xml(page)]
    return [clue for clue in found if clue]


def _comment(page: PageView, selectors: Iterable[str]) -> Clue | None:
    """HTML that stands in comments, from which a script of the site takes it."""
    markup = "\n".join(comment for comment in _comments(page.text) if re.search(r"<[a-zA-Z]", comment))[:_LONG]
    if not markup:
        return None
    from crawler.extract.page import PageView

    hidden = PageView(page.url, markup)
    for css in selectors:
        with suppress(ExtractError):
            count = len(hidden.document.select(None, css))
            if count:
                matches = "1 match" if count == 1 else f"{count:,} matches"
                text = f"what {css!r} looks for stands in an HTML comment, which is no part of the page ({matches})"
                return Clue("comment", text)
    if len(_ROW.findall(markup)) * 2 > len(_ROW.findall(page.text)):  # more than outside
        return Clue("comment", "most rows of the page's HTML stand in comments")
    return None


def _comments(text: str) -> Iterator[str]:
    end = 0
    for _ in range(_MOST):
        start = text.find("<!--", end)
        end = text.find("-->", start + 4)
        if start < 0 or end < 0:
            return
        if not text.startswith("[if", start + 4):
            yield text[start + 4 : end]


def _javascript(page: PageView) -> Clue | None:
    """A page that is built in the browser has scripts but no text."""
    if not _SCRIPT.search(page.text) or not _is_bare(page):
        return None
    empty = next((name for name in _EMPTY.findall(page.text[:_LOOK]) if name.lower() in _ROOTS), None)
    filled = f' to fill the empty <div id="{empty}">' if empty else ""
    return Clue("javascript", f"the page has scripts but almost no text: it may need JavaScript{filled}")


def _is_bare(page: PageView) -> bool:
    document = page.document
    body = document.first(None, "body")
    return body is None or len(tidy(document.text(body))[0]) <= _LITTLE


def _script(text: str) -> Clue | None:
    """Data for a program of the site that makes the page of it."""
    ranked = sorted(dict.fromkeys(place for script in _scripts(text) for place in _data_in(*script)))
    if not ranked:
        return None
    return Clue("script", f"data stands in a script: {', '.join(name for _, name in ranked[:_NAMED])}")


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    """The attributes and the content of each script."""
    for start in islice(_SCRIPT.finditer(text), _MOST):
        end = _SCRIPT_END.search(text, start.end())
        if end is None:
            return
        yield start[1], text[start.end() : min(end.start(), start.end() + _LOOK)].strip()


def _data_in(attributes: str, content: str) -> Iterator[tuple[int, str]]:
    """What of a script holds data, with its rank: 0 is the likeliest."""
    kind, name = _TYPE.search(attributes), _ID.search(attributes)
    media = kind[1].lower() if kind else ""
    if "ld+json" in media:
        types = [one for one in dict.fromkeys(_SCHEMA.findall(content)) if one not in _OF_THE_SITE]
        if types:
            yield 1, f'<script type="application/ld+json"> ({", ".join(types[:3])})'
    elif "json" in media:
        if content[:1] in "{[" and content.count('"') > 3:
            yield (0, f'<script id="{name[1]}">') if name else (2, f'<script type="{media}">')
    elif not media or "javascript" in media or media == "module":
        if _PUSHED in content:
            yield 0, "self.__next_f"
        for variable in _VARIABLE.findall(content):
            if not _OF_A_TOOL.search(variable):
                yield (0 if variable.startswith("__") else 2), f"the variable {variable}"


def _login(page: PageView) -> Clue | None:
    if not password_field(page.text):
        return None
    sure = "it is a login page" if login_address(page.url) else "it may be a login page"
    return Clue("login", f"the page asks for a password: {sure}")


def _frames(page: PageView) -> Clue | None:
    if not _FRAME.search(page.text) or _SCRIPT.search(page.text) or not _is_bare(page):
        return None
    return Clue("frames", "the page has frames but almost no text: its content is in other pages")


def _xml(page: PageView) -> Clue | None:
    if not page.xml:
        return None
    names = dict.fromkeys(re.findall(r"<([A-Za-z][\w.-]{0,40})", page.text[:_LOOK]))
    return Clue("xml", f"the page is XML, not HTML; its elements are {', '.join(list(names)[:5])}")
