"""Schema.org data, tables and feeds, against second readers: `python -m tests.long.readers FOLDER...`

JSON-LD and microdata are read by extruct too, tables by pandas, feeds by feedparser. They are needed for this command
only: `python -m pip install extruct pandas lxml feedparser`, best in an environment of their own. Pages are `*.html`
and `*.htm` at any depth, feeds `*.xml`, `*.rss`, `*.atom` and `*.rdf`.

Items are compared with those of the same type on the page, in their order: each property whose value is a text, a
number or a list of them; an item inside another is compared by itself. Of tables each heading and each cell is, of
feeds the title, link and date of each item, which ours reads by the rules of a config. Printed are the pages with such
data, what was compared and what is equal, and each kind of difference with its number and the first example. The exit
code is 1 where a difference is of no kind that KNOWN explains.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

from crawler.errors import ExtractError
from crawler.extract.html_table import HeadedTable, read_table_rows
from crawler.extract.page import PageView, open_page
from crawler.extract.parser import Parser
from crawler.extract.rules import EachRule, FieldRule, PageRule, Recipe, TableRule
from crawler.extract.schema_org import SchemaItems
from crawler.extract.text import collapse_whitespace
from crawler.model import Failure, Response

URL = "http://site.test/"
UNREAD = re.compile(r"<!\[CDATA\[|\]\]>")
"""Around JSON-LD, what extruct does not know."""
UNSEEN = re.compile(r"<(script|style|noscript|template)\b.*?</\1>", re.S | re.I)
"""In a table, what pandas takes for text."""
KNOWN = {
    "white space": "the second readers join `a<br>b`, or part `1<b>2</b>`; ours reads as a browser shows it",
    "time without datetime": "ours takes its attribute content or, by the standard, its text; extruct has none",
    "empty link": "an element without a link is no link to the page itself",
    "kept row": "ours leaves out rows of headings, names of groups and rows without a cell of their own",
    "title": "ours takes a cell over all columns for no heading of any",
    "heading by th": "pandas takes no first row for headings in which one cell is no th",
    "number of equal headings": "pandas numbers equal headings",
    "row that pandas leaves out": "pandas takes a title for headings; for ours it is a row where none follow",
    "input of an action": "extruct makes objects of `query-input` and the like",
    "script that is broken": "neither reads it, or only one does",
    "markup in a title": "feedparser keeps the tags of a title that holds HTML; ours is the text of the element",
    "another of several links": "of links without rel and with rel=alternate ours takes the first, feedparser the last",
    "guid as a link": "feedparser takes the guid of an item without a link; a config would say first_of: [link, guid]",
    "date that only feedparser reads": "feedparser guesses at other forms; in ours only what format says is a date",
    "date that only ours reads": "RFC 822 without a zone, or with a year of two digits, which feedparser may refuse",
}
Item = dict[str, Any]
Found = Iterator[tuple[str, str]]
FEEDS = {".xml", ".rss", ".atom", ".rdf"}


class Result(NamedTuple):
    """A page: for each kind of data what was compared and equal, and the differences by kind, with an example."""

    page: str
    counts: dict[str, tuple[int, int]]
    differences: list[tuple[str, str, str]]
    failure: str = ""


def compare(path: Path) -> Result:
    """Read one page, or one feed, twice."""
    warnings.simplefilter("ignore")
    if path.suffix in FEEDS:
        return compare_feed(path)
    try:
        page = open_page(Response(URL, 200, {"content-type": "text/html"}, path.read_bytes()))
        if page.xml:
            return Result(str(path), {}, [], "it is XML")
        counts, differences = {}, []
        for name, check in (("JSON-LD", json_ld), ("microdata", microdata), ("tables", tables)):
            equal, found = 0, list(check(page))
            for kind, example in found:
                equal += not kind
                if kind:
                    differences.append((name, kind, example))
            if found:
                counts[name] = len(found), equal
    except ExtractError as error:
        return Result(str(path), {}, [], f"{error.code}: {error.detail}")
    return Result(str(path), counts, differences)


RFC_DATES = tuple(
    f"{day}%d %b {year} {time}{zone}"
    for day in ("%a, ", "")
    for year in ("%Y", "%y")
    for time in ("%H:%M:%S", "%H:%M")
    for zone in (" %z", " GMT", "")
)
"""RFC 822, and what is made of it: https://www.rssboard.org/rss-specification"""
DATES = tuple(
    FieldRule("date", f":scope > {name}", type="datetime", formats=formats)
    for name in ("pubDate", "date", "published", "updated", "modified")
    for formats in (RFC_DATES, ())
)
ITEM = (
    FieldRule("title", ":scope > title"),
    FieldRule(
        "link",
        first_of=(
            FieldRule("link", ":scope > link:not([rel]), :scope > link[rel=alternate]", attr="href", type="url"),
            FieldRule("link", ":scope > link:not([href])", type="url"),
        ),
    ),
    FieldRule("date", first_of=DATES, type="datetime"),
    FieldRule("guid", ":scope > guid, :scope > id"),
    FieldRule("links", ":scope > link", attr="href", all=True),
)
FEED = Recipe({"feed": PageRule("feed", (TableRule("items", ITEM, levels=(EachRule(css="item, entry"),)),))})


