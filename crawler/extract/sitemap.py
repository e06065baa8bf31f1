"""Sitemaps, read as pages of the crawl: from a response to links.

What is read: robots.txt (its `Sitemap:` lines), an index of sitemaps, a sitemap, a text file with one URL a line, an
RSS or Atom feed, each also as gzip (https://www.sitemaps.org/protocol.html). A sitemap may hold 50,000 addresses and is
written by programs of all kinds, so it is not parsed as XML: one linear pattern finds its entries. So a wrong
namespace, a tag in upper case, an `&` that is not escaped, or a missing end does no harm, and no entity is expanded.

An address that a sitemap lists is like a start URL: it is at no depth. It must be on the host of that sitemap or of a
URL that the config names. Only a robots.txt may name sitemaps on any host, as the protocol has it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.page import TIME_LIMIT
from crawler.extract.patterns import Pattern
from crawler.extract.rules import SitemapRule
from crawler.extract.unpack import gunzip
from crawler.model import Link, Note, Page, Response

if TYPE_CHECKING:
    from crawler.extract.request import CompiledRequest

__all__ = ["ADDRESS_LIMIT", "UNPACKED_LIMIT", "Sitemap", "changed", "is_sitemap"]

ADDRESS_LIMIT = 100_000
"""Most addresses taken from one sitemap; the protocol allows 50,000."""
UNPACKED_LIMIT = 52_428_800
"""Bytes that a gzip file may unpack to: the most that the protocol allows. `limits.page_bytes` rules all else."""
INDEX_SIGN = "-index"
"""All pages that only lead to further sitemaps have this sign, so a hundred of them in a row are an endless site."""

_GZIP = b"\x1f\x8b"
_HEAD = 65_536
_DATE = 60
_BLANK = b" \t\r\n\x0b\x0c\0"
_ROOT = re.compile(rb"<(?:([\w.-]{1,40}):)?(urlset|sitemapindex|rss|rdf|feed)(?=[\s>/])", re.I)
_HTML = re.compile(rb"<!doctype\s{1,20}html|<html[\s>]|<body[\s>]", re.I)
_FIRST_TAG = re.compile(rb"<([\w:.-]{1,60})")
_LOC = re.compile(rb"<loc[\s>]", re.I)
_ROBOTS = re.compile(r"^[ \t]*(?:sitemap|user-agent|disallow|allow)[ \t]*:", re.I | re.M)
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*([^\s#][^\s]*)", re.I | re.M)
_URL_LINE = re.compile(r"^[ \t]*https?://", re.I)
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_DECLARED = re.compile(rb"""^[^<]{0,100}<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})["']""", re.I)
_HREF = re.compile(rb"""\shref\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""", re.I)
_OTHER_REL = re.compile(rb"""\srel\s{0,9}=\s{0,9}["'](?!alternate["'])""", re.I)
_W3C_DATE = re.compile(
    r"(\d{4})(?:-(\d\d?)(?:-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d*)?)? ?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.I
).fullmatch


class _Format(NamedTuple):
    """Names of elements: of the entries, of the address in one, and of the date of its last change."""

    entries: bytes
    addresses: bytes
    dates: bytes


_SITEMAP = _Format(rb"url|sitemap", rb"loc", rb"lastmod")
_RSS = _Format(rb"item", rb"link", rb"pubdate|dc:date")
_ATOM = _Format(rb"entry", rb"link", rb"updated")


class _Entry(NamedTuple):
    name: bytes
    address: bytes
    date: bytes


