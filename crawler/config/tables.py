"""From the checked config to the Recipe, the tables with their columns, and their keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from crawler.config import handed
from crawler.config.document import Document
from crawler.config.field_spec import ConditionSpec, FieldSpec, SourceSpec
from crawler.config.handed import is_next, is_of_rows, rows_of
from crawler.config.hosts_spec import host_name
from crawler.config.languages import Context, context, key_alone, seen_from, tables_of
from crawler.config.page_spec import FollowSpec, KindSpec, TableSpec
from crawler.config.paging_spec import PaginateSpec
from crawler.config.request_spec import RequestSpec
from crawler.config.yaml_tree import KeyPath
from crawler.extract.rules import (
    Condition,
    ExpectRule,
    FieldRule,
    FilesRule,
    FollowRule,
    Language,
    LostRule,
    PageRule,
    PaginateRule,
    Recipe,
    RequestRule,
    StepRule,
    TableRule,
    data_first,
)
from crawler.model import Column, Table

__all__ = [
    "Field",
    "Home",
    "carried_by",
    "column_type",
    "field_rule",
    "homes",
    "make_recipe",
    "make_steps",
    "make_tables",
    "table_keys",
]


class Field(NamedTuple):
    """A column of a table: where it is written, its name, its spec, and what it is read from."""

    path: KeyPath
    name: str
    spec: FieldSpec
    context: Context

    @property
    def type(self) -> str:
        """Type of the column."""
        return column_type(self.spec, self.context)


class Home(NamedTuple):
    """A table on the pages of one kind: its name, where it is written, its spec, and what is carried into it.

    Attributes:
        fields: its own fields, hidden ones too.
        carried: what follow rules carry into it.
        columns: its columns in order: its own, then the carried ones.
        context: what its fields are read from.
    """

    table: str
    kind: str
    path: KeyPath
    spec: TableSpec
    fields: tuple[Field, ...]
    carried: tuple[Field, ...]
    columns: tuple[Field, ...]
    context: Context


def homes(document: Document) -> list[Home]:
    """Every table of every page kind, in the order of the config."""
    arriving = handed.arriving(document)
    found = []
    for name, kind in document.pages.items():
        carried = tuple(Field(*one) for one in arriving[name].values())
        if kind.fields or kind.table:
            found.append(_home(kind.table or name, name, ("pages", name), kind, kind, carried))
        for path, table, spec in tables_of(kind):
            found.append(_home(table, name, ("pages", name, *path), spec, kind, carried))
    return found


def _home(table: str, name: str, path: KeyPath, spec: TableSpec, kind: KindSpec, carried: tuple[Field, ...]) -> Home:
    here = context(kind.format, spec.each)
    own = tuple(Field((*path, "fields", field), field, one, here) for field, one in spec.fields.items())
    others = (one for one in carried if one.name not in spec.fields)
    columns = tuple(one for one in (*own, *others) if not one.spec.hidden)
    return Home(table, name, path, spec, own, carried, columns, here)


def carried_by(rule: FollowSpec, kind: KindSpec, path: KeyPath) -> list[Field]:
    """What a follow rule, written at a path, reads from its row and carries."""
    return [Field(*one) for one in handed.carried_by(rule, kind, path) if one.name in rule.fields]


def make_tables(document: Document) -> tuple[Table, ...]:
    """The tables in the order of the config; a column that two kinds have stands once.

    A rule of a page kind whose fields are all hidden fills no table.
    """
    columns: dict[str, dict[str, Column]] = {}
    for home in homes(document):
        if home.fields and not home.columns:
            continue
        table = columns.setdefault(home.table, {})
        for field in home.columns:
            table.setdefault(field.name, Column(field.name, field.type))
    return tuple(Table(name, tuple(found.values())) for name, found in columns.items())


def table_keys(document: Document) -> dict[str, tuple[str, ...]]:
    """The key of each table, () where records are not told apart; one kind may name it for all."""
    keys: dict[str, tuple[str, ...]] = {}
    for home in homes(document):
        keys[home.table] = keys.get(home.table) or home.spec.key
    return keys


_TEXT_STEPS = ("replace", "regex", "map", "strip_html", "lines", "split", "item")


def field_type(spec: SourceSpec, here: Context, of: str = "row") -> str:
    """The type of a field's values, also where it is not given: data say it themselves.

    Args:
        of: the `from` beside first_of or all_of.
    """
    if isinstance(spec, FieldSpec) and spec.type:
        return spec.type
    if spec.url:  # what was cut out of the page's address is no address
        return "text" if any(map(spec.has, _TEXT_STEPS)) else "url"
    if spec.response == "time":
        return "datetime"
    if any(name in spec.given and spec.has(name) for name in _TEXT_STEPS):
        return "text"
    if spec.first_of or spec.all_of:
        types = {field_type(one, here, spec.of) for one in (*spec.first_of, *spec.all_of)}
        return types.pop() if len(types) == 1 else "any"
    if spec.value is not None:
        return "any" if spec.value.startswith("{") and spec.value.endswith("}") else "text"
    if spec.index:
        return "any"
    around = seen_from(spec, here, of)
    data = spec.json or spec.js or spec.schema or (spec.alone and around == "json") or _is_whole_value(spec, around)
    ends_in_html = spec.css or spec.xpath
    if data and not spec.alone and ends_in_html and (around == "json" or spec.js or spec.schema):
        return "text"
    return "any" if data else "text"


def _is_whole_value(spec: SourceSpec, around: Language) -> bool:
    """Whether the value is a row of data itself, or a cell of a sheet, which may be a number."""
    return (around in ("json", "cells") and not spec.css and not spec.xpath) or (spec.alone and around == "cells")


def column_type(spec: FieldSpec, here: Context) -> str:
    """The type of a field's column: several values are a list."""
    if spec.count:
        return "bool" if spec.type == "bool" else "int"
    if spec.join is not None:
        return "text"
    if spec.nth is None and (spec.all or spec.all_of or spec.split or (spec.lines and spec.type != "text")):
        return "files" if spec.type == "file" else "list"
    return field_type(spec, here)