def compare_feed(path: Path) -> Result:
    """Read the items of a feed twice."""
    import feedparser

    body = path.read_bytes()
    ours = Parser(FEED)("feed", Response(URL, 200, {"content-type": "application/xml"}, body))
    if isinstance(ours, Failure):
        return Result(str(path), {}, [], f"{ours.code}: {ours.detail}")
    theirs = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False).entries
    found = list(feed_items([dict(record.values) for record in ours.records], theirs))
    differences = [("feeds", kind, example) for kind, example in found if kind]
    return Result(str(path), {"feeds": (len(found), len(found) - len(differences))}, differences)


def feed_items(ours: list[Item], theirs: list[Any]) -> Found:
    theirs = [
        entry for entry in theirs if any(entry.get(name) for name in ("title", "link", "published", "updated", "id"))
    ]
    if len(ours) != len(theirs):
        yield "number of items", f"{len(ours)} | {len(theirs)}"
        return
    for mine, entry in zip(ours, theirs, strict=True):
        title, other = mine["title"] or "", entry.get("title") or ""
        marked = "<" in other or "&" in title or "<" in title
        same = squeezed(title) == squeezed(other)
        yield ("" if same else "markup in a title" if marked else "title of an item"), f"{title} | {other}"
        link, other = mine["link"] or "", entry.get("link") or ""
        same = link in (other, urljoin(URL, other))
        kind = "another of several links" if other in (mine["links"] or ()) else "link"
        kind = "guid as a link" if not link and squeezed(other) == squeezed(mine["guid"] or "") else kind
        yield ("" if same else kind), f"{link} | {other}"
        parsed = entry.get("published_parsed") or entry.get("updated_parsed")
        yield of_dates(mine["date"], parsed), f"{mine['date']} | {parsed and tuple(parsed)[:6]}"


def of_dates(ours: Any, theirs: Any) -> str:
    """The kind of difference between two moments, theirs in UTC."""
    if not isinstance(ours, datetime):
        return "" if theirs is None and not ours else "date that only feedparser reads" if theirs else ""
    if theirs is None:
        return "date that only ours reads"
    moment = ours.astimezone(UTC) if ours.tzinfo else ours.replace(tzinfo=UTC)
    return "" if moment.timetuple()[:6] == tuple(theirs)[:6] else "date"


def json_ld(page: PageView) -> Found:
    """Compare the items of JSON-LD; yield the kind of difference of each thing compared, "" for none, and both."""
    import extruct.jsonld

    if "ld+json" not in page.text:
        return
    document = page.document
    theirs, broken = list[Item](), 0
    for node in document.select(None, "script[type]"):
        if document.attr(node, "type") == "application/ld+json":
            source = f'<script type="application/ld+json">{UNREAD.sub("", document.text(node))}</script>'
            try:
                theirs += flat(extruct.jsonld.JsonLdExtractor().extract(source))
            except ValueError:
                broken += 1
    reader = SchemaItems(document, page.text.replace("itemscope", ""), lambda href: urljoin(URL, href))
    reader._micro = False
    ours = [flat_item(item) for item in reader.find(["*"])]
    if broken != len(reader.broken):
        yield "script that is broken", f"ours {reader.broken}, theirs {broken}"
    yield from items(ours, told_apart(theirs))


def flat(value: Any) -> Iterator[Item]:
    """Yield the items of JSON-LD at any depth that have a type."""
    if isinstance(value, list):
        for each in value:
            yield from flat(each)
    elif isinstance(value, dict) and "@value" not in value:
        if value.get("@type"):
            yield flat_item(value)
        for name, each in value.items():
            if name != "@context":
                yield from flat(each)


def told_apart(found: list[Item]) -> list[Item]:
    """Leave out items that are written twice with one id, and those that only name another."""
    whole = [item["@id"] for item in found if "@id" in item and len(item) > 2]
    kept: list[Item] = []
    for item in found:
        if "@id" in item and ((len(item) == 2 and item["@id"] in whole) or item in kept):
            continue
        kept.append(item)
    return kept