class Sitemap:
    """The rule of one sitemap start, ready for work.

    Attributes:
        kind, rule, request: as given.

    Args:
        kind: name of the page kind that sitemaps of this rule have.
        began: seconds since 1970, from which `rule.since` counts back.
        request: of the page kind of the addresses; None for a plain one.

    Raises:
        ExtractError: `pattern`.
    """

    def __init__(self, kind: str, rule: SitemapRule, began: float, request: CompiledRequest | None = None) -> None:
        self.kind, self.rule, self.request = kind, rule, request
        self._sitemaps = tuple(map(Pattern, rule.sitemaps))
        self._allow = tuple(map(Pattern, rule.allow))
        self._deny = tuple(map(Pattern, rule.deny))
        self._since = None if rule.since is None else began - rule.since

    def read(self, response: Response) -> Page:
        """Return a page with the links that the rule takes. Repeated addresses are taken once.

        Raises:
            ExtractError: `empty`, `not-sitemap`, `bad-encoding`, `too-large`, `unparsable`, `parse-timeout`, `pattern`.
        """
        return _Reading(self, response).page()

    def takes_sitemap(self, url: str) -> bool:
        """Tell whether `sitemaps` lets the URL of a sitemap through."""
        return not self._sitemaps or any(pattern.found(url) for pattern in self._sitemaps)

    def takes(self, url: str) -> bool:
        """Tell whether `allow` and `deny` let the address of a page through."""
        if self._allow and not any(pattern.found(url) for pattern in self._allow):
            return False
        return not any(pattern.found(url) for pattern in self._deny)

    def is_unchanged(self, date: bytes) -> bool:
        """Tell whether the last change, as the sitemap has it, was before the time that `since` asks for."""
        if self._since is None or not date:
            return False
        last = changed(date[:_DATE].decode("ascii", "replace"))
        return last is not None and last < self._since


