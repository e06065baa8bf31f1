"""What `crawler init URL` writes: a config for what is found at a URL, with a field for each column or member seen."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from crawler.errors import ConfigError, ExtractError
from crawler.extract.page import PageView, open_page
from crawler.extract.text import collapse_whitespace
from crawler.model import Page, Response

if TYPE_CHECKING:
    from crawler.config import Job
    from crawler.extract.engine import Document, Node
    from crawler.extract.rules import Format

__all__ = ["Offer", "best_offer", "first_job"]

_MOST_FIELDS = 20
_LOOKED_AT = 20  # rows
_DEEPEST = 6
_SHORT = 50
_MOST_NAMES = 50
_MOST_TABLES = 50
_BESIDE = """website webpage webpageelement organization breadcrumblist listitem imageobject searchaction readaction
    entrypoint person postaladdress sitenavigationelement wpheader wpfooter wpsidebar collectionpage itemlist
    propertyvaluespecification aggregaterating rating offer speakablespecification contactpoint"""
_OTHERS = frozenset(_BESIDE.split())
"""Types of items that a page has beside what it is about."""
_NEXT = (
    "next",
    "next_url",
    "nextUrl",
    "nextPage",
    "next_page",
    "nextPageUrl",
    "next_page_url",
    "nextLink",
    "@odata.nextLink",
)
_INSIDE = ("links", "_links", "paging", "pagination", "meta", "page", "info")
_NEXT_LINKS = ("a[rel=next]", "li.next a", "a.next", "link[rel=next]")
_ASSIGNED = re.compile(r"(?:\b(?:var|let|const)\s+|\bwindow\.)([A-Za-z_$][\w$]{0,60})\s*=\s*(?=[\[{J])")
_PLAIN = re.compile(r"[A-Za-z_][\w.@ -]*(?<! )")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_PATH_NAME = re.compile(r"[\w@-][\w@$-]*")
_ID = re.compile(r"[A-Za-z_][\w-]*")
_DAY = r"\d{4}-\d\d-\d\d"
_TYPES = (
    ("int", re.compile(r"-?(?:0|[1-9]\d{0,14})")),
    ("decimal", re.compile(r"-?\d{1,15}\.\d{1,10}")),
    ("date", re.compile(_DAY)),
    ("datetime", re.compile(_DAY + r"[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")),
)
_RFC_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT)")

Rule = str | dict[str, Any]


class _Column(NamedTuple):
    name: str
    rule: Rule
    sample: str = ""


class Offer(NamedTuple):
    """A config that suits a page.

    Attributes:
        what: what the page is, for people.
        kind: name of the page kind.
        columns: its fields.
        format: as in a config; None for the default.
        each: as in a config; None without.
        follow: as in a config.
        sitemap: the URL is a sitemap start.
        hint: what to do with it, a comment.
        rows: how many rows were seen in JSON.
    """

    what: str
    kind: str
    columns: tuple[_Column, ...]
    format: str | None = None
    each: Rule | None = None
    follow: tuple[dict[str, Any], ...] = ()
    sitemap: bool = False
    hint: str = ""
    rows: int = 0


def best_offer(response: Response) -> tuple[Offer, str]:
    """Return the first offer whose config finds rows on the page, and the text of that config.

    Raises:
        ExtractError: the page cannot be read at all.
    """
    failure: ExtractError | None = None
    try:
        for offer in _offers(response):
            for tried in (offer, _without_types(offer)):
                text = _text(tried, response.url)
                if tried.sitemap or _finds_rows(text, response):
                    return tried, text
    except ExtractError as error:
        failure = error
    raise failure or ExtractError("no-match", "nothing on it can be offered as a row")


def first_job(url: str) -> Job:
    """Return a job by which a page is fetched when nothing of it is known."""
    return _job(f"name: first\nstart: {_flow(_start(url))}\npages: {{page: {{fields: {{title: title}}}}}}\n")


def _job(text: str) -> Job:
    from crawler.config import load

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "offer.yaml")
        path.write_text(text, encoding="utf-8")
        return load(path)


def _finds_rows(text: str, response: Response) -> bool:
    """Tell whether a config is right and finds rows, in which all values have the type that it says."""
    from crawler.extract.parser import Parser

    try:
        job = _job(text)
    except ConfigError:
        return False
    found = Parser(job.recipe)(next(iter(job.pages)), response)
    unfit = ("not-a-number", "not-a-date", "not-of-type", "bad-url", "scheme")
    return (
        isinstance(found, Page)
        and bool(found.records)
        and not any(note.code in unfit for record in found.records for note in getattr(record, "notes", ()))
    )


def _without_types(offer: Offer) -> Offer:
    """The same with each value as it stands."""
    columns = []
    for column in offer.columns:
        rule = column.rule
        if isinstance(rule, dict):
            kept = {name: value for name, value in rule.items() if name not in ("type", "format")}
            rule = next(iter(kept.values())) if list(kept) in (["css"], ["json"], ["column"]) else kept
        columns.append(column._replace(rule=rule))
    return offer._replace(columns=tuple(columns))


# ---- what it is


def _offers(response: Response) -> Iterator[Offer]:
    """Yield what suits a response, the best first.

    Raises:
        ExtractError: it is HTML that cannot be read.
    """
    from crawler.extract.sitemap import is_sitemap

    path = urlsplit(response.url).path.lower()
    if is_sitemap(response) or path.endswith("/robots.txt"):
        yield _sitemap()
        return
    readers: tuple[tuple[Format, Callable[[PageView], Iterator[Offer]]], ...]
    readers = (("xlsx", _sheet), ("json", _json), ("csv", _sheet))
    for format, read in readers:
        page = _opened(response, format) if _may_be(response, path, format) else None
        if page is not None:
            yield from read(page)
            return
    if _is_text(response, path):
        page = _opened(response, "text")
        if page is not None:
            yield _lines(page)
            return
    page = open_page(response)
    if page.xml:
        yield from _feed(page)
    else:
        yield from _html(page)


def _may_be(response: Response, path: str, format: str) -> bool:
    """Tell whether it is worth a try: what the server says, the name, or the first bytes are a sign."""
    said = response.headers.get("content-type", "").lower()
    head = response.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:200]
    if format == "xlsx":
        return head.startswith(b"PK") and (
            "sheet" in said or "excel" in said or b"xl/" in response.body or "xls" in path
        )
    if head[:1] == b"<":
        return False
    if format == "json":
        return (
            "json" in said or "javascript" in said or path.endswith((".json", ".jsonl", ".ndjson")) or head[:1] in b"[{"
        )
    name = path.removesuffix(".gz").removesuffix(".zip")
    return "csv" in said or "tab-separated" in said or name.endswith((".csv", ".tsv"))


def _is_text(response: Response, path: str) -> bool:
    said = response.headers.get("content-type", "").lower()
    return said.startswith("text/plain") or (not said and path.endswith(".txt"))


def _opened(response: Response, format: Format) -> PageView | None:
    try:
        return open_page(response, format=format)
    except ExtractError:
        return None


def _sitemap() -> Offer:
    columns = (
        _Column("title", {"first_of": ["h1", "title"]}),
        _Column("url", {"url": True}),
    )
    hint = "with allow: '/product/' in start, only addresses in which that pattern is found are taken"
    return Offer("a sitemap", "page", columns, sitemap=True, hint=hint)


def _lines(page: PageView) -> Offer:
    columns = (_Column("lines", {"lines": True}, _sample(page.text.split("\n")[0])),)
    return Offer("plain text", "text", columns, format="text", hint="regex: and nth: pick what you want of it")


# ---- JSON


def _json(page: PageView) -> Iterator[Offer]:
    data = page.data
    what = "JSON, one value a line" if any("a line" in note.detail for note in page.notes) else "JSON"
    place = _rows_in(data)
    if place is not None:
        path, rows = place
        follow = tuple({"json": link, "to": "items", "next": True} for link in _next_in(data))
        count = f"{len(rows):,} rows at {path}"
        yield Offer(f"{what}: {count}", "items", _members(rows), "json", path, follow, rows=len(rows))
    elif isinstance(data, list):
        yield Offer(
            f"{what}: a list",
            "items",
            (_Column("value", {"json": "@"}, _sample(data[0] if data else "")),),
            "json",
            "[]",
        )
    yield Offer(what, "items", _members([data] if isinstance(data, dict) else []), "json")


def _rows_in(data: object) -> tuple[str, list[dict[str, Any]]] | None:
    """The path and the objects of the list, or the object of objects, that holds the most."""
    best: tuple[int, str, list[dict[str, Any]]] | None = None
    ahead: list[tuple[str, object, int]] = [("", data, 0)]
    while ahead:
        path, value, depth = ahead.pop(0)
        for end, rows in _as_rows(value):
            size = sum(len(row) for row in rows[:_LOOKED_AT]) * len(rows) // min(len(rows), _LOOKED_AT)
            if best is None or size > best[0]:
                best = size, f"{path}{'.' if end == '*' and path else ''}{end}", rows
        if isinstance(value, dict) and depth < _DEEPEST:
            ahead += [(_joined(path, name), inner, depth + 1) for name, inner in list(value.items())[:_MOST_NAMES]]
    return None if best is None else best[1:]


def _as_rows(value: object) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict) and row]
        if rows and 2 * len(rows) > len(value):
            yield "[]", rows
    elif isinstance(value, dict) and len(value) > 2:
        inner = list(value.values())
        if all(isinstance(row, dict) and len(row) > 1 for row in inner) and len({frozenset(row) for row in inner}) == 1:
            yield "*", inner


def _members(rows: list[dict[str, Any]]) -> tuple[_Column, ...]:
    """A field for each member that the first rows have; those of objects inside by their path."""
    found: dict[str, tuple[Rule, object]] = {}

    def add(path: str, value: object, depth: int) -> None:
        if isinstance(value, dict):
            for name, inner in list(value.items())[:_MOST_NAMES]:
                if depth < _DEEPEST:
                    add(_joined(path, name), inner, depth + 1)
        elif value not in (None, "", []) and path not in found:
            found[path] = _of_member(path, value), value

    for row in rows[:_LOOKED_AT]:
        add("", row, 0)
    return _named((_words(path), rule, _sample(value)) for path, (rule, value) in found.items())


def _of_member(path: str, value: object) -> Rule:
    if not isinstance(value, list):
        return path
    first = value[0]
    if not isinstance(first, dict):
        return {"json": path, "join": ", "}
    inner = [
        name
        for name, one in first.items()
        if isinstance(one, str | int | Decimal) and re.fullmatch(r"[^\W\d]\w*", name)
    ]
    if not inner:
        return {"json": path, "count": True}
    return {"json": path, "item": " ".join(f"{{{name}}}" for name in inner[:3]), "join": "; "}


def _joined(path: str, name: str) -> str:
    part = name if _PATH_NAME.fullmatch(name) else json.dumps(name)
    return f"{path}.{part}" if path else part


def _next_in(data: object) -> list[str]:
    """The path to the address of the next page, if there is one."""
    if not isinstance(data, dict):
        return []
    places = [("", data), *((_joined("", name), data[name]) for name in _INSIDE if isinstance(data.get(name), dict))]
    for path, inside in places:
        for name in _NEXT:
            value, end = inside.get(name), _joined(path, name)
            if isinstance(value, dict):
                value, end = value.get("href"), f"{end}.href"
            if isinstance(value, str) and value.startswith(("http://", "https://", "/", "?")):
                return [end]
    return []


# ---- sheets


def _sheet(page: PageView) -> Iterator[Offer]:
    assert page.sheet is not None
    rows = []
    for cells in page.sheet.rows:
        rows.append([None if cell is None else str(cell) for cell in cells])
        if len(rows) == _LOOKED_AT:
            break
    what = "CSV" if page.format == "csv" else "an Excel file"
    columns = _headed(page.sheet.headings, rows)
    yield Offer(f"{what}: {len(page.sheet.headings)} columns", "lines", columns, page.format)


def _headed(headings: Iterable[str], rows: list[list[str | None]]) -> tuple[_Column, ...]:
    found: dict[str, tuple[str, Rule, str]] = {}
    for number, heading in enumerate(headings):
        if heading in found:  # of equal headings the first is found
            continue
        values = [value for row in rows if number < len(row) and (value := row[number])]
        kind = _type_of(values)
        rule: Rule = heading
        if kind or not heading:
            rule = {"column": heading or number + 1, **({"type": kind} if kind else {})}
        key = heading or f"column {number + 1}"
        found[key] = key, rule, _sample(values[0] if values else "")
    return _named(found.values())


def _type_of(values: list[str]) -> str:
    """The type that fits all of some texts; "" for text."""
    if not values:
        return ""
    return next((name for name, shape in _TYPES if all(shape.fullmatch(value) for value in values)), "")


# ---- XML and HTML


def _feed(page: PageView) -> Iterator[Offer]:
    document = page.document
    for tag in ("item", "entry"):
        rows = document.select(None, tag)
        if not rows:
            continue
        found: dict[str, tuple[str, Rule, str]] = {}
        for row in rows[:_LOOKED_AT]:
            for child in _children(document, row):
                name = document.name(child)
                if name not in found and _ID.fullmatch(name):
                    rule, sample = _of_feed(document, child, name)
                    if sample:
                        found[name] = name, rule, _sample(sample)
        follow = (
            ({"css": "link[rel=next]", "to": "items", "next": True},) if document.first(None, "link[rel=next]") else ()
        )
        yield Offer(f"a feed: {len(rows):,} of {tag}", "items", _named(found.values()), each=tag, follow=follow)
        return


def _of_feed(document: Document, child: Node, name: str) -> tuple[Rule, str]:
    text = _read(document, child)
    if not text and document.attr(child, "href") is not None:
        return {"css": name, "attr": "href", "type": "url"}, document.attr(child, "href") or ""
    if _type_of([text]) == "datetime" or _RFC_DATE.fullmatch(text):
        return {"css": name, "type": "datetime"}, text
    if text.startswith("<") and ">" in text:
        return {"css": name, "strip_html": True}, text
    return name, text


def _children(document: Document, row: Node) -> Iterator[Node]:
    depth = 0
    for event, value in document.walk(row):
        if event == "start":
            depth += 1
            if depth == 2:
                yield value
        elif event == "end":
            depth -= 1


def _html(page: PageView) -> Iterator[Offer]:
    document = page.document
    links = next((css for css in _NEXT_LINKS if document.first(None, css)), None)
    follow = () if links is None else ({"css": links, "to": "items", "next": True},)
    for offer in (_of_schema(page), _of_scripts(page), _of_table(page)):
        if offer is not None:
            yield offer._replace(follow=follow)
    title = _first_text(document, "h1", "title")
    columns = [_Column("title", {"first_of": ["h1", "title"]}, _sample(title))]
    if not title:
        columns = [_Column("text", "body", _sample(_first_text(document, "body")))]
    described = document.first(None, "meta[name=description]")
    if described is not None:
        rule = {"css": "meta[name=description]", "attr": "content"}
        columns.append(_Column("description", rule, _sample(document.attr(described, "content") or "")))
    columns.append(_Column("url", {"url": True}, _sample(page.url)))
    hint = "add `each: SELECTOR` for a row for each match, and `follow: [{css: SELECTOR, to: page}]` for links"
    yield Offer("HTML", "page", tuple(columns), follow=tuple({**rule, "to": "page"} for rule in follow), hint=hint)


def _of_schema(page: PageView) -> Offer | None:
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in page.schema_items.find(["*"]):
        kinds = item.get("@type")
        name = kinds[0] if isinstance(kinds, list) and kinds else kinds
        if isinstance(name, str) and name.casefold() not in _OTHERS and _ID.fullmatch(name):
            groups.setdefault(name, []).append(item)
    if not groups:
        return None
    name = max(groups, key=lambda one: sum(map(len, groups[one])))
    rows = groups[name]
    columns = tuple(column for column in _members(rows) if "@" not in str(column.rule))
    return Offer(f"HTML with schema.org data: {len(rows):,} of {name}", "items", columns, each={"schema": name})


def _of_scripts(page: PageView) -> Offer | None:
    """The largest list of objects that a script holds."""
    best: tuple[int, dict[str, Any], str, list[dict[str, Any]]] | None = None
    for source, what, data in _data_in(page):
        place = _rows_in(data)
        if place is None or len(place[1]) < 2:
            continue
        size = len(place[1]) * len(place[1][0])
        if best is None or size > best[0]:
            best = size, {**source, "json": place[0]}, what, place[1]
    if best is None:
        return None
    _, each, what, rows = best
    return Offer(f"HTML with data in {what}: {len(rows):,} rows", "items", _members(rows), each=each)


def _data_in(page: PageView) -> Iterator[tuple[dict[str, Any], str, object]]:
    document, names = page.document, dict[str, None]()
    for node in document.select(None, "script"):
        page.check_time()
        name = document.attr(node, "id") or ""
        text = document.html(node)
        if _ID.fullmatch(name) and text.lstrip()[:1] in ("{", "["):
            try:
                yield {"css": f"#{name}"}, f"#{name}", page.json_in(text)
            except ExtractError:
                continue
        elif len(names) < _MOST_NAMES:
            names.update(dict.fromkeys(found[1] for found in _ASSIGNED.finditer(text)))
    for name in list(names)[:_MOST_NAMES]:
        for value in page.scripts.find(name)[:1]:
            yield {"js": name}, f"a script ({name})", value


def _of_table(page: PageView) -> Offer | None:
    from crawler.extract.html_table import read_table_rows

    document, best, size = page.document, None, 0
    for node in document.select(None, "table")[:_MOST_TABLES]:
        try:
            table = read_table_rows(document, node, page.check_time)
        except ExtractError:
            continue
        wide = sum(bool(heading) for heading in table.headings)
        if wide > 1 and len(table.rows) * wide > size:
            best, size = (node, table), len(table.rows) * wide
    if best is None:
        return None
    node, table = best
    rows = [[None if cell is None else _read(document, cell) for cell in row.cells] for row in table.rows[:_LOOKED_AT]]
    what = f"HTML with a table: {len(table.rows):,} rows"
    headings = [*table.headings]
    while headings and not headings[-1]:
        headings.pop()
    return Offer(what, "items", _headed(headings, rows), each={"html_table": _selector(document, node)})


def _selector(document: Document, table: Node) -> str:
    """A selector that finds the table, and no other if it has an id, a class or a place of its own."""
    name = document.attr(table, "id") or ""
    classes = (document.attr(table, "class") or "").split()
    found = [f"#{name}"] if _ID.fullmatch(name) else []
    found += [f"table.{one}" for one in classes if _ID.fullmatch(one)]
    for css in [*found, "table"]:
        matches = document.select(None, css)
        if len(matches) == 1 and document.identity(matches[0]) == document.identity(table):
            return css
    path, here = "", table
    while (parent := document.parent(here)) is not None:
        name = document.attr(here, "id") or ""
        if here is not table and _ID.fullmatch(name) and len(document.select(None, f"#{name}")) == 1:
            return f"#{name} > {path}"
        number = _number_of(document, here, parent)
        path = f"{document.tag(here)}:nth-child({number})" + (f" > {path}" if path else "")
        here = parent
    return f"{document.tag(here)} > {path}"


def _number_of(document: Document, node: Node, parent: Node) -> int:
    number, here = 1, document.first(parent, "*")
    while here is not None and document.identity(here) != document.identity(node):
        here, number = document.after(here), number + 1
    return number


# ---- names and texts


def _read(document: Document, node: Node) -> str:
    return collapse_whitespace(document.text(node))[0]


def _first_text(document: Document, *selectors: str) -> str:
    nodes = (document.first(None, css) for css in selectors)
    return next((_read(document, node) for node in nodes if node is not None), "")


def _named(found: Iterable[tuple[str, Rule, str]]) -> tuple[_Column, ...]:
    """The first columns, each with a name of its own: letters, digits and `_`."""
    columns: dict[str, _Column] = {}
    for text, rule, sample in found:
        base = re.sub(r"\W+", "_", text.casefold()).strip("_")[:40] or "value"
        base = f"_{base}" if base[0].isdigit() else base
        name, number = base, 1
        while name in columns:
            number += 1
            name = f"{base}_{number}"
        columns[name] = _Column(name, rule, sample)
        if len(columns) == _MOST_FIELDS:
            break
    return tuple(columns.values())


def _words(path: str) -> str:
    """A path as a name: `address.streetAddress` is address_street_address."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path)