def make_recipe(document: Document, root: str) -> Recipe:
    """The rules as the workers get them; `root` is the folder of functions and types of the user's own."""
    keys = table_keys(document)
    rules: dict[str, list[TableRule]] = {name: [] for name in document.pages}
    for home in homes(document):
        needed = handed.needed_beside(document.pages[home.kind], home.spec.fields)
        rules[home.kind].append(_table(home, keys[home.table], root, needed))
    used = handed.names_used(document)
    kinds = {name: _kind(name, kind, tuple(rules[name]), root, used[name]) for name, kind in document.pages.items()}
    hooked = any(kind.python for kind in document.pages.values())
    anywhere, hosts = document.files.same_site is False, document.files.same_site
    files = FilesRule(anywhere, () if isinstance(hosts, bool) else tuple(map(host_name, hosts)))
    lost = None if document.session is None else document.session.lost
    rule = None if lost is None else LostRule(frozenset(lost.status), lost.css or None)
    most, folder = document.limits.page_bytes, root if hooked else ""
    return Recipe(kinds, document.fetch.engine, folder, most, files=files, lost=rule)


def make_steps(document: Document, root: str) -> tuple[StepRule, ...]:
    """The steps of the session, in order; () without one."""
    if document.session is None:
        return ()
    steps, found = document.session.steps, []
    for number, step in enumerate(steps, 1):
        here = context(step.format, "")
        fields = [_field(name, spec, root, here) for name, spec in step.fields.items()]
        expect = document.session.expect if number == len(steps) else None
        if expect is not None:
            fields.append(_field(EXPECT, expect, root, here)._replace(counted=True, all=True, type="int"))
        request = RequestRule(
            step.url, step.verb, tuple(step.query.items()), tuple(step.headers.items()), step.json,
            tuple(step.form.items()),
        )  # fmt: skip
        fill = tuple(step.fill.items())
        said = EXPECT if expect else ""
        found.append(StepRule(step.url, request, step.format, tuple(fields), step.submit or None, fill, said))
    return tuple(found)