def flat_item(item: Item) -> Item:
    """An item with those of its properties that are texts and numbers."""
    made = {}
    for name, value in item.items():
        if name in {"@context", "@reverse"}:
            continue
        if name == "@type":
            made[name] = [short(each) for each in (value if isinstance(value, list) else [value])]
            continue
        value = value["@list"] if isinstance(value, dict) and "@list" in value else value
        values = [plain(each) for each in (value if isinstance(value, list) else [value])]
        if all(each is not None for each in values):
            made[short(name)] = values
    return made


def short(name: str) -> str:
    return re.sub(r"^(https?://(www\.)?schema\.org/|schema:)", "", name).rstrip("/")


def plain(value: Any) -> str | None:
    if isinstance(value, dict):
        return plain(value["@value"]) if "@value" in value else None
    if isinstance(value, list):
        return None
    return value if isinstance(value, str) else str(value) if isinstance(value, bool | None) else repr(float(value))


def microdata(page: PageView) -> Found:
    """Compare the items of microdata; as json_ld."""
    import extruct.w3cmicrodata

    if "itemscope" not in page.text.lower():
        return
    # An object made of `query-input` is no item.
    reader = SchemaItems(page.document, page.text, lambda href: urljoin(URL, href))
    reader._json = False
    found = extruct.w3cmicrodata.MicrodataExtractor().extract(page.text, base_url=URL)
    yield from items([flat_item(item) for item in reader.find(["*"])], list(flat_micro(found)))


def flat_micro(value: Any) -> Iterator[Item]:
    if isinstance(value, list):
        for each in value:
            yield from flat_micro(each)
    elif isinstance(value, dict) and value.keys() & {"type", "properties", "id"}:
        made: Item = {"@type": value["type"]} if "type" in value else {}
        if "id" in value:
            made["@id"] = value["id"]
        given = value.get("properties", {})  # of an item that several take by itemref, extruct fills only the first
        made.update({name: each for name, each in given.items() if each is not None})
        yield flat_item(made)
        yield from flat_micro(list(value.get("properties", {}).values()))