def _sample(value: object) -> str:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(char if char.isprintable() else " " for char in str(value)[: 4 * _SHORT])
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."


def _start(url: str) -> str:
    """The URL as `start` has it: braces would be a range."""
    return url.replace("{", "%7B").replace("}", "%7D")


def _text(offer: Offer, url: str) -> str:
    """The config."""
    name = _file_name(url)
    start: Any = [{"sitemap": _start(url), "kind": offer.kind}] if offer.sitemap else _start(url)
    lines = [
        f"# A crawl job for {_sample(url)}",
        f"# There is {offer.what}.",
        "# The first value that was seen stands beside each field; remove what you do not need.",
        "# The reference of all keys is docs/config.md.",
        "",
        f"name: {name}",
        f"start: {_flow(start)}",
        "",
        "pages:",
        f"  {offer.kind}:",
    ]
    if offer.hint:
        lines.append(f"    # {offer.hint}")
    if offer.format is not None:
        lines.append(f"    format: {offer.format}")
    if offer.each is not None:
        lines.append(f"    each: {_flow(offer.each)}")
    lines.append("    fields:")
    width = max((len(_field(column)) for column in offer.columns), default=0)
    lines += [
        f"{_field(column):{min(width, 80)}}  # {column.sample}" if column.sample else _field(column)
        for column in offer.columns
    ]
    if offer.follow:
        lines += ["    follow:", *(f"      - {_flow(rule)}" for rule in offer.follow)]
    lines += [
        "",
        "polite:",
        "  delay: 1s                 # between two requests to a host",
        "  # contact: https://example.com/about-me",
        "",
        "limits:",
        "  pages: 20                 # for a first look; remove it when the rows are right",
        "",
        f"output: output/{name}.xlsx",
        "",
        "# Next: `crawler try THIS_FILE URL` shows what each field finds on a page;",
        "#       `crawler run THIS_FILE` writes the workbook.",
        "",
    ]
    return "\n".join(lines)


def _field(column: _Column) -> str:
    return f"      {_flow(column.name)}: {_flow(column.rule)}"


def _flow(value: object) -> str:
    """A value in YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(name)}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool | int):
        return json.dumps(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _file_name(url: str) -> str:
    """The name of the job: the host without www., as a file name."""
    host = (urlsplit(url).hostname or "site").removeprefix("www.")
    return re.sub(r"[^A-Za-z0-9]+", "-", host).strip("-")[:60] or "site"