EXPECT = "(expect)"
"""Name of the field that counts what shows that the steps worked."""


def _table(home: Home, key: tuple[str, ...], root: str, needed: Collection[str]) -> TableRule:
    here = home.context
    fields = tuple(
        _field(name, spec, root, here)._replace(all=True)
        if name not in needed and _any_may_pass(spec, home.spec.where.get(name))
        else _field(name, spec, root, here)
        for name, spec in home.spec.fields.items()
    )
    levels = here.levels
    if levels and levels[-1].html_table and not any(map(_by_heading, fields)):
        levels = (*levels[:-1], levels[-1]._replace(numbered=True))
    return TableRule(home.table, fields, here.each, key, levels, _conditions(home.spec.where))


_ONE = ("all", "nth", "join", "count", "lines", "split", "first_of", "all_of", "python", "value", "item")


def _any_may_pass(spec: FieldSpec, condition: bool | tuple[str, ...] | ConditionSpec | None) -> bool:
    """Whether a field is only looked at by a condition on its text: then each of several values counts."""
    if not spec.hidden or condition is None or isinstance(condition, bool) or any(map(spec.has, _ONE)):
        return False
    return not isinstance(condition, ConditionSpec) or condition.min is condition.max is None


def _by_heading(field: FieldRule) -> bool:
    return isinstance(field.column, str) or any(map(_by_heading, (*field.first_of, *field.all_of)))


def _conditions(where: dict[str, bool | tuple[str, ...] | ConditionSpec]) -> tuple[Condition, ...]:
    return tuple(_condition(name, given) for name, given in where.items())


def _condition(name: str, given: bool | tuple[str, ...] | ConditionSpec) -> Condition:
    if isinstance(given, bool):
        return Condition(name, filled=given)
    if isinstance(given, ConditionSpec):
        return Condition(name, (), given.allow, given.deny, given.min, given.max)
    return Condition(name, given)


def _kind(name: str, kind: KindSpec, tables: tuple[TableRule, ...], root: str, used: tuple[str, ...]) -> PageRule:
    follow = tuple(_follow(name, rule, kind, root, used) for rule in kind.follow)
    here = context(kind.format, "")
    paginate = None if kind.paginate is None else _paginate(kind.paginate, root, here)
    begins = None if paginate is None or paginate.first is None else (paginate.name, paginate.first)
    return PageRule(
        name,
        tables,
        follow,
        kind.python or None,
        kind.format,
        request=_request(kind.request, used, begins),
        paginate=paginate,
        expect=tuple(ExpectRule(_source("expect", one, root, here), one.allow, one.deny) for one in kind.expect),
    )


def _paginate(spec: PaginateSpec, root: str, here: Context) -> PaginateRule:
    def found(one: FieldSpec | None) -> FieldRule | None:
        return None if one is None else _field("paginate", one, root, here)

    first = getattr(spec, spec.name) if spec.name != "cursor" else None
    return PaginateRule(
        spec.name,
        first,
        spec.step,
        found(spec.cursor),
        found(spec.page_count),
        found(spec.total),
        found(spec.more),
        spec.max_pages,
    )


def _request(spec: RequestSpec, used: tuple[str, ...], begins: tuple[str, int] | None) -> RequestRule | None:
    if not (spec.given or used):
        return None
    return RequestRule(
        spec.url,
        spec.verb,
        tuple(spec.query.items()),
        tuple(spec.headers.items()),
        spec.json,
        tuple(spec.form.items()),
        spec.allow_status,
        used,
        begins,
    )


