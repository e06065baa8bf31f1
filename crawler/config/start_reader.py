"""Reads what stands under `start`.

A URL, a list, a range, a mapping with a page kind, a file of URLs or of values, a sitemap, or a function.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crawler.config import ranges
from crawler.config.diagnostics import Diagnostics
from crawler.config.document import Document, SitemapSpec, StartSpec
from crawler.config.hosts_spec import SAME_SITE, host_name
from crawler.config.schema import Location
from crawler.config.start_values import MAX_FILE_BYTES, Values
from crawler.config.starts import FUNCTION, Start, fault
from crawler.config.syntax import read_text
from crawler.config.validators import Problem, did_you_mean, function
from crawler.config.yaml_tree import KeyPath, YamlSource
from crawler.errors import ConfigError
from crawler.extract.rules import SitemapRule
from crawler.model import SITEMAP
from crawler.urls import BadUrl, resolve

if TYPE_CHECKING:
    from crawler.config.value_reader import Given

__all__ = ["Source", "StartReader"]

_KEYS = tuple(StartSpec.keys)
_SOURCES = ("url", "file", "sitemap", "python")
_OF_SITEMAPS = ("sitemaps", "allow", "deny", "since")
_SHOWN = 20
"""Wrong values of a column that are told one by one."""


class Source(NamedTuple):
    """An item under `start` and what it hands over.

    Attributes:
        path: where it is written.
        kind: page kind of its pages.
        names: of the values; None where only a function knows them.
        carry: names of those that become columns.
        has_url: whether it says where its pages are.
        file: name of the file with the values, "" for none.
        lists: names of those of `with`.
        in_url: names that its URLs use.
        duplicates: what further starts of the same page do with what they carry.
    """

    path: KeyPath
    kind: str
    names: tuple[str, ...] | None = ()
    carry: tuple[str, ...] = ()
    has_url: bool = True
    file: str = ""
    lists: tuple[str, ...] = ()
    in_url: frozenset[str] = frozenset()
    duplicates: str = "first"


class StartReader:
    """Reads what stands under `start`, and complains of each URL that is wrong.

    Attributes:
        sitemaps: the rules of sitemaps by the page kinds that sitemaps have, `(sitemap)`, `(sitemap 2)` and so on.
        sources: the items that hand something over; of those that do not, the first of each page kind.
    """

    def __init__(self, report: Diagnostics, kinds: list[str], folder: Path, *, demo: bool) -> None:
        self.report = report
        self.kinds = kinds
        self.folder = folder
        self.demo = demo
        self.sitemaps: dict[str, SitemapRule] = {}
        self.sources: list[Source] = []
        self._seen: set[str] = set()

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
            self._plain(path, first)
            yield from self._url(item, path, first)

    def _plain(self, path: KeyPath, kind: str) -> None:
        if kind not in self._seen:
            self._seen.add(kind)
            self.sources.append(Source(path, kind))

    def _url(self, url: object, path: KeyPath, kind: str, values: Values | None = None) -> Iterator[Start]:
        if not isinstance(url, str):
            self.report.add(path, "expected a URL", "write it as https://example.com/page")
            return
        wrong = fault(url, demo=self.demo, names=values.names if values else None)
        if wrong:
            self.report.add(path, *wrong)
            return
        if values is not None:
            self._addresses(url, values, path)
        yield Start(url, kind, values)

    def _addresses(self, url: str, values: Values, path: KeyPath) -> None:
        """Complain of names in a URL that have no value at all, and of whole addresses that are none."""
        from crawler.extract.templates import Template  # late: few configs have values

        template = Template(ranges.without(url))
        for name in template.names:
            if not any(values.of(name)):
                self.report.add(path, f"{name} has no value", "write one, or take it out of the URL")
        if not template.alone:
            return
        wrong = 0
        for address in dict.fromkeys(filter(None, values.of(template.names[0]))):
            braces = "{" in address or "}" in address
            what = ("a brace in a URL", "write %7B or %7D") if braces else fault(address, demo=self.demo)
            if what is not None and wrong < _SHOWN:
                wrong += 1
                self.report.add(path, f"the value '{address[:80]}' of {template.names[0]}: {what[0]}", what[1])

    def _mapping(self, item: dict[str, object], path: KeyPath, first: str) -> Iterator[Start]:
        sources = [key for key in item if key in _SOURCES]
        if len(sources) > 1 and set(sources) != {"url", "file"}:
            self.report.add(
                (*path, sources[1]), f"'{sources[0]}' and '{sources[1]}' are both given", "keep one", on_key=True
            )
            return
        if sources == ["sitemap"]:
            yield from self._sitemap(item, path, first)
            return
        for key in item:
            if key not in _KEYS:
                self.report.add((*path, key), *_unknown(key, sources), on_key=True)
        if not sources and "with" not in item:
            if any(key not in _KEYS for key in item):
                return  # one of them was to be the source
            if "kind" not in item:
                what = "expected a URL, or a mapping with url, file, sitemap or python"
                self.report.add(path, what, "write one of them")
                return
        kind = self._kind(item.get("kind", first), path)
        yield from self._with_values(item, path, kind)

    def _with_values(self, item: dict[str, object], path: KeyPath, kind: str) -> Iterator[Start]:
        from crawler.config.value_reader import ValueReader  # late: most starts are plain URLs

        given = ValueReader(self.report, self.folder).read(item, path)
        if given is None:
            return
        self._source(item, path, kind, given)
        starts = tuple(self._starts(item, path, kind, given))
        if given.values is not None:
            self._count(starts, item, path)
        if "same_site" in item:
            place = Location(self.report, Document, {}, (*path, "same_site"))
            same_site = SAME_SITE.read(item["same_site"], place)
            hosts = same_site if isinstance(same_site, bool) else tuple(map(host_name, same_site))
            starts = tuple(start._replace(same_site=hosts) for start in starts)
        yield from starts

    def _source(self, item: dict[str, object], path: KeyPath, kind: str, given: Given) -> None:
        values = given.values
        if values is None and "python" not in item and ("url" in item or "file" in item):
            self._plain(path, kind)
            return
        list_of_urls = "file" in item and not given.file
        has_url = "url" in item or "python" in item or list_of_urls or bool(given.address)
        values = values or Values()
        names = None if "python" in item else values.names
        in_url = frozenset(_names_in(item.get("url")))
        self.sources.append(
            Source(path, kind, names, values.carry, has_url, given.file, given.lists, in_url, values.duplicates)
        )

    def _starts(self, item: dict[str, object], path: KeyPath, kind: str, given: Given) -> Iterator[Start]:
        if "python" in item:
            yield from self._function(item["python"], (*path, "python"), kind, given.values)
        elif "file" in item and not given.file:
            yield from self._list_of_urls(item, path, kind, given.values)
        elif "url" in item:
            yield from self._urls(item["url"], (*path, "url"), kind, given.values)
        elif given.address:
            yield from self._url(f"{{{given.address}}}", (*path, "file"), kind, given.values)
        else:
            yield Start("", kind, given.values or Values())

    def _count(self, starts: tuple[Start, ...], item: dict[str, object], path: KeyPath) -> None:
        count = sum(ranges.size(start.url) * start.values.combinations for start in starts if start.values)
        if count > ranges.MOST:
            key = next((key for key in ("url", "file") if key in item), "with")
            fix = f"at most {ranges.MOST:,} are allowed; make several jobs"
            self.report.add((*path, key), f"it means {count:,} pages", fix)

    def _list_of_urls(
        self, item: dict[str, object], path: KeyPath, kind: str, values: Values | None
    ) -> Iterator[Start]:
        if "url" in item:
            one, other = (key for key in item if key in ("url", "file"))
            what = f"'{one}' and '{other}' are both given, and the file has no columns"
            self.report.add((*path, other), what, "keep one, or give a .csv or .xlsx file with headings", on_key=True)
            return
        yield from self._file(item["file"], (*path, "file"), kind, values)

    def _urls(self, urls: object, path: KeyPath, kind: str, values: Values | None = None) -> Iterator[Start]:
        if urls is None or urls == []:
            self.report.add(path, "there is no URL", "write at least one")
            return
        for index, url in enumerate(urls if isinstance(urls, list) else [urls]):
            yield from self._url(url, (*path, index) if isinstance(urls, list) else path, kind, values)

    def _function(self, name: object, path: KeyPath, kind: str, values: Values | None) -> Iterator[Start]:
        wrong = function(name) if isinstance(name, str) else Problem("expected module:function")
        if wrong is not None:
            self.report.add(path, wrong.what, wrong.fix or "for example starts:urls for the function urls in starts.py")
        else:
            yield Start(f"{FUNCTION}{name}", kind, values)

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

    def _file(self, name: object, path: KeyPath, kind: str, values: Values | None) -> Iterator[Start]:
        if not isinstance(name, str) or not name.strip():
            self.report.add(path, "expected the name of a file", "write it as file: urls.txt")
            return
        try:
            lines = read_text(self.folder / name, most=MAX_FILE_BYTES).split("\n")
        except ConfigError as error:
            from crawler.config.value_reader import of_file

            self.report.add(path, of_file(error, self.folder / name))
            return
        yield from self._lines(YamlSource(name, lines), path, kind, values)

    def _lines(self, source: YamlSource, path: KeyPath, kind: str, values: Values | None) -> Iterator[Start]:
        found = False
        for number, line in enumerate(source.lines):
            url = line.strip()
            if not url or url.startswith("#"):
                continue
            found = True
            wrong = fault(url, demo=self.demo, names=values.names if values else None)
            if wrong:
                self.report.at(source, number, line.find(url), *wrong, path)
            else:
                yield Start(url, kind, values)
        if not found:
            self.report.add(path, "the file has no URL in it", "write one URL a line; # starts a comment")


def _hosts(url: str) -> Iterator[str]:
    """The URLs of the hosts of a start URL, with ranges in a host expanded; none of a path."""
    if not url.startswith("/"):
        for root in ranges.expand("/".join(url.split("/")[:3])):
            with suppress(BadUrl):
                yield resolve("", f"{root}/")


def _names_in(urls: object) -> Iterator[str]:
    from crawler.extract.templates import Template

    for url in urls if isinstance(urls, list) else [urls]:
        yield from Template(ranges.without(url)).names if isinstance(url, str) else ()


def _unknown(key: str, sources: list[str]) -> tuple[str, str]:
    """What is wrong with a key of a mapping that is no sitemap, and what to do."""
    if key in _OF_SITEMAPS:
        return f"only a sitemap has '{key}'", "write sitemap: with its URL, or remove this key"
    known = (*_SOURCES, *_KEYS) if not sources else _KEYS
    return "unknown key", did_you_mean(key, known) or f"known keys are {', '.join(_KEYS)}"
