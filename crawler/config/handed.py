"""Values that go from page to page: what arrives at each page kind, and what it uses of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from crawler.config.document import Document
from crawler.config.field_spec import FieldSpec, SourceSpec
from crawler.config.languages import Context, context, tables_of
from crawler.config.page_spec import FollowSpec, KindSpec
from crawler.config.yaml_tree import KeyPath

__all__ = [
    "Arriving",
    "Use",
    "arriving",
    "carried_by",
    "every_source",
    "is_next",
    "is_of_rows",
    "names_used",
    "needed_beside",
    "rows_of",
    "uses",
]


class Arriving(NamedTuple):
    """A value that is handed over to a page kind: where that is written, its name, its spec, what it is read from."""

    path: KeyPath
    name: str
    spec: FieldSpec
    context: Context


class Use(NamedTuple):
    """A name that a page kind uses of what is handed over, and where."""

    name: str
    path: KeyPath


def is_of_rows(rule: FollowSpec) -> bool:
    """Whether a rule looks in each row of its page kind: `from: row`."""
    return "from" in rule.given and rule.of == "row" and not rule.each


def rows_of(rule: FollowSpec, kind: KindSpec) -> Context:
    """What the fields of `carry` are read from."""
    return context(kind.format, kind.each if is_of_rows(rule) else rule.each)


def is_next(kind: str, rule: FollowSpec) -> bool:
    """Whether the rule leads to the next page of the same list."""
    return rule.next if rule.next is not None else rule.to == kind and "next" in rule.css.lower()


def arriving(document: Document) -> dict[str, dict[str, Arriving]]:
    """What is handed over to each page kind by starts and links, over any number of hops."""
    found: dict[str, dict[str, Arriving]] = {name: {} for name in document.pages}
    here = context("html", "")
    for target, names in document.started.items():
        for name, (path, spec) in names.items():
            found.setdefault(target, {})[name] = Arriving(path, name, spec, here)
    grows = True
    while grows:
        grows = False
        for name, kind in document.pages.items():
            for index, rule in enumerate(kind.follow):
                known = found.setdefault(rule.to, {})
                for one in carried_by(rule, kind, ("pages", name, "follow", index), found[name]):
                    grows = grows or one.name not in known
                    known.setdefault(one.name, one)
    return found


def carried_by(
    rule: FollowSpec, kind: KindSpec, path: KeyPath, given: dict[str, Arriving] | None = None
) -> Iterator[Arriving]:
    """Yield what a follow rule, written at a path, hands over.

    Args:
        given: what its page is given.
    """
    here = rows_of(rule, kind)
    for name, spec in rule.fields.items():
        yield Arriving((*path, "carry", name), name, _as_carried(spec, rule), here)
    for index, name in enumerate(rule.names):
        if is_of_rows(rule) and name in kind.fields:
            yield Arriving((*path, "carry", index), name, _as_carried(kind.fields[name], rule), here)
        elif given and name in given:
            yield given[name]._replace(spec=_as_carried(given[name].spec, rule))


def _as_carried(spec: FieldSpec, rule: FollowSpec) -> FieldSpec:
    """What becomes of a field: where the values of all links are collected, a list."""
    return spec.changed(all=True, nth=None, join=None, count=False) if rule.duplicates == "collect" else spec


def needed_beside(kind: KindSpec, fields: dict[str, FieldSpec]) -> set[str]:
    """Names of fields that others of their row are made of, or that links hand on."""
    found = {use.name for name, one in fields.items() for use in placeholders(one, (name,))}
    for rule in kind.follow:
        found.update(rule.names, (use.name for use in placeholders(rule, ())), rule.where)
    return found


def names_used(document: Document) -> dict[str, tuple[str, ...]]:
    """The names that each page kind uses of what is handed over, in the order in which they arrive."""
    there = arriving(document)
    found = {}
    for name, kind in document.pages.items():
        used = {use.name for use in uses(("pages", name), kind)}
        counted = (kind.paginate.name,) if kind.paginate is not None else ()
        found[name] = tuple(one for one in (*there[name], *counted) if one in used)
    return found


def uses(path: KeyPath, kind: KindSpec) -> Iterator[Use]:
    """Yield each name that a page kind uses and that is no field of its row."""
    yield from _of_request((*path, "request"), kind)
    for inner, spec in [((), kind), *((inner, spec) for inner, _, spec in tables_of(kind))]:
        here = (*path, *inner)
        for field, one in spec.fields.items():
            yield from _other(placeholders(one, (*here, "fields", field)), spec.fields)
        yield from (Use(name, (*here, "where", name)) for name in spec.where if name not in spec.fields)
    for index, rule in enumerate(kind.follow):
        yield from _of_rule((*path, "follow", index), rule, kind)


def _of_request(path: KeyPath, kind: KindSpec) -> Iterator[Use]:
    if not kind.request.given:
        return
    from crawler.extract.request import is_secret, names_in  # late: few configs have one

    request = kind.request
    parts: list[tuple[KeyPath, object]] = [(("url",), request.url or ""), (("json",), request.json)]
    for key in ("query", "headers", "form"):
        parts += [((key, name), tree) for name, tree in getattr(request, key).items()]
    for inner, tree in parts:
        yield from (Use(name, (*path, *inner)) for name in names_in(tree) if not is_secret(name))


def _of_rule(path: KeyPath, rule: FollowSpec, kind: KindSpec) -> Iterator[Use]:
    row = kind.fields if is_of_rows(rule) else {}
    known = {**row, **rule.fields}
    yield from _other(placeholders(rule, path), known)
    for field, one in rule.fields.items():
        yield from _other(placeholders(one, (*path, "carry", field)), rule.fields)
    yield from (Use(name, (*path, "where", name)) for name in rule.where if name not in known)
    for index, name in enumerate(rule.names):
        if name not in row:
            yield Use(name, (*path, "carry", index))


def every_source(document: Document) -> Iterator[tuple[KeyPath, SourceSpec]]:
    """Yield each source of the page kinds, and where it is written."""
    for name, kind in document.pages.items():
        for inner, spec in [((), kind), *((inner, spec) for inner, _, spec in tables_of(kind))]:
            yield from _sources(("pages", name, *inner, "fields"), spec.fields)
        for index, rule in enumerate(kind.follow):
            path = ("pages", name, "follow", index)
            yield path, rule
            yield from _sources((*path, "carry"), rule.fields)


def _sources(path: KeyPath, fields: Mapping[str, FieldSpec]) -> Iterator[tuple[KeyPath, SourceSpec]]:
    for name, spec in fields.items():
        yield (*path, name), spec
        for key in ("first_of", "all_of"):
            for index, source in enumerate(getattr(spec, key)):
                yield (*path, name, key, index), source


def placeholders(spec: SourceSpec, path: KeyPath) -> Iterator[Use]:
    """Yield each name in the templates of a field, and where it stands."""
    if spec.value is not None and "{" in spec.value:
        from crawler.extract.templates import Template  # late: few configs have one

        yield from (Use(name, (*path, "value")) for name in Template(spec.value).names)
    if isinstance(spec, FollowSpec) and spec.fill:
        from crawler.extract.templates import WITH_SECRETS, Template

        for field, text in spec.fill.items():
            names = Template(text, WITH_SECRETS).names
            yield from (Use(name, (*path, "fill", field)) for name in names if not name.startswith("$"))
    for key in ("first_of", "all_of"):
        for index, source in enumerate(getattr(spec, key)):
            yield from placeholders(source, (*path, key, index))


def _other(found: Iterator[Use], known: dict[str, FieldSpec]) -> Iterator[Use]:
    return (use for use in found if use.name not in known)
