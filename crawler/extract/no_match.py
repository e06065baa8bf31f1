"""Detect that a page yielded nothing, and why: a changed site must not look like a successful crawl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from crawler.errors import ExtractError
from crawler.extract.text import collapse_whitespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.extract.compiled import CompiledPage
    from crawler.extract.follow import Links
    from crawler.extract.page import PageView
    from crawler.extract.table import TableResult
    from crawler.model import Record, Stored

__all__ = ["Clue", "clues", "login_address", "main_selectors", "no_match", "password_field"]


_WORD = r"log[-_]?[io]n|sign[-_]?[io]n|anmeld(?:en|ung)|einloggen|connexion|identifiant|accedi|acceder|entrar|inloggen"
_WHO = r"(?:(?:wp|user|member|customer|account|my)s?[-_]?)?"
# A segment of the path that is nothing but such a word: `/sign-in-the-sky` is a book.
_ADDRESS = re.compile(
    r"^[a-z]+://(?:(?:login|signin|sso|idp)\.[^/?#]+\.[^/?#]"
    rf"|[^?#]*/(?:{_WHO}(?:{_WORD})|sso|oauth2?|saml2?|openid-connect|adfs)(?:\.[a-z]{{1,5}})?(?:[/?#;]|$))",
    re.I,
)
_PASSWORD = re.compile(r"<input\b[^<>]{0,500}?\btype\s*=\s*[\"']?password\b", re.I)


def login_address(url: str) -> bool:
    """Tell whether an address is one that sites give to a login: `/login`, `/users/sign_in`, `//sso.shop.example`."""
    return _ADDRESS.search(url) is not None


def password_field(text: str) -> bool:
    """Tell whether a page asks for a password."""
    return _PASSWORD.search(text) is not None


_LITTLE = 40  # characters of text: less is no page for a person
_MAX = 200  # scripts, and comments, that are looked at
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
                text = f"what {css!r} looks for is in an HTML comment, which is not part of the page ({matches})"
                return Clue("comment", text)
    if len(_ROW.findall(markup)) * 2 > len(_ROW.findall(page.text)):  # more than outside
        return Clue("comment", "most table rows of the page's HTML are inside comments")
    return None


def _comments(text: str) -> Iterator[str]:
    end = 0
    for _ in range(_MAX):
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
    return body is None or len(collapse_whitespace(document.text(body))[0]) <= _LITTLE


def _script(text: str) -> Clue | None:
    """Data for a program of the site that makes the page of it."""
    ranked = sorted(dict.fromkeys(place for script in _scripts(text) for place in _data_in(*script)))
    if not ranked:
        return None
    return Clue("script", f"data is in a script: {', '.join(name for _, name in ranked[:_NAMED])}")


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    """The attributes and the content of each script."""
    for start in islice(_SCRIPT.finditer(text), _MAX):
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


_RULES_NAMED = 5


def no_match(
    page: PageView, plan: CompiledPage, records: Sequence[Record | Stored], harvests: list[TableResult], links: Links
) -> str:
    """Return why a page counts as one where nothing was found; "" when it does not.

    That is: its kind has tables and there is no record; or all records of a table lack a required field; or its kind
    only follows links and no rule matched, leaving aside rules to the next page, which the last page never has.
    """
    if any(not field.rule.hidden for table in plan.tables for field in table.fields):
        lacking = [name for harvest in harvests if harvest.records for name in harvest.lacking]
        if records and not lacking:
            return ""
        if not records and any(harvest.left_out or harvest.empty for harvest in harvests):
            return ""  # the rows are there, and none is wanted; or the page says that there are none
        if records:
            return f"required but missing in every row: {', '.join(lacking[:_RULES_NAMED])}{_hint(page, plan)}"
        misses = [miss for harvest in harvests for miss in harvest.misses]
        return _nothing(misses, plan) + _hint(page, plan)
    if not plan.follow or links.found or len(links.misses) < len(plan.follow):
        return ""
    if all(follow.rule.next for follow in plan.follow):
        return ""
    return _nothing(links.misses, plan) + _hint(page, plan)


def _nothing(misses: list[str], plan: CompiledPage) -> str:
    if plan.rule.python:
        return f"{plan.rule.python} returned no records"
    more = f" and {len(misses) - _RULES_NAMED} more" if len(misses) > _RULES_NAMED else ""
    return f"nothing matches {', '.join(misses[:_RULES_NAMED])}{more}" if misses else "every match is empty"


def _hint(page: PageView, plan: CompiledPage) -> str:

    return "".join(f"; {clue.text}" for clue in clues(page, main_selectors(plan)))


def main_selectors(plan: CompiledPage) -> list[str]:
    """Return the selectors without which nothing is found: of rows, of fields of the page, else of links."""
    found: list[str | None] = []
    for table in plan.tables:
        found += [table.rule.each] if table.rule.each else [field.rule.css for field in table.fields]
    found = [css for css in found if css] or [follow.rule.each or follow.rule.css for follow in plan.follow]
    return [css for css in found if css]
