"""Start URLs: a URL, a list, a range, a mapping with a page kind, a file of URLs, a sitemap, or a function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

from crawler.config.diagnostics import Diagnostics
from crawler.config.document import Document, SitemapSpec
from crawler.config.schema import Location
from crawler.config.secrets import has_variable
from crawler.config.syntax import read_text
from crawler.config.validators import Problem, did_you_mean, function
from crawler.config.yaml_tree import KeyPath, YamlSource
from crawler.errors import ConfigError, ExtractError
from crawler.extract.rules import SitemapRule
from crawler.model import SITEMAP
from crawler.urls import BadUrl, resolve

__all__ = ["FUNCTION", "Start", "StartReader", "called", "expand", "fault"]

MAX_IN_A_RANGE = 1_000_000
_FILE_BYTES = 200_000_000
_KEYS = ("url", "file", "python", "kind")
_SOURCES = ("url", "file", "sitemap", "python")
FUNCTION = "python:"
"""What the URL of a start begins with that is a function: `python:starts:cities`."""
_MAX_CALLED = 1_000_000
_OF_SITEMAPS = ("sitemaps", "allow", "deny", "since")
_USUAL = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,4})?(/[A-Za-z0-9/._~%?&=+-]*)?").fullmatch
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*):"
_RANGE = r"(?a)\{(\d{1,18})\.\.(\d{1,18})\}"
_HOST_LIKE = r"[\w-]+(\.[\w-]+)*\.(?!html?|php|aspx?|jsp|xml)[\w-]+(:\d+)?([/?#].*)?"


class Start(NamedTuple):
    """A start URL, which may hold ranges, and its page kind; that of a sitemap is a name in `StartReader.sitemaps`.

    A function that gives URLs stands there with FUNCTION before its name.
    """

    url: str
    kind: str


def expand(url: str) -> Iterator[str]:
    """The URLs of one with ranges: `{1..3}` counts up, `{3..1}` down, `{01..12}` keeps the zeros.

    >>> list(expand("/page-{9..11}.html"))
    ['/page-9.html', '/page-10.html', '/page-11.html']
    """
    if "{" not in url:
        yield url
        return
    parts = re.split(_RANGE, url)
    counts = [_count(first, last) for first, last in zip(parts[1::3], parts[2::3], strict=True)]
    for chosen in product(*counts):
        yield "".join(text + number for text, number in zip(parts[::3], (*chosen, ""), strict=True))


def called(name: str, root: str) -> list[str]:
    """Return the URLs that a function of the user's own gives: texts, or dicts with `url`.

    Raises:
        ConfigError: it cannot be imported or fails, or gives something else.
    """
    from crawler.extract.python_hook import load_hook  # late: few configs have one

    try:
        found = list(islice(load_hook(name, root)(), _MAX_CALLED))
    except ExtractError as error:
        raise ConfigError(f"start: {error.detail}") from error
    except (Exception, SystemExit) as error:  # whatever a function of a user raises
        raise ConfigError(f"start: {name} raised {type(error).__name__}: {error}") from error
    if not found:
        raise ConfigError(f"start: {name} gave no URL")
    return [_given(name, one) for one in found]


def _given(name: str, one: object) -> str:
    url = one.get("url") if isinstance(one, dict) else one
    if not isinstance(url, str):
        raise ConfigError(f"start: {name} gave {type(one).__name__}; it must give URLs, or dicts with url")
    wrong = fault(url, demo=True)
    if wrong or "{" in url:
        raise ConfigError(f"start: {name} gave '{url[:80]}': {wrong[0] if wrong else 'a range is not possible here'}")
    return url


def _count(first: str, last: str) -> list[str]:
    a, b = int(first), int(last)
    padded = any(text.startswith("0") and len(text) > 1 for text in (first, last))
    width = max(len(first), len(last)) if padded else 0
    return [str(number).zfill(width) for number in range(a, b + (1 if a <= b else -1), 1 if a <= b else -1)]


def fault(url: str, *, demo: bool = False) -> tuple[str, str] | None:
    """What is wrong with a start URL and what to do; None when it is right. A `demo` job may use paths."""
    if _USUAL(url):
        return None
    if has_variable(url):
        return "an environment variable is not allowed here", "secrets go into fetch.headers, cookies, auth or proxy"
    if re.search(r"\s", url):
        return "a space in a URL", "write %20 for it, or make a list: one URL each"
    if "{" in url or "}" in url:
        return _range_fault(url, demo)
    if demo and url.startswith("/") and not url.startswith("//"):
        return None
    return _scheme_fault(url) or _deep_fault(url)


def _range_fault(url: str, demo: bool) -> tuple[str, str] | None:
    if re.search(r"[{}]", re.sub(_RANGE, "", url)):
        return "not a range", "write for example {1..50} or {01..12}; for a literal brace write %7B or %7D"
    size = 1
    for first, last in re.findall(_RANGE, url):
        size *= abs(int(last) - int(first)) + 1
    if size > MAX_IN_A_RANGE:
        return f"the range means {size:,} URLs", f"at most {MAX_IN_A_RANGE:,} are allowed"
    return fault(re.sub(_RANGE, lambda found: found[1], url), demo=demo)


def _scheme_fault(url: str) -> tuple[str, str] | None:
    shown = url[:80]
    found = re.match(_SCHEME, url)
    if url.lower().startswith(("http://", "https://")):
        return None
    if found and (near := re.fullmatch(r"(?i)h?t{1,3}ps?|https?", found[1])):
        scheme = "https" if near[0].lower().endswith("s") else "http"
        rest = url[found.end() :].lstrip("/\\:")
        return f"not a URL: '{shown}'", f"write {scheme}://{rest[:80]}"
    if re.fullmatch(_HOST_LIKE, url) or url.startswith("//"):
        return "a URL starts with https:// or http://", f"write https://{shown.lstrip('/')}"
    if found:
        return f"'{found[1]}:' cannot be crawled", "only http:// and https:// URLs can"
    return (
        f"'{shown}' is relative",
        "write the whole URL, for example https://example.com/page; only the demo site accepts paths",
    )


def _deep_fault(url: str) -> tuple[str, str] | None:
    if "@" in url.split("//", 1)[1].split("/", 1)[0]:
        return "user and password in a URL", "write them under fetch.auth"
    try:
        resolve("", url)
    except BadUrl as error:
        return f"not a URL: {error.detail or error.code}", "write it as https://example.com/page"
    return None


class StartReader:
    """Reads what stands under `start`, and complains of each URL that is wrong.

    Attributes:
        sitemaps: the rules of sitemaps by the page kinds that sitemaps have, `(sitemap)`, `(sitemap 2)` and so on.
    """

    def __init__(self, report: Diagnostics, kinds: list[str], folder: Path, *, demo: bool) -> None:
        self.report = report
        self.kinds = kinds
        self.folder = folder
        self.demo = demo
        self.sitemaps: dict[str, SitemapRule] = {}

    def read(self, value: object) -> tuple[Start, ...]:
        """Every start, in order."""
        items = value if isinstance(value, list) else [value]
        if not items:
            self.report.add(("start",), "there is no start URL", "write at least one")
        several = isinstance(value, list)
        return tuple(
            start
            for index, item in enumerate(items)
            for start in self._item(item, ("start", index) if several else ("start",))
        )

    def _item(self, item: object, path: KeyPath) -> Iterator[Start]:
        first = self.kinds[0] if self.kinds else ""
        if isinstance(item, dict):
            yield from self._mapping(item, path, first)
        else:
            yield from self._url(item, path, first)

    def _url(self, url: object, path: KeyPath, kind: str) -> Iterator[Start]:
        if not isinstance(url, str):
            self.report.add(path, "expected a URL", "write it as https://example.com/page")
            return
        wrong = fault(url, demo=self.demo)
        if wrong:
            self.report.add(path, *wrong)
        else:
            yield Start(url, kind)

    def _mapping(self, item: dict[str, object], path: KeyPath, first: str) -> Iterator[Start]:
        sources = [key for key in item if key in _SOURCES]
        if len(sources) > 1:
            self.report.add(
                (*path, sources[1]), f"'{sources[0]}' and '{sources[1]}' are both given", "keep one", on_key=True
            )
            return
        if sources == ["sitemap"]:
            yield from self._sitemap(item, path, first)
            return
        unknown = [key for key in item if key not in _KEYS]
        for key in unknown:
            self.report.add((*path, key), *_unknown(key, sources), on_key=True)
        if not sources and unknown:
            return  # one of them was to be the source
        if not sources:
            self.report.add(path, "expected a URL, or a mapping with url, file, sitemap or python", "write one of them")
            return
        kind = self._kind(item.get("kind", first), path)
        if "file" in item:
            yield from self._file(item["file"], (*path, "file"), kind)
            return
        if "python" in item:
            yield from self._function(item["python"], (*path, "python"), kind)
            return
        yield from self._urls(item["url"], (*path, "url"), kind)

    def _urls(self, urls: object, path: KeyPath, kind: str) -> Iterator[Start]:
        if urls is None or urls == []:
            self.report.add(path, "there is no URL", "write at least one")
            return
        for index, url in enumerate(urls if isinstance(urls, list) else [urls]):
            yield from self._url(url, (*path, index) if isinstance(urls, list) else path, kind)

    def _function(self, name: object, path: KeyPath, kind: str) -> Iterator[Start]:
        wrong = function(name) if isinstance(name, str) else Problem("expected module:function")
        if wrong is not None:
            self.report.add(path, wrong.what, wrong.fix or "for example starts:urls for the function urls in starts.py")
        else:
            yield Start(f"{FUNCTION}{name}", kind)

    def _sitemap(self, item: dict[str, object], path: KeyPath, first: str) -> Iterator[Start]:
        spec = SitemapSpec.read(item, Location(self.report, Document, {}, path))
        urls = [start.url for start in self._urls(item["sitemap"], (*path, "sitemap"), "")]
        hosts = tuple(dict.fromkeys(host for url in urls for host in _hosts(url)))
        to = self._kind(spec.kind, path) if "kind" in spec.given else first
        kind = self._sitemap_kind(SitemapRule(to, hosts, spec.sitemaps, spec.allow, spec.deny, spec.since))
        yield from (Start(url, kind) for url in urls)

    def _sitemap_kind(self, rule: SitemapRule) -> str:
        """The page kind of sitemaps with this rule: starts that differ only in their URLs have one."""
        for name, known in self.sitemaps.items():
            if known._replace(hosts=()) == rule._replace(hosts=()):
                self.sitemaps[name] = known._replace(hosts=tuple(dict.fromkeys((*known.hosts, *rule.hosts))))
                return name
        number = len(self.sitemaps) + 1
        name = f"{SITEMAP})" if number == 1 else f"{SITEMAP} {number})"
        self.sitemaps[name] = rule
        return name

    def _kind(self, kind: object, path: KeyPath) -> str:
        if kind not in self.kinds and self.kinds:
            fix = did_you_mean(str(kind), self.kinds) or f"there are: {', '.join(self.kinds[:20])}"
            self.report.add((*path, "kind"), f"no page kind '{kind}'", fix)
        return str(kind)

    def _file(self, name: object, path: KeyPath, kind: str) -> Iterator[Start]:
        if not isinstance(name, str) or not name.strip():
            self.report.add(path, "expected the name of a file", "write it as file: urls.txt")
            return
        try:
            lines = read_text(self.folder / name, most=_FILE_BYTES).split("\n")
        except ConfigError as error:
            self.report.add(path, str(error).removeprefix(str(self.folder / name)).removeprefix(": "))
            return
        yield from self._lines(YamlSource(name, lines), path, kind)

    def _lines(self, source: YamlSource, path: KeyPath, kind: str) -> Iterator[Start]:
        found = False
        for number, line in enumerate(source.lines):
            url = line.strip()
            if not url or url.startswith("#"):
                continue
            found = True
            wrong = fault(url, demo=self.demo)
            if wrong:
                self.report.at(source, number, line.find(url), *wrong, path)
            else:
                yield Start(url, kind)
        if not found:
            self.report.add(path, "the file has no URL in it", "write one URL a line; # starts a comment")


def _hosts(url: str) -> Iterator[str]:
    """The URLs of the hosts of a start URL, with ranges in a host expanded; none of a path."""
    if not url.startswith("/"):
        for root in expand("/".join(url.split("/")[:3])):
            with suppress(BadUrl):
                yield resolve("", f"{root}/")


def _unknown(key: str, sources: list[str]) -> tuple[str, str]:
    """What is wrong with a key of a mapping that is no sitemap, and what to do."""
    if key in _OF_SITEMAPS:
        return f"only a sitemap has '{key}'", "write sitemap: with its URL, or remove this key"
    known = (*_SOURCES, "kind") if not sources else _KEYS
    return "unknown key", did_you_mean(key, known) or "write url, file or sitemap, and kind"