def items(ours: list[Item], theirs: list[Item]) -> Found:
    """Compare items with those of the same types."""
    groups: dict[str, tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for side, found in enumerate((ours, theirs)):
        for item in found:
            groups[str(item.get("@type"))][side].append(item)
    for kind, (mine, others) in groups.items():
        rest, left = [item for item in mine if item not in others], [item for item in others if item not in mine]
        for item in mine:
            if item in others:
                yield from (("", "") for _ in item)
        for one, other in zip_longest(rest, left):
            if one is None or other is None:
                yield ("only theirs" if one is None else "only ours"), f"{kind} {str(one or other)[:200]}"
                continue
            for name in {**one, **other}:
                if name.endswith(("-input", "-output")):
                    yield "input of an action", name
                    continue
                what = "" if one.get(name) == other.get(name) else of_values(one.get(name), other.get(name))
                yield what, f"{kind}.{name}: {str(one.get(name))[:150]} | {str(other.get(name))[:150]}"


def of_values(ours: list[str] | None, theirs: list[str] | None) -> str:
    """The kind of difference between the values of a property."""
    if ours is None or theirs is None:
        return "property that one has"
    if len(ours) != len(theirs):
        return "number of values"
    one, other = next((one, other) for one, other in zip(ours, theirs, strict=True) if one != other)
    if squeezed(one) == squeezed(other):
        return "white space"
    if not one and other == URL:
        return "empty link"
    if not other:
        return "time without datetime"
    return "value"


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", collapse_whitespace(text)[0])


def tables(page: PageView) -> Found:
    """Compare the cells and headings of each table; as json_ld."""
    import pandas

    document = page.document
    for node in document.select(None, "table"):
        ours = read_table_rows(document, node, page.check_time)
        source = f"<table>{UNSEEN.sub('', document.html(node))}</table>"
        if document.first(node, "table") is not None:
            source = without_inner(source)
        options: dict[str, Any] = {
            "keep_default_na": False,
            "displayed_only": False,
            "flavor": "lxml",
            "thousands": None,
        }
        try:
            converters = dict.fromkeys(range(len(ours.headings)), str)
            try:
                frame = pandas.read_html(StringIO(source), converters=converters, **options)[0]
            except IndexError:  # fewer columns than ours
                frame = pandas.read_html(StringIO(source), **options)[0]
        except (ValueError, IndexError) as error:
            if any(cell_text(page, cell) for row in ours.rows for cell in row.cells):
                yield "table that pandas cannot read", f"{len(ours.rows)} rows: {str(error)[:100]}"
            continue
        yield from one_table(page, ours, frame)


def without_inner(source: str) -> str:
    """A table with the text of each table inside in its place: pandas takes rows of those for rows of its own."""
    from lxml import html

    outer = html.fragment_fromstring(source)
    for inner in outer.xpath(".//table[not(ancestor::table[ancestor::table])][ancestor::table]"):
        text = html.Element("div")
        text.text, text.tail = " ".join(inner.itertext()), inner.tail
        inner.getparent().replace(inner, text)
    return html.tostring(outer, encoding="unicode")


def one_table(page: PageView, ours: HeadedTable, frame: Any) -> Found:
    rows = [[cell_text(page, cell) for cell in row.cells] for row in ours.rows]
    named = any(not isinstance(name, int) for name in frame.columns)
    if ours.guessed is not None and not named:
        rows.insert(0, [cell_text(page, cell) for cell in ours.guessed.cells])
    elif named:
        names = [" ".join(heading(name).split()) for name in frame.columns]
        for one, other in zip_longest(ours.headings, names, fillvalue="nothing"):
            kind = of_headings(one, other)
            titled = len(names) > 1 and len({re.sub(r"\.\d+$", "", name) for name in names}) == 1
            yield ("title" if kind == "heading" and titled else kind), f"{one} | {other}"
    elif ours.headings:
        yield "heading by th", str(ours.headings)[:200]
    theirs = [[" ".join(str(value).split()) for value in row] for row in frame.values.tolist()]
    texts, others = (list(filter(any, each)) for each in (rows, theirs))
    if len(texts) != len(others):
        more, fewer = (others, texts) if len(texts) < len(others) else (texts, others)
        keys = {squeezed("".join(row)) for row in fewer}
        missing = [row for row in more if squeezed("".join(row)) not in keys]
        kind = "kept row" if more is others else "row that pandas leaves out"
        yield kind, f"{len(texts)} | {len(others)}: {str(missing[:2])[:300]}"
        keys = {squeezed("".join(row)) for row in texts}
        others = [row for row in others if squeezed("".join(row)) in keys]
        if len(texts) != len(others):
            return
    for one, other in zip(texts, others, strict=True):
        for mine, their in zip_longest(one, other, fillvalue=""):
            same = mine == their
            yield ("" if same else "white space" if squeezed(mine) == squeezed(their) else "cell"), f"{mine} | {their}"


def cell_text(page: PageView, cell: Any) -> str:
    return "" if cell is None else collapse_whitespace(page.document.text(cell))[0]


def heading(name: Any) -> str:
    parts = [str(part) for part in (name if isinstance(name, tuple) else (name,))]
    parts = ["" if part.startswith("Unnamed:") else part for part in parts]
    return " ".join(filter(None, [*parts[:1], *(second for first, second in pairwise(parts) if first != second)]))


def of_headings(ours: str, theirs: str) -> str:
    if ours == theirs:
        return ""
    if squeezed(ours) == squeezed(theirs):
        return "white space"
    theirs = re.sub(r"\.\d+$", "", theirs)
    if ours == theirs:
        return "number of equal headings"
    return "title" if theirs.endswith(ours) else "heading"


def main(folders: list[str]) -> int:
    """Print the tables; return the exit code."""
    try:
        import extruct  # noqa: F401 - asked for only to see that it is there
        import feedparser  # noqa: F401 - as extruct
        import pandas  # noqa: F401 - as extruct
    except ImportError:
        print("readers are missing: python -m pip install extruct pandas lxml feedparser", file=sys.stderr)
        return 2
    files = (path for name in folders for path in Path(name).rglob("*") if path.is_file())
    pages = sorted(path for path in files if path.suffix in {".html", ".htm", *FEEDS})
    if not pages:
        print("no pages: name folders that hold *.html", file=sys.stderr)
        return 2
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(compare, pages))
    return _report(results)


def _report(results: list[Result]) -> int:
    read = [result for result in results if not result.failure]
    print(f"{len(results)} pages, {len(read)} read\n\n{'':10} {'pages':>6} {'compared':>9} {'equal':>9}")
    for name in ("JSON-LD", "microdata", "tables", "feeds"):
        found = [result.counts[name] for result in read if name in result.counts]
        print(f"{name:10} {len(found):6} {sum(all_ for all_, _ in found):9} {sum(equal for _, equal in found):9}")
    failures = [result.failure for result in results if result.failure]
    for code, number in Counter(failure.partition(":")[0] for failure in failures).items():
        print(f"\nnot read: {number}, as {next(each for each in failures if each.startswith(code))[:150]}")
    kinds = Counter((name, kind) for result in read for name, kind, _ in result.differences)
    for (name, kind), number in kinds.most_common():
        pages = [result for result in read if any(each[:2] == (name, kind) for each in result.differences)]
        example = next(each[2] for each in pages[0].differences if each[:2] == (name, kind))
        known = KNOWN.get(kind, "NOT EXPLAINED")
        print(f"\n{name}: {kind}: {number} on {len(pages)} pages ({known})\n  {pages[0].page}\n  {json.dumps(example)}")
    return 1 if any(kind not in KNOWN for _, kind in kinds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
