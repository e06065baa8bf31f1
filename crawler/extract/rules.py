"""What to take from a page: the extraction rules of a config as plain, picklable values.

A recipe is made once from the config (`crawler.config`) and sent to every worker, which compiles it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

__all__ = ["FieldRule", "FollowRule", "PageRule", "Recipe", "SitemapRule", "TableRule"]


class FieldRule(NamedTuple):
    """How one field is found and made into a value.

    The steps, in this order: find the elements (`css`, `label`, or the row itself), take their text (or `attr`, or
    `html`, or the page's URL), `replace`, `regex`, `map`, convert to `type`, and `default` where nothing was found.

    Attributes:
        name: column name.
        css: selector, relative to the row; None takes the row (the whole page without `each`) itself.
        label: text of a label; the value is what stands beside it. Excludes css.
        page_url: the value is taken from the page's own URL.
        attr: take this attribute instead of the text.
        html: take the inner HTML instead of the text.
        all: take every match (a list), not the first.
        replace: (pattern, replacement) pairs, applied in order.
        regex: the value is the first group, or the whole match; no match is a missing value.
        map: the text becomes what stands here; for a list of words (`class`), the first word that is a key.
            A text that is no key stays as it is, with a note.
        type: a name of `crawler.extract.field_types`, of an entry point, or `module:function`.
        formats: strptime formats for date and datetime; empty means ISO 8601.
        locale: of numbers and month names, as `de` or `pt_BR`.
        negative: how negative numbers are written beside a sign in front (see numbers.Numbers).
        default: raw text used where nothing was found, converted like found text; None for none.
        required: a missing value is a note `missing`; a page whose records all lack one counts as `no-match`.
        keep_space: leave white space as it stands.
        root: folder of the config file, from which the module of such a type is imported; "" for other types.
    """

    name: str
    css: str | None = None
    label: str | None = None
    page_url: bool = False
    attr: str | None = None
    html: bool = False
    all: bool = False
    replace: tuple[tuple[str, str], ...] = ()
    regex: str | None = None
    map: Mapping[str, str] = {}
    type: str = "text"
    formats: tuple[str, ...] = ()
    locale: str = "en"
    negative: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    keep_space: bool = False
    root: str = ""


class TableRule(NamedTuple):
    """The records of one table on a page of this kind: one a page, or one for each match of `each`."""

    table: str
    fields: tuple[FieldRule, ...]
    each: str | None = None
    key: tuple[str, ...] = ()


class FollowRule(NamedTuple):
    """Which links of a page are followed.

    Attributes:
        css: selector of the elements that carry the link; relative to the row when `each` is given.
        to: page kind of the targets.
        attr: attribute that holds the URL.
        each: selector of rows; needed for `carry`.
        carry: fields of the row that are joined to the records of the target page.
        allow: patterns of which one must be found in the URL; empty allows all.
        deny: patterns of which none may be found in the URL.
        same_site: only links to the host of the page they stand on (`www.` ignored).
        next: leads to the next page of the same list (see Link.next).
    """

    css: str
    to: str
    attr: str = "href"
    each: str | None = None
    carry: tuple[FieldRule, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    same_site: bool = True
    next: bool = False


class SitemapRule(NamedTuple):
    """Which addresses of a sitemap are crawled.

    Attributes:
        to: page kind of the addresses.
        hosts: URLs of hosts of which addresses are taken, whatever the host of the sitemap.
        sitemaps: patterns of which one must be found in the URL of a sitemap that an index lists; empty takes all.
        allow: patterns of which one must be found in an address; empty allows all.
        deny: patterns of which none may be found in an address.
        since: seconds; an address that has not changed for so long, when the crawl begins, is left out. None for all.
    """

    to: str
    hosts: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    since: float | None = None


class PageRule(NamedTuple):
    """The rules of one page kind.

    Attributes:
        python: `module:function`, given the page as a BeautifulSoup.
        sitemap: the pages are sitemaps, and nothing else is looked for in them.
    """

    name: str
    tables: tuple[TableRule, ...] = ()
    follow: tuple[FollowRule, ...] = ()
    python: str | None = None
    sitemap: SitemapRule | None = None


class Recipe(NamedTuple):
    """The rules of every page kind.

    Attributes:
        engine: `auto`, `bs4` or `lexbor`.
        root: folder of the config file, from which `python` hooks are imported; "" when no kind has one.
        began: seconds since 1970 at which the crawl began; None for now.
    """

    kinds: Mapping[str, PageRule]
    engine: Literal["auto", "bs4", "lexbor"] = "auto"
    root: str = ""
    began: float | None = None
