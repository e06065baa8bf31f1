"""From the checked config to the Recipe, the tables with their columns, and their keys."""

from __future__ import annotations

from typing import NamedTuple

from crawler.config.document import Document, FieldSpec, FollowSpec, KindSpec, TableSpec
from crawler.config.yaml_tree import KeyPath
from crawler.extract.rules import FieldRule, FollowRule, PageRule, Recipe, TableRule
from crawler.model import Column, Table

__all__ = ["Home", "column_type", "homes", "is_next", "make_recipe", "make_tables", "table_keys"]


Field = tuple[KeyPath, str, FieldSpec]


class Home(NamedTuple):
    """A table on the pages of one kind: its name, where it is written, its spec, and what is carried into it.

    Attributes:
        columns: key path, name and spec of its columns in order: its own, then the carried ones.
    """

    table: str
    kind: str
    path: KeyPath
    spec: TableSpec
    carried: tuple[Field, ...]
    columns: tuple[Field, ...]


def homes(document: Document) -> list[Home]:
    """Every table of every page kind, in the order of the config."""
    arriving = _carried(document)
    found = []
    for name, kind in document.pages.items():
        carried = tuple(arriving.get(name, ()))
        if kind.fields or kind.table:
            found.append(_home(kind.table or name, name, ("pages", name), kind, carried))
        for table, spec in kind.tables.items():
            found.append(_home(table, name, ("pages", name, "tables", table), spec, carried))
    return found


def _home(table: str, kind: str, path: KeyPath, spec: TableSpec, carried: tuple[Field, ...]) -> Home:
    own = [((*path, "fields", name), name, field) for name, field in spec.fields.items()]
    others = [one for one in carried if one[1] not in spec.fields]
    return Home(table, kind, path, spec, carried, (*own, *others))


def _carried(document: Document) -> dict[str, list[Field]]:
    """What follow rules carry into each page kind."""
    found: dict[str, list[Field]] = {}
    for name, kind in document.pages.items():
        for index, rule in enumerate(kind.follow):
            for field, spec in rule.carry.items():
                path = ("pages", name, "follow", index, "carry", field)
                found.setdefault(rule.to, []).append((path, field, spec))
    return found


def make_tables(document: Document) -> tuple[Table, ...]:
    """The tables in the order of the config; a column that two kinds have stands once."""
    columns: dict[str, dict[str, Column]] = {}
    for home in homes(document):
        table = columns.setdefault(home.table, {})
        for _, name, spec in home.columns:
            table.setdefault(name, Column(name, column_type(spec)))
    return tuple(Table(name, tuple(found.values())) for name, found in columns.items())


def table_keys(document: Document) -> dict[str, tuple[str, ...]]:
    """The key of each table, () where records are not told apart; one kind may name it for all."""
    keys: dict[str, tuple[str, ...]] = {}
    for home in homes(document):
        keys[home.table] = keys.get(home.table) or home.spec.key
    return keys


def field_type(spec: FieldSpec) -> str:
    """The type of a field, also where it is not given: what was cut out of the page's address is no address."""
    return spec.type or ("url" if spec.url and not (spec.regex or spec.replace or spec.map) else "text")


def column_type(spec: FieldSpec) -> str:
    """The type of its column: a field with every match is a list."""
    return "list" if spec.all else field_type(spec)


def make_recipe(document: Document, root: str) -> Recipe:
    """The rules as the workers get them; `root` is the folder of `python` hooks and types of the user's own."""
    keys = table_keys(document)
    rules: dict[str, list[TableRule]] = {name: [] for name in document.pages}
    for home in homes(document):
        fields = tuple(_field(name, spec, root) for name, spec in home.spec.fields.items())
        rules[home.kind].append(TableRule(home.table, fields, home.spec.each or None, keys[home.table]))
    kinds = {name: _kind(name, kind, tuple(rules[name]), root) for name, kind in document.pages.items()}
    hooked = any(kind.python for kind in document.pages.values())
    return Recipe(kinds, document.fetch.engine, root if hooked else "")


def _kind(name: str, kind: KindSpec, tables: tuple[TableRule, ...], root: str) -> PageRule:
    follow = tuple(_follow(name, rule, root) for rule in kind.follow)
    return PageRule(name, tables, follow, kind.python or None)


def is_next(kind: str, rule: FollowSpec) -> bool:
    """Whether the rule leads to the next page of the same list."""
    return rule.next if rule.next is not None else rule.to == kind and "next" in rule.css.lower()


def _follow(kind: str, rule: FollowSpec, root: str) -> FollowRule:
    return FollowRule(
        css=rule.css,
        to=rule.to,
        attr=rule.attr,
        each=rule.each or None,
        carry=tuple(_field(name, spec, root) for name, spec in rule.carry.items()),
        allow=rule.allow,
        deny=rule.deny,
        same_site=rule.same_site,
        next=is_next(kind, rule),
    )


def _field(name: str, spec: FieldSpec, root: str) -> FieldRule:
    return FieldRule(
        name=name,
        css=spec.css or None,
        label=spec.label or None,
        page_url=spec.url,
        attr=spec.attr or None,
        html=spec.html,
        all=spec.all or spec.type == "list",
        replace=spec.replace,
        regex=spec.regex or None,
        map=dict(spec.map),
        type=field_type(spec),
        formats=spec.format,
        locale=spec.locale,
        negative=spec.negative,
        default=spec.default,
        required=spec.required,
        keep_space=spec.keep_space,
        root=root if ":" in (spec.type or "") else "",
    )