class _Reading:
    """One sitemap while it is read."""

    def __init__(self, sitemap: Sitemap, response: Response) -> None:
        self._sitemap, self._response = sitemap, response
        self._url = response.url
        self._homes = (response.url, *sitemap.rule.hosts)
        self._own = _origin(response.url)
        self._seen: set[tuple[str, bool]] = set()
        self._links: list[Link] = []
        self._dropped: dict[str, int] = {}
        self._entries = 0
        self._end = time.monotonic() + TIME_LIMIT

    def page(self) -> Page:
        """Read it."""
        response = self._response
        body = _unpacked(response.body)
        if not body.strip(_BLANK):
            raise ExtractError("empty", "the sitemap has no content")
        if body.lstrip(_BLANK + b"\xef\xbb\xbf").startswith(b"<") or _ROOT.search(body[:_HEAD]):
            self._read_xml(body)
        else:
            self._read_text(body)
        return Page(
            status=response.status,
            bytes=len(response.body),
            elapsed=response.elapsed,
            links=tuple(self._links),
            dropped=self._dropped,
            notes=self._notes(),
            sign=INDEX_SIGN if self._links and all(link.kind == self._sitemap.kind for link in self._links) else "",
        )

    def _notes(self) -> tuple[Note, ...]:
        if many := self._dropped.get("too-many-links"):
            what = f"the sitemap has {many:,} more addresses than the {ADDRESS_LIMIT:,} that are taken from one"
            return (Note("", "too-many-links", what),)
        if not self._entries:
            return (Note("", "no-match", "the sitemap lists no addresses"),)
        return ()

    # ---- what it is

    def _read_xml(self, body: bytes) -> None:
        if b"<!ENTITY" in body[:_HEAD]:
            raise ExtractError("unparsable", "the XML declares entities, which are never loaded")
        head = b"".join(body[start:end] for start, end in _without_comments(body[:_HEAD]))
        root, html = _ROOT.search(head), _HTML.search(head)
        if html and (root is None or html.start() < root.start()):
            raise ExtractError("not-sitemap", "it is an HTML page")
        if root is None and not _LOC.search(body):
            first = _FIRST_TAG.search(head)
            name = first[1].decode("ascii", "replace") if first else "?"
            raise ExtractError("not-sitemap", f"it is XML with the root element <{name}>")
        name = root[2].lower() if root else b"urlset"
        prefix = root[1] + b":" if root and root[1] and name != b"rdf" else b""
        form = _ATOM if name == b"feed" else _RSS if name in (b"rss", b"rdf") else _SITEMAP
        encoding = _encoding(body)
        for entry in _entries(body, form, prefix):
            is_index = entry.name == b"sitemap" or (not entry.name and name == b"sitemapindex")
            self._take(_text(entry.address, encoding), entry.date, is_index=is_index)

    def _read_text(self, body: bytes) -> None:
        text = body.decode("utf-8-sig", "replace").replace("\r", "\n")
        if _ROBOTS.search(text) or _path(self._url) == "/robots.txt":
            self._read_robots(text)
            return
        lines = [line.strip() for line in text.splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        if not lines or not _URL_LINE.match(lines[0]):
            raise ExtractError("not-sitemap", f"it starts with {text.strip()[:40]!r}")
        for line in lines:
            self._take(line, b"", is_index=False)

    def _read_robots(self, text: str) -> None:
        """Take the sitemaps that it names. Where `sitemaps` matches none of them they may be indexes: all are taken."""
        named = [found[1] for found in _SITEMAP_LINE.finditer(text)]
        self._entries = len(named)
        if not named:
            raise ExtractError("not-sitemap", "the robots.txt names no sitemap")
        resolved = [url for one in named if (url := self._resolved(one))]
        wanted = [url for url in resolved if self._sitemap.takes_sitemap(url)]
        if wanted:
            self._count("denied", len(resolved) - len(wanted))
        for url in wanted or resolved:
            self._add(url, is_index=True, anywhere=True)

    # ---- addresses

    def _take(self, address: str, date: bytes, *, is_index: bool) -> None:
        self._tick()
        url = self._resolved(address)
        if url is None:
            return
        if not (url.startswith(self._own) or any(urls.same_site(home, url) for home in self._homes)):
            self._count("off-site", 1)
            return
        if not (self._sitemap.takes_sitemap(url) if is_index else self._sitemap.takes(url)):
            self._count("denied", 1)
        elif not is_index and self._sitemap.is_unchanged(date):
            self._count("unchanged", 1)
        else:
            self._add(url, is_index=is_index, anywhere=False)

    def _tick(self) -> None:
        self._entries += 1
        if time.monotonic() > self._end:
            raise ExtractError("parse-timeout", f"the sitemap took more than {TIME_LIMIT:g} s")

    def _resolved(self, address: str) -> str | None:
        try:
            return urls.resolve(self._url, address)
        except urls.BadUrl as error:
            self._count(error.code, 1)
            return None

    def _add(self, url: str, *, is_index: bool, anywhere: bool) -> None:
        request, ask = self._sitemap.request, None
        if request is not None and not is_index:
            try:
                url, ask = request.address(url, url, {}) or url, request.ask({})
            except urls.BadUrl as error:
                self._count(error.code, 1)
                return
        if (url, is_index) in self._seen:
            return
        if len(self._links) >= ADDRESS_LIMIT:
            self._count("too-many-links", 1)
            return
        self._seen.add((url, is_index))
        kind = self._sitemap.kind if is_index else self._sitemap.rule.to
        self._links.append(Link(url, kind, next=True, anywhere=anywhere, ask=ask))

    def _count(self, reason: str, number: int) -> None:
        if number:
            self._dropped[reason] = self._dropped.get(reason, 0) + number


def is_sitemap(response: Response) -> bool:
    """Tell whether a response is a sitemap by its root element; robots.txt, feeds and text files are not told."""
    try:
        head = _unpacked(response.body)[:_HEAD]
    except ExtractError:
        return False
    root, html = _ROOT.search(head), _HTML.search(head)
    return root is not None and html is None and root[2].lower() in (b"urlset", b"sitemapindex")


def _path(url: str) -> str:
    """Return the path of a clean URL."""
    return "/" + url.partition("//")[2].partition("/")[2].partition("?")[0]


def _origin(url: str) -> str:
    """Start of every URL on the same host and port; a text that starts none where the URL has no host."""
    try:
        return urls.origin(url) + "/"
    except urls.BadUrl:
        return "\0"


def _unpacked(body: bytes) -> bytes:
    """Return what is in it as UTF-8 or in another encoding that has ASCII in it.

    Raises:
        ExtractError: `too-large`, `bad-encoding`.
    """
    if body.startswith(_GZIP):
        body = gunzip(body, UNPACKED_LIMIT)
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").encode("utf-8", "replace")
    if body.startswith((b"<\0", b"\0<")):
        name = "utf-16-le" if body.startswith(b"<") else "utf-16-be"
        return body.decode(name, "replace").encode("utf-8", "replace")
    return body


# ---- entries


def _without_comments(body: bytes) -> Iterator[tuple[int, int]]:
    """Return where the text between comments starts and ends."""
    start = 0
    while (at := body.find(b"<!--", start)) >= 0:
        yield start, at
        end = body.find(b"-->", at + 4)
        if end < 0:
            return
        start = end + 3
    yield start, len(body)


def _entries(body: bytes, form: _Format, prefix: bytes) -> Iterator[_Entry]:
    """Return each entry in document order; an address outside of any entry is one.

    Of several addresses in an entry the first counts: further ones are of pictures, or of the feed that it came from.
    """
    pattern = re.compile(
        rb"<%b(?:(%b)(?=[\s>/])|(?:(%b)|(%b))((?:\s[^<>]*)?)>([^<]*)(?:<!\[CDATA\[([^<]*))?)"
        % (re.escape(prefix), form.entries, form.addresses, form.dates),
        re.I,
    )
    of_atom = form is _ATOM
    entry, address, date = b"", b"", b""
    for start, end in _without_comments(body):
        for found in pattern.finditer(body, start, end):
            if found[1]:
                if entry:
                    yield _Entry(entry, address, date)
                entry, address, date = found[1].lower(), b"", b""
                continue
            if found.end() == len(body):  # it is cut short: half an address leads elsewhere
                continue
            text = found[5] if found[6] is None else found[5] + found[6].replace(b"]]>", b"", 1)
            text = text.strip(_BLANK)
            if found[3]:
                date = date or text
            elif of_atom:
                address = address or (entry and _atom_address(found[4]))
            elif entry:
                address = address or text
            elif form is _SITEMAP:
                yield _Entry(b"", text, b"")
    if entry:
        yield _Entry(entry, address, date)


def _atom_address(attributes: bytes) -> bytes:
    """Return the address of a link to the entry itself (RFC 4287, 4.2.7): the others have another `rel`."""
    if _OTHER_REL.search(attributes):
        return b""
    found = _HREF.search(attributes)
    return (found[1] if found[1] is not None else found[2]).strip(_BLANK) if found else b""


def _encoding(body: bytes) -> str:
    """Return the encoding that the XML declares, UTF-8 where it declares none that can be used."""
    found = _DECLARED.match(body[:400])
    name = found[1].decode("ascii") if found else "utf-8"
    try:
        return name if "<loc>".encode(name) == b"<loc>" else "utf-8"
    except (LookupError, ValueError):
        return "utf-8"


def _text(raw: bytes, encoding: str) -> str:
    text = raw.decode("ascii") if raw.isascii() else _decoded(raw, encoding)
    return _ENTITY.sub(_character, text) if "&" in text else text


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace")


def _character(found: re.Match[str]) -> str:
    if found[1]:
        return _ENTITIES[found[1]]
    code = int(found[2]) if found[2] else int(found[3], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


# ---- dates


def changed(text: str) -> float | None:
    """Return the last moment, in seconds since 1970, that a date can mean; None for a text that is no date.

    Read are dates of sitemaps and Atom (https://www.w3.org/TR/NOTE-datetime), UTC where they name no time zone, and
    of RSS (RFC 822). A day without a time lasts until its end, so a page that changed on that day is not left out.

    >>> changed("1970-01-01T00:01:00Z"), changed("1970-01-01"), changed("yesterday")
    (60.0, 86400.0, None)
    """
    text = text.strip()
    found = _W3C_DATE(text)
    try:
        if found is None:
            return _rfc_822(text)
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        if found[4]:
            clock = (int(found[4]), int(found[5]), min(int(found[6] or 0), 59))
            return datetime(year, month, day, *clock, tzinfo=_zone(found[7])).timestamp()
        if found[3]:
            return (datetime(year, month, day, tzinfo=UTC) + timedelta(days=1)).timestamp()
        next_month = (year, month + 1) if found[2] and month < 12 else (year + 1, 1)
        datetime(year, month, 1, tzinfo=UTC)
        return datetime(*next_month, 1, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _rfc_822(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # late: only feeds have such dates

    try:
        found = parsedate_to_datetime(text)
    except (TypeError, IndexError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