def _follow(kind: str, rule: FollowSpec, spec: KindSpec, root: str, used: tuple[str, ...]) -> FollowRule:
    here = rows_of(rule, spec)
    carry = tuple(_field(name, one, root, here) for name, one in rule.fields.items())
    # What a list was given goes along to its next pages; as columns it is joined when rows are written out.
    along = tuple(name for name in used if name not in rule.fields) if is_next(kind, rule) and rule.to == kind else ()
    shown = tuple(
        name for name in rule.names if not (is_of_rows(rule) and name in spec.fields and spec.fields[name].hidden)
    )
    found = FollowRule(
        css=rule.css or None,
        to=rule.to,
        attr=rule.attr or "href",
        each=here.each,
        carry=carry,
        allow=rule.allow,
        deny=rule.deny,
        same_site=rule.same_site is not False,
        hosts=() if isinstance(rule.same_site, bool) else tuple(map(host_name, rule.same_site)),
        next=is_next(kind, rule),
        names=tuple(dict.fromkeys((*rule.names, *along))),
        shown=shown,
        duplicates=rule.duplicates,
    )
    if rule.submit:
        return found._replace(
            css=None,
            source=FieldRule("", of="row" if is_of_rows(rule) else "page"),
            levels=here.levels,
            where=_conditions(rule.where),
            of_rows=is_of_rows(rule),
            submit=rule.submit,
            fill=tuple(rule.fill.items()),
        )
    plain = rule.sources() == ["css"] and not (rule.regex or rule.replace or rule.nth or "from" in rule.given)
    if plain and here.page == "html" and not (here.levels or rule.where) and all(one.plain for one in carry):
        return found
    source = _source("", rule, root, here)
    if rule.says_where and source.attr is None and (source.json is None or data_first(source, here.row)):
        source = source._replace(attr="href")
    if is_of_rows(rule):
        source = source._replace(of="row")
    return found._replace(
        css=None,
        source=source,
        levels=here.levels,
        where=_conditions(rule.where),
        of_rows=is_of_rows(rule),
        by_request=not rule.says_where,
    )


def _source(name: str, spec: SourceSpec, root: str, here: Context, of: str = "row") -> FieldRule:
    """Where a value stands; a text alone is what the language says."""
    css, json, column = spec.css, spec.json, spec.column
    if spec.alone:
        key = key_alone(seen_from(spec, here, of))
        if key == "json":
            css, json = "", css
        elif key == "column":
            css, column = "", css
    return FieldRule(
        name=name,
        css=css or None,
        label=spec.label or None,
        page_url=spec.url,
        attr=spec.attr or None,
        replace=spec.replace,
        regex=spec.regex or None,
        xpath=spec.xpath or None,
        json=json if json or "json" in spec.given else None,
        js=spec.js or None,
        schema=spec.schema,
        column=column,
        value=spec.value,
        first_of=tuple(_field(name, one, root, here, spec.of) for one in spec.first_of),
        all_of=tuple(_field(name, one, root, here, spec.of) for one in spec.all_of),
        response=spec.response,
        row_key=spec.index,
        of=spec.of,
        nth=spec.nth,
    )


def field_rule(field: Field) -> FieldRule:
    """The rule of one field, for messages: functions and types of the user's own are not found by it."""
    return _field(field.name, field.spec, "", field.context)


def _field(name: str, spec: FieldSpec, root: str, here: Context, of: str = "row") -> FieldRule:
    several = spec.all or spec.type == "list"
    cuts = [one for one in spec.order if one in ("replace", "lines", "split")]
    mends = [one for one in spec.order if one in ("nth", "replace", "regex", "map")]
    return _source(name, spec, root, here, of)._replace(
        html=spec.html,
        all=several,
        map=dict(spec.map),
        type=field_type(spec, here, of),
        formats=spec.format,
        locale=spec.locale,
        negative=spec.negative,
        default=spec.default,
        required=spec.required,
        keep_space=spec.keep_space,
        root=root if ":" in (spec.type or "") or spec.python else "",
        item=spec.item,
        exclude=spec.exclude or None,
        strip_html=spec.strip_html,
        lines=spec.lines,
        one_text=spec.lines and spec.type == "text",
        split=spec.split or None,
        replace_first=len(cuts) > 1 and cuts[0] == "replace",
        nth_first=len(mends) > 1 and mends[0] == "nth",
        join=spec.join,
        counted=spec.count,
        python=spec.python or None,
        hidden=spec.hidden,
    )
