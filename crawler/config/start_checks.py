"""What starts hand over, and whether it is what their page kinds use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crawler.config.diagnostics import Diagnostics, dotted
from crawler.config.document import Document
from crawler.config.field_spec import FieldSpec
from crawler.config.handed import Use, arriving, uses
from crawler.config.start_reader import Source
from crawler.config.starts import Start
from crawler.config.yaml_tree import KeyPath

__all__ = ["check_starts", "handed_over", "start_warnings"]


def handed_over(document: Document, sources: Iterable[Source]) -> dict[str, dict[str, tuple[KeyPath, FieldSpec]]]:
    """By page kind, the names of what starts hand over: where that is written, and the field that it is."""
    found: dict[str, dict[str, tuple[KeyPath, FieldSpec]]] = {}
    for source in sources:
        if source.names == () or source.kind not in document.pages:
            continue
        names = source.names
        if names is None:  # a function may give all that requests need
            names = tuple(use.name for use in _of_request(document, source.kind))
        there = found.setdefault(source.kind, {})
        for name in (*source.carry, *names):
            if name in source.carry:
                there[name] = (source.path, FieldSpec(type="text", all=source.duplicates == "collect"))
            else:
                there.setdefault(name, (source.path, FieldSpec(type="text", hidden=True)))
    return found


def check_starts(document: Document, sources: Iterable[Source], report: Diagnostics) -> None:
    """Complain of starts that do not hand over what their page kinds use, or do not say where the pages are."""
    there = arriving(document)
    for source in sources:
        kind = document.pages.get(source.kind)
        if kind is None:
            continue
        if not source.has_url:
            _says_where(document, source, report)
        if source.names is None:
            continue
        for use in _of_request(document, source.kind):
            is_needed = use.path[3] != "url" or not source.has_url
            if is_needed and use.name not in source.names and _is_ours(use, source, there[source.kind]):
                what = f"uses {{{use.name}}}, which {dotted(source.path)} does not hand over"
                report.add(use.path, what, _fix(use.name, source))


def start_warnings(document: Document, starts: Iterable[Start], sources: Iterable[Source]) -> Iterator[str]:
    """What is allowed and most likely not meant: values without use, and lines without an address."""
    yield from _idle_values(document, sources)
    yield from _left_out(document, starts)


def _idle_values(document: Document, sources: Iterable[Source]) -> Iterator[str]:
    for source in sources:
        if source.kind not in document.pages:
            continue
        used = {use.name for use in uses(("pages", source.kind), document.pages[source.kind])}
        for name in source.lists:
            if name not in used and name not in source.carry and name not in source.in_url:
                where = dotted((*source.path, "with", name))
                yield f"{where}: nothing uses it; write {{{name}}} in url: or in request:, or add it to carry:"


def _left_out(document: Document, starts: Iterable[Start]) -> Iterator[str]:
    seen: set[tuple[str, int]] = set()
    for start in starts:
        values = start.values
        if values is None or (start.url, id(values)) in seen:
            continue
        seen.add((start.url, id(values)))
        from crawler.extract.templates import Template  # late: few configs have values

        url = start.url or document.pages[start.kind].request.url or ""
        for name in Template(url).names:
            found = values.of(name)
            if empty := found.count(None):
                what = "lines" if len(found) == len(values.lines) else "values"
                yield f"start: {name} is empty in {empty:,} of {len(found):,} {what}, which are left out"


def _of_request(document: Document, kind: str) -> Iterator[Use]:
    """The names that requests of a page kind need, but for what paginate counts."""
    spec = document.pages[kind]
    counted = spec.paginate.name if spec.paginate is not None else ""
    return (use for use in uses(("pages", kind), spec) if use.path[2] == "request" and use.name != counted)


def _is_ours(use: Use, source: Source, there: Iterable[str]) -> bool:
    """Whether this is to be said of the start; what nothing at all hands over is said elsewhere."""
    return bool(source.names) or use.name in there


def _says_where(document: Document, source: Source, report: Diagnostics) -> None:
    url = document.pages[source.kind].request.url
    path = (*source.path, "file") if source.file else source.path
    if url is None:
        what = f"does not say where the pages are, and page kind '{source.kind}' has no request.url"
        report.add(path, what, "add url: with {names}, a column url, or request: {url: ...} there")
    elif not url.startswith(("http://", "https://", "{")) and document.demo is None:
        what = f"is relative, and {dotted(source.path)} gives no address"
        report.add(("pages", source.kind, "request", "url"), what, "write the whole URL, https://example.com/search")


def _fix(name: str, source: Source) -> str:
    if source.file:
        return f"add {name} to with:, or a column to {source.file}"
    return f"add {name} to with: of this start" if source.names else f"add with: {{{name}: ...}} to this start"
